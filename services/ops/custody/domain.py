"""The arrest and its hand-over: data, states, steps and refusals. Pure.

Each step refuses or returns one event. Which state allows which step stands in one table,
`ALLOWED`. Clock, ids and what the operation says of the target are arguments.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from chassis.errors import DomainError, Kind


class ArrestState(StrEnum):
    """Where an arrest stands. Source: docs/lifecycle.md."""

    RECORDED = "recorded"
    HAND_OVER_OFFERED = "hand_over_offered"
    HANDED_OVER = "handed_over"


class IdentityMethod(StrEnum):
    """How the identity of whoever was arrested was confirmed."""

    DOCUMENT = "document"
    FINGERPRINT = "fingerprint"
    WITNESS = "witness"


class Step(StrEnum):
    """What may be asked of an arrest."""

    OFFER_HAND_OVER = "offer_hand_over"
    ACCEPT_HAND_OVER = "accept_hand_over"


ALLOWED: dict[Step, frozenset[ArrestState]] = {
    Step.OFFER_HAND_OVER: frozenset({ArrestState.RECORDED}),
    Step.ACCEPT_HAND_OVER: frozenset({ArrestState.HAND_OVER_OFFERED}),
}


@dataclass(frozen=True, slots=True)
class Signature:
    """One person's signature under a record, named by its SHA-256 in hex."""

    person_id: str
    signed_at: datetime
    record_sha256: str


@dataclass(frozen=True, slots=True)
class ArrestGround:
    """What an operation says of a target at the moment its arrest is recorded.

    `started_at` is None unless the operation is under way; `authority_expires_at` is None unless
    the target is of the operation.
    """

    operation_id: str
    station: str
    case_id: str
    squad_request_id: str
    started_at: datetime | None
    authority_expires_at: datetime | None
    is_target_arrested: bool


@dataclass(frozen=True, slots=True)
class ArrestReport:
    """What the arresting side reports of one arrest; the identity is always confirmed."""

    target_id: str
    identity_method: IdentityMethod
    arrested_at: datetime
    place: str
    recorder_id: str


@dataclass(frozen=True, slots=True)
class Arrest:
    """One arrest; `version` counts its changes, each of which is one event."""

    arrest_id: str
    station: str
    case_id: str
    squad_request_id: str
    operation_id: str
    state: ArrestState
    report: ArrestReport
    hand_over_place: str
    offer_signature: Signature | None
    acceptance_signature: Signature | None
    created_at: datetime
    updated_at: datetime
    version: int


@dataclass(frozen=True, slots=True)
class ArrestEvent:
    """Something that happened to an arrest, and when (UTC)."""

    decided_at: datetime


@dataclass(frozen=True, slots=True)
class ArrestRecorded(ArrestEvent):
    """A target was arrested."""

    arrest_id: str
    ground: ArrestGround
    report: ArrestReport


@dataclass(frozen=True, slots=True)
class HandOverOffered(ArrestEvent):
    """The arresting side offered whoever was arrested to custody."""

    hand_over_place: str
    signature: Signature


@dataclass(frozen=True, slots=True)
class HandOverAccepted(ArrestEvent):
    """Another person accepted whoever was arrested."""

    signature: Signature


class ArrestStateForbidsError(DomainError, kind=Kind.PRECONDITION, reason="ARREST_STATE_FORBIDS"):
    """The state of the arrest does not allow the step."""


class OperationNotUnderWayError(
    DomainError, kind=Kind.PRECONDITION, reason="OPERATION_NOT_UNDER_WAY"
):
    """No arrest may be recorded: the operation is not under way."""


class TargetUnknownError(DomainError, kind=Kind.INVALID, reason="TARGET_UNKNOWN"):
    """The operation has no such target."""


class TargetAlreadyArrestedError(DomainError, kind=Kind.EXISTS, reason="TARGET_ALREADY_ARRESTED"):
    """The arrest of the target is recorded already."""


class ArrestTimeOutsideOperationError(
    DomainError, kind=Kind.INVALID, reason="ARREST_TIME_OUTSIDE_OPERATION"
):
    """The arrest lies before "go" or in the future."""


class ArrestWithoutAuthorityError(
    DomainError, kind=Kind.PRECONDITION, reason="ARREST_WITHOUT_AUTHORITY"
):
    """The authority of the target had expired when the arrest was made."""


class ReceiverIsOffererError(DomainError, kind=Kind.PRECONDITION, reason="RECEIVER_IS_OFFERER"):
    """Whoever offered a hand-over may not accept it."""


class HandOverRecordChangedError(
    DomainError, kind=Kind.PRECONDITION, reason="HAND_OVER_RECORD_CHANGED"
):
    """The record is not the one that was offered."""


def check_state(arrest: Arrest, step: Step) -> None:
    """Refuse a step that the state of the arrest does not allow.

    Raises:
        ArrestStateForbidsError: The state is not in `ALLOWED[step]`.
    """
    if arrest.state not in ALLOWED[step]:
        sentence = f"An arrest that is {arrest.state} does not allow {step}."
        raise ArrestStateForbidsError(
            sentence, arrest_id=arrest.arrest_id, state=arrest.state, step=step
        )


def record(
    ground: ArrestGround, *, arrest_id: str, report: ArrestReport, now: datetime
) -> ArrestRecorded:
    """Record the arrest of a target of an operation that is under way."""
    if ground.started_at is None:
        raise OperationNotUnderWayError(
            "The operation is not under way.", operation_id=ground.operation_id
        )
    if ground.authority_expires_at is None:
        raise TargetUnknownError("The operation has no such target.", field="target_id")
    if ground.is_target_arrested:
        raise already_arrested(ground.operation_id, report.target_id)
    if not ground.started_at <= report.arrested_at <= now:
        raise ArrestTimeOutsideOperationError(
            'The arrest lies before "go" or in the future.', field="arrest_time"
        )
    if ground.authority_expires_at <= report.arrested_at:
        raise ArrestWithoutAuthorityError(
            "The authority had expired when the arrest was made.",
            operation_id=ground.operation_id,
            target_id=report.target_id,
        )
    return ArrestRecorded(now, arrest_id, ground, report)


def already_arrested(operation_id: str, target_id: str) -> TargetAlreadyArrestedError:
    """Make the refusal of a second arrest, which two callers may also race for."""
    return TargetAlreadyArrestedError(
        "The arrest of the target is recorded already.",
        operation_id=operation_id,
        target_id=target_id,
    )


def offer_hand_over(
    arrest: Arrest, *, hand_over_place: str, by: str, now: datetime
) -> HandOverOffered:
    """Offer whoever was arrested to custody, and sign."""
    check_state(arrest, Step.OFFER_HAND_OVER)
    record_sha256 = _hash_record(replace(arrest, hand_over_place=hand_over_place))
    return HandOverOffered(now, hand_over_place, Signature(by, now, record_sha256))


def accept_hand_over(arrest: Arrest, *, by: str, now: datetime) -> HandOverAccepted:
    """Accept whoever was offered, and sign the same record as a second person."""
    check_state(arrest, Step.ACCEPT_HAND_OVER)
    offer, record_sha256 = arrest.offer_signature, _hash_record(arrest)
    if offer is None or offer.record_sha256 != record_sha256:
        raise HandOverRecordChangedError(
            "The record is not the one that was offered.", arrest_id=arrest.arrest_id
        )
    if by == offer.person_id:
        raise ReceiverIsOffererError(
            "Whoever offered a hand-over may not accept it.", arrest_id=arrest.arrest_id
        )
    return HandOverAccepted(now, Signature(by, now, record_sha256))


def open_arrest(event: ArrestRecorded) -> Arrest:
    """Make the first version of an arrest."""
    return Arrest(
        arrest_id=event.arrest_id,
        station=event.ground.station,
        case_id=event.ground.case_id,
        squad_request_id=event.ground.squad_request_id,
        operation_id=event.ground.operation_id,
        state=ArrestState.RECORDED,
        report=event.report,
        hand_over_place="",
        offer_signature=None,
        acceptance_signature=None,
        created_at=event.decided_at,
        updated_at=event.decided_at,
        version=1,
    )


def apply(arrest: Arrest, event: ArrestEvent) -> Arrest:
    """Make the next version of an arrest."""
    changed = _CHANGES[type(event)](event)
    return replace(arrest, **changed, updated_at=event.decided_at, version=arrest.version + 1)


_CHANGES: dict[type[ArrestEvent], Callable[[Any], dict[str, Any]]] = {
    HandOverOffered: lambda e: {
        "state": ArrestState.HAND_OVER_OFFERED,
        "hand_over_place": e.hand_over_place,
        "offer_signature": e.signature,
    },
    HandOverAccepted: lambda e: {
        "state": ArrestState.HANDED_OVER,
        "acceptance_signature": e.signature,
    },
}


def _hash_record(arrest: Arrest) -> str:
    # What both signatures stand under: the facts of the arrest and the place of the hand-over.
    content = {
        "arrest_id": arrest.arrest_id,
        "operation_id": arrest.operation_id,
        "case_id": arrest.case_id,
        "target_id": arrest.report.target_id,
        "identity_method": arrest.report.identity_method,
        "arrested_at": arrest.report.arrested_at.astimezone(UTC).isoformat(),
        "place": arrest.report.place,
        "recorder_id": arrest.report.recorder_id,
        "hand_over_place": arrest.hand_over_place,
    }
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()
