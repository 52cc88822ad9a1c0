"""W3C trace context: what is read, what counts as absent, what is written."""

import pytest

from chassis.traceparent import (
    TraceParent,
    format_traceparent,
    new_span_id,
    new_trace_id,
    parse_traceparent,
)

TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"
SPAN_ID = "00f067aa0ba902b7"


@pytest.mark.parametrize(
    ("header", "is_sampled"),
    [
        pytest.param(f"00-{TRACE_ID}-{SPAN_ID}-01", True, id="sampled"),
        pytest.param(f"00-{TRACE_ID}-{SPAN_ID}-00", False, id="not sampled"),
        pytest.param(f"00-{TRACE_ID}-{SPAN_ID}-03", True, id="sampled and random"),
        pytest.param(f"00-{TRACE_ID}-{SPAN_ID}-02", False, id="random only"),
        pytest.param(f"01-{TRACE_ID}-{SPAN_ID}-01", True, id="later version"),
        pytest.param(f"01-{TRACE_ID}-{SPAN_ID}-01-more", True, id="later version with more"),
    ],
)
def test_a_traceparent_is_read(header: str, is_sampled: bool) -> None:
    place = parse_traceparent(header)

    assert place == TraceParent(TRACE_ID, SPAN_ID, is_sampled)


@pytest.mark.parametrize(
    "header",
    [
        pytest.param(None, id="absent"),
        pytest.param("", id="empty"),
        pytest.param("garbage", id="garbage"),
        pytest.param(f"00-{TRACE_ID.upper()}-{SPAN_ID}-01", id="upper case"),
        pytest.param(f"00-{TRACE_ID[1:]}-{SPAN_ID}-01", id="short trace id"),
        pytest.param(f"00-{TRACE_ID}-{SPAN_ID}0-01", id="long span id"),
        pytest.param(f"00-{'0' * 32}-{SPAN_ID}-01", id="no trace"),
        pytest.param(f"00-{TRACE_ID}-{'0' * 16}-01", id="no span"),
        pytest.param(f"ff-{TRACE_ID}-{SPAN_ID}-01", id="forbidden version"),
        pytest.param(f"00-{TRACE_ID}-{SPAN_ID}-01-more", id="version 00 with more"),
        pytest.param(f"01-{TRACE_ID}-{SPAN_ID}-01more", id="more without a hyphen"),
        pytest.param(f"00-{TRACE_ID}-{SPAN_ID}-01\n", id="line end"),
        pytest.param(f"00-{TRACE_ID}-{SPAN_ID}-０1", id="digit that is not ASCII"),
        pytest.param(f"01-{TRACE_ID}-{SPAN_ID}-01-{'a' * 1000}", id="far too long"),
    ],
)
def test_what_is_no_traceparent_counts_as_absent(header: str | None) -> None:
    assert parse_traceparent(header) is None


def test_a_place_survives_writing_and_reading() -> None:
    place = TraceParent(new_trace_id(), new_span_id(), is_sampled=True)

    assert parse_traceparent(format_traceparent(place)) == place
