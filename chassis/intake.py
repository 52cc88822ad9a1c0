"""Takes a request in: decodes the body, checks the rules of its proto, makes the call.

Decoding is ours because gRPC answers an undecodable body with INTERNAL.
"""

import hashlib
from itertools import chain, islice
from typing import Any

import protovalidate
from google.protobuf.message import DecodeError, Message

from chassis.call import Call, Caller
from chassis.errors import (
    BodyUndecodableError,
    DeadlineMissingError,
    DeadlineTooShortError,
    FieldViolation,
)
from chassis.policy import Rule
from chassis.storable import find_unstorable

# Less is not enough for two round trips to the database on a busy machine.
LEAST_SECONDS = 0.1
# They travel in trailing metadata, of which a client takes 8 KiB; the first ones tell enough.
MOST_VIOLATIONS = 20
_AUTHORIZATION = "authorization"
_TRACEPARENT = "traceparent"


def read_headers(metadata: Any) -> tuple[str | None, str | None]:
    """Return `authorization` and `traceparent` of a call's metadata."""
    authorization = traceparent = None
    for key, value in metadata or ():
        if key == _AUTHORIZATION:
            authorization = value
        elif key == _TRACEPARENT:
            traceparent = value
    return authorization, traceparent


def check_deadline(remaining_seconds: float | None) -> None:
    """Refuse a call that would wait for ever, or that cannot be answered in time."""
    if remaining_seconds is None:
        raise DeadlineMissingError("The call has no deadline; set one.")
    if remaining_seconds < LEAST_SECONDS:
        raise DeadlineTooShortError("Too little time is left to answer; set a later deadline.")


def decode(body: bytes, request_type: type[Message]) -> Message:
    """Decode a request.

    Raises:
        BodyUndecodableError: The bytes are no message of this type.
    """
    try:
        return request_type.FromString(body)
    except (DecodeError, UnicodeDecodeError) as cause:
        raise BodyUndecodableError(
            f"The body is no {request_type.DESCRIPTOR.full_name}."
        ) from cause


def find_violations(request: Message) -> list[FieldViolation]:
    """Return the fields that break a rule of their proto, or cannot be stored."""
    broken = (
        FieldViolation(_path(violation.proto.field), violation.proto.message or "")
        for violation in protovalidate.collect_violations(request)
    )
    return list(islice(chain(broken, find_unstorable(request)), MOST_VIOLATIONS))


def bare_call(rule: Rule, caller: Caller, traceparent: str) -> Call:
    """Gather what is known before the body is read."""
    return Call(
        person_id=caller.person_id,
        station=caller.station,
        sees_station=False,
        method=rule.method,
        permission=rule.permission,
        request_id="",
        request_hash=b"",
        traceparent=traceparent,
        roles=caller.roles,
    )


def make_call(
    rule: Rule, caller: Caller, request: Message, traceparent: str, *, sees_station: bool
) -> Call:
    """Gather what the use case is told."""
    body = request.SerializeToString(deterministic=True)
    return Call(
        person_id=caller.person_id,
        station=caller.station,
        sees_station=sees_station,
        method=rule.method,
        permission=rule.permission,
        request_id=getattr(request, "request_id", ""),
        request_hash=hashlib.sha256(rule.method.encode() + b"\0" + body).digest(),
        traceparent=traceparent,
        roles=caller.roles,
    )


def _path(path: Any) -> str:
    """Write a field path as `targets[2].authority.number`."""
    text = ""
    for element in path.elements if path is not None else ():
        text += f".{element.field_name}" if text else element.field_name
        subscript = element.subscript
        if subscript is not None:
            text += f"[{subscript.value}]"
    return text
