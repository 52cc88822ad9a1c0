"""The examination as data: its states, its events and what each event changes. Pure.

The decisions, which refuse or return one of these events, stand in `domain.py`.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any


class ExaminationState(StrEnum):
    """Where an examination stands. Source: docs/lifecycle.md."""

    RECEIVED = "received"
    SIGNED_FOR = "signed_for"
    RECORDED = "recorded"
    RETURNED = "returned"
    VERIFIED = "verified"
    REOPENED = "reopened"
    WITHDRAWN = "withdrawn"


class Conclusion(StrEnum):
    """What the findings say on the proposition examined."""

    SUPPORTS = "supports"
    REFUTES = "refutes"
    INCONCLUSIVE = "inconclusive"
    UNSUITABLE = "unsuitable"


@dataclass(frozen=True, slots=True)
class ResultDraft:
    """What an examiner hands in as the result."""

    exhibit_ids: tuple[str, ...]
    method: str
    finding: str
    conclusion: Conclusion


@dataclass(frozen=True, slots=True)
class ExaminationResult:
    """A result as recorded; a later one never replaces it."""

    draft: ResultDraft
    recorded_by: str
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Examination:
    """One examination; `version` counts its changes, each of which is one event."""

    examination_id: str
    station: str
    case_id: str
    squad_request_id: str
    state: ExaminationState
    due_at: datetime
    examiner_id: str | None
    results: tuple[ExaminationResult, ...]
    verified_by: str | None
    return_reason: str
    created_at: datetime
    updated_at: datetime
    version: int


@dataclass(frozen=True, slots=True)
class ExaminationEvent:
    """Something that happened to an examination, and when (UTC)."""

    decided_at: datetime


@dataclass(frozen=True, slots=True)
class ExaminationReceived(ExaminationEvent):
    """The station asked for an examination."""

    examination_id: str
    station: str
    case_id: str
    squad_request_id: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class ExaminationSignedFor(ExaminationEvent):
    """An examiner signed for the examination."""

    examiner_id: str


@dataclass(frozen=True, slots=True)
class ExaminationResultRecorded(ExaminationEvent):
    """The examiner recorded a result."""

    result: ExaminationResult


@dataclass(frozen=True, slots=True)
class ExaminationVerified(ExaminationEvent):
    """A second examiner verified the result."""

    verified_by: str


@dataclass(frozen=True, slots=True)
class ExaminationReturned(ExaminationEvent):
    """A second examiner returned the result to the first."""

    reason: str


@dataclass(frozen=True, slots=True)
class ExaminationReopened(ExaminationEvent):
    """The station sent the verified result back."""


@dataclass(frozen=True, slots=True)
class ExaminationWithdrawn(ExaminationEvent):
    """The station withdrew its request."""


def receive(event: ExaminationReceived) -> Examination:
    """Make the first version of an examination."""
    return Examination(
        examination_id=event.examination_id,
        station=event.station,
        case_id=event.case_id,
        squad_request_id=event.squad_request_id,
        state=ExaminationState.RECEIVED,
        due_at=event.due_at,
        examiner_id=None,
        results=(),
        verified_by=None,
        return_reason="",
        created_at=event.decided_at,
        updated_at=event.decided_at,
        version=1,
    )


def apply(examination: Examination, event: ExaminationEvent) -> Examination:
    """Make the next version of an examination."""
    changed = _CHANGES[type(event)](examination, event)
    return replace(
        examination, **changed, updated_at=event.decided_at, version=examination.version + 1
    )


_S = ExaminationState
_CHANGES: dict[type[ExaminationEvent], Callable[[Examination, Any], dict[str, Any]]] = {
    ExaminationSignedFor: lambda _, e: {"state": _S.SIGNED_FOR, "examiner_id": e.examiner_id},
    ExaminationResultRecorded: lambda examination, e: {
        "state": _S.RECORDED,
        "results": (*examination.results, e.result),
        "return_reason": "",
    },
    ExaminationVerified: lambda _, e: {"state": _S.VERIFIED, "verified_by": e.verified_by},
    ExaminationReturned: lambda _, e: {"state": _S.RETURNED, "return_reason": e.reason},
    ExaminationReopened: lambda _, __: {"state": _S.REOPENED, "verified_by": None},
    ExaminationWithdrawn: lambda _, __: {"state": _S.WITHDRAWN},
}
