"""The checks: each one is met by what should be, and fails when something is missing."""

from collections.abc import Sequence

import pytest

from jointops.station.v1 import alarm_pb2, case_pb2, review_pb2
from services.console.demo.checks import (
    CONSUMERS,
    STORIES,
    Check,
    check_case,
    check_events,
    check_replay,
    check_trace,
    steps_in_order,
)
from services.console.demo.expected import Expected
from services.console.demo.holdings import Holdings
from services.console.demo.streams import Stream, parse_streams
from services.console.traces.store import Span, Trace

CASE_ID = "01992f00-5a10-7c3e-9b1d-2f0f6a1c0002"
WHOLE_LIFE = [
    *STORIES["case"][:1],
    *STORIES["alarm"][:1],
    *STORIES["case"][1:5],
    *STORIES["intelligence"][:-3],
    *STORIES["product"][1:-1],
    *STORIES["intelligence"][-3:],
    *STORIES["case"][5:8],
    *STORIES["laboratory"],
    *STORIES["case"][8:13],
    *STORIES["arrest"],
    *STORIES["case"][13:14],
    *STORIES["evaluation"][:-1],
    *STORIES["case"][14:],
]


def failed(checks: Sequence[Check]) -> list[str]:
    """Return what is not met."""
    return [check.what for check in checks if not check.is_ok]


def make_alarm(number: int, **fields: object) -> alarm_pb2.Alarm:
    """Make an alarm that was sent a unit, which arrived, and became a case."""
    alarm = alarm_pb2.Alarm(
        alarm_id=f"a{number}",
        state=alarm_pb2.ALARM_STATE_ESCALATED,
        is_serious=True,
        case_id=f"c{number}",
        flags=[alarm_pb2.ALARM_FLAG_LOCATION_OFF_MAP],
    )
    alarm.dispatch_time.GetCurrentTime()
    alarm.arrive_time.GetCurrentTime()
    alarm.MergeFrom(alarm_pb2.Alarm(**fields))  # type: ignore[arg-type]  # a test's own choice
    return alarm


def make_entries(*types: str) -> list[review_pb2.TimelineEntry]:
    """Make a timeline of these events."""
    return [
        review_pb2.TimelineEntry(event_type=f"jointops.{name}", service=name.split(".")[0])
        for name in types
    ]


def make_span(span_id: str, parent_id: str | None, service: str) -> Span:
    """Make a span of the case's trace."""
    case = {"jointops.case.id": CASE_ID}
    return Span("t", span_id, parent_id, service, "s", "server", 0, 1, False, case, ())


def make_holdings(
    *, alarms: Sequence[alarm_pb2.Alarm] = (), message_count: int = 0, waiting: int = 0
) -> Holdings:
    """Make what the platform holds: one case whose timeline has one event a service."""
    entries = make_entries("station.v1.A", "intel.v1.B", "tech.v1.C", "ops.v1.D")
    streams = {
        service: Stream(service, message_count, dict.fromkeys(names, waiting))
        for service, names in CONSUMERS.items()
    }
    known = {"intel": 1, "tech": 1, "ops": 1}
    return Holdings(alarms, [case_pb2.Case(case_id=CASE_ID)], {CASE_ID: entries}, streams, known)


def test_a_replay_that_is_all_there_meets_every_check() -> None:
    cases = [case_pb2.Case(case_id="c1", alarm_id="a1")]

    checks = list(check_replay(Expected(1, 1, 1, 0, 1), [make_alarm(1)], cases))

    assert failed(checks) == []


def test_a_lost_call_is_noticed() -> None:
    checks = list(check_replay(Expected(2, 1, 1, 0, 1), [make_alarm(1)], []))

    assert "calls for help read = alarms stored" in failed(checks)
    assert "serious calls = cases opened" in failed(checks)


def test_a_case_that_names_another_alarm_is_noticed() -> None:
    alarms = [make_alarm(1), make_alarm(2)]
    cases = [
        case_pb2.Case(case_id="c2", alarm_id="a1"),
        case_pb2.Case(case_id="c1", alarm_id="a2"),
    ]

    checks = list(check_replay(Expected(2, 2, 2, 0, 2), alarms, cases))

    assert failed(checks) == ["alarms and cases that name each other"]


def test_events_that_are_published_and_applied_meet_every_check() -> None:
    assert failed(list(check_events(make_holdings(message_count=1)))) == []


def test_an_event_that_is_told_and_was_not_published_is_noticed() -> None:
    unsent = alarm_pb2.Alarm(state=alarm_pb2.ALARM_STATE_REPORTED)

    checks = list(check_events(make_holdings(message_count=1, alarms=[unsent])))

    assert failed(checks) == ["station: events told by states and timelines = published"]


def test_a_consumer_that_lags_is_noticed() -> None:
    checks = list(check_events(make_holdings(message_count=1, waiting=3)))

    assert "intel: left to apply by station-on-intel" in failed(checks)


def test_a_consumer_that_is_missing_is_noticed() -> None:
    holdings = make_holdings(message_count=1)
    holdings.streams["ops"] = Stream("OPS", 1, {})

    assert failed(list(check_events(holdings))) == ["ops: left to apply by station-on-ops"]


def test_events_of_an_alarm_are_counted_by_what_happened_to_it() -> None:
    closed = make_alarm(1, state=alarm_pb2.ALARM_STATE_CLOSED)

    assert make_holdings(alarms=[closed]).told("station") == 1 + 4
    assert make_holdings(alarms=[closed]).told("ops") == 1


def test_a_whole_life_meets_every_check() -> None:
    case = case_pb2.Case(state=case_pb2.CASE_STATE_CLOSED)

    assert failed(list(check_case(case, make_entries(*WHOLE_LIFE)))) == []


@pytest.mark.parametrize("missing", sorted(set(WHOLE_LIFE)))
def test_an_event_that_is_missing_from_the_timeline_is_noticed(missing: str) -> None:
    case = case_pb2.Case(state=case_pb2.CASE_STATE_CLOSED)
    entries = make_entries(*(name for name in WHOLE_LIFE if name != missing))

    assert failed(list(check_case(case, entries)))


def test_a_case_that_is_still_open_is_noticed() -> None:
    case = case_pb2.Case(state=case_pb2.CASE_STATE_IN_CUSTODY)

    assert failed(list(check_case(case, make_entries(*WHOLE_LIFE)))) == ["the case is closed"]


def test_events_in_another_order_are_noticed() -> None:
    assert steps_in_order(("a", "b", "c"), ("a", "x", "c", "b")) == 2
    assert steps_in_order(("a", "b"), ("x", "a", "y", "b")) == 2
    assert steps_in_order(("a", "a"), ("a",)) == 1


def test_a_whole_trace_meets_every_check() -> None:
    names = ("console", "station", "intel", "tech", "ops")
    spans = [make_span(name, None if name == "console" else "console", name) for name in names]

    assert failed(list(check_trace(Trace("t", tuple(spans)), CASE_ID))) == []


def test_a_broken_link_and_a_second_root_are_noticed() -> None:
    spans = (make_span("1", None, "console"), make_span("2", "lost", "station"))

    checks = failed(list(check_trace(Trace("t", spans), CASE_ID)))

    assert "trace: spans whose parent is missing" in checks
    assert "trace: services it passed" in checks


def test_no_trace_at_all_is_noticed() -> None:
    assert len(failed(list(check_trace(None, CASE_ID)))) == 3


def test_streams_are_read_from_the_monitoring_endpoint() -> None:
    consumer = {"name": "ops-on-station", "num_pending": 2, "num_ack_pending": 1}
    detail = {"name": "STATION", "state": {"messages": 9}, "consumer_detail": [consumer]}

    streams = parse_streams({"account_details": [{"stream_detail": [detail]}]})

    assert streams == {"station": Stream("STATION", 9, {"ops-on-station": 3})}
