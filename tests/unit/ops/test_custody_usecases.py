"""Use cases of custody on stores in memory: what a command leaves behind."""

from typing import Any

import pytest

from chassis.call import Call
from chassis.timestamps import to_timestamp
from jointops.ops.v1 import arrest_events_pb2 as events
from jointops.ops.v1 import arrest_pb2 as pb
from services.ops.custody import domain
from services.ops.custody.domain import Arrest
from services.ops.custody.usecases import ArrestUseCases
from services.ops.operations.aggregate import OperationState
from tests.fakes.ops import FakeArrests
from tests.fakes.unit import FakeDatabase
from tests.unit.ops.builders import (
    ARREST_ID,
    BEFORE,
    CASE_ID,
    LATER,
    NOW,
    OPERATION_ID,
    SQUAD_REQUEST_ID,
    TARGET_ID,
    make_arrest,
    make_offered_arrest,
    make_operation,
)

OFFICER = "ops-1a2b"
RECEIVER = "case-1"
REQUEST_ID = "7d444840-9dc0-41d1-b245-5ffdce74fad2"


def make_use_cases(database: FakeDatabase) -> ArrestUseCases:
    """Make the use cases on stores in memory, with a clock that stands still."""
    begin: Any = database.begin
    arrests: Any = FakeArrests
    return ArrestUseCases(begin, lambda: LATER, lambda: ARREST_ID, arrests)


def make_call(person_id: str = OFFICER) -> Call:
    """Make the call of a person who is assigned to the case."""
    return Call(person_id, "jinqiao", False, "method", "ops.arrest.test", REQUEST_ID, b"hash", "")


def make_database(*arrests: Arrest, **changes: Any) -> FakeDatabase:
    """Make a database with an operation under way and some arrests."""
    operation = make_operation(
        **({"state": OperationState.UNDER_WAY, "started_at": BEFORE} | changes)
    )
    return FakeDatabase(
        aggregates={("operation", OPERATION_ID): operation}
        | {("arrest", arrest.arrest_id): arrest for arrest in arrests},
        assignments={(CASE_ID, OFFICER), (CASE_ID, RECEIVER)},
        case_stations={CASE_ID: "jinqiao"},
    )


def make_record(target_id: str = TARGET_ID) -> pb.RecordArrestRequest:
    """Make the request to record the arrest of a target."""
    return pb.RecordArrestRequest(
        operation_id=OPERATION_ID,
        target_id=target_id,
        request_id=REQUEST_ID,
        identity_method=pb.IDENTITY_METHOD_FINGERPRINT,
        arrest_time=to_timestamp(NOW),
        place="Shed 4",
    )


async def test_recorded_arrest_names_its_operation_and_its_recorder() -> None:
    database = make_database()

    response = await make_use_cases(database).record(make_record(), make_call())

    assert (response.arrest.operation_id, response.arrest.case_id) == (OPERATION_ID, CASE_ID)
    assert (response.arrest.recorder_id, response.arrest.etag) == (OFFICER, "1")
    assert database.audit == [("ops.arrest.test", ARREST_ID, CASE_ID)]


async def test_event_of_an_arrest_says_codes_and_times_only() -> None:
    database = make_database()

    await make_use_cases(database).record(make_record(), make_call())

    event = database.events[0]
    assert event.subject == "jointops.jinqiao.ops.v1.arrest.arrest_recorded"
    assert events.ArrestRecorded.FromString(event.payload) == events.ArrestRecorded(
        arrest_id=ARREST_ID,
        case_id=CASE_ID,
        squad_request_id=SQUAD_REQUEST_ID,
        operation_id=OPERATION_ID,
        target_id=TARGET_ID,
        identity_method=pb.IDENTITY_METHOD_FINGERPRINT,
        arrest_time=to_timestamp(NOW),
        recorder_id=OFFICER,
    )


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        pytest.param({"targets": ()}, domain.TargetUnknownError, id="no such target"),
        pytest.param(
            {"state": OperationState.STOOD_DOWN}, domain.OperationNotUnderWayError, id="stood down"
        ),
    ],
)
async def test_record_is_refused_when_the_operation_does_not_bear_it(
    changes: dict[str, Any], error: type[Exception]
) -> None:
    database = make_database(**changes)

    with pytest.raises(error):
        await make_use_cases(database).record(make_record(), make_call())

    assert database.events == []


async def test_record_is_refused_when_the_target_is_arrested() -> None:
    database = make_database(make_arrest())

    with pytest.raises(domain.TargetAlreadyArrestedError):
        await make_use_cases(database).record(make_record(), make_call())


async def test_hand_over_carries_the_signatures_of_both_callers() -> None:
    database = make_database(make_offered_arrest())
    request = pb.AcceptHandOverRequest(arrest_id=ARREST_ID, etag="2", request_id=REQUEST_ID)

    response = await make_use_cases(database).accept_hand_over(request, make_call(RECEIVER))

    arrest = response.arrest
    assert arrest.state == pb.ARREST_STATE_HANDED_OVER
    assert (arrest.offer_signature.person_id, arrest.acceptance_signature.person_id) == (
        OFFICER,
        RECEIVER,
    )
    assert arrest.offer_signature.record_sha256 == arrest.acceptance_signature.record_sha256


async def test_accepted_hand_over_tells_when_custody_began() -> None:
    database = make_database(make_offered_arrest())
    request = pb.AcceptHandOverRequest(arrest_id=ARREST_ID, etag="2", request_id=REQUEST_ID)

    await make_use_cases(database).accept_hand_over(request, make_call(RECEIVER))

    event = events.HandOverAccepted.FromString(database.events[0].payload)
    assert (event.arrest_time, event.accept_time) == (to_timestamp(NOW), to_timestamp(LATER))
    assert event.receiver_id == RECEIVER


async def test_offer_signs_for_the_caller() -> None:
    database = make_database(make_arrest())
    request = pb.OfferHandOverRequest(
        arrest_id=ARREST_ID, etag="1", request_id=REQUEST_ID, hand_over_place="Custody suite"
    )

    response = await make_use_cases(database).offer_hand_over(request, make_call())

    event = events.HandOverOffered.FromString(database.events[0].payload)
    assert response.arrest.offer_signature.person_id == OFFICER
    assert event.offerer_id == OFFICER
    assert event.record_sha256 == response.arrest.offer_signature.record_sha256


async def test_list_shows_the_arrests_of_the_operation() -> None:
    database = make_database(make_arrest())

    response = await make_use_cases(database).list(
        pb.ListArrestsRequest(operation_id=OPERATION_ID), make_call()
    )

    assert [each.arrest_id for each in response.arrests] == [ARREST_ID]
    assert database.audit == [("ops.arrest.test", OPERATION_ID, CASE_ID)]


async def test_get_shows_one_arrest() -> None:
    database = make_database(make_arrest())

    response = await make_use_cases(database).get(
        pb.GetArrestRequest(arrest_id=ARREST_ID), make_call()
    )

    assert response.arrest.place == "Shed 4 of the goods yard"
