"""What may be done to an operation: each step refuses or returns one event. Pure.

Which state allows which step stands in one table, `ALLOWED`; what an event changes, in
`aggregate.py`. Clock and ids are arguments.
"""

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum

from chassis.errors import DomainError, Kind
from services.ops.operations import aggregate
from services.ops.operations.aggregate import (
    Approval,
    Operation,
    OperationState,
    Plan,
    Target,
    Team,
)

# A coercive act needs two people besides whoever planned it. Source: DESIGN, section 5.
APPROVALS_NEEDED = 2
# An approval is for the plan of the day; after a day the risks are to be judged again.
APPROVAL_TTL = timedelta(hours=24)
# Far above any joint arrest; keeps one operation one row that is read whole.
TARGET_LIMIT = 50
TEAM_LIMIT = 20


class Step(StrEnum):
    """What may be asked of an operation."""

    SIGN_FOR = "sign_for"
    ADD_TARGET = "add_target"
    ADD_TEAM = "add_team"
    PLAN = "plan"
    APPROVE = "approve"
    START = "start"
    STAND_DOWN = "stand_down"
    COMPLETE = "complete"
    WITHDRAW = "withdraw"


_S = OperationState
_GATHERING = frozenset({_S.SIGNED_FOR, _S.PLANNED})
_READY = frozenset({_S.PLANNED, _S.APPROVED})

ALLOWED: dict[Step, frozenset[OperationState]] = {
    Step.SIGN_FOR: frozenset({_S.RECEIVED}),
    Step.ADD_TARGET: _GATHERING,
    Step.ADD_TEAM: _GATHERING,
    Step.PLAN: _GATHERING,
    Step.APPROVE: _READY,
    Step.START: frozenset({_S.APPROVED}),
    Step.STAND_DOWN: _READY | {_S.UNDER_WAY},
    Step.COMPLETE: frozenset({_S.UNDER_WAY}),
    # Teams in the field are called back by their leader, never by a withdrawn request.
    Step.WITHDRAW: _GATHERING | {_S.RECEIVED, _S.APPROVED},
}


class OperationStateForbidsError(
    DomainError, kind=Kind.PRECONDITION, reason="OPERATION_STATE_FORBIDS"
):
    """The state of the operation does not allow the step."""


class AuthorityExpiredError(DomainError, kind=Kind.INVALID, reason="AUTHORITY_EXPIRED"):
    """The authority of a target is expired."""


class AuthorityAlreadyUsedError(DomainError, kind=Kind.EXISTS, reason="AUTHORITY_ALREADY_USED"):
    """The authority stands behind another target of the operation."""


class TeamMemberPlacedError(DomainError, kind=Kind.EXISTS, reason="TEAM_MEMBER_PLACED"):
    """A person stands in a team already, or twice in the same."""


class OperationFullError(DomainError, kind=Kind.QUOTA, reason="OPERATION_FULL"):
    """The operation holds as many targets or teams as it may."""


class StartTimePastError(DomainError, kind=Kind.INVALID, reason="START_TIME_PAST"):
    """The planned start is not in the future."""


class PlanIncompleteError(DomainError, kind=Kind.PRECONDITION, reason="PLAN_INCOMPLETE"):
    """The plan lacks targets or teams."""


class PlanChangedError(DomainError, kind=Kind.CONFLICT, reason="PLAN_CHANGED"):
    """The plan is not the one the approver saw."""


class ApproverIsPlannerError(DomainError, kind=Kind.PRECONDITION, reason="APPROVER_IS_PLANNER"):
    """Whoever shaped the plan may not approve it."""


class ApprovalAlreadyGivenError(DomainError, kind=Kind.EXISTS, reason="APPROVAL_ALREADY_GIVEN"):
    """The person's approval of this plan is valid already."""


class GoConditionsMissingError(DomainError, kind=Kind.PRECONDITION, reason="GO_CONDITIONS_MISSING"):
    """An authority is expired or an approval lacks at the moment of "go"."""


class TargetsNotHandedOverError(
    DomainError, kind=Kind.PRECONDITION, reason="TARGETS_NOT_HANDED_OVER"
):
    """Targets of the operation are not handed over."""


def check_state(operation: Operation, step: Step) -> None:
    """Refuse a step that the state of the operation does not allow.

    Raises:
        OperationStateForbidsError: The state is not in `ALLOWED[step]`.
    """
    if operation.state not in ALLOWED[step]:
        sentence = f"An operation that is {operation.state} does not allow {step}."
        raise OperationStateForbidsError(
            sentence, operation_id=operation.operation_id, state=operation.state, step=step
        )


def sign_for(operation: Operation, *, by: str, now: datetime) -> aggregate.OperationSignedFor:
    """Sign for a received operation and become its leader."""
    check_state(operation, Step.SIGN_FOR)
    return aggregate.OperationSignedFor(now, by)


def add_target(
    operation: Operation, *, target: Target, by: str, now: datetime
) -> aggregate.OperationTargetAdded:
    """Add a target whose authority is valid and its own; a plan that stands changes with it."""
    check_state(operation, Step.ADD_TARGET)
    _check_room(operation, len(operation.targets), TARGET_LIMIT)
    if target.authority.expires_at <= now:
        raise AuthorityExpiredError(
            "The authority of the target is expired.", field="authority.expire_time"
        )
    _check_authority_unused(operation, target)
    shaped = replace(operation, targets=(*operation.targets, target))
    return aggregate.OperationTargetAdded(now, target, _reshape_plan(shaped, by))


def add_team(
    operation: Operation, *, team: Team, by: str, now: datetime
) -> aggregate.OperationTeamAdded:
    """Add a team of people who stand in no other; a plan that stands changes with it."""
    check_state(operation, Step.ADD_TEAM)
    _check_room(operation, len(operation.teams), TEAM_LIMIT)
    shaped = replace(operation, teams=(*operation.teams, team))
    _check_placed_once(shaped)
    return aggregate.OperationTeamAdded(now, team, _reshape_plan(shaped, by))


def plan(
    operation: Operation,
    *,
    rally_point: str,
    start_at: datetime,
    risk_note: str,
    by: str,
    now: datetime,
) -> aggregate.OperationPlanned | aggregate.OperationReplanned:
    """Plan an operation that has targets and teams, or plan it anew."""
    check_state(operation, Step.PLAN)
    if start_at <= now:
        raise StartTimePastError("The planned start is not in the future.", field="start_time")
    parts = {"targets": operation.targets, "teams": operation.teams}
    missing = ",".join(name for name, present in parts.items() if not present)
    if missing:
        raise PlanIncompleteError(
            "The plan lacks targets or teams.",
            operation_id=operation.operation_id,
            missing=missing,
        )
    drafted = Plan(rally_point, start_at, risk_note, (by,), plan_hash="")
    is_again = operation.state is OperationState.PLANNED
    kind = aggregate.OperationReplanned if is_again else aggregate.OperationPlanned
    return kind(now, aggregate.hash_plan(operation, drafted))


def approve(
    operation: Operation, *, plan_hash: str, by: str, now: datetime
) -> aggregate.OperationApprovalGiven | aggregate.OperationApproved:
    """Approve the plan the approver saw; the second valid approval approves the operation."""
    check_state(operation, Step.APPROVE)
    named = {"operation_id": operation.operation_id}
    if operation.plan is None or operation.plan.plan_hash != plan_hash:
        raise PlanChangedError("The plan is not the one the approver saw.", **named)
    if by in operation.plan.planner_ids:
        raise ApproverIsPlannerError("Whoever shaped a plan may not approve it.", **named)
    approver_ids = _valid_approver_ids(operation, now)
    if by in approver_ids:
        raise ApprovalAlreadyGivenError("The person approved this plan already.", **named)
    approval = Approval(by, plan_hash, now, now + APPROVAL_TTL)
    is_enough = len(approver_ids) + 1 >= APPROVALS_NEEDED
    if operation.state is OperationState.PLANNED and is_enough:
        return aggregate.OperationApproved(now, approval)
    return aggregate.OperationApprovalGiven(now, approval)


def start(operation: Operation, *, by: str, now: datetime) -> aggregate.OperationStarted:
    """Give "go" while every authority and two approvals are valid."""
    check_state(operation, Step.START)
    targets = operation.targets
    expired = [each.target_id for each in targets if each.authority.expires_at <= now]
    lacking = max(0, APPROVALS_NEEDED - len(_valid_approver_ids(operation, now)))
    if expired or lacking:
        raise GoConditionsMissingError(
            "An authority is expired or an approval lacks.",
            operation_id=operation.operation_id,
            expired_target_ids=",".join(expired),
            missing_approvals=str(lacking),
        )
    return aggregate.OperationStarted(now, by)


def stand_down(
    operation: Operation, *, reason: str, by: str, now: datetime
) -> aggregate.OperationStoodDown:
    """Stand an operation down."""
    check_state(operation, Step.STAND_DOWN)
    return aggregate.OperationStoodDown(now, by, reason)


def complete(
    operation: Operation, *, handed_over_ids: frozenset[str], by: str, now: datetime
) -> aggregate.OperationCompleted:
    """Complete an operation whose every target is in `handed_over_ids`."""
    check_state(operation, Step.COMPLETE)
    ids = (each.target_id for each in operation.targets)
    missing = ",".join(each for each in ids if each not in handed_over_ids)
    if missing:
        raise TargetsNotHandedOverError(
            "Targets are not handed over.", operation_id=operation.operation_id, missing=missing
        )
    return aggregate.OperationCompleted(now, by)


def withdraw(operation: Operation, *, now: datetime) -> aggregate.OperationWithdrawn:
    """Withdraw an operation whose squad request the station withdrew."""
    check_state(operation, Step.WITHDRAW)
    return aggregate.OperationWithdrawn(now)


def _check_room(operation: Operation, count: int, limit: int) -> None:
    if count >= limit:
        sentence = "The operation holds as many targets or teams as it may."
        named = {"operation_id": operation.operation_id, "limit": str(limit)}
        raise OperationFullError(sentence, **named)


def _check_authority_unused(operation: Operation, target: Target) -> None:
    for other in operation.targets:
        if _instrument(other) == _instrument(target):
            raise AuthorityAlreadyUsedError(
                "The authority stands behind another target.",
                operation_id=operation.operation_id,
                target_id=other.target_id,
            )


def _instrument(target: Target) -> tuple[str, str, str]:
    return target.authority.kind, target.authority.issuer, target.authority.number


def _check_placed_once(operation: Operation) -> None:
    places = Counter(id_ for team in operation.teams for id_ in (team.leader_id, *team.member_ids))
    twice = ",".join(sorted(person_id for person_id, count in places.items() if count > 1))
    if twice:
        raise TeamMemberPlacedError(
            "Somebody stands in a team already.",
            operation_id=operation.operation_id,
            person_ids=twice,
        )


def _reshape_plan(operation: Operation, by: str) -> Plan | None:
    # Whoever adds to a plan that stands has shaped it, and may no more approve it than its planner.
    if operation.plan is None:
        return None
    planner_ids = tuple(dict.fromkeys((*operation.plan.planner_ids, by)))
    return aggregate.hash_plan(operation, replace(operation.plan, planner_ids=planner_ids))


def _valid_approver_ids(operation: Operation, now: datetime) -> frozenset[str]:
    plan_hash = operation.plan.plan_hash if operation.plan else None
    return frozenset(
        each.approver_id
        for each in operation.approvals
        if each.plan_hash == plan_hash and now < each.expires_at
    )
