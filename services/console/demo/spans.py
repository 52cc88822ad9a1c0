"""The demonstration's own spans: the roots that the services' spans hang from."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import SpanContext, SpanKind, TraceFlags

from chassis import telemetry_names as names
from chassis.trace_file import FileSpanExporter
from chassis.traceparent import TraceParent, new_span_id

SERVICE = "console"
_SAMPLED = TraceFlags(TraceFlags.SAMPLED)
_BATCH_COUNT = 128


class Spans:
    """Writes spans to the local sink, in batches; `flush` writes the rest."""

    def __init__(self, folder: Path) -> None:
        self._exporter = FileSpanExporter(folder, SERVICE)
        self._resource = Resource({names.SERVICE_NAME: SERVICE})
        self._waiting: list[ReadableSpan] = []

    @contextmanager
    def root(self, place: TraceParent, name: str) -> Iterator[None]:
        """Time what begins a trace; its place is known beforehand."""
        started_at = time.time_ns()
        try:
            yield
        finally:
            self._keep(name, place, None, SpanKind.INTERNAL, started_at)

    @contextmanager
    def below(self, parent: TraceParent, name: str) -> Iterator[TraceParent]:
        """Time one step below another span; gives the place that calls continue."""
        place = TraceParent(parent.trace_id, new_span_id(), is_sampled=True)
        started_at = time.time_ns()
        try:
            yield place
        finally:
            self._keep(name, place, parent, SpanKind.CLIENT, started_at)

    def flush(self) -> None:
        """Write what is waiting."""
        self._exporter.export(self._waiting)
        self._waiting.clear()

    def _keep(
        self,
        name: str,
        place: TraceParent,
        parent: TraceParent | None,
        kind: SpanKind,
        started_at: int,
    ) -> None:
        span = ReadableSpan(
            name,
            _context(place),
            _context(parent) if parent else None,
            self._resource,
            kind=kind,
            start_time=started_at,
            end_time=time.time_ns(),
        )
        self._waiting.append(span)
        if len(self._waiting) >= _BATCH_COUNT:
            self.flush()


def _context(place: TraceParent) -> SpanContext:
    trace_id, span_id = int(place.trace_id, 16), int(place.span_id, 16)
    return SpanContext(trace_id, span_id, is_remote=False, trace_flags=_SAMPLED)
