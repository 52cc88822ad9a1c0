"""Turns an event message into a row of the outbox: its subject, its identity, its order."""

import re
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from google.protobuf.message import Message

from chassis.call import Event
from chassis.ids import new_id

_WORD = re.compile(r"(?<!^)(?=[A-Z])")


@dataclass(frozen=True, slots=True)
class Origin:
    """What an event happened to.

    Args:
        aggregate: Its kind, as in the subject, e.g. `case`.
        aggregate_id: Which one.
        version: The version of the aggregate that the event made.
        station: Whose dashboards may see it.
        case_id: The case it belongs to; empty if none.
    """

    aggregate: str
    aggregate_id: str
    version: int
    station: str
    case_id: str


def make_event(message: Message, origin: Origin, *, at: datetime) -> Event:
    """Wrap an event, which holds identifiers, states, times and codes only, as it will travel."""
    event_type = message.DESCRIPTOR.full_name
    service, version_name, event = _names(event_type)
    return Event(
        event_id=new_id(),
        event_type=event_type,
        subject=f"jointops.{origin.station}.{service}.{version_name}.{origin.aggregate}.{event}",
        aggregate_id=origin.aggregate_id,
        aggregate_version=origin.version,
        case_id=origin.case_id,
        event_time=at,
        payload=message.SerializeToString(),
    )


@cache
def _names(event_type: str) -> tuple[str, str, str]:
    """Split `jointops.ops.v1.ArrestOrdered` into `ops`, `v1`, `arrest_ordered`."""
    _, service, version_name, name = event_type.split(".")
    return service, version_name, _WORD.sub("_", name).lower()
