"""What may be done to an exhibit: each step refuses or returns one event. Pure.

Which state allows which step stands in one table, `ALLOWED`; the custody chain and what an event
changes, in `aggregate.py`. Clock and ids are arguments.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from chassis.errors import DomainError, Kind
from services.tech.exhibits import aggregate
from services.tech.exhibits.aggregate import (
    CustodyAct,
    CustodyEntry,
    Exhibit,
    ExhibitLabel,
    ExhibitState,
    Signature,
)


class Step(StrEnum):
    """What may be asked of an exhibit."""

    OFFER_TRANSFER = "offer_transfer"
    ACCEPT_TRANSFER = "accept_transfer"
    DECLINE_TRANSFER = "decline_transfer"


ALLOWED: dict[Step, frozenset[ExhibitState]] = {
    Step.OFFER_TRANSFER: frozenset({ExhibitState.HELD}),
    Step.ACCEPT_TRANSFER: frozenset({ExhibitState.OFFERED}),
    Step.DECLINE_TRANSFER: frozenset({ExhibitState.OFFERED}),
}


@dataclass(frozen=True, slots=True)
class Receiver:
    """To whom an exhibit is offered, and whether that person may see its case and answer."""

    person_id: str
    is_assigned: bool


class ExhibitStateForbidsError(DomainError, kind=Kind.PRECONDITION, reason="EXHIBIT_STATE_FORBIDS"):
    """The state of the exhibit does not allow the step."""


class ExhibitCustodyBrokenError(
    DomainError, kind=Kind.PRECONDITION, reason="EXHIBIT_CUSTODY_BROKEN"
):
    """The custody chain was altered."""


class OffererNotHolderError(
    DomainError, kind=Kind.PRECONDITION, reason="EXHIBIT_OFFERER_NOT_HOLDER"
):
    """Only the holder may offer the exhibit."""


class ReceiverIsHolderError(
    DomainError, kind=Kind.PRECONDITION, reason="EXHIBIT_RECEIVER_IS_HOLDER"
):
    """The receiver holds the exhibit already."""


class ReceiverNotAssignedError(
    DomainError, kind=Kind.PRECONDITION, reason="EXHIBIT_RECEIVER_NOT_ASSIGNED"
):
    """The receiver is not assigned to the case, so could neither accept nor decline."""


class ReceiverIsAnotherError(
    DomainError, kind=Kind.PRECONDITION, reason="EXHIBIT_RECEIVER_IS_ANOTHER"
):
    """The exhibit is offered to somebody else."""


class SealDiffersError(DomainError, kind=Kind.PRECONDITION, reason="EXHIBIT_SEAL_DIFFERS"):
    """The seal the receiver reads is not the seal offered."""


def check_state(exhibit: Exhibit, step: Step) -> None:
    """Refuse a step that the state of the exhibit does not allow.

    Raises:
        ExhibitStateForbidsError: The state is not in `ALLOWED[step]`.
    """
    if exhibit.state not in ALLOWED[step]:
        sentence = f"An exhibit that is {exhibit.state} does not allow {step}."
        raise ExhibitStateForbidsError(
            sentence,
            exhibit_id=exhibit.exhibit_id,
            state=exhibit.state,
            step=step,
        )


def check_custody(exhibit: Exhibit) -> None:
    """Refuse to build on a custody chain that was altered.

    Raises:
        ExhibitCustodyBrokenError: `verify_chain` found an entry that does not fit.
    """
    position = aggregate.verify_chain(exhibit)
    if position is not None:
        raise ExhibitCustodyBrokenError(
            "The custody chain of the exhibit was altered.",
            exhibit_id=exhibit.exhibit_id,
            position=str(position),
        )


def register(
    label: ExhibitLabel, *, seal_number: str, by: str, now: datetime
) -> aggregate.ExhibitRegistered:
    """Register an exhibit under a seal; whoever registers it holds it."""
    signature = Signature(CustodyAct.REGISTERED, by, by, None, seal_number, "", now)
    return aggregate.ExhibitRegistered(now, aggregate.chain(label, (), signature), label)


def offer_transfer(
    exhibit: Exhibit, *, receiver: Receiver, seal_number: str, reason: str, by: str, now: datetime
) -> aggregate.CustodyTransferOffered:
    """Offer an exhibit to another person, under the seal it leaves with.

    The seal may be new: an examiner who opened the exhibit seals it again before it leaves.
    """
    check_state(exhibit, Step.OFFER_TRANSFER)
    check_custody(exhibit)
    if by != exhibit.holder_id:
        raise OffererNotHolderError(
            "Only the holder may offer an exhibit.", exhibit_id=exhibit.exhibit_id
        )
    named = {"exhibit_id": exhibit.exhibit_id, "receiver_id": receiver.person_id}
    if receiver.person_id == exhibit.holder_id:
        raise ReceiverIsHolderError("The receiver holds the exhibit already.", **named)
    if not receiver.is_assigned:
        raise ReceiverNotAssignedError("The receiver is not assigned to the case.", **named)
    to = receiver.person_id
    signature = Signature(CustodyAct.OFFERED, by, by, to, seal_number, reason, now)
    return aggregate.CustodyTransferOffered(now, _next_entry(exhibit, signature))


def accept_transfer(
    exhibit: Exhibit, *, seal_number: str, by: str, now: datetime
) -> aggregate.CustodyTransferAccepted:
    """Accept an exhibit on offer, whose seal the receiver has read."""
    check_state(exhibit, Step.ACCEPT_TRANSFER)
    check_custody(exhibit)
    _check_receiver(exhibit, by)
    if seal_number != exhibit.seal_number:
        raise SealDiffersError(
            "The seal is not the one offered; decline the exhibit.",
            exhibit_id=exhibit.exhibit_id,
            seal_number=exhibit.seal_number,
        )
    signature = Signature(CustodyAct.ACCEPTED, by, by, None, seal_number, "", now)
    return aggregate.CustodyTransferAccepted(now, _next_entry(exhibit, signature))


def decline_transfer(
    exhibit: Exhibit, *, reason: str, by: str, now: datetime
) -> aggregate.CustodyTransferDeclined:
    """Decline an exhibit on offer; its holder keeps it."""
    check_state(exhibit, Step.DECLINE_TRANSFER)
    check_custody(exhibit)
    _check_receiver(exhibit, by)
    signature = Signature(
        CustodyAct.DECLINED, by, exhibit.holder_id, None, exhibit.seal_number, reason, now
    )
    return aggregate.CustodyTransferDeclined(now, _next_entry(exhibit, signature))


def _check_receiver(exhibit: Exhibit, by: str) -> None:
    if by != exhibit.receiver_id:
        raise ReceiverIsAnotherError(
            "The exhibit is offered to somebody else.", exhibit_id=exhibit.exhibit_id
        )


def _next_entry(exhibit: Exhibit, signature: Signature) -> CustodyEntry:
    return aggregate.chain(exhibit.label, exhibit.custody, signature)
