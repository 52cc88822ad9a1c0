"""Spans for calls and messages, made for a command that costs 600 µs in all.

A span is gathered here and handed, finished, to an SDK span processor in the SDK's own form
(`ReadableSpan`), so every exporter fits. The SDK's tracer does not gather them: its locks, copies
and samplers cost 13 µs a span where this costs 5.
"""

from collections.abc import Sequence
from time import time_ns
from typing import Final, Literal

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor
from opentelemetry.sdk.trace.sampling import TraceIdRatioBased
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode, TraceFlags

from chassis import telemetry_names as names
from chassis.traceparent import (
    CURRENT,
    TraceParent,
    current_traceparent,
    format_traceparent,
    new_span_id,
    new_trace_id,
    parse_traceparent,
)

__all__ = [
    "MessageSpan",
    "ServerSpan",
    "Span",
    "Tracer",
    "Value",
    "current_traceparent",
    "parse_traceparent",
]

Value = str | int | float | bool
Operation = Literal["publish", "process"]

KINDS: Final = {"publish": SpanKind.PRODUCER, "process": SpanKind.CONSUMER}
# The conventions call it send what NATS calls publish.
OPERATION_TYPES: Final = {"publish": "send", "process": "process"}
LOW_64_BITS: Final = 0xFFFF_FFFF_FFFF_FFFF
SCOPE: Final = InstrumentationScope("jointops")
SAMPLED: Final = TraceFlags(TraceFlags.SAMPLED)
UNSET: Final = Status(StatusCode.UNSET)
ERROR: Final = Status(StatusCode.ERROR)


class Span:
    """One operation of one service; one that is not sampled only carries the trace on."""

    __slots__ = (
        "_attributes",
        "_kind",
        "_name",
        "_parent",
        "_place",
        "_started_at",
        "_tracer",
        "trace_id",
        "traceparent",
    )

    def __init__(
        self,
        tracer: "Tracer",
        name: str,
        kind: SpanKind,
        parent: TraceParent | None,
        place: TraceParent,
    ) -> None:
        self._tracer = tracer
        self._name = name
        self._kind = kind
        self._parent = parent
        self._place = place
        # For the log line; and what makes another span the child of this one.
        self.trace_id = place.trace_id
        self.traceparent = format_traceparent(place)
        self._attributes: dict[str, Value] | None = None
        self._started_at = 0

    @property
    def is_recording(self) -> bool:
        """Whether the span is sampled and has not ended."""
        return self._attributes is not None

    def set(self, key: str, value: Value) -> None:
        """Note an identifier, a code or a count; the value of a forbidden key is withheld."""
        if self._attributes is not None:
            self._attributes[key] = names.WITHHELD if key in names.FORBIDDEN_KEYS else value

    def _record(self, attributes: dict[str, Value]) -> None:
        self._attributes = attributes
        self._started_at = time_ns()

    def _finish(
        self, attributes: dict[str, Value], status: Status, links: Sequence[Link] = ()
    ) -> None:
        """Hand the span over; from here on it ignores what it is told."""
        self._attributes = None
        self._tracer.export(
            ReadableSpan(
                self._name,
                _context(self._place, is_remote=False),
                _context(self._parent, is_remote=True) if self._parent else None,
                self._tracer.resource,
                attributes,
                links=links,
                kind=self._kind,
                status=status,
                start_time=self._started_at,
                end_time=time_ns(),
                instrumentation_scope=SCOPE,
            )
        )


class ServerSpan(Span):
    """The span of a call; while it lasts its traceparent is the current one."""

    __slots__ = ("_outer",)

    def begin(self) -> None:
        """Start the clock and make this the current place in the trace."""
        self._outer = CURRENT.get()
        CURRENT.set(self.traceparent)
        if self._place.is_sampled:
            self._record({names.RPC_SYSTEM_NAME: names.GRPC, names.RPC_METHOD: self._name})

    def end(self, code: str = "OK", reason: str | None = None) -> None:
        """End the span with the call's gRPC code and, for a refusal, its reason.

        A refusal is not an incident: only the codes in `SERVER_ERROR_CODES` make it an error.
        """
        CURRENT.set(self._outer)
        attributes = self._attributes
        if attributes is None:
            return
        attributes[names.RPC_RESPONSE_STATUS_CODE] = code
        if reason:
            attributes[names.REFUSAL_REASON] = reason
        if code in names.SERVER_ERROR_CODES:
            attributes[names.ERROR_TYPE] = code
            self._finish(attributes, ERROR)
        else:
            self._finish(attributes, UNSET)


class MessageSpan(Span):
    """The span of publishing or processing one message or one batch of them.

    Only processing makes itself current: nothing happens inside a publish, and the relay has many
    of them open at once.
    """

    __slots__ = ("_links", "_outer")

    def begin(self, attributes: dict[str, Value], links: Sequence[TraceParent]) -> None:
        """Start the clock and, when processing, make this the current place in the trace."""
        self._links = links
        self._outer = CURRENT.get()
        if self._kind is SpanKind.CONSUMER:
            CURRENT.set(self.traceparent)
        if self._place.is_sampled:
            self._record(attributes)

    def end(self, error: str | None = None) -> None:
        """End the span; `error` is the class of what went wrong, never its text."""
        if self._kind is SpanKind.CONSUMER:
            CURRENT.set(self._outer)
        attributes = self._attributes
        if attributes is None:
            return
        links = [Link(_context(place, is_remote=True)) for place in self._links]
        if error is None:
            self._finish(attributes, UNSET, links)
        else:
            attributes[names.ERROR_TYPE] = error
            self._finish(attributes, ERROR, links)


class Tracer:
    """Makes the spans of one service.

    Sampling is parent-based: a command is always recorded; a read follows its caller's
    traceparent, and without one is recorded by ratio.
    """

    def __init__(self, resource: Resource, processor: SpanProcessor, read_ratio: float) -> None:
        self.resource = resource
        self.export = processor.on_end
        self._read_bound = TraceIdRatioBased.get_bound_for_rate(read_ratio)

    def start_server_span(
        self, method: str, traceparent: str | None, *, is_command: bool
    ) -> ServerSpan:
        """Begin the span of a call to `package.Service/Method` (a leading slash is dropped)."""
        parent = parse_traceparent(traceparent)
        if parent is None:
            trace_id = new_trace_id()
            is_sampled = is_command or int(trace_id, 16) & LOW_64_BITS < self._read_bound
        else:
            trace_id = parent.trace_id
            is_sampled = is_command or parent.is_sampled
        place = TraceParent(trace_id, new_span_id(), is_sampled)
        span = ServerSpan(self, method.removeprefix("/"), SpanKind.SERVER, parent, place)
        span.begin()
        return span

    def start_message_span(
        self,
        operation: Operation,
        destination_template: str,
        traceparent: str | None = None,
        *,
        batch: Sequence[str] = (),
    ) -> MessageSpan:
        """Begin the span of publishing or processing.

        The conventions let a consumer link to the producer or be its child. A single message
        makes it a child, so that one trace id leads from an alarm through every service to the
        evaluation and `jointops trace show` draws it as one waterfall. A batch has many
        producers and no parent among them: it begins a trace of its own and links to each.

        Args:
            operation: What is done with the message.
            destination_template: The subject without what varies.
            traceparent: The message's header, or the outbox row's for a publish.
            batch: The traceparents of the messages, when more than one is handled at once.
        """
        parent = parse_traceparent(traceparent)
        links = [place for place in map(parse_traceparent, batch) if place]
        # A message without a trace was caused by some command, so it is recorded as one is.
        causes = [parent] if parent else links
        is_sampled = not causes or any(place.is_sampled for place in causes)
        trace_id = parent.trace_id if parent else new_trace_id()
        place = TraceParent(trace_id, new_span_id(), is_sampled)
        name = f"{operation} {destination_template}"
        span = MessageSpan(self, name, KINDS[operation], parent, place)
        attributes: dict[str, Value] = {
            names.MESSAGING_SYSTEM: names.NATS,
            names.MESSAGING_OPERATION_NAME: operation,
            names.MESSAGING_OPERATION_TYPE: OPERATION_TYPES[operation],
            names.MESSAGING_DESTINATION_TEMPLATE: destination_template,
        }
        if batch:
            attributes[names.MESSAGING_BATCH_MESSAGE_COUNT] = len(batch)
        span.begin(attributes, links)
        return span


def _context(place: TraceParent, *, is_remote: bool) -> SpanContext:
    return SpanContext(int(place.trace_id, 16), int(place.span_id, 16), is_remote, SAMPLED)
