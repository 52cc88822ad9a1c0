"""Removes answers after their 24 hours: a `request_id` is then as good as new."""

import asyncio
from datetime import timedelta

import sqlalchemy as sa

from chassis.database import Database
from chassis.errors import StoreUnavailableError
from chassis.leadership import pause
from chassis.logs import get_logger
from chassis.statements import Statement
from chassis.tables import ANSWER

# Source: the promise in the comments of every proto service.
_KEPT = timedelta(hours=24)
_PAUSE_SECONDS = 600.0

# What one statement removes well within its timeout.
_BATCH_COUNT = 10_000


def _sweep() -> Statement:
    """Remove some of the answers that are old enough, and count them."""
    key = (ANSWER.c.person_id, ANSWER.c.request_id)
    old = (
        sa.select(*key)
        .where(ANSWER.c.create_time < sa.func.now() - sa.bindparam("kept", type_=sa.Interval()))
        .limit(sa.bindparam("most", type_=sa.Integer))
    )
    gone = sa.delete(ANSWER).where(sa.tuple_(*key).in_(old)).returning(ANSWER.c.request_id)
    return Statement(sa.select(sa.func.count().label("count")).select_from(gone.cte("gone")))


_SWEEP = _sweep()
_log = get_logger()


async def sweep_answers(database: Database, stop: asyncio.Event) -> None:
    """Sweep now and then until told to stop; several processes may do so at once."""
    while not stop.is_set():
        try:
            while await _sweep_some(database) == _BATCH_COUNT and not stop.is_set():
                continue
        except StoreUnavailableError:
            _log.warning("sweep_failed")
        await pause(stop, _PAUSE_SECONDS)


async def _sweep_some(database: Database) -> int:
    connection = await database.acquire()
    try:
        row = await connection.fetch_one(_SWEEP, {"kept": _KEPT, "most": _BATCH_COUNT})
    finally:
        database.release(connection)
    return int(row["count"]) if row is not None else 0
