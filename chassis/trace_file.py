"""The local sink of spans: one line of JSON a span, read by `jointops trace`."""

import os
from collections import deque
from pathlib import Path
from threading import Event, Thread
from typing import Final

import orjson
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor
from opentelemetry.trace import SpanKind, StatusCode

# Some seconds of a busy service; beyond it spans are dropped, never the call delayed.
MAX_WAITING: Final = 8192
# The writer holds the interpreter while it converts a batch; 128 spans are a third of a ms.
BATCH: Final = 128
# Long enough to fill a batch under load, short enough for `jointops trace ls` right after a call.
LINGER_SECONDS: Final = 0.5
MAX_FILE_BYTES: Final = 64 * 1024 * 1024

KINDS: Final = {kind: kind.name.lower() for kind in SpanKind}


class FileSpanProcessor(SpanProcessor):
    """Appends finished spans to `<folder>/<service>.jsonl` from a thread of its own.

    At the size limit the file becomes `<service>.old.jsonl` and replaces the one before.
    """

    def __init__(self, folder: Path, service: str, max_file_bytes: int = MAX_FILE_BYTES) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / f"{service}.jsonl"
        self._service = service
        self._max_file_bytes = max_file_bytes
        self._waiting: deque[ReadableSpan] = deque()
        self._wake = Event()
        self._stopping = False
        self.dropped_count = 0
        self._thread = Thread(target=self._write_until_stopped, name="spans", daemon=True)
        self._thread.start()

    def on_end(self, span: ReadableSpan) -> None:
        """Take a finished span, or count it as dropped when the writer is behind."""
        waiting = self._waiting
        if len(waiting) >= MAX_WAITING or self._stopping:
            self.dropped_count += 1
            return
        waiting.append(span)
        if len(waiting) == BATCH:
            self._wake.set()

    def shutdown(self) -> None:
        """Write what is waiting and stop."""
        self._stopping = True
        self._wake.set()
        self._thread.join()

    def _write_until_stopped(self) -> None:
        while not self._stopping:
            self._wake.wait(LINGER_SECONDS)
            self._wake.clear()
            self._write_waiting()
        self._write_waiting()

    def _write_waiting(self) -> None:
        while self._waiting:
            count = min(len(self._waiting), BATCH)
            lines = [self._line(self._waiting.popleft()) for _ in range(count)]
            try:
                self._append(b"".join(lines))
            except OSError:
                # A full or missing disk must not end the thread; the counter tells.
                self.dropped_count += count

    def _append(self, lines: bytes) -> None:
        with self._path.open("ab", buffering=0) as file:
            file.write(lines)
            size = os.fstat(file.fileno()).st_size
        if size >= self._max_file_bytes:
            self._path.replace(self._path.with_suffix(".old.jsonl"))

    def _line(self, span: ReadableSpan) -> bytes:
        context, parent = span.context, span.parent
        return orjson.dumps(
            {
                "trace_id": f"{context.trace_id:032x}",
                "span_id": f"{context.span_id:016x}",
                "parent_id": f"{parent.span_id:016x}" if parent else None,
                "service": self._service,
                "name": span.name,
                "kind": KINDS[span.kind],
                "start_ns": span.start_time,
                "end_ns": span.end_time,
                "is_error": span.status.status_code is StatusCode.ERROR,
                "attributes": dict(span.attributes or {}),
                "links": [f"{link.context.trace_id:032x}" for link in span.links],
            },
            option=orjson.OPT_APPEND_NEWLINE,
        )
