"""The main job, end to end: a real day through four services, one case led to its closing."""

import json
import signal
from typing import Any

import pytest

from tests.e2e.stack import Ended, Stack

DAY = "2019-01-01"
OTHER_DAY = "2019-01-02"
# The step after which the demonstration is killed: orders are out, a squad is at work.
KILL_AFTER = "confirms lead 1"


@pytest.fixture(scope="module")
def first(stack: Stack) -> Ended:
    """The first run of the demonstration."""
    return stack.jointops("demo", "--day", DAY, "-o", "json")


def report_of(ended: Ended) -> dict[str, Any]:
    """Read what a run of the demonstration found."""
    report: dict[str, Any] = json.loads(ended.out)
    return report


def test_the_demonstration_meets_every_check(first: Ended) -> None:
    report = report_of(first)

    assert [check for check in report["checks"] if not check["ok"]] == []
    assert report["calls"] == 724
    assert len(report["checks"]) == 34
    assert first.code == 0, first.err


def test_a_second_run_changes_nothing(stack: Stack, first: Ended) -> None:
    # Other tests may have added a day of their own since the first run.
    second, third = (stack.jointops("demo", "--day", DAY, "-o", "json") for _ in range(2))

    assert (first.code, second.code, third.code) == (0, 0, 0)
    assert report_of(second)["steps_taken"] == report_of(third)["steps_taken"] == 0
    assert report_of(second)["checks"] == report_of(third)["checks"]


def test_a_run_that_was_killed_is_continued(stack: Stack, first: Ended) -> None:
    with stack.running("demo", "--day", OTHER_DAY) as killed:
        assert killed.stdout is not None
        seen = next(line for line in killed.stdout if KILL_AFTER in line)

    continued = stack.jointops("demo", "--day", OTHER_DAY, "-o", "json")

    assert first.code == 0
    assert seen
    assert continued.code == 0, continued.out
    assert report_of(continued)["steps_taken"] > 0


def test_the_trace_of_the_case_is_drawn_over_all_services(stack: Stack, first: Ended) -> None:
    shown = stack.jointops("trace", "show", report_of(first)["trace_id"])

    assert shown.code == 0
    for name in ("demo call for help", "ReportAlarm", "PublishProduct", "StartOperation"):
        assert name in shown.out
    assert "CloseCase" in shown.out


def test_the_timeline_of_the_case_is_read_by_its_commander(stack: Stack, first: Ended) -> None:
    case_id = report_of(first)["case_id"]

    shown = stack.jointops(
        "reviews", "timeline", "--case", case_id, "--all", "-o", "json", "--as", "commander"
    )

    types = [entry["event_type"] for entry in json.loads(shown.out)["entries"]]
    assert types[-1] == "jointops.station.v1.CaseClosed"
    assert "jointops.tech.v1.ExaminationReopened" in types


def test_a_closed_case_is_not_closed_again(stack: Stack, first: Ended) -> None:
    case_id = report_of(first)["case_id"]

    refused = stack.jointops("cases", "close", case_id, "--as", "commander")

    assert refused.code == 1
    assert "CASE_STATE_FORBIDS" in refused.err
    assert "Traceback" not in refused.err


def test_the_case_is_refused_to_whoever_has_no_duty_there(stack: Stack, first: Ended) -> None:
    case_id = report_of(first)["case_id"]

    refused = stack.jointops("cases", "get", case_id, "--as", "auditor", "-o", "json")

    assert refused.code == 1
    assert json.loads(refused.err)["refusal"]["reason"] == "ROLE_NOT_ALLOWED"


def test_a_person_signs_in_and_is_known(stack: Stack) -> None:
    people = json.loads((stack.folder / "people.json").read_text())
    commander = next(each for each in people if each["roles"] == ["commander"])

    signed_in = stack.jointops("login", commander["person_id"])
    known = stack.jointops("whoami", "-o", "json")

    assert signed_in.code == 0, signed_in.err
    assert json.loads(known.out)["person"] == commander["person_id"]
    assert commander["secret"] not in signed_in.out + signed_in.err


def test_events_are_followed_until_ctrl_c(stack: Stack) -> None:
    with stack.running("events", "tail", "-o", "json") as tail:
        assert tail.stderr is not None
        assert tail.stdout is not None
        tail.stderr.readline()
        reported = stack.jointops("alarms", "report", "--as", "dispatcher", "-o", "json")
        event = json.loads(tail.stdout.readline())
        tail.send_signal(signal.SIGINT)
        code = tail.wait(timeout=10)

    assert event["event_type"] == "jointops.station.v1.AlarmReported"
    assert event["aggregate_id"] == json.loads(reported.out)["alarm"]["alarm_id"]
    assert code == 0


def test_a_repeated_request_gives_the_same_answer(stack: Stack) -> None:
    words = ("alarms", "report", "--description", "Shots heard", "--as", "dispatcher", "-o", "json")
    repeat = ("--request-id", "7b1b8a2e-5f7e-4c55-9d37-0d4cf0a8a001")

    once = stack.jointops(*words, *repeat, "--received", "2026-11-23T08:00Z")
    twice = stack.jointops(*words, *repeat, "--received", "2026-11-23T08:00Z")

    assert once.code == 0, once.err
    assert once.out == twice.out
