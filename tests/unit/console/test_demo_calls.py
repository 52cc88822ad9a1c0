"""Reading calls: whatever a line looks like, it is one call, and nothing swallows the next one."""

from datetime import UTC, datetime

import pytest

from services.console.demo.calls import STAND_IN_UNIT, load_day
from services.console.demo.replay import report_of
from tests.unit.console.demo_rows import GOOD, make_row, read


def test_a_good_line_is_read_whole() -> None:
    row = read(GOOD)[0]

    assert row.is_whole
    assert row.record_id == "7303190"
    assert row.call_type == "AU"
    assert (row.longitude, row.latitude) == ("-121.423", "38.613")
    assert row.unit_id == "AIR21"
    assert row.was_dispatched
    assert row.has_arrived


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("7303191,2019-01-01,211P", id="too-few-columns"),
        pytest.param(GOOD + ",one,two", id="too-many-columns"),
        pytest.param('7303191,2019-01-01,"211P', id="open-quotation-mark"),
        pytest.param("\x00\x07,,,", id="control-characters"),
        pytest.param("help!", id="one-word"),
        pytest.param(",,,,,,,,,,,", id="nothing-but-commas"),
    ],
)
def test_a_broken_line_is_a_call_and_the_next_one_is_read(line: str) -> None:
    broken, next_one = read(line, GOOD)

    assert not broken.is_whole or broken.record_id == ""
    assert next_one.record_id == "7303190"


def test_what_a_short_line_holds_is_reported() -> None:
    request = report_of(read("7303191,2019-01-01,211P")[0])

    assert request.source_record_id == "7303191"
    assert request.call_type == "211P"
    assert request.description == ""
    assert not request.HasField("longitude")


def test_an_empty_line_is_no_call() -> None:
    assert [row.record_id for row in read("", GOOD, "   ")] == ["7303190"]


def test_a_line_without_a_day_counts_to_the_day_before_it() -> None:
    rows = read(GOOD.replace("2019-01-01", "2019-01-07"), "7303191,yesterday,211P")

    assert rows[1].day == "2019-01-07"


def test_a_line_without_a_record_number_is_named_by_its_place() -> None:
    row = make_row(record_id="")

    assert row.key == "line-2"
    assert report_of(row).source_record_id == ""


@pytest.mark.parametrize("unit", ["", "***", "x" * 33])
def test_a_unit_that_is_not_named_gets_a_stand_in(unit: str) -> None:
    assert make_row(unit_id=unit).unit_id == STAND_IN_UNIT


def test_nobody_arrives_who_was_not_sent() -> None:
    assert not make_row(dispatched="N", arrived="Y").has_arrived


def test_a_call_is_received_on_its_local_day() -> None:
    request = report_of(make_row())

    assert request.receive_time.ToDatetime(UTC) == datetime(2019, 1, 1, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("day", "count"),
    [
        pytest.param("2019-01-01", 724, id="first-day"),
        pytest.param("2019-01-10", 916, id="busiest-day"),
        pytest.param("2019-02-01", 0, id="no-such-day"),
    ],
)
def test_the_days_have_their_calls(day: str, count: int) -> None:
    assert len(load_day(day)) == count


def test_a_day_is_in_the_order_of_the_record() -> None:
    numbers = [int(row.record_id) for row in load_day("2019-01-01")]

    assert numbers == sorted(numbers)
    assert numbers[0] == 7303184


def test_a_limit_keeps_the_first_calls() -> None:
    assert [row.record_id for row in load_day("2019-01-01", 2)] == ["7303184", "7303185"]
