"""The operation as data: its states, its events and what each event changes. Pure.

The decisions, which refuse or return one of these events, stand in `domain.py`.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any


class OperationState(StrEnum):
    """Where an operation stands. Source: docs/lifecycle.md."""

    RECEIVED = "received"
    SIGNED_FOR = "signed_for"
    PLANNED = "planned"
    APPROVED = "approved"
    UNDER_WAY = "under_way"
    COMPLETED = "completed"
    STOOD_DOWN = "stood_down"
    WITHDRAWN = "withdrawn"


class AuthorityKind(StrEnum):
    """The instruments that allow an arrest."""

    ARREST_WARRANT = "arrest_warrant"
    DETENTION_ORDER = "detention_order"
    SUMMONS = "summons"


class TeamRole(StrEnum):
    """What a team does."""

    ARREST = "arrest"
    CORDON = "cordon"
    ESCORT = "escort"
    MEDICAL = "medical"


@dataclass(frozen=True, slots=True)
class Authority:
    """The instrument that allows one arrest until it expires."""

    kind: AuthorityKind
    number: str
    issuer: str
    legal_basis: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Target:
    """Whom the operation is to arrest; who that is stands in the instrument and not here."""

    target_id: str
    designation: str
    authority: Authority


@dataclass(frozen=True, slots=True)
class Team:
    """The people who do one thing in the operation."""

    team_id: str
    name: str
    role: TeamRole
    leader_id: str
    member_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """What is approved; `plan_hash` also covers targets and teams."""

    rally_point: str
    start_at: datetime
    risk_note: str
    planner_ids: tuple[str, ...]
    plan_hash: str


@dataclass(frozen=True, slots=True)
class Approval:
    """One person's approval of one plan hash, until it expires."""

    approver_id: str
    plan_hash: str
    approved_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation; `version` counts its changes, each of which is one event."""

    operation_id: str
    station: str
    case_id: str
    squad_request_id: str
    state: OperationState
    due_at: datetime
    leader_id: str | None
    targets: tuple[Target, ...]
    teams: tuple[Team, ...]
    plan: Plan | None
    approvals: tuple[Approval, ...]
    started_at: datetime | None
    stand_down_reason: str
    created_at: datetime
    updated_at: datetime
    version: int


@dataclass(frozen=True, slots=True)
class OperationEvent:
    """Something that happened to an operation, and when (UTC)."""

    decided_at: datetime


@dataclass(frozen=True, slots=True)
class OperationReceived(OperationEvent):
    """The station ordered a joint arrest."""

    operation_id: str
    station: str
    case_id: str
    squad_request_id: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class OperationSignedFor(OperationEvent):
    """A leader signed for the operation."""

    leader_id: str


@dataclass(frozen=True, slots=True)
class OperationTargetAdded(OperationEvent):
    """A target was added; `plan` is the plan as it now stands."""

    target: Target
    plan: Plan | None


@dataclass(frozen=True, slots=True)
class OperationTeamAdded(OperationEvent):
    """A team was added; `plan` is the plan as it now stands."""

    team: Team
    plan: Plan | None


@dataclass(frozen=True, slots=True)
class OperationPlanned(OperationEvent):
    """The operation was planned for the first time."""

    plan: Plan


@dataclass(frozen=True, slots=True)
class OperationReplanned(OperationEvent):
    """A planned operation was planned anew."""

    plan: Plan


@dataclass(frozen=True, slots=True)
class OperationApprovalGiven(OperationEvent):
    """A person approved the plan, which does not yet change the state."""

    approval: Approval


@dataclass(frozen=True, slots=True)
class OperationApproved(OperationEvent):
    """The second of two people approved the plan."""

    approval: Approval


@dataclass(frozen=True, slots=True)
class OperationStarted(OperationEvent):
    """Somebody gave "go"."""

    person_id: str


@dataclass(frozen=True, slots=True)
class OperationStoodDown(OperationEvent):
    """The operation was stood down."""

    person_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class OperationCompleted(OperationEvent):
    """Every target was handed over."""

    person_id: str


@dataclass(frozen=True, slots=True)
class OperationWithdrawn(OperationEvent):
    """The station withdrew its squad request."""


def receive(event: OperationReceived) -> Operation:
    """Make the first version of an operation."""
    return Operation(
        operation_id=event.operation_id,
        station=event.station,
        case_id=event.case_id,
        squad_request_id=event.squad_request_id,
        state=OperationState.RECEIVED,
        due_at=event.due_at,
        leader_id=None,
        targets=(),
        teams=(),
        plan=None,
        approvals=(),
        started_at=None,
        stand_down_reason="",
        created_at=event.decided_at,
        updated_at=event.decided_at,
        version=1,
    )


def apply(operation: Operation, event: OperationEvent) -> Operation:
    """Make the next version of an operation."""
    changed = _CHANGES[type(event)](operation, event)
    return replace(operation, **changed, updated_at=event.decided_at, version=operation.version + 1)


def hash_plan(operation: Operation, plan: Plan) -> Plan:
    """Give a plan the hash of itself with the targets and teams of its operation.

    The hash is SHA-256, in hex, over JSON with sorted keys, without spaces, in UTF-8; times in UTC.
    """
    content = {
        "operation_id": operation.operation_id,
        "plan": asdict(replace(plan, plan_hash="")),
        "targets": [asdict(target) for target in operation.targets],
        "teams": [asdict(team) for team in operation.teams],
    }
    canonical = json.dumps(
        content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_utc
    )
    return replace(plan, plan_hash=hashlib.sha256(canonical.encode()).hexdigest())


_S = OperationState
_CHANGES: dict[type[OperationEvent], Callable[[Operation, Any], dict[str, Any]]] = {
    OperationSignedFor: lambda _, e: {"state": _S.SIGNED_FOR, "leader_id": e.leader_id},
    OperationTargetAdded: lambda operation, e: {
        "targets": (*operation.targets, e.target),
        "plan": e.plan,
        "approvals": (),
    },
    OperationTeamAdded: lambda operation, e: {
        "teams": (*operation.teams, e.team),
        "plan": e.plan,
        "approvals": (),
    },
    OperationPlanned: lambda _, e: {"state": _S.PLANNED, "plan": e.plan},
    OperationReplanned: lambda _, e: {"plan": e.plan, "approvals": ()},
    OperationApprovalGiven: lambda operation, e: {"approvals": _approvals(operation, e.approval)},
    OperationApproved: lambda operation, e: {
        "state": _S.APPROVED,
        "approvals": _approvals(operation, e.approval),
    },
    OperationStarted: lambda _, e: {"state": _S.UNDER_WAY, "started_at": e.decided_at},
    OperationStoodDown: lambda _, e: {"state": _S.STOOD_DOWN, "stand_down_reason": e.reason},
    OperationCompleted: lambda _, __: {"state": _S.COMPLETED},
    OperationWithdrawn: lambda _, __: {"state": _S.WITHDRAWN},
}


def _approvals(operation: Operation, given: Approval) -> tuple[Approval, ...]:
    others = (each for each in operation.approvals if each.approver_id != given.approver_id)
    return (*others, given)


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()
