"""The connection to NATS: streams, publishing with acknowledgement, and the wake of the relay.

JetStream delivers; it is never the record. A stream that was lost is filled again from the outbox.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.js.api import DiscardPolicy, StorageType, StreamConfig
from nats.js.client import JetStreamContext
from nats.js.errors import NotFoundError
from nats.protocol.command import hpub_cmd

from chassis.errors import StoreUnavailableError
from chassis.logs import get_logger

# Longer than the relay needs to publish again after a crash; the inbox covers what is later.
_DEDUPLICATION_SECONDS = 120.0
_CONNECT_SECONDS = 3
_PAUSE_SECONDS = 1
# A wake costs a system call; under load the relay is awake anyway.
_WAKE_PAUSE_SECONDS = 0.002
_log = get_logger()

FAULTS = (NatsError, OSError, TimeoutError)


class QuickClient(Client):
    """The client, reading and writing headers at a quarter of the cost: an event has a dozen.

    nats-py looks at each name and each value on its own. Tests compare what both read and send;
    should a method be renamed one day, the client is slower and works.
    """

    async def _send_publish(
        self,
        subject: str,
        reply: str,
        payload: bytes,
        payload_size: int,
        headers: dict[str, Any] | None,
    ) -> None:
        lines = [f"{name}: {value}\r\n" for name, value in (headers or {}).items()]
        block = "".join(("NATS/1.0\r\n", *lines, "\r\n"))
        # A value that would break out of its line is for the library to clean.
        if headers is None or block.count("\n") != len(lines) + 2:
            await super()._send_publish(subject, reply, payload, payload_size, headers)
            return
        self.stats["out_msgs"] += 1
        self.stats["out_bytes"] += payload_size
        await self._send_command(hpub_cmd(subject, reply, block.encode(), payload))
        if self._flush_queue is not None and self._flush_queue.empty():
            await self._flush_pending()

    @staticmethod
    def _parse_header_lines(raw: bytes) -> dict[str, str]:
        headers: dict[str, str] = {}
        for line in raw.split(b"\r\n"):
            name, colon, value = line.partition(b":")
            if not colon or not name.isascii():
                continue
            key = name.strip().decode("ascii")
            if len(key.split()) <= 1:
                headers[key] = value.strip().decode("utf-8", "replace")
        return headers


class Bus:
    """One connection to NATS for one service; usable, and quiet, before it is connected."""

    def __init__(self, service: str) -> None:
        self.client: Client = QuickClient()
        self.service = service
        self.jetstream: JetStreamContext = self.client.jetstream()
        self._is_opened = False
        self._is_pausing = False
        self._is_due = False
        self._waking: asyncio.Future[None] | None = None

    async def connect(self, url: str, user: str | None, password: str | None) -> None:
        """Connect, however long the server takes to come up, and stay connected."""
        self._is_opened = True
        while not self.client.is_connected:
            try:
                await self.client.connect(
                    url,
                    name=self.service,
                    user=user,
                    password=password,
                    connect_timeout=_CONNECT_SECONDS,
                    max_reconnect_attempts=-1,
                    reconnect_time_wait=_PAUSE_SECONDS,
                    error_cb=_note_error,
                )
            except FAULTS as cause:
                _log.warning("bus_unreachable", cause=type(cause).__name__)
                await asyncio.sleep(_PAUSE_SECONDS)

    async def ping(self) -> None:
        """Check that the server answers.

        Raises:
            StoreUnavailableError: It does not.
        """
        if not self.client.is_connected:
            raise StoreUnavailableError("NATS cannot be reached.")
        try:
            await self.client.flush(timeout=1)
        except FAULTS as cause:
            raise StoreUnavailableError("NATS cannot be reached.") from cause

    async def wake(self) -> None:
        """Tell the leading relay of this service that there is something to publish.

        At once when it is quiet; otherwise at the end of a short pause, once for all that was
        written in it. What was written is committed, so a wake that fails is no fault of the call.
        """
        if self._is_pausing:
            self._is_due = True
            return
        self._is_pausing = True
        asyncio.get_running_loop().call_later(_WAKE_PAUSE_SECONDS, self._end_pause)
        if self.client.is_connected:
            try:
                await self.client.publish(self._wake_subject)
            except FAULTS as cause:
                _log.warning("wake_lost", cause=type(cause).__name__)

    def _end_pause(self) -> None:
        self._is_pausing = False
        if self._is_due:
            self._is_due = False
            self._waking = asyncio.ensure_future(self.wake())

    async def on_wake(self, wake: Callable[[Any], Awaitable[None]]) -> Any:
        """Call back whenever a process of this service has written an event."""
        return await self.client.subscribe(self._wake_subject, cb=wake)

    async def ensure_stream(self, service: str) -> tuple[str, int]:
        """Make the stream of a service if it is missing; return when it was made and its end.

        Whoever comes first makes it, so that services start in any order.
        """
        name = stream_name(service)
        try:
            info = await self.jetstream.stream_info(name)
        except NotFoundError:
            info = await self.jetstream.add_stream(_stream_config(name, service))
        return str(info.created), int(info.state.last_seq)

    async def close(self) -> None:
        """Send what is buffered and disconnect."""
        if self.client.is_connected:
            try:
                await self.client.flush(timeout=1)
            except FAULTS:
                _log.warning("bus_not_flushed")
        if self._is_opened and not self.client.is_closed:
            await self.client.close()

    @property
    def _wake_subject(self) -> str:
        return f"wake.{self.service}"


def stream_name(service: str) -> str:
    """Return the stream that holds the events of a service."""
    return service.upper()


async def _note_error(error: Exception) -> None:
    _log.warning("bus_error", cause=type(error).__name__)


def _stream_config(name: str, service: str) -> StreamConfig:
    """Keep everything, refuse deletion; new messages are refused before old ones go."""
    return StreamConfig(
        name=name,
        subjects=[f"jointops.*.{service}.>"],
        storage=StorageType.FILE,
        discard=DiscardPolicy.NEW,
        deny_delete=True,
        deny_purge=True,
        duplicate_window=_DEDUPLICATION_SECONDS,
    )
