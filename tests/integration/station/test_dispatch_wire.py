"""Alarms over the wire, on PostgreSQL."""

import asyncio
import math
from typing import Any

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from chassis.ids import new_id, new_request_id
from chassis.status import reason_of
from jointops.station.v1 import alarm_pb2 as pb
from jointops.station.v1 import case_pb2
from services.station.dispatch.aggregate import AlarmState
from tests.integration.stage import Stage
from tests.integration.station import wire
from tests.integration.station.wire import DISPATCHER, OFFICER, PATROL, Person, of_alarm, report
from tests.unit.station.builders import make_call

pytestmark = pytest.mark.asyncio(loop_scope="module")

PRECONDITION = grpc.StatusCode.FAILED_PRECONDITION


def dispatcher_of(station: str) -> Person:
    """Make the dispatcher of a station."""
    return Person("dispatcher-9", DISPATCHER.roles, station)


async def send_step(stage: Stage, kind: type[Any], alarm: pb.Alarm, **fields: Any) -> pb.Alarm:
    """Carry out one step of an alarm; return it as it then stands."""
    request = kind(alarm_id=alarm.alarm_id, request_id=new_request_id(), **fields)
    changed: pb.Alarm = (await wire.send(stage, DISPATCHER, request)).alarm
    return changed


async def test_alarm_goes_from_the_call_to_its_disposition(shared_stage: Stage) -> None:
    reported = (await wire.send(shared_stage, DISPATCHER, report())).alarm
    await send_step(shared_stage, pb.DispatchAlarmRequest, reported, etag="1", unit_id="1C24")
    await send_step(shared_stage, pb.RecordArrivalRequest, reported, etag="2")
    closing = {"etag": "3", "disposition": pb.ALARM_DISPOSITION_SETTLED}
    closed = await send_step(shared_stage, pb.CloseAlarmRequest, reported, **closing)

    got = await wire.send(shared_stage, PATROL, pb.GetAlarmRequest(alarm_id=reported.alarm_id))

    assert got.alarm == closed
    assert (closed.state, closed.unit_id, closed.etag) == (pb.ALARM_STATE_CLOSED, "1C24", "4")
    assert closed.arrive_time.ToDatetime() >= closed.dispatch_time.ToDatetime()
    assert await wire.event_names(shared_stage, reported.alarm_id) == [
        "AlarmReported",
        "AlarmDispatched",
        "AlarmArrivalRecorded",
        "AlarmClosed",
    ]


async def test_escalated_alarm_is_a_case_that_its_officer_sees(shared_stage: Stage) -> None:
    reported = (await wire.send(shared_stage, DISPATCHER, report(call_type="211p"))).alarm
    escalation = pb.EscalateAlarmRequest(
        alarm_id=reported.alarm_id,
        etag="1",
        request_id=new_request_id(),
        case_officer_id=OFFICER.person_id,
    )

    escalated = await wire.send(shared_stage, DISPATCHER, escalation)
    got = await wire.send(shared_stage, OFFICER, case_pb2.GetCaseRequest(case_id=escalated.case_id))

    assert (reported.is_serious, reported.priority) == (True, 1)
    assert escalated.alarm.case_id == escalated.case_id
    assert (got.case.state, got.case.call_type) == (case_pb2.CASE_STATE_REPORTED, "211P")
    assert (got.case.alarm_id, got.case.member_ids) == (reported.alarm_id, [OFFICER.person_id])


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"longitude": math.nan, "latitude": math.inf}, id="no_numbers"),
        pytest.param({"longitude": 1e308, "latitude": -1e308}, id="beyond_the_globe"),
        pytest.param({"description": "he has\x00 a knife"}, id="nul"),
        pytest.param({"description": "帮" * 200_000}, id="long"),
        pytest.param({"call_type": "\x00" * 70, "district": "\x1b[2J"}, id="control_characters"),
        pytest.param({"source_record_id": "9" * 5_000}, id="long_record"),
        pytest.param({"source": 77}, id="unknown_source"),
        pytest.param({"receive_time": Timestamp(seconds=10**15)}, id="no_year"),
        pytest.param({"receive_time": Timestamp(nanos=-7)}, id="negative_nanos"),
    ],
)
async def test_call_for_help_is_kept_whatever_it_says(
    shared_stage: Stage, fields: dict[str, Any]
) -> None:
    response = await wire.send(shared_stage, DISPATCHER, report(**fields))

    assert response.alarm.state == pb.ALARM_STATE_REPORTED
    assert response.alarm.flags


async def test_empty_call_for_help_is_kept(shared_stage: Stage) -> None:
    request = pb.ReportAlarmRequest(request_id=new_request_id())

    response = await wire.send(shared_stage, DISPATCHER, request)

    assert (response.alarm.source, response.alarm.priority) == (pb.ALARM_SOURCE_UNKNOWN, 2)


async def test_record_is_refused_when_it_was_reported_under_another_request(
    shared_stage: Stage,
) -> None:
    first = (await wire.send(shared_stage, DISPATCHER, report(source_record_id="r-1"))).alarm

    refused = await wire.refusal(shared_stage, PATROL, report(source_record_id="r-1"))

    assert refused == (
        grpc.StatusCode.ALREADY_EXISTS,
        "ALARM_ALREADY_REPORTED",
        {"alarm_id": first.alarm_id},
    )


async def test_record_of_another_station_is_another_record(shared_stage: Stage) -> None:
    await wire.send(shared_stage, DISPATCHER, report(source_record_id="r-2"))

    response = await wire.send(
        shared_stage, dispatcher_of("beicai"), report(source_record_id="r-2")
    )

    assert response.alarm.station == "beicai"


async def test_record_is_kept_once_when_many_report_it_at_once(shared_stage: Stage) -> None:
    calls = (wire.send(shared_stage, DISPATCHER, report(source_record_id="r-3")) for _ in range(8))

    answers = await asyncio.gather(*calls, return_exceptions=True)

    refused = [each for each in answers if isinstance(each, grpc.aio.AioRpcError)]
    assert [each.code() for each in refused] == [grpc.StatusCode.ALREADY_EXISTS] * 7
    kept = [each for each in answers if not isinstance(each, BaseException)]
    assert {reason_of(each)[1]["alarm_id"] for each in refused} == {kept[0].alarm.alarm_id}


async def test_step_is_refused_when_the_state_forbids_it(shared_stage: Stage) -> None:
    alarm = await wire.put_alarm(shared_stage)

    refused = await wire.refusal(shared_stage, PATROL, pb.RecordArrivalRequest(**of_alarm(alarm)))

    metadata = {"alarm_id": alarm.alarm_id, "state": "reported", "step": "record_arrival"}
    assert refused == (PRECONDITION, "ALARM_STATE_FORBIDS", metadata)


async def test_serious_call_is_not_closed_as_settled(shared_stage: Stage) -> None:
    serious = make_call(source_record_id=new_id(), call_type="211P", is_serious=True)
    alarm = await wire.put_alarm(shared_stage, call=serious)
    close = pb.CloseAlarmRequest(**of_alarm(alarm, disposition=pb.ALARM_DISPOSITION_SETTLED))

    refused = await wire.refusal(shared_stage, DISPATCHER, close)

    metadata = {"alarm_id": alarm.alarm_id, "call_type": "211P"}
    assert refused == (PRECONDITION, "ALARM_NEEDS_CASE", metadata)


async def test_alarm_is_refused_when_it_has_moved_since_it_was_read(shared_stage: Stage) -> None:
    alarm = await wire.put_alarm(shared_stage)
    request = pb.DispatchAlarmRequest(**of_alarm(alarm, etag="9", unit_id="1C24"))

    refused = await wire.refusal(shared_stage, DISPATCHER, request)

    assert refused == (grpc.StatusCode.ABORTED, "ETAG_STALE", {})


async def test_same_request_twice_is_one_alarm_and_one_answer(shared_stage: Stage) -> None:
    request = report()

    first = await wire.send(shared_stage, DISPATCHER, request)
    second = await wire.send(shared_stage, DISPATCHER, request)

    assert first == second
    assert await wire.event_names(shared_stage, first.alarm.alarm_id) == ["AlarmReported"]


async def test_request_id_is_refused_when_it_comes_with_another_body(shared_stage: Stage) -> None:
    request = report()
    await wire.send(shared_stage, DISPATCHER, request)

    refused = await wire.refusal(
        shared_stage, DISPATCHER, report(request_id=request.request_id, call_type="981")
    )

    assert refused == (
        grpc.StatusCode.INVALID_ARGUMENT,
        "REQUEST_ID_REUSED",
        {"request_id": request.request_id},
    )


async def test_list_goes_page_by_page_through_one_state(shared_stage: Stage) -> None:
    station = f"station-{new_id()[-6:]}"
    person = dispatcher_of(station)
    ids = sorted(new_id() for _ in range(3))
    await wire.put_alarm(shared_stage, station=station, alarm_id=ids[0])
    await wire.put_alarm(shared_stage, station=station, alarm_id=ids[1])
    await wire.put_alarm(shared_stage, station=station, alarm_id=ids[2])
    await wire.put_alarm(shared_stage, station=station, state=AlarmState.CLOSED)
    asked: dict[str, Any] = {"state": pb.ALARM_STATE_REPORTED, "page_size": 2}

    first = await wire.send(shared_stage, person, pb.ListAlarmsRequest(**asked))
    second = await wire.send(
        shared_stage, person, pb.ListAlarmsRequest(**asked, page_token=first.next_page_token)
    )

    assert [alarm.alarm_id for alarm in (*first.alarms, *second.alarms)] == ids[::-1]
    assert second.next_page_token == ""


async def test_page_token_is_refused_when_the_filter_changed(shared_stage: Stage) -> None:
    station = f"station-{new_id()[-6:]}"
    person = dispatcher_of(station)
    await wire.put_alarm(shared_stage, station=station)
    await wire.put_alarm(shared_stage, station=station)
    first = await wire.send(shared_stage, person, pb.ListAlarmsRequest(page_size=1))

    refused = await wire.refusal(
        shared_stage,
        person,
        pb.ListAlarmsRequest(state=pb.ALARM_STATE_CLOSED, page_token=first.next_page_token),
    )

    assert refused == (
        grpc.StatusCode.INVALID_ARGUMENT,
        "PAGE_TOKEN_INVALID",
        {"field": "page_token"},
    )


@pytest.mark.parametrize(
    ("name", "count"), [("Report", 2), ("Get", 2), ("List", 2), ("Dispatch", 2)]
)
async def test_method_sends_few_statements(shared_stage: Stage, name: str, count: int) -> None:
    alarm = await wire.put_alarm(shared_stage)
    request = {
        "Report": report(),
        "Get": pb.GetAlarmRequest(alarm_id=alarm.alarm_id),
        "List": pb.ListAlarmsRequest(),
        "Dispatch": pb.DispatchAlarmRequest(**of_alarm(alarm, unit_id="1C24")),
    }[name]
    before = await wire.statement_count(shared_stage)

    await wire.send(shared_stage, DISPATCHER, request)

    assert await wire.statement_count(shared_stage) - before == count
