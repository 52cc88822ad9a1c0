"""The W3C trace context as it travels: parsing, making, and the one in hand."""

import re
from contextvars import ContextVar
from random import getrandbits
from typing import Final, NamedTuple

# Version, trace id, parent id, flags; a later version may add fields after a hyphen.
# Source: W3C Trace Context, section 3.2.
TRACEPARENT: Final = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")
# Four times what version 00 needs; a longer header is not worth reading.
MAX_LENGTH: Final = 220
NO_TRACE_ID: Final = "0" * 32
NO_SPAN_ID: Final = "0" * 16
SAMPLED_FLAG: Final = 0x01

CURRENT: ContextVar[str | None] = ContextVar("traceparent", default=None)


class TraceParent(NamedTuple):
    """One span's place in a trace, as lower-case hexadecimal."""

    trace_id: str
    span_id: str
    is_sampled: bool


def parse_traceparent(header: str | None) -> TraceParent | None:
    """Read a traceparent; whatever is not one counts as absent, and a new trace begins."""
    if header is None or len(header) > MAX_LENGTH:
        return None
    match = TRACEPARENT.fullmatch(header)
    if match is None:
        return None
    version, trace_id, span_id, flags, rest = match.groups()
    if version == "ff" or (version == "00" and rest is not None):
        return None
    if trace_id == NO_TRACE_ID or span_id == NO_SPAN_ID:
        return None
    return TraceParent(trace_id, span_id, bool(int(flags, 16) & SAMPLED_FLAG))


def format_traceparent(place: TraceParent) -> str:
    """Write the header by which the next service joins the trace."""
    return f"00-{place.trace_id}-{place.span_id}-{'01' if place.is_sampled else '00'}"


def current_traceparent() -> str | None:
    """Return the traceparent of the call or message in hand, for an outbox row or a call."""
    return CURRENT.get()


def new_trace_id() -> str:
    """Make a random trace id; none is all zeros, which would mean no trace."""
    return f"{getrandbits(128) or 1:032x}"


def new_span_id() -> str:
    """Make a random span id; none is all zeros, which would mean no span."""
    return f"{getrandbits(64) or 1:016x}"
