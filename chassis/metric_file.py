"""The local sink of metrics: the latest values of a service as one JSON file."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
from opentelemetry.sdk.metrics.export import MetricExporter, MetricExportResult, MetricsData


class FileMetricExporter(MetricExporter):
    """Replaces `<folder>/<service>.json` whole, so that a reader never sees half a file."""

    def __init__(self, folder: Path, service: str) -> None:
        super().__init__()
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / f"{service}.json"
        self._service = service

    def export(
        self, metrics_data: MetricsData, timeout_millis: float = 10_000, **_kwargs: object
    ) -> MetricExportResult:
        """Write every metric's points under its name; a full disk costs the snapshot only."""
        del timeout_millis
        snapshot = {
            "service": self._service,
            "time": datetime.now(UTC),
            "metrics": _by_name(metrics_data),
        }
        draft = self._path.with_suffix(".tmp")
        try:
            draft.write_bytes(orjson.dumps(snapshot))
            draft.replace(self._path)
        except OSError:
            return MetricExportResult.FAILURE
        return MetricExportResult.SUCCESS

    def force_flush(self, timeout_millis: float = 10_000) -> bool:
        """Do nothing: every export is written at once."""
        del timeout_millis
        return True

    def shutdown(self, timeout_millis: float = 30_000, **_kwargs: object) -> None:
        """Do nothing: no file is kept open."""


def _by_name(metrics_data: MetricsData) -> dict[str, Any]:
    return {
        metric.name: {
            "unit": metric.unit,
            "points": [_point(point) for point in metric.data.data_points],
        }
        for resource in metrics_data.resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
    }


def _point(point: Any) -> dict[str, Any]:
    fields: dict[str, Any] = {"attributes": dict(point.attributes)}
    for name in ("value", "count", "sum", "min", "max", "bucket_counts", "explicit_bounds"):
        if hasattr(point, name):
            fields[name] = getattr(point, name)
    return fields
