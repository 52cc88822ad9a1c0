"""The local sink of spans: one line of JSON a span, read by `jointops trace`."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import orjson
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.trace import SpanKind, StatusCode

# Some 150,000 spans; with the one file before, an hour of the replayed day.
MAX_FILE_BYTES: Final = 64 * 1024 * 1024

KINDS: Final = {kind: kind.name.lower() for kind in SpanKind}


class FileSpanExporter(SpanExporter):
    """Appends spans to `<folder>/<service>.jsonl`.

    At the size limit the file becomes `<service>.old.jsonl` and replaces the one before. Several
    processes of one service may append to the same file: a batch is one write.
    """

    def __init__(self, folder: Path, service: str, max_file_bytes: int = MAX_FILE_BYTES) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / f"{service}.jsonl"
        self._old_path = folder / f"{service}.old.jsonl"
        self._service = service
        self._max_file_bytes = max_file_bytes

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Append a batch; a full or missing disk fails the batch and nothing else."""
        lines = b"".join([self._line(span) for span in spans])
        try:
            with self._path.open("ab", buffering=0) as file:
                file.write(lines)
                size = os.fstat(file.fileno()).st_size
            if size >= self._max_file_bytes:
                self._path.replace(self._old_path)
        except OSError:
            return SpanExportResult.FAILURE
        return SpanExportResult.SUCCESS

    def _line(self, span: ReadableSpan) -> bytes:
        parent = span.parent
        return orjson.dumps(
            {
                "trace_id": f"{span.context.trace_id:032x}",
                "span_id": f"{span.context.span_id:016x}",
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
