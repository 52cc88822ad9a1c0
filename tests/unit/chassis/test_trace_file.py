"""The local sink: one line a span, one file before it, no harm from a full disk."""

from pathlib import Path

import orjson
import pytest
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExportResult

from chassis import telemetry_names as names
from chassis.trace_file import FileSpanExporter
from chassis.traces import Tracer
from tests.fakes.spans import KeptSpans

CALLER = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
OTHER = "00-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-bbbbbbbbbbbbbbbb-01"


@pytest.fixture
def span() -> ReadableSpan:
    kept = KeptSpans()
    tracer = Tracer(Resource({}), kept, read_ratio=0.0)
    server = tracer.start_server_span("a.v1.B/C", CALLER, is_command=True)
    server.set(names.CASE_ID, "case-1")
    server.end("INTERNAL")
    return kept.last


def test_a_span_becomes_one_line(tmp_path: Path, span: ReadableSpan) -> None:
    FileSpanExporter(tmp_path, "station").export([span])

    line = orjson.loads((tmp_path / "station.jsonl").read_bytes())
    assert span.context is not None
    assert line == {
        "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
        "span_id": f"{span.context.span_id:016x}",
        "parent_id": "00f067aa0ba902b7",
        "service": "station",
        "name": "a.v1.B/C",
        "kind": "server",
        "start_ns": span.start_time,
        "end_ns": span.end_time,
        "is_error": True,
        "attributes": {
            "rpc.system.name": "grpc",
            "rpc.method": "a.v1.B/C",
            "jointops.case.id": "case-1",
            "rpc.response.status_code": "INTERNAL",
            "error.type": "INTERNAL",
        },
        "links": [],
    }


def test_a_batch_is_linked_to_its_traces(tmp_path: Path) -> None:
    kept = KeptSpans()
    tracer = Tracer(Resource({}), kept, read_ratio=0.0)
    tracer.start_message_span("process", "jointops.*.a", batch=[CALLER, OTHER]).end()

    FileSpanExporter(tmp_path, "station").export(kept.spans)

    line = orjson.loads((tmp_path / "station.jsonl").read_bytes())
    assert line["links"] == ["4bf92f3577b34da6a3ce929d0e0e4736", "a" * 32]
    assert line["parent_id"] is None


def test_batches_are_appended(tmp_path: Path, span: ReadableSpan) -> None:
    FileSpanExporter(tmp_path, "station").export([span, span])
    FileSpanExporter(tmp_path, "station").export([span])

    assert (tmp_path / "station.jsonl").read_bytes().count(b"\n") == 3


def test_the_file_is_put_aside_when_it_is_full(tmp_path: Path, span: ReadableSpan) -> None:
    exporter = FileSpanExporter(tmp_path, "station", max_file_bytes=1000)

    results = [exporter.export([span, span]) for _ in range(3)]

    assert results == [SpanExportResult.SUCCESS] * 3
    files = sorted(path.name for path in tmp_path.iterdir())
    assert files == ["station.jsonl", "station.old.jsonl"]


def test_an_export_fails_when_the_folder_is_gone(tmp_path: Path, span: ReadableSpan) -> None:
    exporter = FileSpanExporter(tmp_path / "traces", "station")
    (tmp_path / "traces").rmdir()

    assert exporter.export([span]) is SpanExportResult.FAILURE
