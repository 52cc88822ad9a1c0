"""Logs: one JSON line each, identifiers only, one form for our lines and the libraries'."""

import contextlib
import logging
from collections.abc import Iterator
from typing import Any

import orjson
import pytest

from chassis import logs
from chassis import telemetry_names as names

CALL: logs.CallLine = {
    "rpc_method": "jointops.station.v1.CaseService/AcceptCase",
    "code": "OK",
    "reason": None,
    "duration_ms": 1.25,
    "person_id": "desk-1a2b",
    "case_id": "case-1",
    "request_id": "request-1",
    "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
}
MESSAGE: logs.MessageLine = {
    "consumer": "ops-on-station",
    "event_type": "jointops.station.v1.CaseReported",
    "event_id": "event-1",
    "outcome": "applied",
    "duration_ms": 0.5,
    "case_id": "case-1",
    "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
}


class Written:
    """What was written to standard error."""

    def __init__(self, capture: pytest.CaptureFixture[str]) -> None:
        self._capture = capture

    def line(self) -> dict[str, Any]:
        """Return the one line there is."""
        (line,) = self._capture.readouterr().err.splitlines()
        parsed: dict[str, Any] = orjson.loads(line)
        return parsed

    @contextlib.contextmanager
    def reported(self) -> Iterator[None]:
        """Log what is raised, while it is being handled."""
        try:
            yield
        except RuntimeError:
            logs.get_logger().exception("call_failed")
            raise


def read_number(text: str) -> int:
    """Fail as careless code does: quoting what it could not read."""
    try:
        return int(text)
    except ValueError as cause:
        raise RuntimeError(f"no {text}") from cause


def caught_fault() -> RuntimeError:
    """Return an exception as it is caught, with its frames and its cause."""
    with pytest.raises(RuntimeError) as caught:
        read_number("王小明")
    return caught.value


@pytest.fixture
def written(capfd: pytest.CaptureFixture[str]) -> Written:
    logs.bind_service("station", "1.2.3")
    return Written(capfd)


def test_a_call_leaves_one_line(written: Written) -> None:
    logs.log_call(**CALL)

    line = written.line()
    assert line.pop("time").endswith("Z")
    assert line == {
        "level": "info",
        "event": "call_finished",
        "service": "station",
        "version": "1.2.3",
        **CALL,
    }


def test_a_call_is_an_error_when_the_server_failed(written: Written) -> None:
    call = CALL.copy()
    call["code"] = "INTERNAL"

    logs.log_call(**call)

    assert written.line()["level"] == "error"


def test_a_refused_call_is_no_error(written: Written) -> None:
    call = CALL.copy()
    call["code"], call["reason"] = "PERMISSION_DENIED", "NOT_ASSIGNED"

    logs.log_call(**call)

    assert written.line()["level"] == "info"


@pytest.mark.parametrize(
    ("outcome", "level"), [("applied", "info"), ("ignored", "info"), ("failed", "warning")]
)
def test_a_message_leaves_one_line(written: Written, outcome: str, level: str) -> None:
    message = MESSAGE.copy()
    message["outcome"] = outcome

    logs.log_message(**message)

    line = written.line()
    assert line.keys() - MESSAGE.keys() == {"time", "level", "event", "service", "version"}
    assert (line["event"], line["level"]) == ("message_processed", level)


def test_no_field_of_a_canonical_line_is_forbidden() -> None:
    fields = logs.CallLine.__annotations__.keys() | logs.MessageLine.__annotations__.keys()

    assert not fields & names.FORBIDDEN_KEYS


def test_a_debug_line_is_not_written(written: Written) -> None:
    logs.get_logger().debug("row_loaded", case_id="case-1")
    logs.get_logger().info("case_seen", case_id="case-1")

    assert written.line()["event"] == "case_seen"


@pytest.mark.parametrize("key", sorted(names.FORBIDDEN_KEYS))
def test_the_value_of_a_forbidden_key_is_withheld(written: Written, key: str) -> None:
    logs.get_logger().info("person_seen", **{key: "王小明"})

    assert written.line()[key] == "[withheld]"


def test_an_exception_is_named_without_its_words(written: Written) -> None:
    logs.get_logger().error("call_failed", exc_info=caught_fault())

    exception = written.line()["exception"]
    assert (exception["type"], exception["cause"]["type"]) == ("RuntimeError", "ValueError")
    assert exception["frames"][-1].endswith(" read_number")
    assert "王小明" not in orjson.dumps(exception).decode()


def test_an_exception_is_quoted_where_data_is_invented(written: Written) -> None:
    logs.bind_service("station", "1.2.3", shows_messages=True)

    logs.get_logger().error("call_failed", exc_info=caught_fault())

    assert written.line()["exception"]["message"] == "no 王小明"


def test_the_exception_in_hand_is_found(written: Written) -> None:
    with contextlib.suppress(RuntimeError), written.reported():
        read_number("王小明")

    assert written.line()["exception"]["type"] == "RuntimeError"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(("row %s is bad", "王小明"), "row %s is bad", id="template"),
        pytest.param(("row 王小明 is bad",), "[withheld]", id="finished sentence"),
    ],
)
def test_a_library_is_not_quoted(written: Written, arguments: tuple[str, ...], said: str) -> None:
    logging.getLogger("some.library").warning(*arguments)

    line = written.line()
    assert (line["event"], line["logger"], line["level"]) == (
        "library_reported",
        "some.library",
        "warning",
    )
    assert (line["said"], line["place"].split(":")[0]) == (said, "test_logs.py")
