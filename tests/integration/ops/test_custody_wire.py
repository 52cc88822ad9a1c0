"""Arrests over the wire, on PostgreSQL: recording, both signatures, refusals, repeats and races."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
import pytest
from google.protobuf.message import Message

from chassis.ids import new_id
from chassis.roles import Role
from chassis.status import reason_of, violations_of
from chassis.timestamps import to_timestamp
from jointops.ops.v1 import arrest_pb2 as pb
from jointops.ops.v1.operation_pb2 import Operation
from services.ops.operations.aggregate import OperationState
from tests.integration.ops import wire
from tests.integration.ops.wire import Person, Refusal
from tests.integration.stage import Stage
from tests.unit.ops.builders import TARGET, make_target

UNDER_WAY = OperationState.UNDER_WAY
# Somebody on both sides of the hand-over, whom only the rule about two people stops.
BOTH_SIDES = Person("ops_leader-1", (Role.OPS_LEADER, Role.CASE_OFFICER))
GONE = datetime(2026, 3, 3, 9, 0, tzinfo=UTC)
EXPIRED = replace(TARGET, authority=replace(TARGET.authority, expires_at=GONE))
OTHER = make_target(expires_at=datetime.now(UTC) + timedelta(days=1))
LIVE = (replace(TARGET, authority=OTHER.authority), OTHER)
STARTED = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


async def put_under_way(stage: Stage, **changes: Any) -> Operation:
    """Put an operation under way, started long ago, into the database."""
    return await wire.put(stage, **({"state": UNDER_WAY, "started_at": STARTED} | changes))


async def test_arrest_is_recorded_and_handed_over_with_two_signatures(stage: Stage) -> None:
    operation = await put_under_way(stage)

    recorded = await wire.send(stage, wire.PATROL, wire.record(operation))
    offered = await wire.send(stage, wire.PATROL, wire.offer(recorded.arrest))
    accepted = await wire.send(stage, wire.OFFICER, wire.accept(offered.arrest))

    arrest = accepted.arrest
    assert (arrest.state, arrest.etag) == (pb.ARREST_STATE_HANDED_OVER, "3")
    assert arrest.offer_signature.person_id == "patrol_officer-1"
    assert arrest.acceptance_signature.person_id == "case_officer-1"
    assert arrest.offer_signature.record_sha256 == arrest.acceptance_signature.record_sha256


async def test_get_and_list_show_what_the_last_write_answered(stage: Stage) -> None:
    operation = await put_under_way(stage)
    recorded = await wire.send(stage, wire.PATROL, wire.record(operation))
    arrest_id = recorded.arrest.arrest_id

    got = await wire.send(stage, wire.LEADER, pb.GetArrestRequest(arrest_id=arrest_id))
    listed = await wire.send(
        stage, wire.COMMANDER, pb.ListArrestsRequest(operation_id=operation.operation_id)
    )

    assert got.arrest == recorded.arrest
    assert list(listed.arrests) == [recorded.arrest]


REFUSALS = [
    Refusal(
        "OPERATION_NOT_UNDER_WAY",
        grpc.StatusCode.FAILED_PRECONDITION,
        wire.record,
        wire.named,
        {"state": OperationState.STOOD_DOWN},
    ),
    Refusal(
        "TARGET_UNKNOWN",
        grpc.StatusCode.INVALID_ARGUMENT,
        lambda o: wire.record(o, target_id=new_id()),
        lambda _: {"field": "target_id"},
    ),
    Refusal(
        "ARREST_TIME_OUTSIDE_OPERATION",
        grpc.StatusCode.INVALID_ARGUMENT,
        lambda o: wire.record(o, arrest_time=to_timestamp(STARTED - timedelta(seconds=1))),
        lambda _: {"field": "arrest_time"},
    ),
    Refusal(
        "ARREST_WITHOUT_AUTHORITY",
        grpc.StatusCode.FAILED_PRECONDITION,
        wire.record,
        lambda o: wire.named(o, target_id=o.targets[0].target_id),
        {"targets": (EXPIRED,)},
    ),
]


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda refusal: refusal.reason)
async def test_record_is_refused_with_code_reason_and_metadata(
    stage: Stage, refusal: Refusal
) -> None:
    operation = await put_under_way(stage, **refusal.operation)

    answer = await wire.refused(stage, wire.PATROL, refusal.request(operation))

    assert answer == (refusal.code, refusal.reason, refusal.metadata(operation))
    assert await stage.count("arrest") == 0


async def test_record_is_refused_when_the_target_is_arrested(stage: Stage) -> None:
    operation = await put_under_way(stage)
    await wire.put_arrest(stage, operation)

    answer = await wire.refused(stage, wire.PATROL, wire.record(operation))

    metadata = wire.named(operation, target_id=operation.targets[0].target_id)
    assert answer == (grpc.StatusCode.ALREADY_EXISTS, "TARGET_ALREADY_ARRESTED", metadata)


async def test_one_of_two_who_record_one_target_at_once_is_refused(stage: Stage) -> None:
    operation = await put_under_way(stage)

    results = await asyncio.gather(
        wire.send(stage, wire.PATROL, wire.record(operation)),
        wire.send(stage, wire.LEADER, wire.record(operation)),
        return_exceptions=True,
    )

    late = [each for each in results if isinstance(each, grpc.aio.AioRpcError)]
    assert [reason_of(each)[0] for each in late] == ["TARGET_ALREADY_ARRESTED"]
    assert await stage.count("arrest") == 1


async def test_hand_over_is_refused_when_it_was_not_offered(stage: Stage) -> None:
    arrest = await wire.put_arrest(stage, await put_under_way(stage))

    answer = await wire.refused(stage, wire.OFFICER, wire.accept(arrest))

    metadata = {
        "arrest_id": arrest.arrest_id,
        "state": "recorded",
        "step": "accept_hand_over",
    }
    assert answer == (grpc.StatusCode.FAILED_PRECONDITION, "ARREST_STATE_FORBIDS", metadata)


async def test_hand_over_is_refused_when_one_person_signs_for_both_sides(stage: Stage) -> None:
    arrest = await wire.put_arrest(stage, await put_under_way(stage))
    offered = await wire.send(stage, BOTH_SIDES, wire.offer(arrest))

    answer = await wire.refused(stage, BOTH_SIDES, wire.accept(offered.arrest))

    metadata = {"arrest_id": arrest.arrest_id}
    assert answer == (grpc.StatusCode.FAILED_PRECONDITION, "RECEIVER_IS_OFFERER", metadata)


async def test_hand_over_is_refused_when_the_record_was_tampered_with(stage: Stage) -> None:
    arrest = await wire.put_arrest(stage, await put_under_way(stage))
    offered = await wire.send(stage, wire.PATROL, wire.offer(arrest))
    await stage.fetch("UPDATE arrest SET arrest_time = now()")

    answer = await wire.refused(stage, wire.OFFICER, wire.accept(offered.arrest))

    metadata = {"arrest_id": arrest.arrest_id}
    assert answer == (grpc.StatusCode.FAILED_PRECONDITION, "HAND_OVER_RECORD_CHANGED", metadata)


async def test_offer_is_aborted_when_the_etag_is_stale(stage: Stage) -> None:
    arrest = await wire.put_arrest(stage, await put_under_way(stage))
    request = wire.offer(arrest)
    request.etag = "7"

    answer = await wire.refused(stage, wire.PATROL, request)

    assert answer == (grpc.StatusCode.ABORTED, "ETAG_STALE", {})


async def test_same_record_twice_gives_one_arrest_and_one_answer(stage: Stage) -> None:
    request = wire.record(await put_under_way(stage))

    first = await wire.send(stage, wire.PATROL, request)
    second = await wire.send(stage, wire.PATROL, request)

    assert first == second
    assert await stage.count("arrest") == 1
    assert await stage.count("outbox") == 2


async def test_request_id_is_refused_when_the_record_is_another(stage: Stage) -> None:
    request = wire.record(await put_under_way(stage))
    await wire.send(stage, wire.PATROL, request)
    request.place = "Shed 5"

    answer = await wire.refused(stage, wire.PATROL, request)

    metadata = {"request_id": request.request_id}
    assert answer == (grpc.StatusCode.INVALID_ARGUMENT, "REQUEST_ID_REUSED", metadata)


async def test_identity_is_never_confirmed_by_default(stage: Stage) -> None:
    request = wire.record(await put_under_way(stage))
    request.ClearField("identity_method")

    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await wire.send(stage, wire.PATROL, request)

    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert [path for path, _ in violations_of(caught.value)] == ["identity_method"]


async def test_list_of_arrests_goes_on_page_by_page(stage: Stage) -> None:
    operation = await put_under_way(stage, targets=(TARGET, OTHER))
    first = await wire.put_arrest(stage, operation)
    operation.targets.reverse()
    second = await wire.put_arrest(stage, operation)
    newest, oldest = sorted((first, second), key=lambda each: each.arrest_id, reverse=True)
    request = pb.ListArrestsRequest(operation_id=operation.operation_id, page_size=1)

    one = await wire.send(stage, wire.LEADER, request)
    request.page_token = one.next_page_token
    two = await wire.send(stage, wire.LEADER, request)

    assert (list(one.arrests), list(two.arrests)) == ([newest], [oldest])
    assert two.next_page_token == ""


@pytest.mark.parametrize(
    ("request_of", "person", "statements"),
    [
        pytest.param(
            lambda _, a: pb.GetArrestRequest(arrest_id=a.arrest_id), wire.LEADER, 2, id="GetArrest"
        ),
        pytest.param(
            lambda o, _: pb.ListArrestsRequest(operation_id=o.operation_id),
            wire.LEADER,
            3,
            id="ListArrests",
        ),
        pytest.param(
            lambda o, _: wire.record(o, target_id=OTHER.target_id), wire.PATROL, 2, id="Record"
        ),
        pytest.param(lambda _, a: wire.offer(a), wire.PATROL, 2, id="OfferHandOver"),
    ],
)
async def test_call_keeps_to_its_statements(
    stage: Stage,
    request_of: Callable[[Operation, pb.Arrest], Message],
    person: Person,
    statements: int,
) -> None:
    operation = await put_under_way(stage, targets=LIVE)
    arrest = await wire.put_arrest(stage, operation)
    before = wire.statement_count(stage)

    await wire.send(stage, person, request_of(operation, arrest))

    assert wire.statement_count(stage) - before == statements
