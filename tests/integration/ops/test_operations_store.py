"""One suite for the stores of operations, in memory and on PostgreSQL."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from chassis.call import AlreadyAnsweredError, Call
from chassis.errors import (
    EtagStaleError,
    NotAssignedError,
    NotFoundError,
    RequestIdReusedError,
)
from chassis.ids import new_id
from chassis.paging import LAST_ID, Page
from jointops.ops.v1 import operation_pb2 as pb
from services.ops.operations import aggregate
from services.ops.operations.aggregate import Operation, OperationState
from services.ops.operations.usecases import write
from tests.integration.ops.acts import make_call, make_live_approval, make_live_operation
from tests.integration.ops.conftest import Bench
from tests.unit.ops.builders import make_target, make_team

MEMBER = "ops_leader-1"
FIRST_PAGE = Page(2, LAST_ID, "operations")


async def sign_for(bench: Bench, operation: Operation, call: Call) -> Operation:
    """Save the next version of an operation."""
    async with bench.begin(call) as uow:
        operations = bench.operations(uow)
        loaded = await operations.load(operation.operation_id, etag=str(operation.version))
        event = aggregate.OperationSignedFor(datetime.now(UTC), call.person_id)
        changed = write(uow, operations, loaded, event)
        await uow.commit(pb.GetOperationResponse())
    return changed


async def test_operation_is_read_as_it_was_added(bench: Bench) -> None:
    live = make_live_operation()
    operation = replace(
        live,
        state=OperationState.STOOD_DOWN,
        targets=(*live.targets, make_target(issuer="检察院 ‘区’")),
        teams=(*live.teams, make_team()),
        approvals=(make_live_approval("cmd-1a"), make_live_approval("cmd-2b")),
        started_at=datetime(2026, 3, 2, 9, 0, 0, 123456, tzinfo=UTC),
        stand_down_reason='He "left".',
    )
    await bench.put(operation, MEMBER)

    async with bench.begin(make_call(MEMBER)) as uow:
        read = await bench.operations(uow).read(operation.operation_id)

    assert read == operation


async def test_operation_without_targets_teams_and_plan_is_read_as_it_was_added(
    bench: Bench,
) -> None:
    bare = make_live_operation(
        state=OperationState.RECEIVED, leader_id=None, targets=(), teams=(), plan=None
    )
    await bench.put(bare, MEMBER)

    async with bench.begin(make_call(MEMBER)) as uow:
        read = await bench.operations(uow).read(bare.operation_id)

    assert read == bare


async def test_put_saves_the_next_version(bench: Bench) -> None:
    operation = await bench.put(make_live_operation(state=OperationState.RECEIVED), MEMBER)

    changed = await sign_for(bench, operation, make_call(MEMBER))

    async with bench.begin(make_call(MEMBER)) as uow:
        assert await bench.operations(uow).read(operation.operation_id) == changed
    assert (changed.version, changed.state) == (2, OperationState.SIGNED_FOR)


async def test_load_is_refused_when_the_etag_is_stale(bench: Bench) -> None:
    operation = await bench.put(make_live_operation(), MEMBER)

    async with bench.begin(make_call(MEMBER)) as uow:
        with pytest.raises(EtagStaleError):
            await bench.operations(uow).load(operation.operation_id, etag="7")


async def test_stranger_is_refused_alike_whether_the_operation_exists(bench: Bench) -> None:
    operation = await bench.put(make_live_operation(), MEMBER)

    async with bench.begin(make_call("stranger")) as uow:
        operations = bench.operations(uow)
        with pytest.raises(NotAssignedError) as foreign:
            await operations.load(operation.operation_id, etag="1")
        with pytest.raises(NotAssignedError) as missing:
            await operations.load(new_id(), etag="1")

    assert str(foreign.value) == str(missing.value)


async def test_commander_reads_the_operations_of_their_own_station_only(bench: Bench) -> None:
    mine = await bench.put(make_live_operation())
    foreign = await bench.put(make_live_operation(station="beicai"))

    async with bench.begin(make_call("commander-1", sees_station=True)) as uow:
        operations = bench.operations(uow)
        read = await operations.read(mine.operation_id)
        with pytest.raises(NotFoundError):
            await operations.read(foreign.operation_id)

    assert read == mine


async def test_put_is_refused_when_the_version_has_moved(bench: Bench) -> None:
    operation = await bench.put(make_live_operation(state=OperationState.RECEIVED), MEMBER)

    async with bench.begin(make_call(MEMBER)) as late:
        operations = bench.operations(late)
        loaded = await operations.load(operation.operation_id, etag="1")
        await sign_for(bench, operation, make_call(MEMBER))
        write(late, operations, loaded, aggregate.OperationSignedFor(loaded.created_at, "late"))
        with pytest.raises(EtagStaleError):
            await late.commit(pb.GetOperationResponse())


async def test_repeated_request_is_answered_from_the_store(bench: Bench) -> None:
    operation = await bench.put(make_live_operation(state=OperationState.RECEIVED), MEMBER)
    call = make_call(MEMBER)
    await sign_for(bench, operation, call)

    with pytest.raises(AlreadyAnsweredError):
        await sign_for(bench, operation, call)


async def test_request_id_is_refused_when_the_request_is_another(bench: Bench) -> None:
    operation = await bench.put(make_live_operation(state=OperationState.RECEIVED), MEMBER)
    call = make_call(MEMBER)
    await sign_for(bench, operation, call)

    with pytest.raises(RequestIdReusedError):
        await sign_for(bench, operation, replace(call, request_hash=b"another"))


async def test_list_shows_the_newest_first_page_by_page(bench: Bench) -> None:
    case_id = new_id()
    oldest, middle, newest = sorted(
        [make_live_operation(case_id=case_id) for _ in range(3)], key=lambda o: o.operation_id
    )
    await bench.put(middle, MEMBER)
    await bench.put(newest)
    await bench.put(oldest)

    async with bench.begin(make_call(MEMBER)) as uow:
        operations = bench.operations(uow)
        first, token = await operations.list(FIRST_PAGE, sees_station=False)
        rest = Page(2, middle.operation_id, "operations")
        second, end = await operations.list(rest, sees_station=False)

    assert (first, second) == ([newest, middle], [oldest])
    assert (bool(token), end) == (True, "")


async def test_list_shows_no_operation_of_somebody_else(bench: Bench) -> None:
    mine = await bench.put(make_live_operation(), MEMBER)
    await bench.put(make_live_operation(), "ops_leader-2")

    async with bench.begin(make_call(MEMBER)) as uow:
        shown, _ = await bench.operations(uow).list(FIRST_PAGE, sees_station=False)

    assert shown == [mine]


async def test_commander_lists_their_own_station_only(bench: Bench) -> None:
    mine = await bench.put(make_live_operation())
    await bench.put(make_live_operation(station="beicai"))

    async with bench.begin(make_call("commander-1", sees_station=True)) as uow:
        shown, _ = await bench.operations(uow).list(FIRST_PAGE, sees_station=True)

    assert shown == [mine]


async def test_list_of_a_case_shows_its_operations_only(bench: Bench) -> None:
    mine = await bench.put(make_live_operation(), MEMBER)
    await bench.put(make_live_operation(), MEMBER)

    async with bench.begin(make_call(MEMBER)) as uow:
        shown, _ = await bench.operations(uow).list_of_case(FIRST_PAGE, mine.case_id)

    assert shown == [mine]


async def test_list_of_a_case_refuses_a_stranger(bench: Bench) -> None:
    operation = await bench.put(make_live_operation(), MEMBER)

    async with bench.begin(make_call("stranger")) as uow:
        with pytest.raises(NotAssignedError):
            await bench.operations(uow).list_of_case(FIRST_PAGE, operation.case_id)


async def test_operation_is_found_by_the_squad_request_it_answers(bench: Bench) -> None:
    operation = await bench.put(make_live_operation(), MEMBER)

    async with bench.begin(make_call(MEMBER)) as uow:
        operations = bench.operations(uow)
        answering = await operations.lock_answering(operation.squad_request_id)
        of_nothing = await operations.lock_answering(new_id())

    assert (answering, of_nothing) == (operation, None)


async def test_time_of_a_document_is_kept_to_the_microsecond(bench: Bench) -> None:
    expires_at = datetime.now(UTC).replace(microsecond=654321) + timedelta(days=1)
    operation = make_live_operation(targets=(make_target(expires_at=expires_at),))
    await bench.put(operation, MEMBER)

    async with bench.begin(make_call(MEMBER)) as uow:
        read = await bench.operations(uow).read(operation.operation_id)

    assert read.targets[0].authority.expires_at == expires_at
