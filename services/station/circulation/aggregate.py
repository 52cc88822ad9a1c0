"""The squad request as data: its states, its events and what each event changes. Pure.

The decisions, which refuse or return one of these events, stand in `domain.py`.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from services.station.casefile.aggregate import Squad


class SquadRequestState(StrEnum):
    """Where a squad request stands. Source: docs/lifecycle.md."""

    ORDERED = "ordered"
    SIGNED_FOR = "signed_for"
    ANSWERED = "answered"
    VERIFIED = "verified"
    SENT_BACK = "sent_back"
    WITHDRAWN = "withdrawn"


class SquadRequestKind(StrEnum):
    """What is ordered."""

    INTELLIGENCE_PRODUCT = "intelligence_product"
    EXAMINATION = "examination"
    JOINT_ARREST = "joint_arrest"


@dataclass(frozen=True, slots=True)
class Order:
    """What station command wants of a squad; `is_gating`: the evidence gate waits for it."""

    kind: SquadRequestKind
    question: str
    due_at: datetime
    is_gating: bool


@dataclass(frozen=True, slots=True)
class SquadRequest:
    """One squad request; `version` counts its changes, each of which is one event."""

    squad_request_id: str
    case_id: str
    station: str
    state: SquadRequestState
    squad: Squad
    order: Order
    ordered_by: str
    signed_for_at: datetime | None
    answer_id: str | None
    send_back_reason: str
    rating: int | None
    verified_by: str | None
    created_at: datetime
    updated_at: datetime
    version: int


@dataclass(frozen=True, slots=True)
class SquadRequestEvent:
    """Something that happened to a squad request, and when (UTC)."""

    decided_at: datetime


@dataclass(frozen=True, slots=True)
class SquadRequestOrdered(SquadRequestEvent):
    """Something was ordered of a squad."""

    squad_request_id: str
    case_id: str
    station: str
    squad: Squad
    order: Order
    ordered_by: str


@dataclass(frozen=True, slots=True)
class SquadRequestSignedFor(SquadRequestEvent):
    """The squad signed for the request."""


@dataclass(frozen=True, slots=True)
class SquadRequestAnswered(SquadRequestEvent):
    """The squad answered."""

    answer_id: str


@dataclass(frozen=True, slots=True)
class SquadRequestVerified(SquadRequestEvent):
    """The answer was verified and rated."""

    rating: int
    verified_by: str


@dataclass(frozen=True, slots=True)
class SquadRequestSentBack(SquadRequestEvent):
    """The answer went back to the squad."""

    reason: str


@dataclass(frozen=True, slots=True)
class SquadRequestWithdrawn(SquadRequestEvent):
    """The request was withdrawn."""


def order(event: SquadRequestOrdered) -> SquadRequest:
    """Make the first version of a squad request."""
    return SquadRequest(
        squad_request_id=event.squad_request_id,
        case_id=event.case_id,
        station=event.station,
        state=SquadRequestState.ORDERED,
        squad=event.squad,
        order=event.order,
        ordered_by=event.ordered_by,
        signed_for_at=None,
        answer_id=None,
        send_back_reason="",
        rating=None,
        verified_by=None,
        created_at=event.decided_at,
        updated_at=event.decided_at,
        version=1,
    )


def apply(request: SquadRequest, event: SquadRequestEvent) -> SquadRequest:
    """Make the next version of a squad request."""
    changed = _CHANGES[type(event)](event)
    return replace(request, **changed, updated_at=event.decided_at, version=request.version + 1)


_S = SquadRequestState
_CHANGES: dict[type[SquadRequestEvent], Callable[[Any], dict[str, Any]]] = {
    SquadRequestSignedFor: lambda e: {"state": _S.SIGNED_FOR, "signed_for_at": e.decided_at},
    SquadRequestAnswered: lambda e: {"state": _S.ANSWERED, "answer_id": e.answer_id},
    SquadRequestVerified: lambda e: {
        "state": _S.VERIFIED,
        "rating": e.rating,
        "verified_by": e.verified_by,
    },
    SquadRequestSentBack: lambda e: {"state": _S.SENT_BACK, "send_back_reason": e.reason},
    SquadRequestWithdrawn: lambda _: {"state": _S.WITHDRAWN},
}
