"""The waterfall: children below their parents, times from the start, outcomes in words."""

import io
from dataclasses import replace

import pytest
from rich.console import Console, RenderableType

from services.console.traces.render import render_list, render_waterfall
from services.console.traces.store import Span, Trace
from services.console.traces.waterfall import lay_out

MS = 1_000_000
CALL = Span(
    trace_id="4bf92f3577b34da6a3ce929d0e0e4736",
    span_id="call",
    parent_id=None,
    service="station",
    name="jointops.station.v1.CaseService/AcceptCase",
    kind="server",
    start_ns=1000 * MS,
    end_ns=1004 * MS,
    is_error=False,
    attributes={"rpc.response.status_code": "OK", "jointops.case.id": "case-1"},
    links=(),
)
PUBLISH = replace(
    CALL,
    span_id="publish",
    parent_id="call",
    name="publish jointops.*.station.v1.case.accepted",
    start_ns=1005 * MS,
    end_ns=1006 * MS,
    attributes={},
)
PROCESS = replace(
    PUBLISH,
    span_id="process",
    parent_id="publish",
    service="ops",
    name="process jointops.*.station.v1.case.accepted",
    start_ns=1007 * MS,
    end_ns=1010 * MS,
)


def make_trace(*spans: Span) -> Trace:
    """Make a trace; spans are given earliest first."""
    return Trace(CALL.trace_id, spans)


def draw(renderable: RenderableType) -> list[str]:
    """Draw as a terminal of 120 columns without colours would."""
    console = Console(file=io.StringIO(), width=120, color_system=None)
    with console.capture() as capture:
        console.print(renderable)
    return [line.rstrip() for line in capture.get().splitlines()]


def test_children_stand_below_their_parents_by_their_start() -> None:
    late = replace(CALL, span_id="late", parent_id="call", start_ns=1009 * MS)
    trace = make_trace(CALL, PUBLISH, PROCESS, late)

    rows = lay_out(trace)

    assert [(row.span.span_id, row.depth) for row in rows] == [
        ("call", 0),
        ("publish", 1),
        ("process", 2),
        ("late", 1),
    ]


def test_times_count_from_the_start_of_the_trace() -> None:
    rows = lay_out(make_trace(CALL, PUBLISH, PROCESS))

    assert [(row.begin_ns // MS, row.end_ns // MS) for row in rows] == [(0, 4), (5, 6), (7, 10)]
    assert rows[2].duration_ns == 3 * MS


def test_a_span_stands_by_itself_when_its_parent_is_not_in_the_sink() -> None:
    rows = lay_out(make_trace(PROCESS, replace(PROCESS, span_id="second", parent_id="gone")))

    assert [row.depth for row in rows] == [0, 0]


def test_a_span_that_is_its_own_parent_is_drawn_once() -> None:
    rows = lay_out(make_trace(replace(CALL, parent_id="call")))

    assert [row.depth for row in rows] == [0]


def test_a_waterfall_shows_service_name_time_and_bar() -> None:
    lines = draw(render_waterfall(make_trace(CALL, PUBLISH, PROCESS)))

    assert lines[0].startswith(
        "trace 4bf92f3577b34da6a3ce929d0e0e4736  1970-01-01 00:00:01.000000Z"
    )
    assert lines[1] == "case  case-1"
    assert lines[3].split() == ["service", "span", "ms", "0", "to", "10.0", "ms"]
    assert lines[4].startswith("station  CaseService/AcceptCase")
    assert lines[6].startswith("ops          process case.accepted")
    assert lines[6].split("█")[0].endswith(" " * 24 + "▐")


@pytest.mark.parametrize(
    ("is_error", "attributes", "outcome"),
    [
        ({}, {"rpc.response.status_code": "OK"}, ""),
        (
            False,
            {
                "rpc.response.status_code": "FAILED_PRECONDITION",
                "jointops.refusal.reason": "CASE_STATE_FORBIDS",
            },
            "FAILED_PRECONDITION CASE_STATE_FORBIDS",
        ),
        (
            True,
            {"rpc.response.status_code": "INTERNAL", "error.type": "INTERNAL"},
            "INTERNAL",
        ),
        (True, {"error.type": "MalformedEventError"}, "MalformedEventError"),
    ],
)
def test_a_waterfall_says_what_did_not_go_well(
    is_error: bool, attributes: dict[str, str], outcome: str
) -> None:
    span = replace(CALL, is_error=is_error, attributes=attributes)

    lines = draw(render_waterfall(make_trace(span)))

    assert lines[-1].split("AcceptCase")[1].split("4.0")[0].strip() == outcome


def test_a_batch_names_the_traces_that_caused_it() -> None:
    span = replace(PROCESS, links=("a" * 32, "b" * 32, "a" * 32, "c" * 32))

    lines = draw(render_waterfall(make_trace(span)))

    assert "caused by aaaaaaaaaaaa and 2 more" in lines[-1]


def test_an_instant_has_a_bar_that_is_seen() -> None:
    lines = draw(render_waterfall(make_trace(replace(CALL, end_ns=CALL.start_ns))))

    assert lines[-1].endswith("▍")


def test_a_list_shows_one_line_a_trace() -> None:
    case_id = "0198c2f4-0000-7000-8000-000000000000"
    call = replace(CALL, attributes={"jointops.case.id": case_id})

    lines = draw(render_list([make_trace(call, PUBLISH, PROCESS)]))

    assert lines[0].split() == [
        *("trace", "started", "ms", "spans"),
        *("services", "began", "with", "case"),
    ]
    assert lines[1].split() == [
        *("4bf92f3577b3", "01-01", "00:00:01Z", "10.0", "3"),
        *("2", "AcceptCase", case_id),
    ]
