"""A lead: its states, its events and what may be done to it. Pure.

A lead is only a lead until a person confirms it, and only for as long as its authority lasts. Which
state allows which step stands in one table, `ALLOWED`. Clock and ids are arguments.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from chassis.errors import DomainError, Kind


class LeadState(StrEnum):
    """Where a lead stands. Source: docs/lifecycle.md."""

    OPEN = "open"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"


class RejectionGround(StrEnum):
    """Why a person rejected a lead."""

    UNFOUNDED = "unfounded"
    MISTAKEN_IDENTITY = "mistaken_identity"
    DUPLICATE = "duplicate"
    OUT_OF_PURPOSE = "out_of_purpose"


class Step(StrEnum):
    """What may be asked of a lead."""

    REPRIORITISE = "reprioritise"
    CONFIRM = "confirm"
    REJECT = "reject"


ALLOWED: dict[Step, frozenset[LeadState]] = {
    Step.REPRIORITISE: frozenset({LeadState.OPEN}),
    Step.CONFIRM: frozenset({LeadState.OPEN}),
    Step.REJECT: frozenset({LeadState.OPEN}),
}


class LeadStateForbidsError(DomainError, kind=Kind.PRECONDITION, reason="LEAD_STATE_FORBIDS"):
    """The state of the lead does not allow the step."""


class LeadExpiredError(DomainError, kind=Kind.PRECONDITION, reason="LEAD_EXPIRED"):
    """The authority behind the lead has expired."""


class LeadExpireTimePastError(DomainError, kind=Kind.INVALID, reason="LEAD_EXPIRE_TIME_PAST"):
    """The lead would be expired when it is recorded."""


@dataclass(frozen=True, slots=True)
class Lead:
    """One lead; `version` counts its changes, each of which is one event."""

    lead_id: str
    station: str
    case_id: str
    tasking_id: str
    state: LeadState
    priority: int
    summary: str
    purpose: str
    legal_basis: str
    expires_at: datetime
    recorded_by: str
    decided_by: str | None
    rejection_ground: RejectionGround | None
    created_at: datetime
    updated_at: datetime
    version: int


@dataclass(frozen=True, slots=True)
class LeadEvent:
    """Something that happened to a lead, and when (UTC)."""

    decided_at: datetime


@dataclass(frozen=True, slots=True)
class LeadRecorded(LeadEvent):
    """An analyst recorded a lead under a tasking; priority is 1 (act now) to 4 (file only)."""

    lead_id: str
    station: str
    case_id: str
    tasking_id: str
    priority: int
    summary: str
    purpose: str
    legal_basis: str
    expires_at: datetime
    recorded_by: str


@dataclass(frozen=True, slots=True)
class LeadReprioritised(LeadEvent):
    """The lead was given another priority, 1 (act now) to 4 (file only)."""

    priority: int


@dataclass(frozen=True, slots=True)
class LeadConfirmed(LeadEvent):
    """A person confirmed the lead."""

    decided_by: str


@dataclass(frozen=True, slots=True)
class LeadRejected(LeadEvent):
    """A person rejected the lead."""

    decided_by: str
    ground: RejectionGround


def record(event: LeadRecorded) -> Lead:
    """Make the first version of a lead.

    Raises:
        LeadExpireTimePastError: Its authority does not reach beyond the time of the record.
    """
    if event.expires_at <= event.decided_at:
        raise LeadExpireTimePastError("The expiry is not in the future.", field="expire_time")
    return Lead(
        lead_id=event.lead_id,
        station=event.station,
        case_id=event.case_id,
        tasking_id=event.tasking_id,
        state=LeadState.OPEN,
        priority=event.priority,
        summary=event.summary,
        purpose=event.purpose,
        legal_basis=event.legal_basis,
        expires_at=event.expires_at,
        recorded_by=event.recorded_by,
        decided_by=None,
        rejection_ground=None,
        created_at=event.decided_at,
        updated_at=event.decided_at,
        version=1,
    )


def check_state(lead: Lead, step: Step) -> None:
    """Refuse a step that the state of the lead does not allow.

    Raises:
        LeadStateForbidsError: The state is not in `ALLOWED[step]`.
    """
    if lead.state not in ALLOWED[step]:
        sentence = f"A lead that is {lead.state} does not allow {step}."
        raise LeadStateForbidsError(sentence, lead_id=lead.lead_id, state=lead.state, step=step)


def reprioritise(lead: Lead, *, priority: int, now: datetime) -> LeadReprioritised:
    """Give an open lead another priority, 1 (act now) to 4 (file only)."""
    check_state(lead, Step.REPRIORITISE)
    _check_expiry(lead, now)
    return LeadReprioritised(now, priority)


def confirm(lead: Lead, *, by: str, now: datetime) -> LeadConfirmed:
    """Confirm an open lead while its authority lasts."""
    check_state(lead, Step.CONFIRM)
    _check_expiry(lead, now)
    return LeadConfirmed(now, by)


def reject(lead: Lead, *, by: str, ground: RejectionGround, now: datetime) -> LeadRejected:
    """Reject an open lead; an expired one too, so that none stays open for ever."""
    check_state(lead, Step.REJECT)
    return LeadRejected(now, by, ground)


def apply(lead: Lead, event: LeadEvent) -> Lead:
    """Make the next version of a lead."""
    changed = _CHANGES[type(event)](event)
    return replace(lead, **changed, updated_at=event.decided_at, version=lead.version + 1)


_CHANGES: dict[type[LeadEvent], Callable[[Any], dict[str, Any]]] = {
    LeadReprioritised: lambda e: {"priority": e.priority},
    LeadConfirmed: lambda e: {"state": LeadState.CONFIRMED, "decided_by": e.decided_by},
    LeadRejected: lambda e: {
        "state": LeadState.REJECTED,
        "decided_by": e.decided_by,
        "rejection_ground": e.ground,
    },
}


def _check_expiry(lead: Lead, now: datetime) -> None:
    if lead.expires_at <= now:
        raise LeadExpiredError(
            "The authority behind the lead has expired.",
            lead_id=lead.lead_id,
            expire_time=lead.expires_at.isoformat(),
        )
