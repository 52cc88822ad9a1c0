"""Use cases of taskings on a database in memory."""

from typing import Any

import pytest

from chassis.call import AlreadyAnsweredError
from jointops.intel.v1 import tasking_pb2 as pb
from services.intel.taskings.domain import TaskingState, TaskingStateForbidsError
from services.intel.taskings.usecases import TaskingUseCases
from tests.fakes.intel import FakeTaskings
from tests.fakes.unit import FakeDatabase
from tests.unit.intel.builders import (
    ANALYST,
    CASE_ID,
    LATER,
    TASKING_ID,
    make_call,
    make_tasking,
)


@pytest.fixture
def database() -> FakeDatabase:
    """A received tasking of a case that the analyst is assigned to."""
    made = FakeDatabase()
    made.case_stations[CASE_ID] = "jinqiao"
    made.assignments.add((CASE_ID, ANALYST))
    made.aggregates["tasking", TASKING_ID] = make_tasking()
    return made


def usecases(database: FakeDatabase) -> TaskingUseCases:
    parts: Any = (database.begin, lambda: LATER, FakeTaskings)
    return TaskingUseCases(*parts)


def sign_for(call_request_id: str) -> pb.SignForTaskingRequest:
    return pb.SignForTaskingRequest(tasking_id=TASKING_ID, etag="1", request_id=call_request_id)


async def test_signing_for_leaves_state_event_audit_and_answer(database: FakeDatabase) -> None:
    call = make_call()

    response = await usecases(database).sign_for(sign_for(call.request_id), call)

    assert response.tasking.state == pb.TASKING_STATE_SIGNED_FOR
    assert database.aggregates["tasking", TASKING_ID].signed_for_by == ANALYST
    assert [event.aggregate_version for event in database.events] == [2]
    assert database.audit == [("intel.test", TASKING_ID, CASE_ID)]
    assert list(database.answers) == [(ANALYST, call.request_id)]


async def test_signing_for_twice_with_one_request_id_is_answered_from_memory(
    database: FakeDatabase,
) -> None:
    call = make_call()
    response = await usecases(database).sign_for(sign_for(call.request_id), call)

    with pytest.raises(AlreadyAnsweredError) as caught:
        await usecases(database).sign_for(sign_for(call.request_id), call)

    assert pb.SignForTaskingResponse.FromString(caught.value.response) == response
    assert len(database.events) == 1


async def test_nothing_is_left_when_signing_for_is_refused(database: FakeDatabase) -> None:
    call = make_call()
    withdrawn = make_tasking(state=TaskingState.WITHDRAWN)
    database.aggregates["tasking", TASKING_ID] = withdrawn

    with pytest.raises(TaskingStateForbidsError):
        await usecases(database).sign_for(sign_for(call.request_id), call)

    assert database.aggregates["tasking", TASKING_ID] == withdrawn
    assert (database.events, database.audit, database.answers) == ([], [], {})


async def test_a_read_is_on_record(database: FakeDatabase) -> None:
    request = pb.GetTaskingRequest(tasking_id=TASKING_ID)

    await usecases(database).get(request, make_call())

    assert database.audit == [("intel.test", TASKING_ID, CASE_ID)]


@pytest.mark.parametrize("case_id", ["", CASE_ID])
async def test_a_list_is_on_record_with_the_case_it_keeps_to(
    database: FakeDatabase, case_id: str
) -> None:
    response = await usecases(database).list(pb.ListTaskingsRequest(case_id=case_id), make_call())

    assert [tasking.tasking_id for tasking in response.taskings] == [TASKING_ID]
    assert database.audit == [("intel.test", "taskings", case_id)]
