"""Publishes batches to a stream and waits until it has them.

nats-py makes a future, a semaphore's turn and a random inbox for every message; a batch needs one
inbox and a count, at half the cost (docs/adr/0004).
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import orjson
from nats.aio.msg import Msg
from nats.errors import ConnectionClosedError
from nats.errors import Error as NatsError

from chassis.bus import Bus


class Outgoing(NamedTuple):
    """One message on its way out."""

    subject: str
    payload: bytes
    headers: Mapping[str, str]


class Stored(NamedTuple):
    """Where a stream keeps a message, and whether it had it before."""

    sequence: int
    is_duplicate: bool


class Publisher:
    """One batch after the other on one connection."""

    def __init__(self, bus: Bus) -> None:
        self._client = bus.client
        self._inbox = ""
        self._round = 0
        self._stored: list[Stored | None] = []
        self._missing = 0
        self._is_complete = asyncio.Event()

    async def publish(
        self, messages: Sequence[Outgoing], seconds: float
    ) -> Sequence[Stored | None]:
        """Send a batch; return where each message is stored, or None where that is not known.

        Raises:
            ConnectionClosedError: The server went away. The client would keep what it is given
                then and send it later, past anybody's watch over the stream.
        """
        await self._listen()
        self._round += 1
        self._stored = [None] * len(messages)
        self._missing = len(messages)
        self._is_complete.clear()
        for number, message in enumerate(messages):
            await self._send(message, f"{self._inbox}.{self._round}.{number}")
        if self._missing:
            try:
                async with asyncio.timeout(seconds):
                    await self._is_complete.wait()
            except TimeoutError:
                return self._stored
        return self._stored

    async def _listen(self) -> None:
        """Subscribe once; the client subscribes again by itself after a reconnect."""
        if not self._inbox:
            self._inbox = self._client.new_inbox()
            await self._client.subscribe(f"{self._inbox}.*.*", cb=self._take)

    async def _send(self, message: Outgoing, reply: str) -> None:
        if not self._client.is_connected:
            raise ConnectionClosedError
        headers: dict[str, Any] = dict(message.headers)
        try:
            await self._client.publish(message.subject, message.payload, reply, headers)
        except NatsError:
            # Such as a message that is too large: the others go on.
            self._missing -= 1

    async def _take(self, message: Msg) -> None:
        """Count an acknowledgement; one of an earlier round comes too late."""
        _, turn, number = message.subject.rsplit(".", 2)
        if int(turn) != self._round:
            return
        # Nobody listening answers with headers alone, a refusal with an error.
        answer = orjson.loads(message.data) if message.data else {}
        if "seq" in answer:
            self._stored[int(number)] = Stored(answer["seq"], answer.get("duplicate", False))
        self._missing -= 1
        if self._missing == 0:
            self._is_complete.set()
