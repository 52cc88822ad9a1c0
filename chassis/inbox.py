"""The memory of a consumer: which events it applied, how far it is, and what it holds back.

Each event is applied once (its id is in the inbox) and in the order of its aggregate (its version
follows the position). What comes too early is held until the gap closes; what cannot be applied is
held as quarantine, and what follows it in the same aggregate waits behind it. A message that is no
event at all is kept as it came, because dropping it would lose it silently.
"""

import hashlib
import json
import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from chassis.cloudevents import Delivery, MalformedEventError, read_delivery
from chassis.database import Connection, Row
from chassis.projection import Projection
from chassis.statements import Statement
from chassis.tables import HELD, ID, INBOX, INBOX_POSITION

GAP = "gap"
POISON = "poison"
REDRIVE = "redrive"
MALFORMED = "malformed"

# Positions kept in memory; some 100 bytes each.
_REACHED_COUNT = 50_000
# What is no event has no aggregate: version 0 of nothing, which no event ever has.
_NOTHING = str(uuid.UUID(int=0))
_IDS = sa.ARRAY(ID)
_CONSUMER = sa.bindparam("consumer", type_=sa.Text)
_AGGREGATES = sa.bindparam("aggregates", type_=_IDS)

_POSITIONS = Statement(
    sa.select(INBOX_POSITION.c.aggregate_id, INBOX_POSITION.c.aggregate_version).where(
        INBOX_POSITION.c.consumer == _CONSUMER,
        INBOX_POSITION.c.aggregate_id == sa.any_(_AGGREGATES),
    )
)
_HELD_AGGREGATES = Statement(sa.select(HELD.c.aggregate_id).where(HELD.c.consumer == _CONSUMER))
_LET_GO = Statement(
    sa.delete(HELD).where(
        HELD.c.consumer == _CONSUMER,
        HELD.c.event_id == sa.any_(sa.bindparam("events", type_=_IDS)),
    )
)


def _enter(projection: Projection | None) -> Statement:
    """Write a batch into the inbox, move the positions and fill the projection: one statement."""
    events = (
        sa.func.unnest(sa.bindparam("events", type_=_IDS))
        .table_valued("event_id")
        .render_derived(name="event")
    )
    inbox = (
        sa.insert(INBOX)
        .from_select(["consumer", "event_id"], sa.select(_CONSUMER, events.c.event_id))
        .cte("inbox_rows")
    )
    moved = (
        sa.func.unnest(_AGGREGATES, sa.bindparam("versions", type_=sa.ARRAY(sa.BigInteger)))
        .table_valued("aggregate_id", "aggregate_version")
        .render_derived(name="moved")
    )
    rows = insert(INBOX_POSITION).from_select(
        ["consumer", "aggregate_id", "aggregate_version"],
        sa.select(_CONSUMER, moved.c.aggregate_id, moved.c.aggregate_version),
    )
    moves = rows.on_conflict_do_update(
        index_elements=["consumer", "aggregate_id"],
        set_={"aggregate_version": rows.excluded.aggregate_version},
    )
    filled = [projection.statement.cte("projected")] if projection is not None else []
    return Statement(moves.add_cte(inbox, *filled))


def _next_held() -> Statement:
    """Select what is held of the aggregates whose next version is among it, in order."""
    waiting = HELD.alias("waiting")
    position = sa.func.coalesce(INBOX_POSITION.c.aggregate_version, 0)
    has_next = (
        sa.select(waiting.c.aggregate_id)
        .outerjoin(
            INBOX_POSITION,
            sa.and_(
                INBOX_POSITION.c.consumer == waiting.c.consumer,
                INBOX_POSITION.c.aggregate_id == waiting.c.aggregate_id,
            ),
        )
        .where(
            waiting.c.consumer == _CONSUMER,
            _is_waiting(waiting.c.reason),
            waiting.c.aggregate_version == position + 1,
        )
    )
    return Statement(
        sa.select(HELD)
        .where(
            HELD.c.consumer == _CONSUMER,
            _is_waiting(HELD.c.reason),
            HELD.c.aggregate_id.in_(has_next),
        )
        .order_by(HELD.c.aggregate_version)
        .limit(sa.bindparam("most", type_=sa.Integer))
    )


def _is_waiting(reason: sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
    return sa.or_(reason == GAP, reason == REDRIVE)


def _hold() -> Statement:
    values = {
        column.name: sa.bindparam(f"held_{column.name}", type_=column.type)
        for column in HELD.c
        if column.name != "hold_time"
    }
    row = insert(HELD).values(values)
    return Statement(
        row.on_conflict_do_update(
            index_elements=["consumer", "event_id"],
            set_={"reason": row.excluded.reason, "detail": row.excluded.detail},
        )
    )


_NEXT_HELD = _next_held()
_HOLD = _hold()


@dataclass(frozen=True, slots=True)
class Sorted:
    """A batch as the inbox sees it: what is next, what is too early, what was applied before."""

    ready: list[Delivery]
    early: list[Delivery]
    repeated: list[Delivery]


class Inbox:
    """The inbox of one consumer, inside the transaction of its batch."""

    def __init__(self, consumer: str, projection: Projection | None = None) -> None:
        self._consumer = consumer
        self._projection = projection
        self._enter = _enter(projection)
        # Aggregates of which something is held: only for these is the table asked.
        self._held: set[str] = set()
        # How far each aggregate is, as long as this consumer leads and nothing failed.
        self._reached: dict[str, int] = {}

    def forget(self) -> None:
        """Look positions up again: somebody else may have led, or a transaction was undone."""
        self._reached.clear()

    async def remember(self, connection: Connection) -> None:
        """Learn of which aggregates something is held, as a new leader."""
        rows = await connection.fetch_all(_HELD_AGGREGATES, {"consumer": self._consumer})
        self._held = {str(row["aggregate_id"]) for row in rows}

    def is_holding(self, batch: Sequence[Delivery]) -> bool:
        """Tell whether something may be held that waits for this batch."""
        return not self._held.isdisjoint(each.aggregate_id for each in batch)

    async def next_held(self, connection: Connection, most: int) -> list[Delivery]:
        """Load what was held and can be applied now, in the order of its aggregates."""
        if not self._held:
            return []
        values = {"consumer": self._consumer, "most": most}
        held = [_unpack(row) for row in await connection.fetch_all(_NEXT_HELD, values)]
        # The table has just said what is next; memory must not say otherwise, again and again.
        for each in held:
            self._reached.pop(each.aggregate_id, None)
        return held

    async def sort(self, connection: Connection, batch: Sequence[Delivery]) -> Sorted:
        """Compare a batch with the positions of its aggregates."""
        if len(self._reached) > _REACHED_COUNT:
            self._reached.clear()
        unknown = {each.aggregate_id for each in batch} - self._reached.keys()
        if unknown:
            await self._look_up(connection, unknown)
        return _sort(batch, self._reached)

    async def enter(self, connection: Connection, ready: Sequence[Delivery]) -> None:
        """Note events as applied; undone with the transaction if applying them fails."""
        moves = {each.aggregate_id: each.aggregate_version for each in ready}
        events = [each.event_id for each in ready]
        values = {
            "consumer": self._consumer,
            "events": events,
            "aggregates": list(moves),
            "versions": list(moves.values()),
        }
        if self._projection is not None:
            values |= self._projection.values(ready)
        await connection.fetch_one(self._enter, values)
        self._reached |= moves
        if self._held & moves.keys():
            gone = {"consumer": self._consumer, "events": events}
            await connection.fetch_one(_LET_GO, gone)

    async def hold(
        self, connection: Connection, delivery: Delivery, *, reason: str, detail: str
    ) -> None:
        """Keep an event that cannot be applied now; it may be acknowledged afterwards."""
        self._held.add(delivery.aggregate_id)
        values = {
            "held_event_id": delivery.event_id,
            "held_aggregate_id": delivery.aggregate_id,
            "held_aggregate_version": delivery.aggregate_version,
            "held_reason": reason,
            "held_detail": detail[:500],
            "held_headers": _pack(delivery),
            "held_payload": delivery.payload,
        }
        await connection.fetch_one(_HOLD, values | {"held_consumer": self._consumer})

    async def keep_malformed(
        self,
        connection: Connection,
        *,
        subject: str,
        headers: Mapping[str, str] | None,
        payload: bytes,
        cause: MalformedEventError,
    ) -> None:
        """Keep a message that is no event as it came; the same one again changes nothing."""
        packed = json.dumps({"subject": subject, "headers": headers or {}})
        digest = hashlib.sha256(packed.encode() + b"\0" + payload).digest()
        values = {
            "held_event_id": str(uuid.UUID(bytes=digest[:16])),
            "held_aggregate_id": _NOTHING,
            "held_aggregate_version": 0,
            "held_reason": MALFORMED,
            "held_detail": str(cause)[:500],
            "held_headers": packed,
            "held_payload": payload,
        }
        await connection.fetch_one(_HOLD, values | {"held_consumer": self._consumer})

    async def _look_up(self, connection: Connection, aggregates: set[str]) -> None:
        values = {"consumer": self._consumer, "aggregates": list(aggregates)}
        rows = await connection.fetch_all(_POSITIONS, values)
        found = {str(row["aggregate_id"]): row["aggregate_version"] for row in rows}
        self._reached |= {aggregate: found.get(aggregate, 0) for aggregate in aggregates}


def _sort(batch: Sequence[Delivery], positions: Mapping[str, int]) -> Sorted:
    """Walk the batch as it arrived, in version order within each aggregate."""
    result = Sorted([], [], [])
    reached = {each.aggregate_id: positions.get(each.aggregate_id, 0) for each in batch}
    for each in _in_order(batch):
        position = reached[each.aggregate_id]
        if each.aggregate_version <= position:
            result.repeated.append(each)
        elif each.aggregate_version == position + 1:
            reached[each.aggregate_id] = each.aggregate_version
            result.ready.append(each)
        else:
            result.early.append(each)
    return result


def _in_order(batch: Sequence[Delivery]) -> list[Delivery]:
    """Swap what arrived out of order within an aggregate; between aggregates nothing moves."""
    waiting: dict[str, list[Delivery]] = defaultdict(list)
    for each in sorted(batch, key=lambda one: one.aggregate_version, reverse=True):
        waiting[each.aggregate_id].append(each)
    return [waiting[each.aggregate_id].pop() for each in batch]


def _pack(delivery: Delivery) -> str:
    headers = {
        "ce-id": delivery.event_id,
        "ce-type": delivery.event_type,
        "ce-subject": delivery.aggregate_id,
        "ce-time": delivery.event_time.isoformat(),
        "ce-aggregateversion": str(delivery.aggregate_version),
        "ce-caseid": delivery.case_id,
        "ce-traceparent": delivery.traceparent,
    }
    return json.dumps({"subject": delivery.subject, "headers": headers})


def _unpack(row: Row) -> Delivery:
    packed: dict[str, Any] = json.loads(row["headers"])
    return read_delivery(packed["subject"], packed["headers"], row["payload"])
