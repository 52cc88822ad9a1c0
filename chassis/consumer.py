"""Applies the events of one other service, each once and in order, in batches.

A batch is one transaction: inbox, effects, events of its own. If one event of it fails, the batch
is undone and done again one by one; an event that fails five times goes to quarantine with its
reason, and what follows it in its aggregate waits there behind it. Nothing is acknowledged before
it is applied or kept.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeAlias

from google.protobuf.message import DecodeError
from nats.aio.msg import Msg

from chassis import telemetry_names as names
from chassis.bus import FAULTS, Bus, stream_name
from chassis.cloudevents import Delivery, MalformedEventError, read_delivery
from chassis.database import Connection, Database
from chassis.errors import StoreUnavailableError
from chassis.event_unit import EventUnit
from chassis.inbox import GAP, POISON, Inbox, Sorted
from chassis.leadership import lead
from chassis.logs import get_logger, log_message
from chassis.projection import Projection
from chassis.pull import Pull
from chassis.telemetry import Telemetry

_BATCH_COUNT = 200
# One event alone is no batch: it would be tried twice for one try.
_FEWEST = 2
_WAIT_SECONDS = 1.0
_MOST_TRIES = 5
_RETRY_SECONDS = 0.1
_REMEMBER_SECONDS = 5.0
_log = get_logger()

Apply: TypeAlias = Callable[[EventUnit, Delivery], Awaitable[None]]


class Consumer:
    """The consumer `<service>-on-<producer>`.

    Args:
        producer: The service whose events are consumed.
        subjects: Which of them; always whole aggregates, or versions would seem to be missing.
        handlers: What each event type does; a type without a handler only moves the position.
        projection: What every event adds to a table; such as a timeline.
    """

    def __init__(
        self,
        *,
        producer: str,
        subjects: list[str],
        handlers: Mapping[str, Apply],
        projection: Projection | None = None,
    ) -> None:
        self.producer = producer
        self.subjects = subjects
        self.handlers = handlers
        self.projection = projection

    async def run(
        self, database: Database, bus: Bus, telemetry: Telemetry, stop: asyncio.Event
    ) -> None:
        """Consume whenever this process leads, until told to stop."""
        consuming = _Consuming(self, bus, telemetry)
        await lead(database, consuming.name, consuming.work, stop, faults=FAULTS)


class _Consuming:
    """A consumer at work: its messages, its inbox, and how often each event has failed."""

    def __init__(self, consumer: Consumer, bus: Bus, telemetry: Telemetry) -> None:
        self.name = f"{bus.service}-on-{consumer.producer}"
        self._consumer = consumer
        self._bus = bus
        self._telemetry = telemetry
        self._inbox = Inbox(self.name, consumer.projection)
        self._unhandled = "ignored" if consumer.projection is None else "projected"
        self._tries: dict[str, int] = {}
        self._remembered_at = float("-inf")

    async def work(self, connection: Connection, stop: asyncio.Event) -> None:
        pull = Pull(
            self._bus,
            stream=stream_name(self._consumer.producer),
            durable=self.name,
            subjects=self._consumer.subjects,
        )
        await self._bus.ensure_stream(self._consumer.producer)
        await pull.open()
        self._inbox.forget()
        self._remembered_at = float("-inf")
        try:
            while not stop.is_set():
                await self._remember(connection, pull)
                messages = await pull.batch(_BATCH_COUNT, _WAIT_SECONDS)
                if messages:
                    await self._take(connection, messages)
        finally:
            await pull.close()

    async def _remember(self, connection: Connection, pull: Pull) -> None:
        """Look after what is held, and say how far behind this consumer is."""
        if time.monotonic() - self._remembered_at < _REMEMBER_SECONDS:
            return
        self._remembered_at = time.monotonic()
        await self._inbox.remember(connection)
        await self._take_held(connection)
        self._telemetry.metrics.record_lag(self.name, await pull.waiting_count())

    async def _take(self, connection: Connection, messages: Sequence[Msg]) -> None:
        """Apply a batch; if that fails, apply its messages one by one."""
        read = [(message, await self._read(connection, message)) for message in messages]
        deliveries = [delivery for _, delivery in read if delivery is not None]
        if await self._is_applied(connection, deliveries):
            for message in messages:
                await message.ack()
        else:
            await self._take_singly(connection, read)
        if self._inbox.is_holding(deliveries):
            await self._take_held(connection)

    async def _read(self, connection: Connection, message: Msg) -> Delivery | None:
        """Read a message; one that is no event of ours is kept for the operators."""
        try:
            return read_delivery(message.subject, message.headers, message.data)
        except MalformedEventError as cause:
            _log.error("message_malformed", subject=message.subject, header=str(cause))
            await self._inbox.keep_malformed(
                connection,
                subject=message.subject,
                headers=message.headers,
                payload=message.data,
                cause=cause,
            )
            self._telemetry.metrics.count_quarantined(self.name)
            return None

    async def _take_singly(
        self, connection: Connection, read: Sequence[tuple[Msg, Delivery | None]]
    ) -> None:
        for message, delivery in read:
            if delivery is None or await self._is_done(connection, delivery):
                await message.ack()
            else:
                await message.nak(delay=_RETRY_SECONDS * 2 ** self._tries[delivery.event_id])

    async def _take_held(self, connection: Connection) -> None:
        """Apply what was held and is next now; what fails again and again goes to quarantine."""
        while held := await self._inbox.next_held(connection, _BATCH_COUNT):
            if not await self._is_applied(connection, held):
                for delivery in held:
                    await self._is_done(connection, delivery)

    async def _is_applied(self, connection: Connection, batch: Sequence[Delivery]) -> bool:
        """Apply several events; tell whether it was done, for if one fails none is applied."""
        if len(batch) < _FEWEST:
            return False
        try:
            await self._apply(connection, batch)
        except (StoreUnavailableError, *FAULTS):
            raise
        except Exception:  # noqa: BLE001  # which one is to blame shows when each is tried alone
            return False
        return True

    async def _is_done(self, connection: Connection, delivery: Delivery) -> bool:
        """Apply one event; after its last try put it into quarantine, which counts as done."""
        try:
            await self._apply(connection, [delivery])
        except (StoreUnavailableError, *FAULTS):
            raise
        except Exception as cause:  # noqa: BLE001  # a poison event must not stop the others
            tries = self._tries[delivery.event_id] = self._tries.get(delivery.event_id, 0) + 1
            _log.warning(
                "event_failed", consumer=self.name, event_id=delivery.event_id, exc_info=cause
            )
            if tries < _MOST_TRIES:
                return False
            await self._quarantine(connection, delivery, cause)
        self._tries.pop(delivery.event_id, None)
        return True

    async def _quarantine(
        self, connection: Connection, delivery: Delivery, cause: Exception
    ) -> None:
        detail = getattr(cause, "reason", type(cause).__name__)
        await self._inbox.hold(connection, delivery, reason=POISON, detail=detail)
        self._telemetry.metrics.count_quarantined(self.name)
        _log.error("event_quarantined", consumer=self.name, event_id=delivery.event_id)

    async def _apply(self, connection: Connection, batch: Sequence[Delivery]) -> None:
        """Apply what is next, hold what is early, forget what is known: one transaction."""
        unit = EventUnit(connection, self._bus.service)
        try:
            found = await self._inbox.sort(connection, batch)
            if self._is_one_statement(found):
                await self._enter(connection, unit, found)
            else:
                await connection.execute("BEGIN")
                await self._enter(connection, unit, found)
                await connection.execute("COMMIT")
        except BaseException:
            self._inbox.forget()
            if not connection.is_broken:
                await connection.execute("ROLLBACK")
            raise
        self._telemetry.metrics.count_applied(self.name, len(found.ready))
        if unit.event_count:
            await self._bus.wake()

    def _is_one_statement(self, found: Sorted) -> bool:
        """Tell whether a batch needs no more than the inbox, which is a transaction by itself."""
        handled = any(each.event_type in self._consumer.handlers for each in found.ready)
        return not (handled or found.early or self._inbox.is_holding(found.ready))

    async def _enter(self, connection: Connection, unit: EventUnit, found: Sorted) -> None:
        for early in found.early:
            await self._inbox.hold(connection, early, reason=GAP, detail="")
        if found.ready:
            await self._inbox.enter(connection, found.ready)
        for delivery in found.ready:
            await self._perform_one(unit, delivery)

    async def _perform_one(self, unit: EventUnit, delivery: Delivery) -> None:
        """Run the handler inside its span; leave one log line."""
        started_at = time.perf_counter()
        _head, _station, rest = delivery.subject.split(".", 2)
        span = self._telemetry.tracer.start_message_span(
            "process", f"jointops.*.{rest}", delivery.traceparent
        )
        if delivery.case_id:
            span.set(names.CASE_ID, delivery.case_id)
        span.set(names.CONSUMER, self.name)
        handler = self._consumer.handlers.get(delivery.event_type)
        outcome, error = self._unhandled if handler is None else "failed", None
        try:
            if handler is not None:
                unit.begin(delivery, span.traceparent)
                await handler(unit, delivery)
                await unit.finish()
                outcome = "applied"
        except Exception as cause:
            error = type(cause).__name__
            raise
        finally:
            span.end(error)
            log_message(
                consumer=self.name,
                event_type=delivery.event_type,
                event_id=delivery.event_id,
                outcome=outcome,
                duration_ms=round((time.perf_counter() - started_at) * 1000, 3),
                case_id=delivery.case_id or None,
                trace_id=span.trace_id,
            )


def decode(kind: type[Any], delivery: Delivery) -> Any:
    """Decode the payload of an event.

    Raises:
        MalformedEventError: The bytes are no message of that kind.
    """
    try:
        return kind.FromString(delivery.payload)
    except DecodeError as cause:
        raise MalformedEventError(delivery.event_type) from cause
