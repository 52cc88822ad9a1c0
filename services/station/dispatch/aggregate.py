"""The alarm as data: its states, its events and what each event changes. Pure.

The decisions, which refuse or return one of these events, stand in `domain.py`; how a report
becomes a call that can be stored, in `intake.py`.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any


class AlarmState(StrEnum):
    """Where an alarm stands. Source: docs/lifecycle.md."""

    REPORTED = "reported"
    DISPATCHED = "dispatched"
    ARRIVED = "arrived"
    ESCALATED = "escalated"
    CLOSED = "closed"


class AlarmSource(StrEnum):
    """Who or what raised an alarm."""

    OPERATOR = "operator"
    DEVICE = "device"
    UNKNOWN = "unknown"


class AlarmFlag(StrEnum):
    """What was wrong with a report that was stored nevertheless."""

    LOCATION_MISSING = "location_missing"
    LOCATION_OFF_MAP = "location_off_map"
    CALL_TYPE_UNKNOWN = "call_type_unknown"
    TEXT_TRUNCATED = "text_truncated"
    TEXT_CLEANED = "text_cleaned"
    FIELD_MISSING = "field_missing"
    RECEIVE_TIME_IMPLAUSIBLE = "receive_time_implausible"
    SOURCE_RECORD_DIGESTED = "source_record_digested"


class AlarmDisposition(StrEnum):
    """How an alarm ended that did not become a case."""

    SETTLED = "settled"
    UNFOUNDED = "unfounded"
    FALSE_ALARM = "false_alarm"
    CANCELLED = "cancelled"
    DUPLICATE = "duplicate"
    REFERRED = "referred"


@dataclass(frozen=True, slots=True)
class CallType:
    """One row of the table of call types; `priority` is 1 (life in danger) to 4 (can wait)."""

    code: str
    description: str
    priority: int
    is_serious: bool
    source: str


@dataclass(frozen=True, slots=True)
class Location:
    """A point, WGS 84, degrees."""

    longitude: float
    latitude: float


@dataclass(frozen=True, slots=True)
class Call:
    """What a call for help said, as far as it can be stored, and what was wrong with it."""

    source: AlarmSource
    source_record_id: str | None
    call_type: str
    description: str
    district: str
    beat: str
    location: Location | None
    received_at: datetime
    priority: int
    is_serious: bool
    flags: tuple[AlarmFlag, ...]


@dataclass(frozen=True, slots=True)
class Alarm:
    """One alarm; `version` counts its changes, each of which is one event."""

    alarm_id: str
    station: str
    state: AlarmState
    call: Call
    unit_id: str | None
    dispatched_at: datetime | None
    arrived_at: datetime | None
    case_id: str | None
    disposition: AlarmDisposition | None
    created_at: datetime
    updated_at: datetime
    version: int


@dataclass(frozen=True, slots=True)
class AlarmEvent:
    """Something that happened to an alarm, and when (UTC)."""

    decided_at: datetime


@dataclass(frozen=True, slots=True)
class AlarmReported(AlarmEvent):
    """A call for help was taken in."""

    alarm_id: str
    station: str
    call: Call


@dataclass(frozen=True, slots=True)
class AlarmDispatched(AlarmEvent):
    """A unit was sent."""

    unit_id: str


@dataclass(frozen=True, slots=True)
class AlarmArrivalRecorded(AlarmEvent):
    """The unit arrived."""


@dataclass(frozen=True, slots=True)
class AlarmEscalated(AlarmEvent):
    """The alarm became a case."""

    case_id: str


@dataclass(frozen=True, slots=True)
class AlarmClosed(AlarmEvent):
    """The alarm was closed without a case."""

    disposition: AlarmDisposition


def report(event: AlarmReported) -> Alarm:
    """Make the first version of an alarm."""
    return Alarm(
        alarm_id=event.alarm_id,
        station=event.station,
        state=AlarmState.REPORTED,
        call=event.call,
        unit_id=None,
        dispatched_at=None,
        arrived_at=None,
        case_id=None,
        disposition=None,
        created_at=event.decided_at,
        updated_at=event.decided_at,
        version=1,
    )


def apply(alarm: Alarm, event: AlarmEvent) -> Alarm:
    """Make the next version of an alarm."""
    changed = _CHANGES[type(event)](event)
    return replace(alarm, **changed, updated_at=event.decided_at, version=alarm.version + 1)


_S = AlarmState
_CHANGES: dict[type[AlarmEvent], Callable[[Any], dict[str, Any]]] = {
    AlarmDispatched: lambda e: {
        "state": _S.DISPATCHED,
        "unit_id": e.unit_id,
        "dispatched_at": e.decided_at,
    },
    AlarmArrivalRecorded: lambda e: {"state": _S.ARRIVED, "arrived_at": e.decided_at},
    AlarmEscalated: lambda e: {"state": _S.ESCALATED, "case_id": e.case_id},
    AlarmClosed: lambda e: {"state": _S.CLOSED, "disposition": e.disposition},
}
