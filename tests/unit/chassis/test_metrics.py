"""Metrics: bounded labels, a histogram that joins the SDK's data, a snapshot file."""

from pathlib import Path
from typing import Any

import orjson
import pytest
from opentelemetry.exporter.otlp.proto.common.metrics_encoder import encode_metrics
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import MetricExportResult, MetricsData
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader as Reader
from opentelemetry.sdk.resources import Resource

from chassis.call_durations import MAX_SERIES, CallDurations, CallDurationsExporter
from chassis.metric_file import FileMetricExporter
from chassis.metrics import Metrics

METHOD = "jointops.station.v1.CaseService/AcceptCase"


class Bench:
    """Metrics of a service with everything behind them, up to the file."""

    def __init__(self, folder: Path) -> None:
        calls = CallDurations()
        exporter = CallDurationsExporter(FileMetricExporter(folder, "ops"), calls, Resource({}))
        self._path = folder / "ops.json"
        self._provider = MeterProvider([Reader(exporter, 3_600_000)], shutdown_on_exit=False)
        self.metrics = Metrics(self._provider, calls, dropped_spans=lambda: 7)

    def record_methods(self, count: int) -> None:
        """Record one call to each of so many methods."""
        for number in range(count):
            self.metrics.record_call(f"a.v1.B/C{number}", "OK", 0.001)

    def points(self, name: str) -> Any:
        """Collect, and return the points of one metric."""
        self._provider.shutdown()
        return orjson.loads(self._path.read_bytes())["metrics"][name]["points"]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_calls_are_counted_by_method_and_code(bench: Bench) -> None:
    bench.metrics.record_call(METHOD, "OK", 0.003)
    bench.metrics.record_call(METHOD, "OK", 0.5)
    bench.metrics.record_call(METHOD, "ABORTED", 0.001)

    points = bench.points("rpc.server.call.duration")

    codes = [point["attributes"]["rpc.response.status_code"] for point in points]
    assert codes == ["OK", "ABORTED"]
    assert [point["count"] for point in points] == [2, 1]
    assert points[0]["attributes"]["rpc.method"] == METHOD
    assert (points[0]["sum"], points[0]["min"], points[0]["max"]) == (0.503, 0.003, 0.5)


@pytest.mark.parametrize(
    ("seconds", "bucket"),
    [(0.0, 0), (0.0005, 0), (0.00051, 1), (0.005, 3), (10, 16), (10.1, 17), (1000, 17)],
)
def test_a_duration_falls_into_its_bucket(bench: Bench, seconds: float, bucket: int) -> None:
    bench.metrics.record_call(METHOD, "OK", seconds)

    (point,) = bench.points("rpc.server.call.duration")

    assert point["bucket_counts"].index(1) == bucket
    assert len(point["bucket_counts"]) == len(point["explicit_bounds"]) + 1


def test_invented_methods_share_one_series_when_there_are_too_many(bench: Bench) -> None:
    bench.record_methods(MAX_SERIES + 100)

    points = bench.points("rpc.server.call.duration")

    assert len(points) == MAX_SERIES + 1
    assert (points[-1]["attributes"]["rpc.method"], points[-1]["count"]) == ("_OTHER", 100)


@pytest.mark.parametrize(
    ("name", "value", "attributes"),
    [
        ("jointops.outbox.age", 1.5, {}),
        ("jointops.outbox.waiting", 12, {}),
        ("jointops.consumer.lag", 3, {"jointops.consumer": "ops-on-station"}),
        ("jointops.events.published", 24, {}),
        ("jointops.events.applied", 11, {"jointops.consumer": "ops-on-station"}),
        ("jointops.events.quarantined", 1, {"jointops.consumer": "ops-on-station"}),
        ("jointops.spans.dropped", 7, {}),
    ],
)
def test_outbox_consumers_and_losses_are_reported(
    bench: Bench, name: str, value: float, attributes: dict[str, str]
) -> None:
    bench.metrics.record_outbox(1.5, 12)
    bench.metrics.record_lag("ops-on-station", 3)
    bench.metrics.count_published(12)
    bench.metrics.count_published(12)
    bench.metrics.count_applied("ops-on-station", 11)
    bench.metrics.count_quarantined("ops-on-station")

    (point,) = bench.points(name)

    assert (point["value"], point["attributes"]) == (value, attributes)


def test_the_histogram_is_understood_by_a_collector() -> None:
    calls = CallDurations()
    calls.record(METHOD, "OK", 0.003)
    sent: list[MetricsData] = []

    class Collector(FileMetricExporter):
        def export(self, metrics_data: MetricsData, *_: Any, **__: Any) -> MetricExportResult:
            sent.append(metrics_data)
            return MetricExportResult.SUCCESS

    CallDurationsExporter(Collector(Path(), "x"), calls, Resource({})).export(MetricsData([]))

    encoded = encode_metrics(sent[0]).resource_metrics[0].scope_metrics[0].metrics[0]
    assert (encoded.name, encoded.unit) == ("rpc.server.call.duration", "s")
    assert encoded.histogram.data_points[0].count == 1


def test_a_snapshot_fails_when_the_folder_is_gone(tmp_path: Path) -> None:
    exporter = FileMetricExporter(tmp_path / "metrics", "ops")
    (tmp_path / "metrics").rmdir()

    assert exporter.export(MetricsData([])) is MetricExportResult.FAILURE
