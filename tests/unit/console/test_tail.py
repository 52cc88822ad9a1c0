"""One line an event: words for people, JSON for programs, and only what was asked for."""

import json
from types import SimpleNamespace
from typing import Any

from services.console.tail import line_of

CASE_ID = "01992f00-5a10-7c3e-9b1d-2f0f6a1c0002"
EVENT_ID = "01992f00-5a10-7c3e-9b1d-2f0f6a1c0099"


def make_message(**headers: str) -> Any:
    """Make a message as NATS hands it over."""
    usual = {
        "ce-id": EVENT_ID,
        "ce-type": "jointops.ops.v1.OperationStarted",
        "ce-subject": CASE_ID,
        "ce-time": "2026-11-23T10:00:00+00:00",
        "ce-aggregateversion": "6",
        "ce-caseid": CASE_ID,
    }
    return SimpleNamespace(
        subject="jointops.jinqiao.ops.v1.operation.operation_started",
        headers=usual | headers,
        data=b"",
    )


def test_an_event_is_one_line_of_words() -> None:
    line = line_of(make_message(), case_id="", as_json=False)

    assert "10:00:00" in line
    assert "ops" in line
    assert "OperationStarted" in line
    assert f"{CASE_ID} v6" in line


def test_an_event_as_json_names_service_version_and_case() -> None:
    document = json.loads(line_of(make_message(), case_id="", as_json=True))

    assert document["service"] == "ops"
    assert document["event_type"] == "jointops.ops.v1.OperationStarted"
    assert document["aggregate_version"] == 6
    assert document["case_id"] == CASE_ID


def test_an_event_of_another_case_is_left_out() -> None:
    assert line_of(make_message(), case_id="another", as_json=False) == ""


def test_what_is_no_event_is_left_out() -> None:
    message = SimpleNamespace(subject="jointops.x", headers=None, data=b"")

    assert line_of(message, case_id="", as_json=False) == ""
