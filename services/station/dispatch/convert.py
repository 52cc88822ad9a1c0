"""Where protobuf meets the alarm: requests in, responses and events out."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from google.protobuf.message import Message

from chassis.call import Event
from chassis.emission import Origin, make_event
from chassis.timestamps import to_datetime, to_timestamp
from jointops.station.v1 import alarm_events_pb2 as events
from jointops.station.v1 import alarm_pb2 as pb
from services.station.dispatch import aggregate
from services.station.dispatch.aggregate import (
    Alarm,
    AlarmDisposition,
    AlarmEvent,
    AlarmFlag,
    AlarmSource,
    AlarmState,
)
from services.station.dispatch.intake import Report

STATES = {state: pb.AlarmState.Value(f"ALARM_STATE_{state.name}") for state in AlarmState}
SOURCES = {source: pb.AlarmSource.Value(f"ALARM_SOURCE_{source.name}") for source in AlarmSource}
FLAGS = {flag: pb.AlarmFlag.Value(f"ALARM_FLAG_{flag.name}") for flag in AlarmFlag}
DISPOSITIONS = {
    each: pb.AlarmDisposition.Value(f"ALARM_DISPOSITION_{each.name}") for each in AlarmDisposition
}
_STATES_OF = {number: state for state, number in STATES.items()}
_SOURCES_OF = {number: source for source, number in SOURCES.items()}
_DISPOSITIONS_OF = {number: each for each, number in DISPOSITIONS.items()}
_NO_DISPOSITION = pb.ALARM_DISPOSITION_UNSPECIFIED

# Stands for a time that Python cannot read; the intake flags it as it does every other impossible
# one.
_NO_TIME = datetime.min.replace(tzinfo=UTC)


def alarm_to_message(alarm: Alarm) -> pb.Alarm:
    """Show an alarm."""
    call = alarm.call
    location = call.location
    return pb.Alarm(
        alarm_id=alarm.alarm_id,
        station=alarm.station,
        state=STATES[alarm.state],
        source=SOURCES[call.source],
        source_record_id=call.source_record_id or "",
        call_type=call.call_type,
        description=call.description,
        district=call.district,
        beat=call.beat,
        longitude=location.longitude if location is not None else None,
        latitude=location.latitude if location is not None else None,
        flags=[FLAGS[flag] for flag in call.flags],
        priority=call.priority,
        is_serious=call.is_serious,
        receive_time=to_timestamp(call.received_at),
        unit_id=alarm.unit_id or "",
        dispatch_time=to_timestamp(alarm.dispatched_at) if alarm.dispatched_at else None,
        arrive_time=to_timestamp(alarm.arrived_at) if alarm.arrived_at else None,
        case_id=alarm.case_id or "",
        disposition=DISPOSITIONS[alarm.disposition] if alarm.disposition else _NO_DISPOSITION,
        create_time=to_timestamp(alarm.created_at),
        update_time=to_timestamp(alarm.updated_at),
        etag=str(alarm.version),
    )


def report_of(request: pb.ReportAlarmRequest) -> Report:
    """Read a report, whatever it says."""
    return Report(
        source=_SOURCES_OF.get(request.source, AlarmSource.UNKNOWN),
        source_record_id=request.source_record_id,
        call_type=request.call_type,
        description=request.description,
        district=request.district,
        beat=request.beat,
        longitude=request.longitude if request.HasField("longitude") else None,
        latitude=request.latitude if request.HasField("latitude") else None,
        received_at=_receive_time_of(request),
    )


def state_of(request: pb.ListAlarmsRequest) -> AlarmState | None:
    """Read the state that a list is limited to, if it is."""
    return _STATES_OF.get(request.state)


def disposition_of(request: pb.CloseAlarmRequest) -> AlarmDisposition:
    """Read how an alarm ended."""
    return _DISPOSITIONS_OF[request.disposition]


def event_to_row(event: AlarmEvent, alarm: Alarm) -> Event:
    """Wrap an event of the alarm, which it has just made, as it will travel."""
    origin = Origin("alarm", alarm.alarm_id, alarm.version, alarm.station, alarm.case_id or "")
    return make_event(_MESSAGES[type(event)](alarm, event), origin, at=event.decided_at)


def _receive_time_of(request: pb.ReportAlarmRequest) -> datetime | None:
    if not request.HasField("receive_time"):
        return None
    try:
        return to_datetime(request.receive_time)
    except (ValueError, OverflowError):
        return _NO_TIME


def _known_call_type(alarm: Alarm) -> str:
    """Return the call type if it is a code of the table: anything else is free text."""
    is_unknown = AlarmFlag.CALL_TYPE_UNKNOWN in alarm.call.flags
    return "" if is_unknown else alarm.call.call_type


_MESSAGES: dict[type[AlarmEvent], Callable[[Alarm, Any], Message]] = {
    aggregate.AlarmReported: lambda alarm, _: events.AlarmReported(
        alarm_id=alarm.alarm_id,
        source=SOURCES[alarm.call.source],
        call_type=_known_call_type(alarm),
        priority=alarm.call.priority,
        flags=[FLAGS[flag] for flag in alarm.call.flags],
        receive_time=to_timestamp(alarm.call.received_at),
    ),
    aggregate.AlarmDispatched: lambda alarm, event: events.AlarmDispatched(
        alarm_id=alarm.alarm_id, unit_id=event.unit_id
    ),
    aggregate.AlarmArrivalRecorded: lambda alarm, _: events.AlarmArrivalRecorded(
        alarm_id=alarm.alarm_id
    ),
    aggregate.AlarmEscalated: lambda alarm, event: events.AlarmEscalated(
        alarm_id=alarm.alarm_id, case_id=event.case_id
    ),
    aggregate.AlarmClosed: lambda alarm, event: events.AlarmClosed(
        alarm_id=alarm.alarm_id, disposition=DISPOSITIONS[event.disposition]
    ),
}
