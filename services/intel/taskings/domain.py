"""A tasking of the squad: its states, its events and what may be done to it. Pure.

A tasking is what the squad makes of a squad request. Which state allows which step stands in one
table, `ALLOWED`. Clock and ids are arguments.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from chassis.errors import DomainError, Kind


class TaskingState(StrEnum):
    """Where a tasking stands. Source: docs/lifecycle.md."""

    RECEIVED = "received"
    SIGNED_FOR = "signed_for"
    ANSWERED = "answered"
    REOPENED = "reopened"
    WITHDRAWN = "withdrawn"


class Step(StrEnum):
    """What may be asked of a tasking; the last two make something under it."""

    SIGN_FOR = "sign_for"
    ANSWER = "answer"
    REOPEN = "reopen"
    WITHDRAW = "withdraw"
    RECORD_LEAD = "record_lead"
    DRAFT_PRODUCT = "draft_product"


_S = TaskingState
_IN_WORK = frozenset({_S.SIGNED_FOR, _S.REOPENED})

ALLOWED: dict[Step, frozenset[TaskingState]] = {
    Step.SIGN_FOR: frozenset({_S.RECEIVED}),
    Step.ANSWER: _IN_WORK,
    Step.REOPEN: frozenset({_S.ANSWERED}),
    # A withdrawal may cross the answer on its way; the station's word stands.
    Step.WITHDRAW: frozenset(TaskingState) - {_S.WITHDRAWN},
    Step.RECORD_LEAD: _IN_WORK,
    Step.DRAFT_PRODUCT: _IN_WORK,
}


class TaskingStateForbidsError(DomainError, kind=Kind.PRECONDITION, reason="TASKING_STATE_FORBIDS"):
    """The state of the tasking does not allow the step."""


@dataclass(frozen=True, slots=True)
class Tasking:
    """One tasking; `version` counts its changes, each of which is one event."""

    tasking_id: str
    station: str
    case_id: str
    squad_request_id: str
    state: TaskingState
    due_at: datetime
    signed_for_by: str | None
    product_id: str | None
    created_at: datetime
    updated_at: datetime
    version: int


@dataclass(frozen=True, slots=True)
class TaskingEvent:
    """Something that happened to a tasking, and when (UTC)."""

    decided_at: datetime


@dataclass(frozen=True, slots=True)
class TaskingReceived(TaskingEvent):
    """The station asked for an intelligence product."""

    tasking_id: str
    station: str
    case_id: str
    squad_request_id: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class TaskingSignedFor(TaskingEvent):
    """An analyst signed for the tasking."""

    signed_for_by: str


@dataclass(frozen=True, slots=True)
class TaskingAnswered(TaskingEvent):
    """A published product answered the tasking."""

    product_id: str


@dataclass(frozen=True, slots=True)
class TaskingReopened(TaskingEvent):
    """The station sent the answer back."""


@dataclass(frozen=True, slots=True)
class TaskingWithdrawn(TaskingEvent):
    """The station withdrew what it asked for."""


def receive(event: TaskingReceived) -> Tasking:
    """Make the first version of a tasking."""
    return Tasking(
        tasking_id=event.tasking_id,
        station=event.station,
        case_id=event.case_id,
        squad_request_id=event.squad_request_id,
        state=TaskingState.RECEIVED,
        due_at=event.due_at,
        signed_for_by=None,
        product_id=None,
        created_at=event.decided_at,
        updated_at=event.decided_at,
        version=1,
    )


def check_state(tasking: Tasking, step: Step) -> None:
    """Refuse a step that the state of the tasking does not allow.

    Raises:
        TaskingStateForbidsError: The state is not in `ALLOWED[step]`.
    """
    if tasking.state not in ALLOWED[step]:
        sentence = f"A tasking that is {tasking.state} does not allow {step}."
        raise TaskingStateForbidsError(
            sentence, tasking_id=tasking.tasking_id, state=tasking.state, step=step
        )


def sign_for(tasking: Tasking, *, by: str, now: datetime) -> TaskingSignedFor:
    """Sign for a received tasking."""
    check_state(tasking, Step.SIGN_FOR)
    return TaskingSignedFor(now, by)


def answer(tasking: Tasking, *, product_id: str, now: datetime) -> TaskingAnswered:
    """Answer a tasking with a product that is published in the same transaction."""
    check_state(tasking, Step.ANSWER)
    return TaskingAnswered(now, product_id)


def reopen(tasking: Tasking, *, now: datetime) -> TaskingReopened:
    """Work again on a tasking whose answer the station sent back."""
    check_state(tasking, Step.REOPEN)
    return TaskingReopened(now)


def withdraw(tasking: Tasking, *, now: datetime) -> TaskingWithdrawn:
    """End a tasking the station withdrew."""
    check_state(tasking, Step.WITHDRAW)
    return TaskingWithdrawn(now)


def apply(tasking: Tasking, event: TaskingEvent) -> Tasking:
    """Make the next version of a tasking."""
    changed = _CHANGES[type(event)](event)
    return replace(tasking, **changed, updated_at=event.decided_at, version=tasking.version + 1)


_CHANGES: dict[type[TaskingEvent], Callable[[Any], dict[str, Any]]] = {
    TaskingSignedFor: lambda e: {"state": _S.SIGNED_FOR, "signed_for_by": e.signed_for_by},
    TaskingAnswered: lambda e: {"state": _S.ANSWERED, "product_id": e.product_id},
    TaskingReopened: lambda _: {"state": _S.REOPENED},
    TaskingWithdrawn: lambda _: {"state": _S.WITHDRAWN},
}
