"""Set up what a service tells about itself: logs, spans and metrics.

The names of attributes, metrics and log fields stand in `chassis.telemetry_names`.
"""

import os
import time
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Final

from opentelemetry.sdk.metrics import AlwaysOffExemplarFilter, MeterProvider
from opentelemetry.sdk.metrics.export import MetricExporter, PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace.export import SpanExporter

from chassis import telemetry_names as names
from chassis.call_durations import CallDurations, CallDurationsExporter
from chassis.logs import bind_service
from chassis.metric_file import FileMetricExporter
from chassis.metrics import Metrics
from chassis.span_queue import SpanQueue
from chassis.trace_file import FileSpanExporter
from chassis.traces import Tracer

# The collector's address; unset, everything goes to local files. Source: OpenTelemetry, OTLP
# exporter configuration.
OTLP_ENDPOINT: Final = "OTEL_EXPORTER_OTLP_ENDPOINT"
METRICS_INTERVAL_MS: Final = 10_000
# Part of the time between SIGTERM and SIGKILL; a collector that is gone gets no more of it.
SHUTDOWN_SECONDS: Final = 2.0
LOCAL: Final = "local"


@dataclass(frozen=True, slots=True)
class Telemetry:
    """What a service reports through."""

    tracer: Tracer
    metrics: Metrics
    _spans: SpanQueue
    _meters: MeterProvider

    def shutdown(self) -> None:
        """Flush and stop, within two seconds even when the collector does not answer."""
        deadline = time.monotonic() + SHUTDOWN_SECONDS
        parts = [
            Thread(target=self._spans.shutdown, name="spans-shutdown", daemon=True),
            Thread(target=self._meters.shutdown, name="metrics-shutdown", daemon=True),
        ]
        for part in parts:
            part.start()
        for part in parts:
            part.join(max(0.0, deadline - time.monotonic()))


def setup_telemetry(
    service: str, version: str, environment: str, folder: Path, read_ratio: float
) -> Telemetry:
    """Start logs, spans and metrics of a service.

    Args:
        service: Its name, as `station`.
        version: Its release.
        environment: `local` where data is invented: messages of exceptions are logged as well.
        folder: Where spans go without a collector; metrics go beside it, to `../metrics`.
        read_ratio: Share of reads that are traced when the caller does not say, 0 to 1.
    """
    bind_service(service, version, shows_messages=environment == LOCAL)
    resource = Resource(
        {
            names.SERVICE_NAME: service,
            names.SERVICE_VERSION: version,
            names.DEPLOYMENT_ENVIRONMENT_NAME: environment,
        }
    )
    if os.environ.get(OTLP_ENDPOINT):
        return _assemble(resource, *_collector_exporters(), read_ratio)
    return _assemble(
        resource,
        FileSpanExporter(folder, service),
        FileMetricExporter(folder.parent / "metrics", service),
        read_ratio,
    )


def _collector_exporters() -> tuple[SpanExporter, MetricExporter]:
    """Load the exporters only where there is a collector: they take 0.3 s of every start."""
    from opentelemetry.exporter.otlp.proto.grpc import (  # noqa: PLC0415  # see above
        metric_exporter,
        trace_exporter,
    )

    return trace_exporter.OTLPSpanExporter(), metric_exporter.OTLPMetricExporter()


def _assemble(
    resource: Resource, spans: SpanExporter, metrics: MetricExporter, read_ratio: float
) -> Telemetry:
    queue = SpanQueue(spans)
    calls = CallDurations()
    reader = PeriodicExportingMetricReader(
        CallDurationsExporter(metrics, calls, resource), METRICS_INTERVAL_MS
    )
    meters = MeterProvider(
        [reader],
        resource,
        shutdown_on_exit=False,
        exemplar_filter=AlwaysOffExemplarFilter(),
    )
    return Telemetry(
        Tracer(resource, queue, read_ratio),
        Metrics(meters, calls, lambda: queue.dropped_count),
        queue,
        meters,
    )
