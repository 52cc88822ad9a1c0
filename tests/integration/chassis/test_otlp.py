"""Telemetry with a collector: what arrives there, and what happens when it is gone."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import monotonic
from typing import Any

import grpc
import pytest
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2 as metrics_pb
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2_grpc as metrics_grpc
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2 as trace_pb
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2_grpc as trace_grpc

from chassis.telemetry import setup_telemetry

pytestmark = pytest.mark.integration

METHOD = "jointops.station.v1.CaseService/AcceptCase"
CALLER = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


class Collector(trace_grpc.TraceServiceServicer, metrics_grpc.MetricsServiceServicer):
    """Keeps the last spans and metrics it was sent."""

    def __init__(self) -> None:
        self.spans: list[Any] = []
        self.metrics: dict[str, Any] = {}

    def Export(self, request: Any, context: Any) -> Any:
        del context
        if isinstance(request, trace_pb.ExportTraceServiceRequest):
            self.spans = [
                span
                for resource in request.resource_spans
                for scope in resource.scope_spans
                for span in scope.spans
            ]
            return trace_pb.ExportTraceServiceResponse()
        self.metrics = {
            metric.name: metric
            for resource in request.resource_metrics
            for scope in resource.scope_metrics
            for metric in scope.metrics
        }
        return metrics_pb.ExportMetricsServiceResponse()


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    """Serve a collector and point the exporters at it."""
    collector = Collector()
    server = grpc.server(ThreadPoolExecutor(2))
    trace_grpc.add_TraceServiceServicer_to_server(collector, server)  # type: ignore[no-untyped-call]  # generated
    metrics_grpc.add_MetricsServiceServicer_to_server(collector, server)  # type: ignore[no-untyped-call]  # generated
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{port}")
    yield collector
    server.stop(None).wait()


def test_a_collector_has_everything_after_the_shutdown(
    collector: Collector, tmp_path: Path
) -> None:
    telemetry = setup_telemetry("station", "1.2.3", "production", tmp_path / "traces", 0.05)
    telemetry.tracer.start_server_span(METHOD, CALLER, is_command=True).end()
    telemetry.tracer.start_message_span("process", "jointops.*.a", batch=[CALLER]).end()
    telemetry.metrics.record_call(METHOD, "OK", 0.001)

    telemetry.shutdown()

    call, batch = collector.spans
    duration = collector.metrics["rpc.server.call.duration"]
    assert (call.name, call.trace_id.hex(), call.parent_span_id.hex()) == (
        METHOD,
        "4bf92f3577b34da6a3ce929d0e0e4736",
        "00f067aa0ba902b7",
    )
    assert batch.links[0].trace_id == call.trace_id
    assert duration.histogram.data_points[0].count == 1
    assert "jointops.spans.dropped" in collector.metrics


def test_the_end_takes_two_seconds_when_the_collector_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    telemetry = setup_telemetry("station", "1.2.3", "production", tmp_path / "traces", 1.0)
    telemetry.tracer.start_server_span(METHOD, None, is_command=True).end()
    started_at = monotonic()

    telemetry.shutdown()

    assert monotonic() - started_at < 2.5
    assert not (tmp_path / "traces").exists()
