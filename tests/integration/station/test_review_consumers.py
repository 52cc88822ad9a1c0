"""The timeline of a case, filled over a real NATS from the events of every service."""

from typing import Any

import pytest

from jointops.intel.v1 import tasking_events_pb2 as intel
from jointops.ops.v1 import operation_events_pb2 as ops
from jointops.station.v1 import alarm_pb2, review_pb2
from jointops.tech.v1 import examination_events_pb2 as tech
from services.station.casefile.aggregate import Case, CaseState, Squad
from tests.integration.stage import Stage, eventually
from tests.integration.station import wire
from tests.integration.station.squads import Squads
from tests.integration.station.wire import DISPATCHER, OFFICER, of_alarm

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def timeline(stage: Stage, case_id: str, **fields: Any) -> review_pb2.GetTimelineResponse:
    """Return the timeline of a case as its officer sees it."""
    request = review_pb2.GetTimelineRequest(case_id=case_id, **fields)
    response: review_pb2.GetTimelineResponse = await wire.send(stage, OFFICER, request)
    return response


async def names(stage: Stage, case: Case) -> list[str]:
    """Return the names of the events in the timeline of a case."""
    return [each.event_type[9:] for each in (await timeline(stage, case.case_id)).entries]


async def is_told(stage: Stage, case: Case, name: str) -> bool:
    """Tell whether the timeline of a case holds such an event."""
    return name in await names(stage, case)


async def test_timeline_tells_what_every_service_did(squads: Squads) -> None:
    case = await wire.put_case(squads.stage, state=CaseState.INVESTIGATING)
    tasking = await squads.order(case, Squad.INTELLIGENCE)
    examination = await squads.order(case, Squad.TECHNICAL)
    operation = await squads.order(case, Squad.OPERATIONS)

    await squads.say_and_wait(intel.TaskingReceived, tasking)
    await squads.say_and_wait(tech.ExaminationReceived, examination)
    await squads.say_and_wait(ops.OperationPlanned, operation)

    await eventually(lambda: is_told(squads.stage, case, "station.v1.CaseArrestPlanned"))
    assert sorted(await names(squads.stage, case)) == [
        "intel.v1.TaskingReceived",
        "ops.v1.OperationPlanned",
        "station.v1.CaseArrestPlanned",
        *["station.v1.Kept"] * 4,
        "tech.v1.ExaminationReceived",
    ]


async def test_entry_says_what_happened_to_what_and_who_told_it(squads: Squads) -> None:
    case = await wire.put_case(squads.stage)
    examination = await squads.order(case, Squad.TECHNICAL)

    headers = await squads.say(tech.ExaminationReceived, examination)
    await squads.wait(headers)

    entries = (await timeline(squads.stage, case.case_id)).entries
    entry = next(each for each in entries if each.service == "tech")
    assert entry.event_id == headers["ce-id"]
    assert entry.event_type == "jointops.tech.v1.ExaminationReceived"
    assert entry.event_time.ToJsonString() == "2031-03-14T09:30:00Z"
    assert (entry.aggregate_id, entry.aggregate_version) == (examination.work_id, 1)


async def test_event_that_comes_twice_stands_once_in_the_timeline(squads: Squads) -> None:
    case = await wire.put_case(squads.stage)
    examination = await squads.order(case, Squad.TECHNICAL)
    headers = await squads.say(tech.ExaminationReceived, examination)

    await squads.publish(tech.ExaminationReceived(examination_id=examination.work_id), headers)
    await squads.say_and_wait(tech.ExaminationSignedFor, examination)

    told = await names(squads.stage, case)
    assert told.count("tech.v1.ExaminationReceived") == 1


async def test_timeline_goes_page_by_page(squads: Squads) -> None:
    case = await wire.put_case(squads.stage)
    await squads.order(case)
    await squads.order(case)

    async def complete() -> bool:
        return len(await names(squads.stage, case)) == 3

    await eventually(complete)
    first = await timeline(squads.stage, case.case_id, page_size=2)
    second = await timeline(
        squads.stage, case.case_id, page_size=2, page_token=first.next_page_token
    )

    ids = [each.event_id for each in (*first.entries, *second.entries)]
    assert (len(first.entries), len(second.entries)) == (2, 1)
    assert (ids, second.next_page_token) == (sorted(ids), "")


async def test_timeline_of_a_case_begins_with_its_alarm(squads: Squads) -> None:
    alarm = await wire.put_alarm(squads.stage)
    request = alarm_pb2.EscalateAlarmRequest(**of_alarm(alarm, case_officer_id=OFFICER.person_id))

    response = await wire.send(squads.stage, DISPATCHER, request)

    async def told() -> set[str]:
        entries = (await timeline(squads.stage, response.case_id)).entries
        found = {each.event_type.rpartition(".")[2] for each in entries}
        return found if len(found) == 2 else set()

    assert await eventually(told) == {"AlarmEscalated", "CaseReported"}
    rows = await squads.stage.fetch(
        "SELECT count(*) AS entries FROM timeline WHERE aggregate_id = $1", alarm.alarm_id
    )
    assert rows == [{"entries": 1}]
