"""What is kept of a report, and what is flagged: a call for help is never lost."""

import math
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given as drawn
from hypothesis import strategies as some

from services.station.dispatch.aggregate import AlarmFlag, AlarmSource, Call, Location
from services.station.dispatch.intake import Report
from tests.unit.station.builders import DESK, EARLIER, NOW, make_report

F = AlarmFlag


def take_in(report: Report) -> Call:
    """Take a report in at the station of the tests."""
    return DESK.take_in(report, now=NOW)


def test_sound_report_is_kept_without_a_flag() -> None:
    call = take_in(make_report())

    assert call == Call(
        source=AlarmSource.OPERATOR,
        source_record_id="7303184",
        call_type="211P",
        description="Robbery in progress",
        district="3",
        beat="3A",
        location=Location(-121.494, 38.579),
        received_at=EARLIER,
        priority=1,
        is_serious=True,
        flags=(),
    )


def test_empty_report_is_kept_with_flags() -> None:
    empty = Report(AlarmSource.UNKNOWN, "", "", "", "", "", None, None, None)

    call = take_in(empty)

    assert call.flags == (F.LOCATION_MISSING, F.FIELD_MISSING)
    assert (call.source_record_id, call.location, call.received_at) == (None, None, NOW)
    assert (call.priority, call.is_serious) == (2, False)


@pytest.mark.parametrize(
    ("longitude", "latitude", "kept", "flags"),
    [
        pytest.param(-121.56, 38.43, Location(-121.56, 38.43), (), id="corner"),
        pytest.param(-121.65, 38.35, Location(-121.65, 38.35), (), id="margin"),
        pytest.param(
            -142.954, 31.096, Location(-142.954, 31.096), (F.LOCATION_OFF_MAP,), id="geocoder"
        ),
        pytest.param(
            1e300, -1e300, Location(1e300, -1e300), (F.LOCATION_OFF_MAP,), id="beyond_the_globe"
        ),
        pytest.param(math.nan, 38.5, None, (F.LOCATION_OFF_MAP,), id="nan"),
        pytest.param(-121.5, math.inf, None, (F.LOCATION_OFF_MAP,), id="inf"),
        pytest.param(-math.inf, math.nan, None, (F.LOCATION_OFF_MAP,), id="inf_and_nan"),
        pytest.param(0.0, -0.0, None, (F.LOCATION_MISSING,), id="null_island"),
        pytest.param(None, 38.5, None, (F.LOCATION_MISSING,), id="no_longitude"),
        pytest.param(-121.5, None, None, (F.LOCATION_MISSING,), id="no_latitude"),
    ],
)
def test_location_is_kept_when_it_is_a_point_and_flagged_when_it_is_off(
    longitude: float | None,
    latitude: float | None,
    kept: Location | None,
    flags: tuple[AlarmFlag, ...],
) -> None:
    call = take_in(make_report(longitude=longitude, latitude=latitude))

    assert (call.location, call.flags) == (kept, flags)


@pytest.mark.parametrize(
    ("given", "kept", "priority", "is_serious", "flags"),
    [
        pytest.param(" 211p ", "211P", 1, True, (), id="lower_case"),
        pytest.param("415E", "415E", 4, False, (), id="not_serious"),
        pytest.param("999X", "999X", 2, False, (F.CALL_TYPE_UNKNOWN,), id="unknown"),
        pytest.param("", "", 2, False, (F.FIELD_MISSING,), id="missing"),
        pytest.param(
            "ß" * 40, "S" * 32, 2, False, (F.CALL_TYPE_UNKNOWN, F.TEXT_TRUNCATED), id="long"
        ),
    ],
)
def test_call_type_gives_priority_and_seriousness(
    given: str, kept: str, priority: int, is_serious: bool, flags: tuple[AlarmFlag, ...]
) -> None:
    call = take_in(make_report(call_type=given))

    assert (call.call_type, call.flags) == (kept, flags)
    assert (call.priority, call.is_serious) == (priority, is_serious)


@pytest.mark.parametrize(
    ("given", "kept", "flags"),
    [
        pytest.param("a" * 2000, "a" * 2000, (), id="longest"),
        pytest.param("a" * 2001, "a" * 2000, (F.TEXT_TRUNCATED,), id="too_long"),
        pytest.param("he has\x00 a \x1bknife", "he has  a  knife", (F.TEXT_CLEANED,), id="control"),
        pytest.param("half \ud800", "half  ", (F.TEXT_CLEANED,), id="lone_surrogate"),
        pytest.param("two\r\nlines", "two\r\nlines", (), id="lines"),
        pytest.param("有人持刀", "有人持刀", (), id="chinese"),
        pytest.param(" \t ", "", (F.FIELD_MISSING,), id="blank"),
    ],
)
def test_description_is_kept_as_far_as_it_can_be(
    given: str, kept: str, flags: tuple[AlarmFlag, ...]
) -> None:
    call = take_in(make_report(description=given))

    assert (call.description, call.flags) == (kept, flags)


def test_district_and_beat_are_shortened_when_they_are_long() -> None:
    call = take_in(make_report(district="d" * 17, beat="b" * 17))

    assert (call.district, call.beat) == ("d" * 16, "b" * 16)
    assert call.flags == (F.TEXT_TRUNCATED,)


@pytest.mark.parametrize(
    ("given", "kept", "flags"),
    [
        pytest.param("r" * 64, "r" * 64, (), id="longest"),
        pytest.param(
            "r" * 65,
            "c75c6854556410765b0e5fac497167e9f888d7b9438034e2b4843ce0a0f7be44",
            (F.SOURCE_RECORD_DIGESTED,),
            id="too_long",
        ),
        pytest.param("", None, (F.FIELD_MISSING,), id="missing"),
        pytest.param("a\x00b", "a b", (F.TEXT_CLEANED,), id="control"),
    ],
)
def test_record_number_is_kept_so_that_it_is_found_again(
    given: str, kept: str | None, flags: tuple[AlarmFlag, ...]
) -> None:
    call = take_in(make_report(source_record_id=given))

    assert (call.source_record_id, call.flags) == (kept, flags)


@pytest.mark.parametrize(
    ("given", "kept", "flags"),
    [
        pytest.param(NOW + timedelta(minutes=5), NOW + timedelta(minutes=5), (), id="clock_skew"),
        pytest.param(
            NOW + timedelta(minutes=6), NOW, (F.RECEIVE_TIME_IMPLAUSIBLE,), id="in_the_future"
        ),
        pytest.param(
            datetime(2019, 1, 1, tzinfo=UTC), datetime(2019, 1, 1, tzinfo=UTC), (), id="old"
        ),
        pytest.param(
            datetime(1999, 12, 31, tzinfo=UTC), NOW, (F.RECEIVE_TIME_IMPLAUSIBLE,), id="too_old"
        ),
        pytest.param(None, NOW, (F.FIELD_MISSING,), id="missing"),
    ],
)
def test_receive_time_is_replaced_when_it_cannot_be_right(
    given: datetime | None, kept: datetime, flags: tuple[AlarmFlag, ...]
) -> None:
    call = take_in(make_report(received_at=given))

    assert (call.received_at, call.flags) == (kept, flags)


def test_unknown_source_is_flagged() -> None:
    call = take_in(make_report(source=AlarmSource.UNKNOWN))

    assert (call.source, call.flags) == (AlarmSource.UNKNOWN, (F.FIELD_MISSING,))


@drawn(
    some.builds(
        Report,
        source=some.sampled_from(AlarmSource),
        source_record_id=some.text(max_size=80),
        call_type=some.text(max_size=40),
        description=some.text(),
        district=some.text(max_size=20),
        beat=some.text(max_size=20),
        longitude=some.none() | some.floats(),
        latitude=some.none() | some.floats(),
        received_at=some.none() | some.datetimes(timezones=some.just(UTC)),
    )
)
def test_whatever_is_reported_becomes_a_call_that_can_be_stored(report: Report) -> None:
    call = take_in(report)

    assert "\x00" not in f"{call.source_record_id}{call.call_type}{call.description}{call.beat}"
    assert len(call.source_record_id or "") <= 64
    assert len(call.call_type) <= 32
    assert call.priority in {1, 2, 4}
