"""Reading the sink: newest first, whole traces, and no harm from a half-written line."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from services.console.traces.store import find_traces, list_traces

FIRST, SECOND, THIRD = "1" * 32, "2" * 32, "3" * 32
SECOND_NS = 1_000_000_000


def write(folder: Path, service: str, *lines: dict[str, Any]) -> None:
    """Append lines to the sink of a service."""
    whole = [
        {
            "trace_id": FIRST,
            "span_id": "a" * 16,
            "parent_id": None,
            "service": service,
            "name": "jointops.station.v1.CaseService/AcceptCase",
            "kind": "server",
            "start_ns": SECOND_NS,
            "end_ns": 2 * SECOND_NS,
            "is_error": False,
            "attributes": {},
            "links": [],
            **line,
        }
        for line in lines
    ]
    with (folder / f"{service}.jsonl").open("ab") as file:
        file.writelines(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE) for line in whole)


def test_the_newest_traces_are_listed_first(tmp_path: Path) -> None:
    write(
        tmp_path,
        "station",
        {"trace_id": FIRST, "start_ns": 1},
        {"trace_id": SECOND, "start_ns": 2},
        {"trace_id": THIRD, "start_ns": 3},
    )

    traces = list_traces(tmp_path, 2)

    assert [trace.trace_id for trace in traces] == [THIRD, SECOND]


def test_a_trace_is_put_together_from_every_service(tmp_path: Path) -> None:
    write(tmp_path, "ops", {"start_ns": 3, "end_ns": 9, "is_error": True, "name": "later"})
    write(
        tmp_path, "station", {"start_ns": 1, "end_ns": 4, "attributes": {"jointops.case.id": "c"}}
    )
    write(tmp_path, "station.old", {"start_ns": 2, "end_ns": 3, "service": "station"})

    (trace,) = list_traces(tmp_path, 10)

    assert (trace.services, trace.case_ids) == (("station", "ops"), ("c",))
    assert (trace.duration_ns, trace.error_count, len(trace.spans)) == (8, 1, 3)
    assert trace.name == "jointops.station.v1.CaseService/AcceptCase"
    assert f"{trace.started_at:%Y-%m-%d}" == "1970-01-01"


def test_traces_are_listed_by_case(tmp_path: Path) -> None:
    write(
        tmp_path,
        "station",
        {"trace_id": FIRST, "attributes": {"jointops.case.id": "case-1"}},
        {"trace_id": SECOND, "attributes": {"jointops.case.id": "case-2"}},
    )

    traces = list_traces(tmp_path, 10, case_id="case-2")

    assert [trace.trace_id for trace in traces] == [SECOND]


def test_a_trace_is_found_by_the_beginning_of_its_id(tmp_path: Path) -> None:
    write(tmp_path, "station", {"trace_id": FIRST}, {"trace_id": SECOND})
    write(tmp_path, "ops", {"trace_id": SECOND})

    (trace,) = find_traces(tmp_path, "2222")

    assert (trace.trace_id, trace.services) == (SECOND, ("ops", "station"))


@pytest.mark.parametrize("prefix", ["4", "not an id", '"'])
def test_nothing_is_found_by_what_no_id_begins_with(tmp_path: Path, prefix: str) -> None:
    write(tmp_path, "station", {})

    assert find_traces(tmp_path, prefix) == []


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(b'{"trace_id":"2222', id="half"),
        pytest.param(b"\n", id="empty"),
        pytest.param(b"[]\n", id="not an object"),
        pytest.param(b'{"trace_id":"2"}\n', id="fields missing"),
    ],
)
def test_a_line_that_is_no_span_is_left_out(tmp_path: Path, line: bytes) -> None:
    write(tmp_path, "station", {})
    with (tmp_path / "station.jsonl").open("ab") as file:
        file.write(line)

    assert [trace.trace_id for trace in list_traces(tmp_path, 10)] == [FIRST]


def test_only_the_end_of_a_long_file_is_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.console.traces.store.TAIL_BYTES", 300)
    write(tmp_path, "station", {"trace_id": FIRST}, {"trace_id": SECOND})

    listed, found = list_traces(tmp_path, 10), find_traces(tmp_path, FIRST)

    assert [trace.trace_id for trace in listed] == [SECOND]
    assert [trace.trace_id for trace in found] == [FIRST]


def test_nothing_is_listed_when_there_is_no_folder(tmp_path: Path) -> None:
    assert list_traces(tmp_path / "traces", 10) == []
