"""Roots of traces: written once, found again, and made good after a kill."""

from pathlib import Path

from services.console.demo.names import trace_of
from services.console.demo.spans import Roots

PLACE = trace_of("seed", "7303184")


def test_a_timed_call_is_the_root_of_its_trace(tmp_path: Path) -> None:
    roots = Roots(tmp_path)

    with roots.timed(PLACE):
        pass
    roots.flush()

    trace = roots.find(PLACE)
    assert trace is not None
    assert [span.span_id for span in trace.spans] == [PLACE.span_id]
    assert trace.spans[0].parent_id is None
    assert trace.services == ("console",)


def test_a_root_that_is_missing_is_made_good(tmp_path: Path) -> None:
    Roots(tmp_path).ensure(PLACE)

    trace = Roots(tmp_path).find(PLACE)

    assert trace is not None
    assert trace.spans[0].span_id == PLACE.span_id


def test_a_root_that_is_there_is_left_alone(tmp_path: Path) -> None:
    roots = Roots(tmp_path)

    roots.ensure(PLACE)
    roots.ensure(PLACE)

    trace = roots.find(PLACE)
    assert trace is not None
    assert len(trace.spans) == 1
