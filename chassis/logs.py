"""Structured logs: one JSON object a line on standard error, identifiers only.

Most code logs nothing: every call and every message has one canonical line, written here.
"""

import sys
import traceback
from datetime import UTC, datetime
from types import TracebackType
from typing import Final, TypedDict, Unpack

import orjson
import structlog
from structlog.typing import EventDict, FilteringBoundLogger

from chassis import telemetry_names as names

INFO: Final = 20


class CallLine(TypedDict):
    """What the canonical line of a call says; anything else is refused by the type checker."""

    rpc_method: str
    code: str
    reason: str | None
    duration_ms: float
    person_id: str | None
    case_id: str | None
    request_id: str | None
    trace_id: str


class MessageLine(TypedDict):
    """What the canonical line of a message says; anything else is refused by the type checker."""

    consumer: str
    event_type: str
    event_id: str
    outcome: str
    duration_ms: float
    case_id: str | None
    trace_id: str


class _Renderer:
    """Turns an event into one line of JSON, with who speaks and when.

    One processor instead of structlog's chain of five: half the time.
    """

    def __init__(self) -> None:
        self.service = ""
        self.version = ""
        self.shows_messages = False

    def __call__(self, _logger: object, level: str, event: EventDict) -> bytes:
        """Render the event; the values of forbidden keys are withheld."""
        line = {
            "time": datetime.now(UTC),
            "level": level,
            "event": event.pop("event"),
            "service": self.service,
            "version": self.version,
        }
        if "exc_info" in event:
            line["exception"] = self._describe(event.pop("exc_info"))
        for key in names.FORBIDDEN_KEYS & event.keys():
            event[key] = names.WITHHELD
        line.update(event)
        return orjson.dumps(line, default=str, option=orjson.OPT_UTC_Z)

    def _describe(self, exc_info: object) -> dict[str, object]:
        """Name the exception and its frames; its message may quote a row and stays local."""
        error = sys.exception() if exc_info is True else exc_info
        if isinstance(error, tuple):
            error = error[1]
        if not isinstance(error, BaseException):
            return {}
        described: dict[str, object] = {
            "type": type(error).__qualname__,
            "frames": _frames(error.__traceback__),
        }
        if self.shows_messages:
            described["message"] = str(error)
        if error.__cause__ is not None:
            described["cause"] = self._describe(error.__cause__)
        return described


def _frames(trace: TracebackType | None) -> list[str]:
    return [
        f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(trace)
    ]


# structlog's configuration belongs to the process, and so does the name it speaks under.
_renderer = _Renderer()


def bind_service(name: str, version: str, *, shows_messages: bool = False) -> None:
    """Say who speaks in this process's logs; call once, before the first line.

    Args:
        name: The service.
        version: Its release.
        shows_messages: Whether messages of exceptions are written; only where data is invented.
    """
    _renderer.service = name
    _renderer.version = version
    _renderer.shows_messages = shows_messages
    structlog.configure(
        processors=[_renderer],
        wrapper_class=structlog.make_filtering_bound_logger(INFO),
        # The descriptor itself: unbuffered, and nobody can close or replace it under us.
        logger_factory=structlog.BytesLoggerFactory(
            open(2, "wb", buffering=0, closefd=False)  # noqa: SIM115 - lives as long as we
        ),
        cache_logger_on_first_use=True,
    )


def get_logger() -> FilteringBoundLogger:
    """Return the logger; give it an event in the past tense and identifiers as fields."""
    logger: FilteringBoundLogger = structlog.get_logger()
    return logger


_log = get_logger()


def log_call(**line: Unpack[CallLine]) -> None:
    """Write the one line of a call; at level error only when someone must act."""
    if line["code"] in names.SERVER_ERROR_CODES:
        _log.error(names.CALL_FINISHED, **line)
    else:
        _log.info(names.CALL_FINISHED, **line)


def log_message(**line: Unpack[MessageLine]) -> None:
    """Write the one line of a message."""
    _log.info(names.MESSAGE_PROCESSED, **line)
