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

_SWEEP = Statement(
    sa.delete(ANSWER).where(
        ANSWER.c.create_time < sa.func.now() - sa.bindparam("kept", type_=sa.Interval())
    )
)
_log = get_logger()


async def sweep_answers(database: Database, stop: asyncio.Event) -> None:
    """Sweep now and then until told to stop; several processes may do so at once."""
    while not stop.is_set():
        try:
            connection = await database.acquire()
            try:
                await connection.fetch_one(_SWEEP, {"kept": _KEPT})
            finally:
                database.release(connection)
        except StoreUnavailableError:
            _log.warning("sweep_failed")
        await pause(stop, _PAUSE_SECONDS)
