"""Publishes the outbox: every event that is not marked yet, in order, until the stream has it.

Reads "not marked", never "position greater than the last": positions become visible out of order.
Killed between publish and mark it publishes again; the stream and the inbox drop the second one.
One relay a service at a time, because two would overtake each other within an aggregate.
"""

import asyncio
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from chassis.bus import FAULTS, Bus, stream_name
from chassis.cloudevents import event_headers
from chassis.database import Connection, Database, Row
from chassis.leadership import lead
from chassis.logs import get_logger
from chassis.publisher import Outgoing, Publisher, Stored
from chassis.statements import Statement
from chassis.tables import OUTBOX, STREAM
from chassis.telemetry import Telemetry

_BATCH_COUNT = 500
# The net under a wake that was lost.
_POLL_SECONDS = 0.25
# After a batch of some size more is on its way; waiting a little makes the next one larger.
# Source: docs/adr/0004-relay.md.
_LINGER_SECONDS = 0.006
_LINGER_FROM_COUNT = 4
_ACK_SECONDS = 5.0
_WATCH_SECONDS = 5.0

_POSITIONS = sa.bindparam("positions", type_=sa.ARRAY(sa.BigInteger))
_SEQUENCE = sa.bindparam("sequence", type_=sa.BigInteger)
_NAME = sa.bindparam("name", type_=sa.Text)
_CREATED = sa.bindparam("created", type_=sa.Text)
_KNOWN = Statement(sa.select(STREAM).where(STREAM.c.stream == _NAME))
_REMEMBER = Statement(
    sa.insert(STREAM).values(stream=_NAME, create_time=_CREATED, last_sequence=_SEQUENCE)
)


def _next() -> Statement:
    """Mark what was published, note how far the stream has come, and select what waits: once.

    The parts of one statement do not see each other, so what is being marked is left out by name.
    """
    seen = (
        sa.update(STREAM)
        .where(STREAM.c.stream == _NAME, STREAM.c.last_sequence < _SEQUENCE)
        .values(last_sequence=_SEQUENCE)
        .cte("seen")
    )
    waiting = OUTBOX.c.publish_time.is_(None)
    mark = (
        sa.update(OUTBOX)
        .where(waiting, OUTBOX.c.position == sa.any_(_POSITIONS))
        .values(publish_time=sa.func.now())
        .cte("mark")
    )
    rest = sa.select(OUTBOX).where(waiting, OUTBOX.c.position != sa.all_(_POSITIONS))
    return Statement(rest.order_by(OUTBOX.c.position).limit(_BATCH_COUNT).add_cte(seen, mark))


def _start_again() -> Statement:
    """Unmark everything: the stream was lost and is filled anew."""
    seen = (
        sa.update(STREAM)
        .where(STREAM.c.stream == _NAME)
        .values(create_time=_CREATED, last_sequence=_SEQUENCE)
        .cte("seen")
    )
    unmark = sa.update(OUTBOX).where(OUTBOX.c.publish_time.is_not(None))
    return Statement(unmark.values(publish_time=None).add_cte(seen))


_NEXT = _next()
_START_AGAIN = _start_again()
# A refill touches the whole outbox, which takes longer than a command may.
_REFILL_TIMEOUT = "SET LOCAL statement_timeout = '10min'"
_log = get_logger()


class Relay:
    """The relay of one service."""

    def __init__(self, database: Database, bus: Bus, telemetry: Telemetry) -> None:
        self._database = database
        self._bus = bus
        self._telemetry = telemetry
        self._stream = stream_name(bus.service)
        self._source = f"/jointops/{bus.service}"
        self._woken = asyncio.Event()
        self._watched_at = float("-inf")
        self._last_sequence = 0
        self._stored: list[int] = []
        self._publisher = Publisher(bus)

    async def run(self, stop: asyncio.Event) -> None:
        """Publish whenever this process leads, until told to stop."""
        await self._bus.on_wake(self._wake)
        await lead(self._database, "relay", self._publish_all, stop, faults=FAULTS)

    async def _wake(self, _message: Any) -> None:
        self._woken.set()

    async def _publish_all(self, connection: Connection, stop: asyncio.Event) -> None:
        self._watched_at = float("-inf")
        # A mark that is lost with the power publishes again, which the inbox drops.
        await connection.execute("SET synchronous_commit = off")
        self._stored.clear()
        self._last_sequence = 0
        while not stop.is_set():
            await self._watch_stream(connection)
            self._woken.clear()
            rows = await self._next(connection)
            if rows:
                await self._publish(connection, rows)
            self._report(rows)
            await self._rest(len(rows))
        await self._next(connection)

    async def _next(self, connection: Connection) -> list[Row]:
        """Mark what the stream has acknowledged, and load what waits."""
        values = {
            "positions": self._stored,
            "sequence": self._last_sequence,
            "name": self._stream,
        }
        rows = await connection.fetch_all(_NEXT, values)
        self._stored.clear()
        return rows

    async def _rest(self, count: int) -> None:
        if count == _BATCH_COUNT:
            return
        if count >= _LINGER_FROM_COUNT:
            await asyncio.sleep(_LINGER_SECONDS)
            return
        if count == 0 and not self._woken.is_set():
            try:
                async with asyncio.timeout(_POLL_SECONDS):
                    await self._woken.wait()
            except TimeoutError:
                return

    async def _publish(self, connection: Connection, rows: Sequence[Row]) -> None:
        """Send a batch and wait until the stream has it; it is marked with the next look.

        Whatever is not acknowledged stays unmarked and is sent again.
        """
        answers = await self._publisher.publish([self._outgoing(row) for row in rows], _ACK_SECONDS)
        stored = [
            (row["position"], answer)
            for row, answer in zip(rows, answers, strict=True)
            if answer is not None
        ]
        if any(
            answer.sequence <= self._last_sequence and not answer.is_duplicate
            for _, answer in stored
        ):
            await self._start_again(connection)
        elif stored:
            self._note(stored)
        if len(stored) < len(rows):
            # An event that can never be published must not keep the others from being marked.
            await self._next(connection)
            _log.warning("events_not_published", count=len(rows) - len(stored))
            raise TimeoutError("The stream did not acknowledge every event.")

    def _note(self, stored: Sequence[tuple[int, Stored]]) -> None:
        """Remember what the stream has acknowledged until it is marked."""
        newest = max(answer.sequence for _, answer in stored)
        self._last_sequence = max(self._last_sequence, newest)
        self._stored += (position for position, _ in stored)
        self._telemetry.metrics.count_published(len(stored))

    def _outgoing(self, row: Row) -> Outgoing:
        """Make the message of a row; its span is what the consumers' spans hang on."""
        span = self._telemetry.tracer.start_message_span(
            "publish", _template(row["subject"]), row["traceparent"]
        )
        headers = event_headers(row, source=self._source, traceparent=span.traceparent)
        span.end()
        return Outgoing(row["subject"], row["payload"], headers)

    async def _watch_stream(self, connection: Connection) -> None:
        """Notice a stream that was wiped, cut or restored, and fill it from the outbox again."""
        if time.monotonic() - self._watched_at < _WATCH_SECONDS:
            return
        self._watched_at = time.monotonic()
        created, sequence = await self._bus.ensure_stream(self._bus.service)
        values = {"name": self._stream, "created": created, "sequence": sequence}
        known = await connection.fetch_one(_KNOWN, values)
        if known is None:
            await connection.fetch_one(_REMEMBER, values)
            self._last_sequence = sequence
            return
        self._last_sequence = max(self._last_sequence, known["last_sequence"])
        if known["create_time"] != created or self._last_sequence > sequence:
            await self._start_again(connection)

    async def _start_again(self, connection: Connection) -> None:
        """Send the whole outbox once more; consumers drop what they know."""
        created, sequence = await self._bus.ensure_stream(self._bus.service)
        _log.warning("stream_lost", stream=self._stream, last_sequence=sequence)
        await connection.execute("BEGIN")
        await connection.execute(_REFILL_TIMEOUT)
        values = {"name": self._stream, "created": created, "sequence": sequence}
        await connection.fetch_one(_START_AGAIN, values)
        await connection.execute("COMMIT")
        # What was acknowledged and not marked yet may have been in the stream that is lost.
        self._stored.clear()
        self._last_sequence = sequence

    def _report(self, rows: Sequence[Row]) -> None:
        oldest = (datetime.now(UTC) - rows[0]["event_time"]).total_seconds() if rows else 0.0
        self._telemetry.metrics.record_outbox(max(oldest, 0.0), len(rows))


def _template(subject: str) -> str:
    """Leave the station out of a subject: span names stay few."""
    head, _station, rest = subject.split(".", 2)
    return f"{head}.*.{rest}"
