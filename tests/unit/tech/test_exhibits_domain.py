"""Tests what may be done to an exhibit and what each step changes."""

from collections.abc import Callable
from dataclasses import replace
from itertools import product

import pytest

from chassis.errors import DomainError, Kind
from services.tech.exhibits import aggregate, domain
from services.tech.exhibits.aggregate import Exhibit, ExhibitEvent, ExhibitState
from services.tech.exhibits.domain import Receiver, Step
from tests.unit.tech.builders import (
    BEFORE,
    CASE_ID,
    EXHIBIT_ID,
    HOLDER,
    NOW,
    RECEIVER,
    STRANGER,
    make_exhibit,
    make_label,
)

_S = ExhibitState

TAKE: dict[Step, Callable[[Exhibit], ExhibitEvent]] = {
    Step.OFFER_TRANSFER: lambda exhibit: domain.offer_transfer(
        exhibit,
        receiver=Receiver(RECEIVER, is_assigned=True),
        seal_number="S-88152",
        reason="Examination",
        by=HOLDER,
        now=NOW,
    ),
    Step.ACCEPT_TRANSFER: lambda exhibit: domain.accept_transfer(
        exhibit, seal_number="S-88152", by=RECEIVER, now=NOW
    ),
    Step.DECLINE_TRANSFER: lambda exhibit: domain.decline_transfer(
        exhibit, reason="The seal is torn.", by=RECEIVER, now=NOW
    ),
}
LEADS_TO = {
    (_S.HELD, Step.OFFER_TRANSFER): _S.OFFERED,
    (_S.OFFERED, Step.ACCEPT_TRANSFER): _S.HELD,
    (_S.OFFERED, Step.DECLINE_TRANSFER): _S.HELD,
}
FORBIDDEN = sorted(set(product(ExhibitState, Step)) - set(LEADS_TO))


@pytest.mark.parametrize(("pair", "state"), LEADS_TO.items())
def test_step_leads_to_its_state_when_allowed(
    pair: tuple[ExhibitState, Step], state: ExhibitState
) -> None:
    exhibit = make_exhibit(pair[0])

    changed = aggregate.apply(exhibit, TAKE[pair[1]](exhibit))

    assert changed.state is state
    assert changed.version == exhibit.version + 1
    assert changed.updated_at == NOW
    assert aggregate.verify_chain(changed) is None


@pytest.mark.parametrize(("state", "step"), FORBIDDEN)
def test_step_is_refused_when_the_state_forbids_it(state: ExhibitState, step: Step) -> None:
    exhibit = make_exhibit(state)

    with pytest.raises(domain.ExhibitStateForbidsError) as caught:
        TAKE[step](exhibit)

    assert _refusal(caught.value) == (
        Kind.PRECONDITION,
        "EXHIBIT_STATE_FORBIDS",
        {"exhibit_id": EXHIBIT_ID, "state": state.value, "step": step.value},
    )


def test_register_makes_the_first_version_held_by_whoever_registered() -> None:
    event = domain.register(make_label(), seal_number="S-88120", by=HOLDER, now=BEFORE)

    exhibit = aggregate.register(event)

    assert (exhibit.version, exhibit.state) == (1, ExhibitState.HELD)
    assert (exhibit.holder_id, exhibit.receiver_id) == (HOLDER, None)
    assert (exhibit.exhibit_id, exhibit.case_id) == (EXHIBIT_ID, CASE_ID)
    assert (exhibit.station, exhibit.seal_number) == ("jinqiao", "S-88120")
    assert (exhibit.created_at, exhibit.updated_at) == (BEFORE, BEFORE)
    assert len(exhibit.custody) == 1


def test_offer_transfer_leaves_the_exhibit_with_its_holder_under_the_new_seal() -> None:
    exhibit = make_exhibit(ExhibitState.HELD)

    changed = aggregate.apply(exhibit, TAKE[Step.OFFER_TRANSFER](exhibit))

    assert (changed.holder_id, changed.receiver_id) == (HOLDER, RECEIVER)
    assert changed.seal_number == "S-88152"
    assert changed.custody[-1].signature.reason == "Examination"


def test_accept_transfer_makes_the_receiver_the_holder() -> None:
    exhibit = make_exhibit(ExhibitState.OFFERED)

    changed = aggregate.apply(exhibit, TAKE[Step.ACCEPT_TRANSFER](exhibit))

    assert (changed.holder_id, changed.receiver_id) == (RECEIVER, None)


def test_decline_transfer_leaves_the_exhibit_with_its_holder() -> None:
    exhibit = make_exhibit(ExhibitState.OFFERED)

    changed = aggregate.apply(exhibit, TAKE[Step.DECLINE_TRANSFER](exhibit))

    assert (changed.holder_id, changed.receiver_id) == (HOLDER, None)
    assert changed.custody[-1].signature.person_id == RECEIVER
    assert changed.custody[-1].signature.reason == "The seal is torn."


def test_offer_transfer_is_refused_when_the_caller_is_not_the_holder() -> None:
    exhibit = make_exhibit(ExhibitState.HELD)
    receiver = Receiver(RECEIVER, is_assigned=True)

    with pytest.raises(domain.OffererNotHolderError) as caught:
        domain.offer_transfer(
            exhibit, receiver=receiver, seal_number="S-1", reason="x", by=STRANGER, now=NOW
        )

    assert _refusal(caught.value) == (
        Kind.PRECONDITION,
        "EXHIBIT_OFFERER_NOT_HOLDER",
        {"exhibit_id": EXHIBIT_ID},
    )


def test_offer_transfer_is_refused_when_the_receiver_is_the_holder() -> None:
    exhibit = make_exhibit(ExhibitState.HELD)
    receiver = Receiver(HOLDER, is_assigned=True)

    with pytest.raises(domain.ReceiverIsHolderError) as caught:
        domain.offer_transfer(
            exhibit, receiver=receiver, seal_number="S-1", reason="x", by=HOLDER, now=NOW
        )

    assert _refusal(caught.value) == (
        Kind.PRECONDITION,
        "EXHIBIT_RECEIVER_IS_HOLDER",
        {"exhibit_id": EXHIBIT_ID, "receiver_id": HOLDER},
    )


def test_offer_transfer_is_refused_when_the_receiver_is_not_assigned() -> None:
    exhibit = make_exhibit(ExhibitState.HELD)
    receiver = Receiver(STRANGER, is_assigned=False)

    with pytest.raises(domain.ReceiverNotAssignedError) as caught:
        domain.offer_transfer(
            exhibit, receiver=receiver, seal_number="S-1", reason="x", by=HOLDER, now=NOW
        )

    assert _refusal(caught.value) == (
        Kind.PRECONDITION,
        "EXHIBIT_RECEIVER_NOT_ASSIGNED",
        {"exhibit_id": EXHIBIT_ID, "receiver_id": STRANGER},
    )


@pytest.mark.parametrize("by", [HOLDER, STRANGER])
def test_accept_transfer_is_refused_when_the_caller_is_not_the_receiver(by: str) -> None:
    exhibit = make_exhibit(ExhibitState.OFFERED)

    with pytest.raises(domain.ReceiverIsAnotherError) as caught:
        domain.accept_transfer(exhibit, seal_number="S-88152", by=by, now=NOW)

    assert _refusal(caught.value) == (
        Kind.PRECONDITION,
        "EXHIBIT_RECEIVER_IS_ANOTHER",
        {"exhibit_id": EXHIBIT_ID},
    )


@pytest.mark.parametrize("by", [HOLDER, STRANGER])
def test_decline_transfer_is_refused_when_the_caller_is_not_the_receiver(by: str) -> None:
    exhibit = make_exhibit(ExhibitState.OFFERED)

    with pytest.raises(domain.ReceiverIsAnotherError) as caught:
        domain.decline_transfer(exhibit, reason="x", by=by, now=NOW)

    assert _refusal(caught.value) == (
        Kind.PRECONDITION,
        "EXHIBIT_RECEIVER_IS_ANOTHER",
        {"exhibit_id": EXHIBIT_ID},
    )


def test_accept_transfer_is_refused_when_the_seal_differs() -> None:
    exhibit = make_exhibit(ExhibitState.OFFERED)

    with pytest.raises(domain.SealDiffersError) as caught:
        domain.accept_transfer(exhibit, seal_number="S-88120", by=RECEIVER, now=NOW)

    assert _refusal(caught.value) == (
        Kind.PRECONDITION,
        "EXHIBIT_SEAL_DIFFERS",
        {"exhibit_id": EXHIBIT_ID, "seal_number": "S-88152"},
    )


@pytest.mark.parametrize(("state", "step"), LEADS_TO)
def test_step_is_refused_when_the_custody_chain_was_altered(
    state: ExhibitState, step: Step
) -> None:
    label = make_label(description="Spoon")
    exhibit = replace(make_exhibit(state), label=label)

    with pytest.raises(domain.ExhibitCustodyBrokenError) as caught:
        TAKE[step](exhibit)

    assert _refusal(caught.value) == (
        Kind.PRECONDITION,
        "EXHIBIT_CUSTODY_BROKEN",
        {"exhibit_id": EXHIBIT_ID, "position": "1"},
    )


def _refusal(error: DomainError) -> tuple[Kind, str, dict[str, str]]:
    return error.kind, error.reason, error.metadata
