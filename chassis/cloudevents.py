"""CloudEvents 1.0 in binary mode on NATS: a row of the outbox as headers and payload, and back.

Source: CloudEvents 1.0.2 and its NATS protocol binding. Headers hold identifiers only.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from chassis.ids import is_uuid

ID = "ce-id"
_TYPE = "ce-type"
_SUBJECT = "ce-subject"
_TIME = "ce-time"
_CASE_ID = "ce-caseid"
_VERSION = "ce-aggregateversion"
_TRACEPARENT = "ce-traceparent"
_DEDUPLICATION = "Nats-Msg-Id"
# What a column of the inbox holds.
_LAST_VERSION = (1 << 63) - 1


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event as a consumer receives it; the payload is not decoded yet."""

    event_id: str
    event_type: str
    aggregate_id: str
    aggregate_version: int
    case_id: str
    event_time: datetime
    traceparent: str
    station: str
    subject: str
    payload: bytes


class MalformedEventError(Exception):
    """A message is no event of ours; it names the header that is missing or wrong."""


def event_headers(row: Mapping[str, object], *, source: str, traceparent: str) -> dict[str, str]:
    """Make the headers of one outbox row.

    Args:
        row: The outbox row.
        source: Which service speaks, as `/jointops/ops`.
        traceparent: The place in the trace that consumers continue.
    """
    event_time = row["event_time"]
    event_id = str(row["event_id"])
    return {
        "ce-specversion": "1.0",
        ID: event_id,
        "ce-source": source,
        _TYPE: str(row["event_type"]),
        _SUBJECT: str(row["aggregate_id"]),
        _TIME: event_time.isoformat() if isinstance(event_time, datetime) else "",
        "ce-datacontenttype": "application/protobuf",
        _VERSION: str(row["aggregate_version"]),
        _CASE_ID: str(row["case_id"]),
        "ce-causationid": str(row["request_id"]),
        _TRACEPARENT: traceparent,
        _DEDUPLICATION: event_id,
    }


def read_delivery(subject: str, headers: Mapping[str, str] | None, payload: bytes) -> Delivery:
    """Read a message as an event.

    Raises:
        MalformedEventError: A header is missing or is not what it should be.
    """
    given = headers or {}
    try:
        event_id, aggregate_id = given[ID], given[_SUBJECT]
        version = int(given[_VERSION])
        event_time = datetime.fromisoformat(given[_TIME])
        event_type = given[_TYPE]
        station = subject.split(".")[1]
    except (KeyError, ValueError, IndexError) as cause:
        raise MalformedEventError(str(cause)) from cause
    if not is_uuid(event_id) or not is_uuid(aggregate_id):
        raise MalformedEventError(f"{ID}, {_SUBJECT}")
    if not 1 <= version <= _LAST_VERSION:
        raise MalformedEventError(_VERSION)
    if event_time.tzinfo is None:
        raise MalformedEventError(_TIME)
    return Delivery(
        event_id=event_id,
        event_type=event_type,
        aggregate_id=aggregate_id,
        aggregate_version=version,
        case_id=given.get(_CASE_ID, ""),
        event_time=event_time,
        traceparent=given.get(_TRACEPARENT, ""),
        station=station,
        subject=subject,
        payload=payload,
    )
