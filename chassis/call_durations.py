"""The histogram of call durations, kept here because the SDK's costs 6 µs a call and this 0.5.

The SDK hashes the labels of every measurement; here the series of a method and code is found by
its two names. At each collection the histogram joins what the SDK measured, in the SDK's form.
"""

from bisect import bisect_left
from math import inf
from time import time_ns
from typing import Final

from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    Histogram,
    HistogramDataPoint,
    Metric,
    MetricExporter,
    MetricExportResult,
    MetricsData,
    ResourceMetrics,
    ScopeMetrics,
)
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.util.instrumentation import InstrumentationScope

from chassis import telemetry_names as names

# Seconds. The conventions' boundaries, and finer ones below 5 ms because a command takes one.
# Source: semantic conventions, rpc metrics, `rpc.server.call.duration`.
BOUNDS: Final = (
    0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
)  # fmt: skip
# Far more than the methods times the codes of a service; beyond it somebody invents names.
MAX_SERIES: Final = 1000
SCOPE: Final = InstrumentationScope("jointops.calls")


class _Series:
    """What was measured under one set of labels."""

    __slots__ = ("counts", "labels", "least", "most", "total")

    def __init__(self, method: str, code: str) -> None:
        self.labels = {
            names.RPC_SYSTEM_NAME: names.GRPC,
            names.RPC_METHOD: method,
            names.RPC_RESPONSE_STATUS_CODE: code,
        }
        self.counts = [0] * (len(BOUNDS) + 1)
        self.total = 0.0
        self.least = inf
        self.most = 0.0

    def to_point(self, started_at: int, now: int) -> HistogramDataPoint:
        """Give the state of the series; times are nanoseconds since 1970."""
        counts = tuple(self.counts)
        return HistogramDataPoint(
            self.labels, started_at, now, sum(counts), self.total, counts, BOUNDS,
            self.least, self.most,
        )  # fmt: skip


class CallDurations:
    """Durations of a service's calls by method and gRPC code.

    Written by the event loop alone. A collection may meet a call half counted; the next one has it
    whole.
    """

    def __init__(self) -> None:
        self._started_at = time_ns()
        self._series: dict[tuple[str, str], _Series] = {}

    def record(self, method: str, code: str, seconds: float) -> None:
        """Count a finished call of `package.Service/Method`."""
        series = self._series.get((method, code))
        if series is None:
            series = self._add_series(method, code)
        series.counts[bisect_left(BOUNDS, seconds)] += 1
        series.total += seconds
        series.least = min(series.least, seconds)
        series.most = max(series.most, seconds)

    def to_metric(self) -> Metric:
        """Give the histogram since the start of the process."""
        now = time_ns()
        points = [series.to_point(self._started_at, now) for series in [*self._series.values()]]
        return Metric(
            names.RPC_SERVER_CALL_DURATION,
            "Duration of incoming calls.",
            "s",
            Histogram(points, AggregationTemporality.CUMULATIVE),
        )

    def _add_series(self, method: str, code: str) -> _Series:
        if len(self._series) >= MAX_SERIES:
            method = names.OTHER_METHOD
        return self._series.setdefault((method, code), _Series(method, code))


class CallDurationsExporter(MetricExporter):
    """Adds the histogram to whatever is exported."""

    def __init__(self, exporter: MetricExporter, calls: CallDurations, resource: Resource) -> None:
        super().__init__()
        self._exporter = exporter
        self._calls = calls
        self._resource = resource

    def export(
        self, metrics_data: MetricsData, timeout_millis: float = 10_000, **kwargs: object
    ) -> MetricExportResult:
        """Export what the SDK measured and the histogram."""
        calls = ScopeMetrics(SCOPE, [self._calls.to_metric()], "")
        # All under one resource and scopes of different names: of two alike the encoder for OTLP
        # keeps the last.
        measured = [
            scope for resource in metrics_data.resource_metrics for scope in resource.scope_metrics
        ]
        complete = MetricsData([ResourceMetrics(self._resource, [*measured, calls], "")])
        return self._exporter.export(complete, timeout_millis, **kwargs)

    def force_flush(self, timeout_millis: float = 10_000) -> bool:
        """Flush the exporter behind this one."""
        return self._exporter.force_flush(timeout_millis)

    def shutdown(self, timeout_millis: float = 30_000, **kwargs: object) -> None:
        """Stop the exporter behind this one."""
        self._exporter.shutdown(timeout_millis, **kwargs)
