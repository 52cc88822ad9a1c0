"""The exhibit as data: its label, its custody chain, its events and what each event changes. Pure.

Every change of an exhibit is one signature, so the version of an exhibit is also the length of its
chain. Each signature carries a SHA-256 over its canonical record, the exhibit's label and the
signature before it: whoever changes, moves or takes out an entry breaks the chain there. The
decisions, which refuse or return one of these events, stand in `domain.py`.
"""

import json
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256

# What stands in place of the hash before the first entry.
NO_ENTRY = "0" * 64


class ExhibitState(StrEnum):
    """Where an exhibit stands between two pairs of hands. Source: docs/lifecycle.md."""

    HELD = "held"
    OFFERED = "offered"


class CustodyAct(StrEnum):
    """What a person signed for."""

    REGISTERED = "registered"
    OFFERED = "offered"
    ACCEPTED = "accepted"
    DECLINED = "declined"


@dataclass(frozen=True, slots=True)
class ExhibitLabel:
    """What never changes about an exhibit; every signature covers it."""

    exhibit_id: str
    station: str
    case_id: str
    description: str
    content_sha256: str
    legal_basis: str


@dataclass(frozen=True, slots=True)
class Signature:
    """What a person signs: the act, who holds the exhibit after it, and under which seal."""

    act: CustodyAct
    person_id: str
    holder_id: str
    receiver_id: str | None
    seal_number: str
    reason: str
    signed_at: datetime


@dataclass(frozen=True, slots=True)
class CustodyEntry:
    """One signature in its place in the chain."""

    signature: Signature
    previous_sha256: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Exhibit:
    """One exhibit; `version` counts its changes, each of which is one event and one signature."""

    label: ExhibitLabel
    state: ExhibitState
    holder_id: str
    receiver_id: str | None
    seal_number: str
    custody: tuple[CustodyEntry, ...]
    created_at: datetime
    updated_at: datetime
    version: int

    @property
    def exhibit_id(self) -> str:
        """Name the exhibit."""
        return self.label.exhibit_id

    @property
    def station(self) -> str:
        """Name the station that owns the case."""
        return self.label.station

    @property
    def case_id(self) -> str:
        """Name the case the exhibit belongs to."""
        return self.label.case_id


@dataclass(frozen=True, slots=True)
class ExhibitEvent:
    """Something that happened to an exhibit, and when (UTC); always one signature."""

    decided_at: datetime
    entry: CustodyEntry


@dataclass(frozen=True, slots=True)
class ExhibitRegistered(ExhibitEvent):
    """A person registered the exhibit and holds it."""

    label: ExhibitLabel


@dataclass(frozen=True, slots=True)
class CustodyTransferOffered(ExhibitEvent):
    """The holder offered the exhibit."""


@dataclass(frozen=True, slots=True)
class CustodyTransferAccepted(ExhibitEvent):
    """The receiver accepted the exhibit and holds it."""


@dataclass(frozen=True, slots=True)
class CustodyTransferDeclined(ExhibitEvent):
    """The receiver declined the exhibit; its holder keeps it."""


def register(event: ExhibitRegistered) -> Exhibit:
    """Make the first version of an exhibit."""
    signature = event.entry.signature
    return Exhibit(
        label=event.label,
        state=ExhibitState.HELD,
        holder_id=signature.holder_id,
        receiver_id=None,
        seal_number=signature.seal_number,
        custody=(event.entry,),
        created_at=event.decided_at,
        updated_at=event.decided_at,
        version=1,
    )


def apply(exhibit: Exhibit, event: ExhibitEvent) -> Exhibit:
    """Make the next version of an exhibit: the new signature says all that changes."""
    signature = event.entry.signature
    return replace(
        exhibit,
        state=_state_after(signature),
        holder_id=signature.holder_id,
        receiver_id=signature.receiver_id,
        seal_number=signature.seal_number,
        custody=(*exhibit.custody, event.entry),
        updated_at=event.decided_at,
        version=exhibit.version + 1,
    )


def chain(
    label: ExhibitLabel, custody: tuple[CustodyEntry, ...], signature: Signature
) -> CustodyEntry:
    """Make the entry that follows a chain, with the hash that ties it there."""
    previous = custody[-1].sha256 if custody else NO_ENTRY
    digest = _digest(label, len(custody) + 1, signature, previous)
    return CustodyEntry(signature, previous, digest)


def verify_chain(exhibit: Exhibit) -> int | None:
    """Find the first place where the custody chain of an exhibit was altered.

    Recomputes every hash and compares the last entry and their number with the exhibit itself, so a
    changed, moved, inserted or missing entry is found, and so is a changed label or holder. A chain
    rewritten as a whole is found only by comparing with a hash published in an earlier event.

    Returns:
        The position of the first entry that does not fit, counted from 1; None when all fit.
    """
    for index, entry in enumerate(exhibit.custody):
        if chain(exhibit.label, exhibit.custody[:index], entry.signature) != entry:
            return index + 1
    if len(exhibit.custody) != exhibit.version:
        return len(exhibit.custody) + 1
    return None if _is_as_last_signed(exhibit) else len(exhibit.custody)


def _state_after(signature: Signature) -> ExhibitState:
    is_offer = signature.act is CustodyAct.OFFERED
    return ExhibitState.OFFERED if is_offer else ExhibitState.HELD


def _is_as_last_signed(exhibit: Exhibit) -> bool:
    last = exhibit.custody[-1].signature
    signed = (_state_after(last), last.holder_id, last.receiver_id, last.seal_number)
    return signed == (exhibit.state, exhibit.holder_id, exhibit.receiver_id, exhibit.seal_number)


def _digest(label: ExhibitLabel, position: int, signature: Signature, previous: str) -> str:
    """Hash the canonical record of an entry; its form is part of the API (exhibit.proto)."""
    signed_at = signature.signed_at.astimezone(UTC).isoformat(timespec="microseconds")
    record = {
        **asdict(label),
        **asdict(signature),
        "signed_at": signed_at,
        "position": position,
        "previous_sha256": previous,
    }
    canonical = json.dumps(record, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    return sha256(canonical.encode("ascii")).hexdigest()
