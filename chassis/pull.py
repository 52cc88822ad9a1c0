"""Pulls from a durable JetStream consumer: whatever has arrived becomes the next batch.

nats-py's `fetch` asks twice before it waits and waits until a batch is full; this asks once for
many and hands over at once what is there.
"""

import asyncio
import json
import time
from collections import deque
from typing import Any

from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy

from chassis.bus import FAULTS, Bus
from chassis.logs import get_logger

_ASK_COUNT = 500
_ASK_SECONDS = 10.0
# Must exceed the slowest batch; a batch that fails is told so at once.
_ACK_WAIT_SECONDS = 30.0
_DRAIN_SECONDS = 1.0
# After a batch of some size more is on its way; a transaction costs as much for one as for ten.
_LINGER_SECONDS = 0.001
_LINGER_FROM_COUNT = 2
_STATUS = "Status"
# What the server answers where nobody takes the request: stream or consumer are gone.
_GONE = "503"
_log = get_logger()


class ConsumerGoneError(NatsError):
    """The server does not know the durable consumer any more; opening makes it again."""


class Pull:
    """The messages of one durable consumer."""

    def __init__(self, bus: Bus, *, stream: str, durable: str, subjects: list[str]) -> None:
        self._bus = bus
        self._stream = stream
        self._durable = durable
        self._subjects = subjects
        self._arrived: deque[Msg] = deque()
        self._handed: list[Msg] = []
        self._news = asyncio.Event()
        self._wanted = 0
        self._asked_at = float("-inf")
        self._reconnects = 0
        self._is_gone = False
        self._inbox = bus.client.new_inbox()
        self._subscription: Any = None

    async def open(self) -> None:
        """Make the durable consumer if it is missing, and listen."""
        config = ConsumerConfig(
            durable_name=self._durable,
            filter_subjects=self._subjects,
            deliver_policy=DeliverPolicy.ALL,
            ack_policy=AckPolicy.EXPLICIT,
            ack_wait=_ACK_WAIT_SECONDS,
            max_ack_pending=2 * _ASK_COUNT,
        )
        await self._bus.jetstream.add_consumer(self._stream, config)
        self._subscription = await self._bus.client.subscribe(self._inbox, cb=self._take)

    async def close(self) -> None:
        """Stop listening; what was not acknowledged comes again at once."""
        if self._subscription is None or self._bus.client.is_closed:
            return
        try:
            await self._stop_listening()
            for message in (*self._handed, *self._arrived):
                if not message.is_acked:
                    await message.nak()
        except FAULTS as cause:
            _log.warning("messages_not_returned", cause=type(cause).__name__)

    async def _stop_listening(self) -> None:
        """Withdraw the request; what is on its way already is still taken, to be given back."""
        if self._bus.client.is_connected:
            async with asyncio.timeout(_DRAIN_SECONDS):
                await self._subscription.drain()
        else:
            await self._subscription.unsubscribe()

    async def batch(self, most: int, seconds: float) -> list[Msg]:
        """Return what has arrived, at most so many; empty after so many seconds without news.

        Raises:
            ConsumerGoneError: The consumer or its stream was deleted.
        """
        is_busy = len(self._handed) >= _LINGER_FROM_COUNT
        self._handed = []
        if not self._arrived:
            self._news.clear()
        await self._ask()
        if not self._arrived:
            try:
                async with asyncio.timeout(seconds):
                    await self._news.wait()
            except TimeoutError:
                return []
        if is_busy and len(self._arrived) < most:
            await asyncio.sleep(_LINGER_SECONDS)
        if self._is_gone:
            raise ConsumerGoneError
        count = min(most, len(self._arrived))
        self._handed = [self._arrived.popleft() for _ in range(count)]
        return self._handed

    async def waiting_count(self) -> int:
        """Return how many messages the server has not delivered yet."""
        info = await self._bus.jetstream.consumer_info(self._stream, self._durable)
        return int(info.num_pending or 0) + len(self._arrived)

    async def _ask(self) -> None:
        """Ask for more when the last request is used up, has run out, or died with a connection."""
        is_late = time.monotonic() - self._asked_at > _ASK_SECONDS + 1
        reconnects = self._bus.client.stats["reconnects"]
        if self._wanted > 0 and not is_late and reconnects == self._reconnects:
            return
        self._wanted = _ASK_COUNT
        self._asked_at = time.monotonic()
        self._reconnects = reconnects
        body = {"batch": _ASK_COUNT, "expires": int(_ASK_SECONDS * 1e9)}
        subject = f"$JS.API.CONSUMER.MSG.NEXT.{self._stream}.{self._durable}"
        await self._bus.client.publish(subject, json.dumps(body).encode(), reply=self._inbox)

    async def _take(self, message: Msg) -> None:
        if message.headers and _STATUS in message.headers and not message.reply:
            # The request ran out, or nobody took it.
            self._wanted = 0
            self._is_gone = message.headers[_STATUS] == _GONE
        else:
            self._wanted -= 1
            self._arrived.append(message)
        self._news.set()
