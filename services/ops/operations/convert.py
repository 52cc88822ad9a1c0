"""Where protobuf meets the operation: requests in, responses and events out."""

from collections.abc import Callable
from typing import Any

from google.protobuf.message import Message

from chassis.call import Event
from chassis.emission import Origin, make_event
from chassis.timestamps import to_datetime, to_timestamp
from jointops.ops.v1 import operation_events_pb2 as events
from jointops.ops.v1 import operation_pb2 as pb
from services.ops.operations import aggregate
from services.ops.operations.aggregate import (
    Approval,
    Authority,
    AuthorityKind,
    Operation,
    OperationEvent,
    OperationState,
    Plan,
    Target,
    Team,
    TeamRole,
)

STATES = {
    state: pb.OperationState.Value(f"OPERATION_STATE_{state.name}") for state in OperationState
}
AUTHORITY_KINDS = {
    kind: pb.AuthorityKind.Value(f"AUTHORITY_KIND_{kind.name}") for kind in AuthorityKind
}
TEAM_ROLES = {role: pb.TeamRole.Value(f"TEAM_ROLE_{role.name}") for role in TeamRole}
_KINDS_OF = {number: kind for kind, number in AUTHORITY_KINDS.items()}
_ROLES_OF = {number: role for role, number in TEAM_ROLES.items()}


def operation_to_message(operation: Operation) -> pb.Operation:
    """Show an operation to a member of its case."""
    started_at = operation.started_at
    return pb.Operation(
        operation_id=operation.operation_id,
        station=operation.station,
        case_id=operation.case_id,
        squad_request_id=operation.squad_request_id,
        state=STATES[operation.state],
        due_time=to_timestamp(operation.due_at),
        leader_id=operation.leader_id or "",
        targets=[_target_to_message(target) for target in operation.targets],
        teams=[_team_to_message(team) for team in operation.teams],
        plan=_plan_to_message(operation.plan) if operation.plan is not None else None,
        approvals=[_approval_to_message(approval) for approval in operation.approvals],
        go_time=to_timestamp(started_at) if started_at is not None else None,
        stand_down_reason=operation.stand_down_reason,
        create_time=to_timestamp(operation.created_at),
        update_time=to_timestamp(operation.updated_at),
        etag=str(operation.version),
    )


def target_of(request: pb.AddTargetRequest, target_id: str) -> Target:
    """Read the target to add."""
    given = request.authority
    authority = Authority(
        kind=_KINDS_OF[given.kind],
        number=given.number,
        issuer=given.issuer,
        legal_basis=given.legal_basis,
        expires_at=to_datetime(given.expire_time),
    )
    return Target(target_id, request.designation, authority)


def team_of(request: pb.AddTeamRequest, team_id: str) -> Team:
    """Read the team to add."""
    return Team(
        team_id=team_id,
        name=request.name,
        role=_ROLES_OF[request.role],
        leader_id=request.leader_id,
        member_ids=tuple(request.member_ids),
    )


def event_to_row(event: OperationEvent, operation: Operation) -> Event:
    """Wrap an event of the operation, which it has just made, as it will travel."""
    origin = Origin(
        "operation",
        operation.operation_id,
        operation.version,
        operation.station,
        operation.case_id,
    )
    kind, fields = _MESSAGES[type(event)]
    message = kind(
        operation_id=operation.operation_id,
        case_id=operation.case_id,
        squad_request_id=operation.squad_request_id,
        **fields(event),
    )
    return make_event(message, origin, at=event.decided_at)


def _target_to_message(target: Target) -> pb.Target:
    return pb.Target(
        target_id=target.target_id,
        designation=target.designation,
        authority=pb.Authority(
            kind=AUTHORITY_KINDS[target.authority.kind],
            number=target.authority.number,
            issuer=target.authority.issuer,
            legal_basis=target.authority.legal_basis,
            expire_time=to_timestamp(target.authority.expires_at),
        ),
    )


def _team_to_message(team: Team) -> pb.Team:
    return pb.Team(
        team_id=team.team_id,
        name=team.name,
        role=TEAM_ROLES[team.role],
        leader_id=team.leader_id,
        member_ids=team.member_ids,
    )


def _plan_to_message(plan: Plan) -> pb.Plan:
    return pb.Plan(
        rally_point=plan.rally_point,
        start_time=to_timestamp(plan.start_at),
        risk_note=plan.risk_note,
        planner_ids=plan.planner_ids,
        plan_hash=plan.plan_hash,
    )


def _approval_to_message(approval: Approval) -> pb.Approval:
    return pb.Approval(
        approver_id=approval.approver_id,
        plan_hash=approval.plan_hash,
        approve_time=to_timestamp(approval.approved_at),
        expire_time=to_timestamp(approval.expires_at),
    )


def _of_plan(
    event: aggregate.OperationPlanned | aggregate.OperationReplanned,
) -> dict[str, Any]:
    return {
        "plan_hash": event.plan.plan_hash,
        "start_time": to_timestamp(event.plan.start_at),
        "planner_id": event.plan.planner_ids[0],
    }


def _of_approval(
    event: aggregate.OperationApprovalGiven | aggregate.OperationApproved,
) -> dict[str, Any]:
    return {
        "plan_hash": event.approval.plan_hash,
        "approver_id": event.approval.approver_id,
        "expire_time": to_timestamp(event.approval.expires_at),
    }


def _hash_of(plan: Plan | None) -> str:
    return plan.plan_hash if plan is not None else ""


# What each event says besides which operation, case and squad request it is about.
_MESSAGES: dict[
    type[OperationEvent], tuple[Callable[..., Message], Callable[[Any], dict[str, Any]]]
] = {
    aggregate.OperationReceived: (
        events.OperationReceived,
        lambda event: {"due_time": to_timestamp(event.due_at)},
    ),
    aggregate.OperationSignedFor: (
        events.OperationSignedFor,
        lambda event: {"leader_id": event.leader_id},
    ),
    aggregate.OperationTargetAdded: (
        events.OperationTargetAdded,
        lambda event: {
            "target_id": event.target.target_id,
            "authority_kind": AUTHORITY_KINDS[event.target.authority.kind],
            "authority_expire_time": to_timestamp(event.target.authority.expires_at),
            "plan_hash": _hash_of(event.plan),
        },
    ),
    aggregate.OperationTeamAdded: (
        events.OperationTeamAdded,
        lambda event: {
            "team_id": event.team.team_id,
            "role": TEAM_ROLES[event.team.role],
            "plan_hash": _hash_of(event.plan),
        },
    ),
    aggregate.OperationPlanned: (events.OperationPlanned, _of_plan),
    aggregate.OperationReplanned: (events.OperationReplanned, _of_plan),
    aggregate.OperationApprovalGiven: (events.OperationApprovalGiven, _of_approval),
    aggregate.OperationApproved: (events.OperationApproved, _of_approval),
    aggregate.OperationStarted: (
        events.OperationStarted,
        lambda event: {"person_id": event.person_id},
    ),
    aggregate.OperationStoodDown: (
        events.OperationStoodDown,
        lambda event: {"person_id": event.person_id},
    ),
    aggregate.OperationCompleted: (
        events.OperationCompleted,
        lambda event: {"person_id": event.person_id},
    ),
    aggregate.OperationWithdrawn: (events.OperationWithdrawn, lambda _: {}),
}
