"""Takes finished spans off the event loop and exports them in batches from a thread.

The SDK's `BatchSpanProcessor` neither says how many spans it lost nor stops within a bounded time
when the collector is gone; both are needed here.
"""

from collections import deque
from threading import Event, Lock, Thread
from typing import Final

from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

# Some seconds of a busy service; beyond it spans are dropped, never a call delayed.
MAX_WAITING: Final = 8192
# The interpreter is held while a batch is converted: 128 spans are about half a millisecond.
BATCH: Final = 128
# Long enough to fill a batch under load, short enough for a look at the trace just made.
LINGER_SECONDS: Final = 0.5
# A collector that does not answer gets no more of the time between SIGTERM and SIGKILL.
SHUTDOWN_SECONDS: Final = 1.5


class SpanQueue(SpanProcessor):
    """Keeps finished spans until its thread has exported them; drops and counts what is too many.

    `on_end` belongs to one thread, the event loop's.

    Args:
        exporter: Where spans go; may block and fail.
        patience: Seconds that a shutdown waits for it.
    """

    def __init__(self, exporter: SpanExporter, patience: float = SHUTDOWN_SECONDS) -> None:
        self._exporter = exporter
        self._patience = patience
        self._waiting: deque[ReadableSpan] = deque()
        self._wake = Event()
        self._exporting = Lock()
        self._stopping = False
        # One counter a thread, because neither takes a lock.
        self._refused_count = 0
        self._failed_count = 0
        self._thread = Thread(target=self._run, name="spans", daemon=True)
        self._thread.start()

    @property
    def dropped_count(self) -> int:
        """How many spans were lost since the start."""
        return self._refused_count + self._failed_count

    def on_end(self, span: ReadableSpan) -> None:
        """Take a finished span, or count it as dropped when the exporter is behind."""
        waiting = self._waiting
        if len(waiting) >= MAX_WAITING or self._stopping:
            self._refused_count += 1
            return
        waiting.append(span)
        if len(waiting) == BATCH:
            self._wake.set()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Export what is waiting; false when an export already under way takes too long."""
        if not self._exporting.acquire(timeout=timeout_millis / 1000):
            return False
        try:
            self._export_waiting()
        finally:
            self._exporting.release()
        return True

    def shutdown(self) -> None:
        """Export what is waiting and stop, or give up when the exporter takes too long."""
        self._stopping = True
        self._wake.set()
        self._thread.join(self._patience)
        self._exporter.shutdown()

    def _run(self) -> None:
        while not self._stopping:
            self._wake.wait(LINGER_SECONDS)
            self._wake.clear()
            with self._exporting:
                self._export_waiting()

    def _export_waiting(self) -> None:
        while self._waiting:
            count = min(len(self._waiting), BATCH)
            batch = [self._waiting.popleft() for _ in range(count)]
            if self._exporter.export(batch) is not SpanExportResult.SUCCESS:
                self._failed_count += count
