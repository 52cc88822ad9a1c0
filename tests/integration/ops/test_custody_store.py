"""One suite for the stores of arrests, in memory and on PostgreSQL."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from chassis.call import AlreadyAnsweredError, Call
from chassis.errors import EtagStaleError, NotAssignedError, NotFoundError
from chassis.ids import new_id
from chassis.paging import LAST_ID, Page
from chassis.unit_of_work import UnitOfWork
from jointops.ops.v1 import arrest_pb2 as pb
from services.ops.custody import convert, domain
from services.ops.custody.domain import Arrest, ArrestState, Signature
from services.ops.operations import aggregate
from services.ops.operations.aggregate import Operation, OperationState
from services.ops.operations.usecases import write
from tests.integration.ops.acts import (
    make_call,
    make_live_arrest,
    make_live_operation,
    make_recorded,
)
from tests.integration.ops.conftest import Bench
from tests.unit.ops.builders import make_target

MEMBER = "ops_leader-1"
FIRST_PAGE = Page(2, LAST_ID, "arrests")
TWO = (replace(make_target(), target_id=new_id()),)


async def put_under_way(bench: Bench) -> Operation:
    """Put an operation with two targets, which is under way, into the store."""
    operation = make_live_operation(state=OperationState.UNDER_WAY)
    second = replace(make_target(), target_id=new_id())
    return await bench.put(replace(operation, targets=(*operation.targets, second)), MEMBER)


async def offer(bench: Bench, arrest: Arrest, call: Call) -> Arrest:
    """Save the next version of an arrest."""
    async with bench.begin(call) as uow:
        arrests = bench.arrests(uow)
        loaded = await arrests.load(arrest.arrest_id, etag=str(arrest.version))
        event = domain.offer_hand_over(
            loaded, hand_over_place="Custody suite", by=call.person_id, now=datetime.now(UTC)
        )
        changed = domain.apply(loaded, event)
        arrests.put(changed)
        uow.emit(convert.event_to_row(event, changed))
        uow.record(changed.arrest_id, changed.case_id)
        await uow.commit(pb.GetArrestResponse())
    return changed


async def stand_down(bench: Bench, operation: Operation) -> None:
    """Stand an operation down in a unit of its own."""
    async with bench.begin(make_call(MEMBER)) as uow:
        operations = bench.operations(uow)
        loaded = await operations.load(operation.operation_id, etag="1")
        event = aggregate.OperationStoodDown(datetime.now(UTC), MEMBER, "Fog.")
        write(uow, operations, loaded, event)
        await uow.commit(pb.GetArrestResponse())


async def record(bench: Bench, uow: UnitOfWork, event: domain.ArrestRecorded) -> None:
    """Save a new arrest in a unit that is open."""
    arrest = domain.open_arrest(event)
    bench.arrests(uow).add(arrest)
    uow.emit(convert.event_to_row(event, arrest))
    uow.record(arrest.arrest_id, arrest.case_id)
    await uow.commit(pb.GetArrestResponse())


async def test_arrest_is_read_as_it_was_added(bench: Bench) -> None:
    arrest = await bench.put_arrest(make_live_arrest(await put_under_way(bench)))

    async with bench.begin(make_call(MEMBER)) as uow:
        read = await bench.arrests(uow).read(arrest.arrest_id)

    assert read == arrest


async def test_arrest_with_both_signatures_is_read_as_it_was_added(bench: Bench) -> None:
    now = datetime.now(UTC)
    arrest = make_live_arrest(
        await put_under_way(bench),
        state=ArrestState.HANDED_OVER,
        hand_over_place="Custody suite",
        offer_signature=Signature("ops-1a2b", now, "0a" * 32),
        acceptance_signature=Signature("case-1", now, "0b" * 32),
    )
    await bench.put_arrest(arrest)

    async with bench.begin(make_call(MEMBER)) as uow:
        read = await bench.arrests(uow).read(arrest.arrest_id)

    assert read == arrest


async def test_put_saves_the_next_version(bench: Bench) -> None:
    arrest = await bench.put_arrest(make_live_arrest(await put_under_way(bench)))

    changed = await offer(bench, arrest, make_call(MEMBER))

    async with bench.begin(make_call(MEMBER)) as uow:
        assert await bench.arrests(uow).read(arrest.arrest_id) == changed
    assert (changed.version, changed.state) == (2, ArrestState.HAND_OVER_OFFERED)


async def test_load_is_refused_when_the_etag_is_stale(bench: Bench) -> None:
    arrest = await bench.put_arrest(make_live_arrest(await put_under_way(bench)))

    async with bench.begin(make_call(MEMBER)) as uow:
        with pytest.raises(EtagStaleError):
            await bench.arrests(uow).load(arrest.arrest_id, etag="7")


async def test_stranger_is_refused_alike_whether_the_arrest_exists(bench: Bench) -> None:
    arrest = await bench.put_arrest(make_live_arrest(await put_under_way(bench)))

    async with bench.begin(make_call("stranger")) as uow:
        arrests = bench.arrests(uow)
        with pytest.raises(NotAssignedError) as foreign:
            await arrests.read(arrest.arrest_id)
        with pytest.raises(NotAssignedError) as missing:
            await arrests.read(new_id())

    assert str(foreign.value) == str(missing.value)


async def test_commander_of_another_station_does_not_find_the_arrest(bench: Bench) -> None:
    arrest = await bench.put_arrest(make_live_arrest(await put_under_way(bench)))

    async with bench.begin(make_call("cmd-1", station="beicai", sees_station=True)) as uow:
        with pytest.raises(NotFoundError):
            await bench.arrests(uow).read(arrest.arrest_id)


async def test_put_is_refused_when_the_version_has_moved(bench: Bench) -> None:
    arrest = await bench.put_arrest(make_live_arrest(await put_under_way(bench)))
    await offer(bench, arrest, make_call(MEMBER))

    with pytest.raises(EtagStaleError):
        await offer(bench, arrest, make_call(MEMBER))


async def test_arrest_is_refused_when_the_operation_was_stood_down_meanwhile(bench: Bench) -> None:
    operation = await put_under_way(bench)
    event = make_recorded(operation)

    async with bench.begin(make_call(MEMBER)) as late:
        await bench.arrests(late).load_operation(operation.operation_id, event.report.target_id)
        await stand_down(bench, operation)
        with pytest.raises(EtagStaleError):
            await record(bench, late, event)


async def test_operation_is_loaded_with_whether_its_target_is_arrested(bench: Bench) -> None:
    operation = await put_under_way(bench)
    arrest = await bench.put_arrest(make_live_arrest(operation))
    free, arrested = operation.targets[1].target_id, arrest.report.target_id

    async with bench.begin(make_call(MEMBER)) as uow:
        arrests = bench.arrests(uow)
        of_free = await arrests.load_operation(operation.operation_id, free)
        of_arrested = await arrests.load_operation(operation.operation_id, arrested)

    assert of_free == (operation, False)
    assert of_arrested == (operation, True)


async def test_stranger_may_not_load_the_operation_of_an_arrest(bench: Bench) -> None:
    operation = await put_under_way(bench)

    async with bench.begin(make_call("stranger")) as uow:
        with pytest.raises(NotAssignedError):
            await bench.arrests(uow).load_operation(operation.operation_id, new_id())


async def test_repeated_record_is_answered_from_the_store(bench: Bench) -> None:
    operation = await put_under_way(bench)
    call = make_call(MEMBER)
    async with bench.begin(call) as uow:
        await record(bench, uow, make_recorded(operation))

    async with bench.begin(call) as again:
        with pytest.raises(AlreadyAnsweredError):
            await bench.arrests(again).load_operation(operation.operation_id, new_id())


async def test_handed_over_targets_are_those_of_this_operation(bench: Bench) -> None:
    operation, other = await put_under_way(bench), await put_under_way(bench)
    over = make_live_arrest(operation, state=ArrestState.HANDED_OVER)
    await bench.put_arrest(over)
    await bench.put_arrest(make_live_arrest(other, state=ArrestState.HANDED_OVER))

    async with bench.begin(make_call(MEMBER)) as uow:
        ids = await bench.arrests(uow).handed_over_ids(operation.operation_id)

    assert ids == {over.report.target_id}


async def test_arrest_that_is_only_offered_does_not_count_as_handed_over(bench: Bench) -> None:
    operation = await put_under_way(bench)
    await bench.put_arrest(make_live_arrest(operation, state=ArrestState.HAND_OVER_OFFERED))

    async with bench.begin(make_call(MEMBER)) as uow:
        ids = await bench.arrests(uow).handed_over_ids(operation.operation_id)

    assert ids == frozenset()


async def test_list_shows_the_newest_first_page_by_page(bench: Bench) -> None:
    operation, other = await put_under_way(bench), await put_under_way(bench)
    first = await bench.put_arrest(make_live_arrest(operation))
    second = await bench.put_arrest(make_live_arrest(replace(operation, targets=TWO)))
    await bench.put_arrest(make_live_arrest(other))
    newest, oldest = sorted([first, second], key=lambda arrest: arrest.arrest_id, reverse=True)

    async with bench.begin(make_call(MEMBER)) as uow:
        arrests = bench.arrests(uow)
        shown, token = await arrests.list(Page(1, LAST_ID, "arrests"), operation.operation_id)
        rest = Page(1, newest.arrest_id, "arrests")
        more, end = await arrests.list(rest, operation.operation_id)

    assert (shown, more) == ([newest], [oldest])
    assert (bool(token), end) == (True, "")


async def test_stranger_may_not_list_the_arrests_of_an_operation(bench: Bench) -> None:
    operation = await put_under_way(bench)

    async with bench.begin(make_call("stranger")) as uow:
        with pytest.raises(NotAssignedError):
            await bench.arrests(uow).list(FIRST_PAGE, operation.operation_id)
