"""Span processors and exporters that keep, lose or hold back what they are given."""

from collections.abc import Sequence
from threading import Event

from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult


class KeptSpans(SpanProcessor):
    """Keeps every finished span."""

    def __init__(self) -> None:
        self.spans: list[ReadableSpan] = []

    def on_end(self, span: ReadableSpan) -> None:
        self.spans.append(span)

    @property
    def last(self) -> ReadableSpan:
        """The span that ended last."""
        return self.spans[-1]

    def last_attributes(self) -> dict[str, object]:
        """The attributes of the span that ended last."""
        return dict(self.last.attributes or {})


class KeepingExporter(SpanExporter):
    """Keeps every span it exports."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        self.names += [span.name for span in spans]
        return SpanExportResult.SUCCESS


class LosingExporter(SpanExporter):
    """Fails every export, as a collector does that refuses."""

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        del spans
        return SpanExportResult.FAILURE


class HoldingExporter(SpanExporter):
    """Does not return from an export before `release`, as a collector does that hangs."""

    def __init__(self) -> None:
        self.entered = Event()
        self.release = Event()

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        del spans
        self.entered.set()
        self.release.wait(5)
        return SpanExportResult.SUCCESS
