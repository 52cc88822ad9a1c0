"""Follows the events of a station on NATS, listening only, and prints one line for each.

Core NATS, as a wall board would use it: what was published before is not shown, and whoever is too
slow misses events. The record of what happened is the timeline of a case.
"""

import asyncio
import json
import signal
import sys
from typing import Any, Final

from nats.aio.client import Client
from nats.errors import Error as NatsError

from chassis.cloudevents import Delivery, MalformedEventError, read_delivery
from services.console.errors import PlatformDownError
from services.console.platform import Platform

# The listening user may hear its own replies and the events, and may say nothing.
INBOX_PREFIX: Final = "_INBOX_dashboard"
CONNECT_SECONDS: Final = 3
SHORT: Final = 13


async def tail(platform: Platform, *, station: str, case_id: str, as_json: bool) -> None:
    """Print events until SIGINT or SIGTERM.

    Args:
        platform: Where NATS is, and as whom to listen.
        station: Whose events.
        case_id: Only events of this case; empty means all.
        as_json: One JSON object a line rather than words.

    Raises:
        PlatformDownError: NATS cannot be reached.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)

    async def show(message: Any) -> None:
        line = line_of(message, case_id=case_id, as_json=as_json)
        if line:
            sys.stdout.write(line + "\n")
            sys.stdout.flush()

    client = await _connect(platform)
    try:
        await client.subscribe(f"jointops.{station or '*'}.>", cb=show)
        await client.flush()
        sys.stderr.write("listening; Ctrl-C ends 正在监听\n")
        await stop.wait()
    finally:
        await client.close()


def line_of(message: Any, *, case_id: str, as_json: bool) -> str:
    """Return the line for a message; empty when it is not wanted or is no event."""
    try:
        event = read_delivery(message.subject, message.headers, message.data)
    except MalformedEventError:
        return ""
    if case_id and event.case_id != case_id:
        return ""
    return json.dumps(_facts(event)) if as_json else _words(event)


def _facts(event: Delivery) -> dict[str, Any]:
    return {
        "event_id": event.event_id,
        "event_time": event.event_time.isoformat(),
        "service": event.subject.split(".")[2],
        "event_type": event.event_type,
        "station": event.station,
        "aggregate_id": event.aggregate_id,
        "aggregate_version": event.aggregate_version,
        "case_id": event.case_id,
    }


def _words(event: Delivery) -> str:
    name = event.event_type.rpartition(".")[2]
    about = f"{event.aggregate_id} v{event.aggregate_version}"
    case = f"  case {event.case_id[:SHORT]}" if event.case_id else ""
    service = event.subject.split(".")[2]
    return f"{event.event_time:%H:%M:%S.%f}Z  {service:<8}{name:<27} {about}{case}"


async def _connect(platform: Platform) -> Client:
    client = Client()
    try:
        await client.connect(
            platform.nats_url,
            name="console",
            user=platform.nats_user or None,
            password=_password(platform),
            inbox_prefix=INBOX_PREFIX.encode(),
            connect_timeout=CONNECT_SECONDS,
            max_reconnect_attempts=-1,
            allow_reconnect=True,
            error_cb=_ignore,
        )
    except (NatsError, OSError, TimeoutError, ValueError) as cause:
        raise PlatformDownError("The events of the platform cannot be reached.") from cause
    return client


def _password(platform: Platform) -> str | None:
    file = platform.nats_password_file
    return None if file is None else file.read_text(encoding="utf-8").strip()


async def _ignore(_error: Exception) -> None:
    """Stay quiet about what the client mends itself."""
