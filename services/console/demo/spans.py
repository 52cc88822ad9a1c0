"""The demonstration's own spans: for each call for help the root that every other span hangs from.

One span a call and none a step: a step's span would be lost with a demonstration that is killed
while it waits for an answer, and what the services did in that step would hang from nothing.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import SpanContext, SpanKind, TraceFlags

from chassis import telemetry_names as names
from chassis.trace_file import FileSpanExporter
from chassis.traceparent import TraceParent
from services.console.traces.store import Trace, find_traces

SERVICE = "console"
NAME = "demo call for help"
_SAMPLED = TraceFlags(TraceFlags.SAMPLED)
_BATCH_COUNT = 128


class Roots:
    """Writes the roots of traces to the local sink, in batches; `flush` writes the rest."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._exporter = FileSpanExporter(folder, SERVICE)
        self._resource = Resource({names.SERVICE_NAME: SERVICE})
        self._waiting: list[ReadableSpan] = []

    @contextmanager
    def timed(self, place: TraceParent) -> Iterator[None]:
        """Time one call; its place in the trace is known beforehand."""
        started_at = time.time_ns()
        try:
            yield
        finally:
            self._keep(place, started_at, time.time_ns())

    def ensure(self, place: TraceParent) -> None:
        """Write a root that an earlier run was killed before writing."""
        self.flush()
        trace = self.find(place)
        if trace is None or all(span.span_id != place.span_id for span in trace.spans):
            started_at = trace.start_ns if trace else time.time_ns()
            self._keep(place, started_at, started_at)
            self.flush()

    def find(self, place: TraceParent) -> Trace | None:
        """Return the trace of a root as far as it is in the sink."""
        return next(iter(find_traces(self._folder, place.trace_id)), None)

    def flush(self) -> None:
        """Write what is waiting."""
        self._exporter.export(self._waiting)
        self._waiting.clear()

    def _keep(self, place: TraceParent, started_at: int, ended_at: int) -> None:
        span = ReadableSpan(
            NAME,
            _context(place),
            resource=self._resource,
            kind=SpanKind.INTERNAL,
            start_time=started_at,
            end_time=ended_at,
        )
        self._waiting.append(span)
        if len(self._waiting) >= _BATCH_COUNT:
            self.flush()


def _context(place: TraceParent) -> SpanContext:
    trace_id, span_id = int(place.trace_id, 16), int(place.span_id, 16)
    return SpanContext(trace_id, span_id, is_remote=False, trace_flags=_SAMPLED)
