"""Telemetry as a service sets it up: everything in files when there is no collector."""

from pathlib import Path

import orjson
import pytest

from chassis.telemetry import setup_telemetry

METHOD = "jointops.station.v1.CaseService/AcceptCase"


@pytest.fixture(autouse=True)
def _no_collector(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OTEL_EXPORTER_OTLP_ENDPOINT", raising=False)


def test_spans_and_metrics_are_in_their_files_after_the_shutdown(tmp_path: Path) -> None:
    telemetry = setup_telemetry("station", "1.2.3", "local", tmp_path / "traces", 1.0)
    telemetry.tracer.start_server_span(METHOD, None, is_command=False).end()
    telemetry.metrics.record_call(METHOD, "OK", 0.001)

    telemetry.shutdown()

    span = orjson.loads((tmp_path / "traces" / "station.jsonl").read_bytes())
    snapshot = orjson.loads((tmp_path / "metrics" / "station.json").read_bytes())
    assert (span["service"], span["name"]) == ("station", METHOD)
    assert snapshot["metrics"]["rpc.server.call.duration"]["points"][0]["count"] == 1
