"""Every refusal of an operation over the wire: code, reason and metadata."""

from dataclasses import replace
from datetime import UTC, datetime

import grpc
import pytest

from chassis.timestamps import to_timestamp
from jointops.ops.v1 import operation_pb2 as pb
from services.ops.operations.aggregate import OperationState
from tests.integration.ops import wire
from tests.integration.ops.acts import make_live_approval
from tests.integration.ops.wire import Refusal
from tests.integration.stage import Stage
from tests.unit.ops.builders import TARGET, TEAM

GONE = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
EXPIRED = replace(TARGET, authority=replace(TARGET.authority, expires_at=GONE))
FAILED_PRECONDITION = grpc.StatusCode.FAILED_PRECONDITION
INVALID_ARGUMENT = grpc.StatusCode.INVALID_ARGUMENT
ALREADY_EXISTS = grpc.StatusCode.ALREADY_EXISTS

REFUSALS = [
    Refusal(
        "OPERATION_STATE_FORBIDS",
        FAILED_PRECONDITION,
        lambda o: pb.StartOperationRequest(**wire.of_operation(o)),
        lambda o: wire.named(o, state="planned", step="start"),
    ),
    Refusal(
        "AUTHORITY_EXPIRED",
        INVALID_ARGUMENT,
        lambda o: wire.add_target(o, expire_time=to_timestamp(GONE)),
        lambda _: {"field": "authority.expire_time"},
    ),
    Refusal(
        "AUTHORITY_ALREADY_USED",
        ALREADY_EXISTS,
        lambda o: wire.add_target(
            o, number=TARGET.authority.number, issuer=TARGET.authority.issuer, kind=1
        ),
        lambda o: wire.named(o, target_id=o.targets[0].target_id),
    ),
    Refusal(
        "TEAM_MEMBER_PLACED",
        ALREADY_EXISTS,
        lambda o: wire.add_team(o, leader_id="ops-1a2b"),
        lambda o: wire.named(o, person_ids="ops-1a2b"),
    ),
    Refusal(
        "OPERATION_FULL",
        grpc.StatusCode.RESOURCE_EXHAUSTED,
        wire.add_team,
        lambda o: wire.named(o, limit="20"),
        {"teams": (TEAM,) * 20},
    ),
    Refusal(
        "START_TIME_PAST",
        INVALID_ARGUMENT,
        lambda o: wire.plan(o, start_time=to_timestamp(GONE)),
        lambda _: {"field": "start_time"},
    ),
    Refusal(
        "PLAN_INCOMPLETE",
        FAILED_PRECONDITION,
        wire.plan,
        lambda o: wire.named(o, missing="teams"),
        {"state": OperationState.SIGNED_FOR, "plan": None, "teams": ()},
    ),
    Refusal(
        "PLAN_CHANGED",
        grpc.StatusCode.ABORTED,
        lambda o: wire.approve(o, plan_hash="0" * 64),
        wire.named,
        person=wire.COMMANDER,
    ),
    Refusal("APPROVER_IS_PLANNER", FAILED_PRECONDITION, wire.approve, wire.named),
    Refusal(
        "APPROVAL_ALREADY_GIVEN",
        ALREADY_EXISTS,
        wire.approve,
        wire.named,
        {"approvals": (make_live_approval("commander-1"),)},
        wire.COMMANDER,
    ),
    Refusal(
        "GO_CONDITIONS_MISSING",
        FAILED_PRECONDITION,
        lambda o: pb.StartOperationRequest(**wire.of_operation(o)),
        lambda o: wire.named(o, expired_target_ids=o.targets[0].target_id, missing_approvals="2"),
        {"state": OperationState.APPROVED, "targets": (EXPIRED,)},
    ),
    Refusal(
        "TARGETS_NOT_HANDED_OVER",
        FAILED_PRECONDITION,
        lambda o: pb.CompleteOperationRequest(**wire.of_operation(o)),
        lambda o: wire.named(o, missing=o.targets[0].target_id),
        {"state": OperationState.UNDER_WAY},
    ),
]


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda refusal: refusal.reason)
async def test_step_is_refused_with_code_reason_and_metadata(
    stage: Stage, refusal: Refusal
) -> None:
    operation = await wire.put(stage, **refusal.operation)

    answer = await wire.refused(stage, refusal.person or wire.LEADER, refusal.request(operation))

    assert answer == (refusal.code, refusal.reason, refusal.metadata(operation))
    assert await stage.count("outbox") == 1
