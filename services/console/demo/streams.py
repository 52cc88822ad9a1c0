"""What NATS says about its streams: how much each holds and how far each consumer has come.

Read from the server's monitoring endpoint `/jsz`, because the user that clients have may listen and
nothing else.
"""

import asyncio
import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from services.console.errors import PlatformDownError

TIMEOUT_SECONDS = 5.0
_PATH = "/jsz?streams=true&consumers=true"


@dataclass(frozen=True, slots=True)
class Stream:
    """One stream: its messages, and for each consumer how many it has not taken or not finished."""

    name: str
    message_count: int
    waiting: Mapping[str, int]


async def read_streams(monitoring_url: str) -> dict[str, Stream]:
    """Return the streams of the platform by the service that fills them.

    Raises:
        PlatformDownError: The server does not say.
    """
    answer = await asyncio.to_thread(_get, monitoring_url)
    return parse_streams(answer)


def parse_streams(answer: Mapping[str, Any]) -> dict[str, Stream]:
    """Read the answer of the monitoring endpoint."""
    details = [
        detail
        for account in answer.get("account_details", ())
        for detail in account.get("stream_detail", ())
    ]
    return {detail["name"].lower(): _stream(detail) for detail in details}


def _stream(detail: Mapping[str, Any]) -> Stream:
    waiting = {
        consumer["name"]: int(consumer["num_pending"]) + int(consumer["num_ack_pending"])
        for consumer in detail.get("consumer_detail", ())
    }
    return Stream(detail["name"], int(detail["state"]["messages"]), waiting)


def _get(url: str) -> dict[str, Any]:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=TIMEOUT_SECONDS)
    try:
        connection.request("GET", _PATH)
        answer: dict[str, Any] = json.loads(connection.getresponse().read())
    except (OSError, ValueError, http.client.HTTPException) as cause:
        raise PlatformDownError("NATS does not say what its streams hold.") from cause
    finally:
        connection.close()
    return answer
