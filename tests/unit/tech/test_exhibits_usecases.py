"""Tests the use cases of exhibits on stores in memory."""

from typing import Any

import pytest

from chassis.call import AlreadyAnsweredError, Call
from chassis.errors import NotAssignedError
from chassis.ids import new_request_id
from jointops.tech.v1 import exhibit_events_pb2 as events
from jointops.tech.v1 import exhibit_pb2 as pb
from services.tech.exhibits import domain
from services.tech.exhibits.aggregate import Exhibit, ExhibitState
from services.tech.exhibits.usecases import ExhibitUseCases
from tests.fakes.tech import FakeExhibits
from tests.fakes.unit import FakeDatabase
from tests.unit.tech.builders import (
    CASE_ID,
    EXHIBIT_ID,
    HOLDER,
    NOW,
    RECEIVER,
    STRANGER,
    make_call,
    make_exhibit,
)


@pytest.fixture
def database() -> FakeDatabase:
    """A case with two people."""
    return FakeDatabase(
        case_stations={CASE_ID: "jinqiao"}, assignments={(CASE_ID, HOLDER), (CASE_ID, RECEIVER)}
    )


def use_cases(database: FakeDatabase) -> ExhibitUseCases:
    begin: Any = database.begin
    store: Any = FakeExhibits
    return ExhibitUseCases(begin, lambda: NOW, store)


def keep(database: FakeDatabase, exhibit: Exhibit) -> Exhibit:
    database.aggregates["exhibit", exhibit.exhibit_id] = exhibit
    return exhibit


def registration() -> pb.RegisterExhibitRequest:
    return pb.RegisterExhibitRequest(
        case_id=CASE_ID,
        request_id=new_request_id(),
        description="Knife, blade 12 cm",
        content_sha256="ab" * 32,
        seal_number="S-88120",
        legal_basis="CPL art. 141",
    )


def offer(receiver_id: str = RECEIVER) -> tuple[pb.OfferCustodyTransferRequest, Call]:
    request = pb.OfferCustodyTransferRequest(
        exhibit_id=EXHIBIT_ID,
        etag="1",
        request_id=new_request_id(),
        receiver_id=receiver_id,
        seal_number="S-88152",
        reason="Examination",
    )
    return request, make_call(HOLDER, request.request_id)


async def test_register_keeps_the_exhibit_with_its_event_and_its_audit_row(
    database: FakeDatabase,
) -> None:
    request = registration()

    response = await use_cases(database).register(request, make_call(HOLDER, request.request_id))

    exhibit = response.exhibit
    assert (exhibit.holder_id, exhibit.station, exhibit.etag) == (HOLDER, "jinqiao", "1")
    assert exhibit.is_custody_intact
    assert [event.subject for event in database.events] == [
        "jointops.jinqiao.tech.v1.exhibit.exhibit_registered"
    ]
    assert database.audit == [("p", exhibit.exhibit_id, CASE_ID)]
    assert ("exhibit", exhibit.exhibit_id) in database.aggregates


async def test_register_is_refused_when_the_caller_is_not_assigned(database: FakeDatabase) -> None:
    request = registration()

    with pytest.raises(NotAssignedError):
        await use_cases(database).register(request, make_call(STRANGER, request.request_id))

    assert database.events == []


async def test_offer_transfer_publishes_the_hash_of_the_new_entry(database: FakeDatabase) -> None:
    keep(database, make_exhibit())

    response = await use_cases(database).offer_transfer(*offer())

    event = events.CustodyTransferOffered.FromString(database.events[0].payload)
    assert event.entry_sha256 == response.exhibit.custody[-1].sha256
    assert (event.holder_id, event.receiver_id) == (HOLDER, RECEIVER)
    assert (event.case_id, event.seal_number) == (CASE_ID, "S-88152")
    assert database.events[0].aggregate_version == 2


async def test_offer_transfer_is_refused_when_the_receiver_is_not_assigned(
    database: FakeDatabase,
) -> None:
    keep(database, make_exhibit())

    with pytest.raises(domain.ReceiverNotAssignedError):
        await use_cases(database).offer_transfer(*offer(STRANGER))

    assert (database.events, database.audit) == ([], [])


async def test_offer_transfer_answers_a_repeated_request_with_the_first_answer(
    database: FakeDatabase,
) -> None:
    keep(database, make_exhibit())
    request, call = offer()
    first = await use_cases(database).offer_transfer(request, call)

    with pytest.raises(AlreadyAnsweredError) as caught:
        await use_cases(database).offer_transfer(request, call)

    assert caught.value.response == first.SerializeToString()
    assert len(database.events) == 1


async def test_accept_transfer_hands_the_exhibit_to_the_receiver(database: FakeDatabase) -> None:
    keep(database, make_exhibit(ExhibitState.OFFERED))
    request = pb.AcceptCustodyTransferRequest(
        exhibit_id=EXHIBIT_ID, etag="2", request_id=new_request_id(), seal_number="S-88152"
    )

    response = await use_cases(database).accept_transfer(
        request, make_call(RECEIVER, request.request_id)
    )

    assert response.exhibit.holder_id == RECEIVER
    assert database.events[0].event_type == "jointops.tech.v1.CustodyTransferAccepted"


async def test_decline_transfer_leaves_the_exhibit_with_its_holder(database: FakeDatabase) -> None:
    keep(database, make_exhibit(ExhibitState.OFFERED))
    request = pb.DeclineCustodyTransferRequest(
        exhibit_id=EXHIBIT_ID, etag="2", request_id=new_request_id(), reason="The seal is torn."
    )

    response = await use_cases(database).decline_transfer(
        request, make_call(RECEIVER, request.request_id)
    )

    event = events.CustodyTransferDeclined.FromString(database.events[0].payload)
    assert response.exhibit.holder_id == HOLDER
    assert (event.holder_id, event.declined_by) == (HOLDER, RECEIVER)
