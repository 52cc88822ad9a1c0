"""Use cases of operations on stores in memory: what a command leaves behind."""

from datetime import datetime
from typing import Any

import pytest

from chassis.call import AlreadyAnsweredError, Call
from chassis.errors import NotAssignedError
from chassis.timestamps import to_timestamp
from jointops.ops.v1 import operation_events_pb2 as events
from jointops.ops.v1 import operation_pb2 as pb
from services.ops.custody.domain import ArrestState
from services.ops.operations import domain
from services.ops.operations.aggregate import Operation, OperationState
from services.ops.operations.usecases import OperationUseCases
from tests.fakes.ops import FakeArrests, FakeOperations
from tests.fakes.unit import FakeDatabase
from tests.unit.ops.builders import (
    ARREST_ID,
    CASE_ID,
    EXPIRY,
    NEXT_DAY,
    NOW,
    OPERATION_ID,
    PLAN_HASH,
    SQUAD_REQUEST_ID,
    TARGET_ID,
    make_approval,
    make_arrest,
    make_operation,
)

LEADER = "ops-lead"
NEW_ID = "0198c2f4-0000-7000-8000-00000000000a"
REQUEST_ID = "7d444840-9dc0-41d1-b245-5ffdce74fad2"


def make_use_cases(database: FakeDatabase, *, now: datetime = NOW) -> OperationUseCases:
    """Make the use cases on stores in memory, with a clock that stands still."""
    stores: dict[str, Any] = {"hand_overs": FakeArrests, "operations": FakeOperations}
    begin: Any = database.begin
    return OperationUseCases(begin, lambda: now, lambda: NEW_ID, **stores)


def make_call(person_id: str = LEADER, permission: str = "ops.operation.test") -> Call:
    """Make the call of a person who is assigned to the case."""
    return Call(person_id, "jinqiao", False, "method", permission, REQUEST_ID, b"hash", "")


def make_database(operation: Operation) -> FakeDatabase:
    """Make a database with one operation and its leader and two commanders on the case."""
    people = (LEADER, "cmd-1a", "cmd-2b")
    return FakeDatabase(
        aggregates={("operation", operation.operation_id): operation},
        assignments={(CASE_ID, person_id) for person_id in people},
        case_stations={CASE_ID: "jinqiao"},
    )


def named(**fields: Any) -> dict[str, Any]:
    """Return the fields of a request that changes the operation."""
    return {"operation_id": OPERATION_ID, "etag": "1", "request_id": REQUEST_ID} | fields


async def test_sign_for_leaves_state_event_audit_and_answer() -> None:
    database = make_database(make_operation(state=OperationState.RECEIVED, leader_id=None))

    response = await make_use_cases(database).sign_for(
        pb.SignForOperationRequest(**named()), make_call()
    )

    assert response.operation.state == pb.OPERATION_STATE_SIGNED_FOR
    assert response.operation.etag == "2"
    assert database.audit == [("ops.operation.test", OPERATION_ID, CASE_ID)]
    assert database.answers[LEADER, REQUEST_ID] == (b"hash", response.SerializeToString())


async def test_event_names_operation_case_and_squad_request() -> None:
    database = make_database(make_operation(state=OperationState.RECEIVED, leader_id=None))

    await make_use_cases(database).sign_for(pb.SignForOperationRequest(**named()), make_call())

    event = database.events[0]
    assert event.subject == "jointops.jinqiao.ops.v1.operation.operation_signed_for"
    assert (event.aggregate_version, event.event_time) == (2, NOW)
    assert events.OperationSignedFor.FromString(event.payload) == events.OperationSignedFor(
        operation_id=OPERATION_ID,
        case_id=CASE_ID,
        squad_request_id=SQUAD_REQUEST_ID,
        leader_id=LEADER,
    )


async def test_added_target_gets_a_fresh_id_and_its_authority() -> None:
    database = make_database(make_operation(state=OperationState.SIGNED_FOR, plan=None))
    authority = pb.Authority(
        kind=pb.AUTHORITY_KIND_SUMMONS,
        number="JQ-2026-0120",
        issuer="Bureau",
        legal_basis="CPL art. 119",
        expire_time=to_timestamp(EXPIRY),
    )

    response = await make_use_cases(database).add_target(
        pb.AddTargetRequest(**named(designation="Target 2", authority=authority)), make_call()
    )

    added = response.operation.targets[-1]
    assert added == pb.Target(target_id=NEW_ID, designation="Target 2", authority=authority)


async def test_added_team_gets_a_fresh_id() -> None:
    database = make_database(make_operation(state=OperationState.SIGNED_FOR, plan=None))
    request = pb.AddTeamRequest(
        **named(name="Team 2", role=pb.TEAM_ROLE_CORDON, leader_id="ops-7a8b")
    )

    response = await make_use_cases(database).add_team(request, make_call())

    assert response.operation.teams[-1] == pb.Team(
        team_id=NEW_ID, name="Team 2", role=pb.TEAM_ROLE_CORDON, leader_id="ops-7a8b"
    )


async def test_plan_names_the_caller_as_planner() -> None:
    database = make_database(make_operation(state=OperationState.SIGNED_FOR, plan=None))
    request = pb.PlanOperationRequest(
        **named(rally_point="Gate", start_time=to_timestamp(NEXT_DAY), risk_note="None.")
    )

    response = await make_use_cases(database).plan(request, make_call())

    assert list(response.operation.plan.planner_ids) == [LEADER]
    assert len(response.operation.plan.plan_hash) == 64


async def test_second_approval_approves_the_operation() -> None:
    database = make_database(make_operation(approvals=(make_approval("cmd-1a"),)))
    request = pb.ApproveOperationRequest(**named(plan_hash=PLAN_HASH))

    response = await make_use_cases(database).approve(request, make_call("cmd-2b"))

    assert response.operation.state == pb.OPERATION_STATE_APPROVED
    assert [each.approver_id for each in response.operation.approvals] == ["cmd-1a", "cmd-2b"]


async def test_start_notes_the_time_of_go() -> None:
    approvals = (make_approval("cmd-1a"), make_approval("cmd-2b"))
    database = make_database(make_operation(state=OperationState.APPROVED, approvals=approvals))

    response = await make_use_cases(database).start(
        pb.StartOperationRequest(**named()), make_call()
    )

    assert response.operation.go_time == to_timestamp(NOW)


async def test_stand_down_keeps_the_reason_out_of_the_event() -> None:
    database = make_database(make_operation())

    response = await make_use_cases(database).stand_down(
        pb.StandDownOperationRequest(**named(reason="A child is on site.")), make_call()
    )

    assert response.operation.stand_down_reason == "A child is on site."
    assert b"child" not in database.events[0].payload


async def test_complete_asks_custody_who_was_handed_over() -> None:
    database = make_database(make_operation(state=OperationState.UNDER_WAY))
    handed_over = make_arrest(state=ArrestState.HANDED_OVER)
    database.aggregates["arrest", ARREST_ID] = handed_over

    response = await make_use_cases(database).complete(
        pb.CompleteOperationRequest(**named()), make_call()
    )

    assert response.operation.state == pb.OPERATION_STATE_COMPLETED


async def test_complete_is_refused_when_the_arrest_is_not_handed_over() -> None:
    database = make_database(make_operation(state=OperationState.UNDER_WAY))
    database.aggregates["arrest", ARREST_ID] = make_arrest()

    with pytest.raises(domain.TargetsNotHandedOverError) as caught:
        await make_use_cases(database).complete(pb.CompleteOperationRequest(**named()), make_call())

    assert caught.value.metadata["missing"] == TARGET_ID
    assert database.events == []


async def test_repeated_request_is_answered_and_changes_nothing() -> None:
    database = make_database(make_operation(state=OperationState.RECEIVED, leader_id=None))
    use_cases = make_use_cases(database)
    request = pb.SignForOperationRequest(**named())
    first = await use_cases.sign_for(request, make_call())

    with pytest.raises(AlreadyAnsweredError) as caught:
        await use_cases.sign_for(request, make_call())

    assert caught.value.response == first.SerializeToString()
    assert len(database.events) == 1


async def test_stranger_may_not_list_the_operations_of_a_case() -> None:
    use_cases = make_use_cases(make_database(make_operation()))

    with pytest.raises(NotAssignedError):
        await use_cases.list(pb.ListOperationsRequest(case_id=CASE_ID), make_call("stranger"))


async def test_list_of_a_case_shows_its_operations() -> None:
    use_cases = make_use_cases(make_database(make_operation()))

    response = await use_cases.list(pb.ListOperationsRequest(case_id=CASE_ID), make_call())

    assert [each.operation_id for each in response.operations] == [OPERATION_ID]


async def test_list_without_a_case_shows_what_the_caller_may_see() -> None:
    database = make_database(make_operation())
    use_cases = make_use_cases(database)

    mine = await use_cases.list(pb.ListOperationsRequest(), make_call())
    of_stranger = await use_cases.list(pb.ListOperationsRequest(), make_call("stranger"))

    assert len(mine.operations) == 1
    assert len(of_stranger.operations) == 0
    assert database.audit == [("ops.operation.test", "operations", "")] * 2
