"""What a use case is told about the call it serves, and what it hands to the outbox."""

from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime

from chassis.roles import Role


@dataclass(frozen=True, slots=True)
class Caller:
    """The person or device behind a verified token."""

    person_id: str
    station: str
    roles: frozenset[Role]


@dataclass(slots=True)
class Trail:
    """What became known while a call was served, for its span and its log line."""

    case_id: str = ""


@dataclass(frozen=True, slots=True)
class Call:
    """Who asks for what; made by the pipeline after permission and validation.

    `request_hash` is the SHA-256 of method and body, so that a `request_id` used twice is noticed.
    `sees_station` is true for a caller who may see every object of their own station. `roles` serve
    rules between people (who answers does not verify); who may call at all is the policy's.
    """

    person_id: str
    station: str
    sees_station: bool
    method: str
    permission: str
    request_id: str
    request_hash: bytes
    traceparent: str
    roles: frozenset[Role] = frozenset()
    trail: Trail = field(default_factory=Trail, compare=False)


@dataclass(frozen=True, slots=True)
class Event:
    """What a change puts into one row of the outbox; the rest comes from its call.

    `aggregate_version` counts the changes of the aggregate: 1 for its creation, then without gaps.
    `case_id` is empty for what belongs to no case.
    """

    event_id: str
    event_type: str
    subject: str
    aggregate_id: str
    aggregate_version: int
    case_id: str
    event_time: datetime
    payload: bytes


class AlreadyAnsweredError(Exception):
    """The request was carried out before; the pipeline sends the stored response instead."""

    def __init__(self, response: bytes) -> None:
        super().__init__("Request was answered before.")
        self.response = response


_CURRENT: ContextVar[Call] = ContextVar("call")


def current_call() -> Call:
    """Return the call being served; outside of one it is a bug and raises LookupError."""
    return _CURRENT.get()


def enter_call(call: Call) -> None:
    """Make this the call being served by the present task."""
    _CURRENT.set(call)
