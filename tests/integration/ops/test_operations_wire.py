"""Operations over the wire, on PostgreSQL: the whole way, repeats, races and statements."""

import asyncio
from collections.abc import Callable
from functools import partial

import grpc
import pytest
from google.protobuf.message import Message

from chassis.status import reason_of
from jointops.ops.v1 import operation_pb2 as pb
from services.ops.custody.domain import ArrestState
from services.ops.operations.aggregate import OperationState
from tests.integration.ops import wire
from tests.integration.ops.wire import Person
from tests.integration.stage import Stage

INVALID_ARGUMENT = grpc.StatusCode.INVALID_ARGUMENT


async def lead_to_completion(stage: Stage, operation: pb.Operation) -> pb.Operation:
    """Lead a received operation with one target to its completion."""
    sent = partial(wire.send, stage)
    at = operation
    at = (await sent(wire.LEADER, pb.SignForOperationRequest(**wire.of_operation(at)))).operation
    at = (await sent(wire.LEADER, wire.add_target(at))).operation
    at = (await sent(wire.LEADER, wire.add_team(at))).operation
    at = (await sent(wire.LEADER, wire.plan(at))).operation
    approve = partial(wire.approve, plan_hash=at.plan.plan_hash)
    at = (await sent(wire.COMMANDER, approve(at))).operation
    at = (await sent(wire.REVIEWER, approve(at))).operation
    at = (await sent(wire.LEADER, pb.StartOperationRequest(**wire.of_operation(at)))).operation
    arrest = (await sent(wire.PATROL, wire.record(at))).arrest
    arrest = (await sent(wire.PATROL, wire.offer(arrest))).arrest
    await sent(wire.OFFICER, wire.accept(arrest))
    done = await sent(wire.LEADER, pb.CompleteOperationRequest(**wire.of_operation(at)))
    return pb.Operation.FromString(done.operation.SerializeToString())


async def test_operation_is_led_from_signing_to_completion(stage: Stage) -> None:
    bare = {"state": OperationState.RECEIVED, "leader_id": None, "targets": (), "teams": ()}
    operation = await wire.put(stage, plan=None, **bare)

    completed = await lead_to_completion(stage, operation)

    assert completed.state == pb.OPERATION_STATE_COMPLETED
    assert completed.leader_id == wire.LEADER.person_id
    assert [each.approver_id for each in completed.approvals] == [
        "commander-1",
        "legal_reviewer-1",
    ]


async def test_whole_way_leaves_one_event_a_change_in_order(stage: Stage) -> None:
    bare = {"state": OperationState.RECEIVED, "leader_id": None, "targets": (), "teams": ()}
    await lead_to_completion(stage, await wire.put(stage, plan=None, **bare))

    rows = await stage.fetch("SELECT subject, aggregate_version FROM outbox ORDER BY position")

    events = [(row["subject"].rpartition(".v1.")[2], row["aggregate_version"]) for row in rows]
    assert events == [
        ("operation.operation_received", 1),
        ("operation.operation_signed_for", 2),
        ("operation.operation_target_added", 3),
        ("operation.operation_team_added", 4),
        ("operation.operation_planned", 5),
        ("operation.operation_approval_given", 6),
        ("operation.operation_approved", 7),
        ("operation.operation_started", 8),
        ("arrest.arrest_recorded", 1),
        ("arrest.hand_over_offered", 2),
        ("arrest.hand_over_accepted", 3),
        ("operation.operation_completed", 9),
    ]


async def test_stand_down_ends_an_operation_and_keeps_its_reason(stage: Stage) -> None:
    operation = await wire.put(stage)
    request = pb.StandDownOperationRequest(**wire.of_operation(operation, reason="Fog."))

    response = await wire.send(stage, wire.COMMANDER, request)

    assert response.operation.state == pb.OPERATION_STATE_STOOD_DOWN
    assert response.operation.stand_down_reason == "Fog."


async def test_get_shows_what_the_last_write_answered(stage: Stage) -> None:
    operation = await wire.put(stage)
    written = await wire.send(stage, wire.LEADER, wire.plan(operation))

    read = await wire.send(
        stage, wire.PATROL, pb.GetOperationRequest(operation_id=operation.operation_id)
    )

    assert read.operation == written.operation


async def test_list_of_a_case_goes_on_page_by_page(stage: Stage) -> None:
    first = await wire.put(stage)
    second = await wire.put(stage, case_id=first.case_id)
    newest, oldest = sorted((first, second), key=lambda each: each.operation_id, reverse=True)
    request = pb.ListOperationsRequest(case_id=first.case_id, page_size=1)

    one = await wire.send(stage, wire.LEADER, request)
    request.page_token = one.next_page_token
    two = await wire.send(stage, wire.LEADER, request)

    assert (list(one.operations), list(two.operations)) == ([newest], [oldest])
    assert two.next_page_token == ""


async def test_page_token_of_another_list_is_refused(stage: Stage) -> None:
    operation = await wire.put(stage)
    await wire.put(stage, case_id=operation.case_id)
    of_case = pb.ListOperationsRequest(case_id=operation.case_id, page_size=1)
    token = (await wire.send(stage, wire.LEADER, of_case)).next_page_token

    answer = await wire.refused(stage, wire.LEADER, pb.ListOperationsRequest(page_token=token))

    assert answer == (INVALID_ARGUMENT, "PAGE_TOKEN_INVALID", {"field": "page_token"})


async def test_list_without_a_case_shows_what_the_caller_may_see(stage: Stage) -> None:
    mine = await wire.put(stage)
    await wire.put(stage, station="beicai")

    of_commander = await wire.send(stage, wire.COMMANDER, pb.ListOperationsRequest())
    of_stranger = await wire.send(
        stage, Person("stranger", wire.LEADER.roles), pb.ListOperationsRequest()
    )

    assert list(of_commander.operations) == [mine]
    assert list(of_stranger.operations) == []


async def test_write_is_aborted_when_the_etag_is_stale(stage: Stage) -> None:
    operation = await wire.put(stage)

    answer = await wire.refused(stage, wire.LEADER, wire.add_team(operation, etag="7"))

    assert answer == (grpc.StatusCode.ABORTED, "ETAG_STALE", {})


async def test_same_request_twice_gives_one_target_and_one_answer(stage: Stage) -> None:
    request = wire.add_target(await wire.put(stage))

    first = await wire.send(stage, wire.LEADER, request)
    second = await wire.send(stage, wire.LEADER, request)

    assert first == second
    assert await stage.count("outbox") == 2


async def test_request_id_is_refused_when_the_body_is_another(stage: Stage) -> None:
    operation = await wire.put(stage)
    request = wire.add_team(operation)
    await wire.send(stage, wire.LEADER, request)
    request.name = "Team 3"

    answer = await wire.refused(stage, wire.LEADER, request)

    metadata = {"request_id": request.request_id}
    assert answer == (INVALID_ARGUMENT, "REQUEST_ID_REUSED", metadata)


async def test_one_of_two_who_sign_at_once_is_aborted(stage: Stage) -> None:
    operation = await wire.put(stage, state=OperationState.RECEIVED, leader_id=None)
    one = pb.SignForOperationRequest(**wire.of_operation(operation))
    two = pb.SignForOperationRequest(**wire.of_operation(operation))

    results = await asyncio.gather(
        wire.send(stage, wire.LEADER, one),
        wire.send(stage, wire.SECOND_LEADER, two),
        return_exceptions=True,
    )

    refused = [each for each in results if isinstance(each, grpc.aio.AioRpcError)]
    assert [reason_of(each)[0] for each in refused] == ["ETAG_STALE"]
    assert await stage.count("outbox") == 2


@pytest.mark.parametrize(
    ("request_of", "statements"),
    [
        pytest.param(
            lambda o: pb.GetOperationRequest(operation_id=o.operation_id), 2, id="GetOperation"
        ),
        pytest.param(lambda _: pb.ListOperationsRequest(), 2, id="ListOperations"),
        pytest.param(
            lambda o: pb.ListOperationsRequest(case_id=o.case_id), 2, id="ListOperations of a case"
        ),
        pytest.param(wire.add_target, 2, id="AddTarget"),
        pytest.param(wire.plan, 2, id="PlanOperation"),
    ],
)
async def test_call_keeps_to_its_statements(
    stage: Stage, request_of: Callable[[pb.Operation], Message], statements: int
) -> None:
    operation = await wire.put(stage)
    before = wire.statement_count(stage)

    await wire.send(stage, wire.LEADER, request_of(operation))

    assert wire.statement_count(stage) - before == statements


async def test_completing_takes_three_statements(stage: Stage) -> None:
    operation = await wire.put(stage, state=OperationState.UNDER_WAY)
    await wire.put_arrest(stage, operation, state=ArrestState.HANDED_OVER)
    before = wire.statement_count(stage)

    await wire.send(stage, wire.LEADER, pb.CompleteOperationRequest(**wire.of_operation(operation)))

    assert wire.statement_count(stage) - before == 3
