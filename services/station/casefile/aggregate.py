"""The case as data: its states, its events and what each event changes. Pure.

The decisions, which refuse or return one of these events, stand in `domain.py`.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any


class CaseState(StrEnum):
    """Where a case stands. Source: docs/lifecycle.md."""

    REPORTED = "reported"
    ACCEPTED = "accepted"
    FILED = "filed"
    COMMANDED = "commanded"
    INVESTIGATING = "investigating"
    ARREST_PLANNED = "arrest_planned"
    ARREST_APPROVED = "arrest_approved"
    ARREST_UNDER_WAY = "arrest_under_way"
    IN_CUSTODY = "in_custody"
    STOOD_DOWN = "stood_down"
    UNDER_EVALUATION = "under_evaluation"
    CLOSED = "closed"
    SUSPENDED = "suspended"
    TRANSFERRED = "transferred"
    MERGED = "merged"


class Squad(StrEnum):
    """The three squads of the joint operations centre."""

    INTELLIGENCE = "intelligence"
    TECHNICAL = "technical"
    OPERATIONS = "operations"


@dataclass(frozen=True, slots=True)
class Case:
    """One case; `version` counts its changes, each of which is one event."""

    case_id: str
    station: str
    state: CaseState
    alarm_id: str
    call_type: str
    case_officer_id: str
    member_ids: tuple[str, ...]
    created_at: datetime
    updated_at: datetime
    version: int
    accepted_by: str | None = None
    legal_basis: str = ""
    objective: str = ""
    squads: tuple[Squad, ...] = ()
    due_at: datetime | None = None
    gate_missing_ids: tuple[str, ...] = ()
    gate_met_ids: tuple[str, ...] = ()
    is_gate_passed: bool = False
    is_reviewed: bool = False
    suspended_from: CaseState | None = None
    suspend_reason: str = ""
    transferred_to: str = ""
    merged_into_id: str | None = None


@dataclass(frozen=True, slots=True)
class CaseEvent:
    """Something that happened to a case, and when (UTC)."""

    decided_at: datetime


@dataclass(frozen=True, slots=True)
class CaseReported(CaseEvent):
    """An alarm became a case."""

    case_id: str
    station: str
    alarm_id: str
    call_type: str
    case_officer_id: str


@dataclass(frozen=True, slots=True)
class CaseAccepted(CaseEvent):
    """An officer accepted the case."""

    accepted_by: str


@dataclass(frozen=True, slots=True)
class CaseFiled(CaseEvent):
    """A named approver filed the case."""

    legal_basis: str


@dataclass(frozen=True, slots=True)
class CaseCommanded(CaseEvent):
    """Station command set objective, squads and deadline."""

    objective: str
    squads: tuple[Squad, ...]
    due_at: datetime


@dataclass(frozen=True, slots=True)
class CaseInvestigationStarted(CaseEvent):
    """The first squad signed for its request."""


@dataclass(frozen=True, slots=True)
class CaseMemberAssigned(CaseEvent):
    """A person was assigned."""

    person_id: str


@dataclass(frozen=True, slots=True)
class CaseMemberReleased(CaseEvent):
    """A person was released."""

    person_id: str


@dataclass(frozen=True, slots=True)
class CaseGateRequestNamed(CaseEvent):
    """The evidence gate names one more squad request."""

    squad_request_id: str


@dataclass(frozen=True, slots=True)
class CaseGateRequestMet(CaseEvent):
    """A squad request named by the gate was verified."""

    squad_request_id: str


@dataclass(frozen=True, slots=True)
class CaseGateRequestDropped(CaseEvent):
    """A squad request named by the gate was withdrawn."""

    squad_request_id: str


@dataclass(frozen=True, slots=True)
class CaseEvidenceGatePassed(CaseEvent):
    """The evidence gate was passed."""


@dataclass(frozen=True, slots=True)
class CaseArrestPlanned(CaseEvent):
    """Operations planned the arrest."""

    operation_id: str


@dataclass(frozen=True, slots=True)
class CaseArrestApproved(CaseEvent):
    """Two people approved the arrest."""


@dataclass(frozen=True, slots=True)
class CaseArrestStarted(CaseEvent):
    """The arrest is under way."""


@dataclass(frozen=True, slots=True)
class CaseTakenIntoCustody(CaseEvent):
    """Every target was arrested and handed over."""


@dataclass(frozen=True, slots=True)
class CaseStoodDown(CaseEvent):
    """The operation was stood down."""


@dataclass(frozen=True, slots=True)
class CaseEvaluationStarted(CaseEvent):
    """A review was opened."""


@dataclass(frozen=True, slots=True)
class CaseReviewed(CaseEvent):
    """The review was published."""


@dataclass(frozen=True, slots=True)
class CaseClosed(CaseEvent):
    """The case was closed."""


@dataclass(frozen=True, slots=True)
class CaseSuspended(CaseEvent):
    """The case was suspended."""

    suspended_from: CaseState
    reason: str


@dataclass(frozen=True, slots=True)
class CaseResumed(CaseEvent):
    """The case goes on where it was."""

    state: CaseState


@dataclass(frozen=True, slots=True)
class CaseTransferred(CaseEvent):
    """The case went to another agency."""

    agency: str


@dataclass(frozen=True, slots=True)
class CaseMerged(CaseEvent):
    """The case goes on in another one."""

    into_case_id: str


def report(event: CaseReported) -> Case:
    """Make the first version of a case."""
    return Case(
        case_id=event.case_id,
        station=event.station,
        state=CaseState.REPORTED,
        alarm_id=event.alarm_id,
        call_type=event.call_type,
        case_officer_id=event.case_officer_id,
        member_ids=(event.case_officer_id,),
        created_at=event.decided_at,
        updated_at=event.decided_at,
        version=1,
    )


def apply(case: Case, event: CaseEvent) -> Case:
    """Make the next version of a case."""
    changed = _CHANGES[type(event)](case, event)
    return replace(case, **changed, updated_at=event.decided_at, version=case.version + 1)


_S = CaseState
_CHANGES: dict[type[CaseEvent], Callable[[Case, Any], dict[str, Any]]] = {
    CaseAccepted: lambda _, e: {"state": _S.ACCEPTED, "accepted_by": e.accepted_by},
    CaseFiled: lambda _, e: {"state": _S.FILED, "legal_basis": e.legal_basis},
    CaseCommanded: lambda _, e: {
        "state": _S.COMMANDED,
        "objective": e.objective,
        "squads": e.squads,
        "due_at": e.due_at,
    },
    CaseInvestigationStarted: lambda _, __: {"state": _S.INVESTIGATING},
    CaseMemberAssigned: lambda case, e: {"member_ids": (*case.member_ids, e.person_id)},
    CaseMemberReleased: lambda case, e: {"member_ids": _without(case.member_ids, e.person_id)},
    CaseGateRequestNamed: lambda case, e: {
        "gate_missing_ids": (*case.gate_missing_ids, e.squad_request_id)
    },
    CaseGateRequestMet: lambda case, e: {
        "gate_missing_ids": _without(case.gate_missing_ids, e.squad_request_id),
        "gate_met_ids": (*case.gate_met_ids, e.squad_request_id),
    },
    CaseGateRequestDropped: lambda case, e: {
        "gate_missing_ids": _without(case.gate_missing_ids, e.squad_request_id)
    },
    CaseEvidenceGatePassed: lambda _, __: {"is_gate_passed": True},
    CaseArrestPlanned: lambda _, __: {"state": _S.ARREST_PLANNED},
    CaseArrestApproved: lambda _, __: {"state": _S.ARREST_APPROVED},
    CaseArrestStarted: lambda _, __: {"state": _S.ARREST_UNDER_WAY},
    CaseTakenIntoCustody: lambda _, __: {"state": _S.IN_CUSTODY},
    CaseStoodDown: lambda _, __: {"state": _S.STOOD_DOWN},
    CaseEvaluationStarted: lambda _, __: {"state": _S.UNDER_EVALUATION},
    CaseReviewed: lambda _, __: {"is_reviewed": True},
    CaseClosed: lambda _, __: {"state": _S.CLOSED},
    CaseSuspended: lambda _, e: {
        "state": _S.SUSPENDED,
        "suspended_from": e.suspended_from,
        "suspend_reason": e.reason,
    },
    CaseResumed: lambda _, e: {"state": e.state, "suspended_from": None, "suspend_reason": ""},
    CaseTransferred: lambda _, e: {"state": _S.TRANSFERRED, "transferred_to": e.agency},
    CaseMerged: lambda _, e: {"state": _S.MERGED, "merged_into_id": e.into_case_id},
}


def _without(ids: tuple[str, ...], gone: str) -> tuple[str, ...]:
    return tuple(each for each in ids if each != gone)
