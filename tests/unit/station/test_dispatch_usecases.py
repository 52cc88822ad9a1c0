"""What commands on alarms leave behind, on stores in memory."""

import itertools
from typing import Any

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from chassis.call import AlreadyAnsweredError, Call
from chassis.errors import NotFoundError
from chassis.roles import Role
from jointops.station.v1 import alarm_events_pb2 as events
from jointops.station.v1 import alarm_pb2 as pb
from services.station.casefile.aggregate import CaseState
from services.station.dispatch.aggregate import Alarm
from services.station.dispatch.domain import AlarmAlreadyReportedError
from services.station.dispatch.store import RECORD_KEY
from services.station.dispatch.usecases import AlarmUseCases
from tests.fakes.station import FakeAlarms, FakeCases
from tests.fakes.unit import FakeDatabase, FakeUnit
from tests.unit.station.builders import DESK, NOW, call_of, make_alarm

DISPATCHER = ("dispatcher-1", Role.DISPATCHER)


def make_use_cases(database: FakeDatabase, begin: Any = None) -> AlarmUseCases:
    """Make the use cases on a clock that stands still; ids are new-1, new-2 and so on."""
    numbers = itertools.count(1)
    begun: Any = begin or database.begin
    alarms: Any = FakeAlarms
    cases: Any = FakeCases
    return AlarmUseCases(begun, lambda: NOW, lambda: f"new-{next(numbers)}", DESK, alarms, cases)


def make_database(*alarms: Alarm) -> FakeDatabase:
    """Make a database that holds these alarms."""
    return FakeDatabase(aggregates={("alarm", alarm.alarm_id): alarm for alarm in alarms})


def make_request(**fields: Any) -> pb.ReportAlarmRequest:
    """Make a report of a robbery."""
    sound = {"source_record_id": "7303185", "call_type": "211P", "description": "Robbery"}
    return pb.ReportAlarmRequest(**(sound | fields))


class LosingUnit(FakeUnit):
    """Loses the race: somebody else commits the same record a moment earlier."""

    async def commit(self, response: Any, clashes: Any = None) -> Any:
        winner = make_alarm(alarm_id="winner", call=self.saves[0][1].call)
        if ("alarm", "winner") not in self.database.aggregates:
            self.database.aggregates["alarm", "winner"] = winner
            raise clashes[RECORD_KEY]
        return await super().commit(response, clashes)


async def test_report_leaves_alarm_event_audit_and_answer() -> None:
    database = make_database()

    response = await make_use_cases(database).report(make_request(), call_of(*DISPATCHER))

    assert (response.alarm.alarm_id, response.alarm.station) == ("new-1", "jinqiao")
    assert response.alarm.state == pb.ALARM_STATE_REPORTED
    assert [event.event_type for event in database.events] == ["jointops.station.v1.AlarmReported"]
    assert database.audit == [("permission", "new-1", "")]
    assert len(database.answers) == 1


async def test_report_is_refused_when_an_alarm_holds_the_record() -> None:
    database = make_database(make_alarm(alarm_id="alarm-1"))
    request = make_request(source_record_id="7303184")

    with pytest.raises(AlarmAlreadyReportedError) as caught:
        await make_use_cases(database).report(request, call_of(*DISPATCHER))

    assert caught.value.metadata == {"alarm_id": "alarm-1"}
    assert database.events == []


async def test_report_names_the_winner_when_two_report_one_record_at_once() -> None:
    database = make_database()

    def begin(call: Call) -> LosingUnit:
        return LosingUnit(database, call)

    with pytest.raises(AlarmAlreadyReportedError) as caught:
        await make_use_cases(database, begin).report(make_request(), call_of(*DISPATCHER))

    assert caught.value.metadata == {"alarm_id": "winner"}


async def test_report_without_a_record_number_is_never_a_duplicate() -> None:
    database = make_database()
    use_cases = make_use_cases(database)

    await use_cases.report(make_request(source_record_id=""), call_of(*DISPATCHER))
    await use_cases.report(make_request(source_record_id=""), call_of(*DISPATCHER))

    assert len(database.aggregates) == 2


async def test_repeated_report_gets_its_first_answer() -> None:
    database = make_database()
    call = call_of(*DISPATCHER)
    first = await make_use_cases(database).report(make_request(), call)

    with pytest.raises(AlreadyAnsweredError) as caught:
        await make_use_cases(database).report(make_request(), call)

    assert pb.ReportAlarmResponse.FromString(caught.value.response) == first


async def test_event_of_a_report_holds_no_free_text() -> None:
    database = make_database()
    request = make_request(call_type="my name is Wang", description="Wang lives at no. 5")

    await make_use_cases(database).report(request, call_of(*DISPATCHER))

    event = events.AlarmReported.FromString(database.events[0].payload)
    assert (event.call_type, event.priority) == ("", 2)
    assert event.flags == [
        pb.ALARM_FLAG_LOCATION_MISSING,
        pb.ALARM_FLAG_CALL_TYPE_UNKNOWN,
        pb.ALARM_FLAG_FIELD_MISSING,
    ]


async def test_report_is_kept_when_no_year_holds_its_receive_time() -> None:
    request = make_request(receive_time=Timestamp(seconds=10**15))

    response = await make_use_cases(make_database()).report(request, call_of(*DISPATCHER))

    assert response.alarm.receive_time.ToDatetime(NOW.tzinfo) == NOW
    assert pb.ALARM_FLAG_RECEIVE_TIME_IMPLAUSIBLE in response.alarm.flags


async def test_report_is_kept_when_its_source_is_unheard_of() -> None:
    request = make_request(source=pb.AlarmSource.ValueType(99))

    response = await make_use_cases(make_database()).report(request, call_of(*DISPATCHER))

    assert response.alarm.source == pb.ALARM_SOURCE_UNKNOWN


async def test_escalation_makes_a_case_with_its_officer_in_the_same_transaction() -> None:
    database = make_database(make_alarm())
    request = pb.EscalateAlarmRequest(alarm_id="alarm-1", etag="1", case_officer_id="officer-1")

    response = await make_use_cases(database).escalate(request, call_of(*DISPATCHER))

    case = database.aggregates["case", "new-1"]
    assert (response.case_id, response.alarm.case_id) == ("new-1", "new-1")
    assert (case.state, case.alarm_id, case.call_type) == (CaseState.REPORTED, "alarm-1", "415E")
    assert database.assignments == {("new-1", "officer-1")}
    assert database.audit == [("permission", "alarm-1", "new-1")]


async def test_escalation_tells_of_the_alarm_and_of_the_case() -> None:
    database = make_database(make_alarm())
    request = pb.EscalateAlarmRequest(alarm_id="alarm-1", etag="1", case_officer_id="officer-1")

    await make_use_cases(database).escalate(request, call_of(*DISPATCHER))

    escalated, reported = database.events
    assert events.AlarmEscalated.FromString(escalated.payload).case_id == "new-1"
    assert (escalated.aggregate_version, escalated.case_id) == (2, "new-1")
    assert escalated.subject == "jointops.jinqiao.station.v1.alarm.alarm_escalated"
    assert (reported.aggregate_version, reported.case_id) == (1, "new-1")
    assert reported.subject == "jointops.jinqiao.station.v1.case.case_reported"


async def test_dispatch_arrival_and_closing_lead_the_alarm_to_its_end() -> None:
    database = make_database(make_alarm())
    use_cases = make_use_cases(database)

    dispatch = pb.DispatchAlarmRequest(alarm_id="alarm-1", etag="1", unit_id="1C24")
    await use_cases.dispatch(dispatch, call_of(*DISPATCHER))
    arrival = pb.RecordArrivalRequest(alarm_id="alarm-1", etag="2")
    await use_cases.record_arrival(arrival, call_of(*DISPATCHER))
    close = pb.CloseAlarmRequest(
        alarm_id="alarm-1", etag="3", disposition=pb.ALARM_DISPOSITION_SETTLED
    )
    response = await use_cases.close(close, call_of(*DISPATCHER))

    assert (response.alarm.state, response.alarm.etag) == (pb.ALARM_STATE_CLOSED, "4")
    assert response.alarm.disposition == pb.ALARM_DISPOSITION_SETTLED
    assert [event.aggregate_version for event in database.events] == [2, 3, 4]


async def test_alarm_of_another_station_is_not_found() -> None:
    database = make_database(make_alarm(station="beicai"))
    call = call_of(*DISPATCHER, sees_station=True)

    with pytest.raises(NotFoundError):
        await make_use_cases(database).get(pb.GetAlarmRequest(alarm_id="alarm-1"), call)


async def test_list_shows_the_station_alone_and_one_state_if_asked() -> None:
    database = make_database(make_alarm(alarm_id="a"), make_alarm(alarm_id="b", station="beicai"))
    use_cases = make_use_cases(database)

    all_of_it = await use_cases.list(pb.ListAlarmsRequest(), call_of(*DISPATCHER))
    closed = await use_cases.list(
        pb.ListAlarmsRequest(state=pb.ALARM_STATE_CLOSED), call_of(*DISPATCHER)
    )

    assert [alarm.alarm_id for alarm in all_of_it.alarms] == ["a"]
    assert list(closed.alarms) == []
