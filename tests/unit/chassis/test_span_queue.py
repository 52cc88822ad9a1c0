"""The span queue: exports in the background, never blocks, counts what is lost."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter

from chassis.span_queue import MAX_WAITING, SpanQueue
from tests.fakes.spans import HoldingExporter, KeepingExporter, LosingExporter

SPAN = ReadableSpan("first")


@contextmanager
def queue_to(exporter: SpanExporter) -> Iterator[SpanQueue]:
    """Give a queue that is stopped at the end."""
    queue = SpanQueue(exporter, patience=0.05)
    yield queue
    queue.shutdown()


def put(queue: SpanQueue, count: int) -> None:
    """End so many spans."""
    for _ in range(count):
        queue.on_end(SPAN)


def test_a_flush_exports_what_is_waiting() -> None:
    exporter = KeepingExporter()

    with queue_to(exporter) as queue:
        queue.on_end(SPAN)
        is_flushed = queue.force_flush()

        assert (is_flushed, exporter.names) == (True, ["first"])


def test_a_shutdown_exports_what_is_waiting() -> None:
    exporter = KeepingExporter()
    queue = SpanQueue(exporter)
    queue.on_end(SPAN)

    queue.shutdown()

    assert exporter.names == ["first"]
    assert queue.dropped_count == 0


def test_a_span_is_dropped_and_counted_after_the_shutdown() -> None:
    queue = SpanQueue(KeepingExporter())
    queue.shutdown()

    queue.on_end(SPAN)

    assert queue.dropped_count == 1


def test_spans_are_dropped_and_counted_when_the_queue_is_full() -> None:
    exporter = HoldingExporter()

    with queue_to(exporter) as queue:
        queue._waiting.extend([SPAN] * MAX_WAITING)
        queue.on_end(SPAN)
        exporter.release.set()

        assert queue.dropped_count == 1


def test_spans_are_counted_as_dropped_when_the_export_fails() -> None:
    with queue_to(LosingExporter()) as queue:
        queue.on_end(SPAN)
        queue.on_end(SPAN)
        queue.force_flush()

        assert queue.dropped_count == 2


def test_a_shutdown_gives_up_when_the_exporter_hangs() -> None:
    exporter = HoldingExporter()
    queue = SpanQueue(exporter, patience=0.05)
    queue.on_end(SPAN)
    queue._wake.set()
    exporter.entered.wait(5)
    started_at = monotonic()

    queue.shutdown()

    assert monotonic() - started_at < 1
    exporter.release.set()


def test_a_flush_gives_up_when_an_export_hangs() -> None:
    exporter = HoldingExporter()

    with queue_to(exporter) as queue:
        queue.on_end(SPAN)
        queue._wake.set()
        exporter.entered.wait(5)
        is_flushed = queue.force_flush(timeout_millis=10)
        exporter.release.set()

        assert not is_flushed


@pytest.mark.parametrize("count", [1, 128, 1000])
def test_every_span_is_exported_once(count: int) -> None:
    exporter = KeepingExporter()

    with queue_to(exporter) as queue:
        put(queue, count)
        queue.force_flush()

        assert len(exporter.names) == count
