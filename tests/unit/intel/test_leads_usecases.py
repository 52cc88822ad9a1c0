"""Use cases of leads on a database in memory."""

from typing import Any

import pytest

from chassis.errors import NotAssignedError
from chassis.timestamps import to_timestamp
from jointops.intel.v1 import lead_events_pb2 as events
from jointops.intel.v1 import lead_pb2 as pb
from services.intel.leads.domain import LeadExpiredError, LeadState
from services.intel.leads.usecases import LeadUseCases
from services.intel.taskings.domain import TaskingState, TaskingStateForbidsError
from tests.fakes.intel import FakeLeads, FakeTaskings
from tests.fakes.unit import FakeDatabase
from tests.unit.intel.builders import (
    ANALYST,
    CASE_ID,
    EXPIRY,
    LATER,
    LEAD_ID,
    OTHER_LEAD_ID,
    TASKING_ID,
    make_call,
    make_lead,
    make_tasking,
)


@pytest.fixture
def database() -> FakeDatabase:
    """An open lead and a tasking in work, of a case that the analyst is assigned to."""
    made = FakeDatabase()
    made.case_stations[CASE_ID] = "jinqiao"
    made.assignments.add((CASE_ID, ANALYST))
    made.aggregates["tasking", TASKING_ID] = make_tasking(state=TaskingState.SIGNED_FOR)
    made.aggregates["lead", LEAD_ID] = make_lead()
    return made


def usecases(database: FakeDatabase) -> LeadUseCases:
    parts: Any = (database.begin, lambda: LATER, lambda: OTHER_LEAD_ID, FakeLeads, FakeTaskings)
    return LeadUseCases(*parts)


def record() -> pb.RecordLeadRequest:
    return pb.RecordLeadRequest(
        tasking_id=TASKING_ID,
        priority=2,
        summary="The van was seen again.",
        purpose="Find the van",
        legal_basis="CPL art. 54",
        expire_time=to_timestamp(EXPIRY),
    )


def reprioritise() -> pb.ReprioritiseLeadRequest:
    return pb.ReprioritiseLeadRequest(lead_id=LEAD_ID, etag="1", priority=1)


async def test_a_recorded_lead_takes_case_and_station_from_its_tasking(
    database: FakeDatabase,
) -> None:
    response = await usecases(database).record(record(), make_call())

    kept = database.aggregates["lead", OTHER_LEAD_ID]
    assert (kept.case_id, kept.station, kept.recorded_by) == (CASE_ID, "jinqiao", ANALYST)
    assert (response.lead.lead_id, response.lead.etag) == (OTHER_LEAD_ID, "1")
    assert database.audit == [("intel.test", OTHER_LEAD_ID, CASE_ID)]


async def test_the_event_of_a_recorded_lead_is_thin(database: FakeDatabase) -> None:
    await usecases(database).record(record(), make_call())

    assert [events.LeadRecorded.FromString(event.payload) for event in database.events] == [
        events.LeadRecorded(
            lead_id=OTHER_LEAD_ID,
            case_id=CASE_ID,
            tasking_id=TASKING_ID,
            priority=2,
            expire_time=to_timestamp(EXPIRY),
        )
    ]


async def test_recording_is_refused_when_the_tasking_was_withdrawn(database: FakeDatabase) -> None:
    withdrawn = make_tasking(state=TaskingState.WITHDRAWN)
    database.aggregates["tasking", TASKING_ID] = withdrawn

    with pytest.raises(TaskingStateForbidsError):
        await usecases(database).record(record(), make_call())

    assert database.events == []


async def test_reprioritising_leaves_state_event_audit_and_answer(database: FakeDatabase) -> None:
    call = make_call()

    response = await usecases(database).reprioritise(reprioritise(), call)

    assert (response.lead.priority, response.lead.etag) == (1, "2")
    assert database.aggregates["lead", LEAD_ID].priority == 1
    assert [event.aggregate_version for event in database.events] == [2]
    assert database.audit == [("intel.test", LEAD_ID, CASE_ID)]
    assert list(database.answers) == [(ANALYST, call.request_id)]


async def test_a_lead_is_confirmed_by_whoever_calls(database: FakeDatabase) -> None:
    await usecases(database).confirm(pb.ConfirmLeadRequest(lead_id=LEAD_ID, etag="1"), make_call())

    kept = database.aggregates["lead", LEAD_ID]
    assert (kept.state, kept.decided_by) == (LeadState.CONFIRMED, ANALYST)


async def test_a_rejected_lead_keeps_its_ground(database: FakeDatabase) -> None:
    request = pb.RejectLeadRequest(
        lead_id=LEAD_ID, etag="1", ground=pb.REJECTION_GROUND_MISTAKEN_IDENTITY
    )

    response = await usecases(database).reject(request, make_call())

    assert response.lead.rejection_ground == pb.REJECTION_GROUND_MISTAKEN_IDENTITY
    assert database.aggregates["lead", LEAD_ID].rejection_ground == "mistaken_identity"


async def test_nothing_is_left_when_the_lead_has_expired(database: FakeDatabase) -> None:
    database.aggregates["lead", LEAD_ID] = make_lead(expires_at=LATER)

    with pytest.raises(LeadExpiredError):
        await usecases(database).reprioritise(reprioritise(), make_call())

    assert (database.events, database.audit, database.answers) == ([], [], {})


async def test_reads_are_on_record(database: FakeDatabase) -> None:
    await usecases(database).get(pb.GetLeadRequest(lead_id=LEAD_ID), make_call())
    await usecases(database).list(pb.ListLeadsRequest(case_id=CASE_ID), make_call())

    assert database.audit == [
        ("intel.test", LEAD_ID, CASE_ID),
        ("intel.test", "leads", CASE_ID),
    ]


async def test_a_stranger_is_refused_the_list_of_a_case(database: FakeDatabase) -> None:
    call = make_call(person_id="intel-0000")

    with pytest.raises(NotAssignedError):
        await usecases(database).list(pb.ListLeadsRequest(case_id=CASE_ID), call)
