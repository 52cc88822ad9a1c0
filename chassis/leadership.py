"""One at a time: a task that runs in one process of a service while the others stand by.

The right to lead is an advisory lock on a connection of its own; all the leader writes goes over
that connection, so whoever lost it can write nothing more.
"""

import asyncio
import zlib
from collections.abc import Awaitable, Callable

import sqlalchemy as sa

from chassis.database import Connection, Database
from chassis.errors import StoreUnavailableError
from chassis.logs import get_logger
from chassis.statements import Statement

_TRY_LOCK = Statement(
    sa.select(
        sa.func.pg_try_advisory_lock(sa.bindparam("lock", type_=sa.BigInteger())).label("is_leader")
    )
)
# How long a stand-by waits before it asks again, and a failed leader before it tries again.
_PAUSE_SECONDS = 1.0
_log = get_logger()

Leading = Callable[[Connection, asyncio.Event], Awaitable[None]]


async def lead(
    database: Database,
    name: str,
    work: Leading,
    stop: asyncio.Event,
    *,
    faults: tuple[type[Exception], ...] = (),
) -> None:
    """Run the work whenever this process leads, until told to stop.

    Args:
        database: Where the lock is.
        name: What is led; one leader for each name and database.
        work: Runs until told to stop or until a fault; gets the connection that holds the lock.
        stop: Ends it.
        faults: What the work may raise when the world fails; it is tried again.
    """
    lock = zlib.crc32(name.encode())
    known: tuple[type[Exception], ...] = (StoreUnavailableError, *faults)
    while not stop.is_set():
        try:
            await _lead_once(database, lock, work, stop)
        except known as cause:
            _log.warning("leader_failed", leader=name, cause=type(cause).__name__)
        await pause(stop, _PAUSE_SECONDS)


async def pause(stop: asyncio.Event, seconds: float) -> None:
    """Wait, but not beyond the stop."""
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return


async def _lead_once(database: Database, lock: int, work: Leading, stop: asyncio.Event) -> None:
    connection = await database.connect()
    try:
        while not stop.is_set():
            row = await connection.fetch_one(_TRY_LOCK, {"lock": lock})
            if row is not None and row["is_leader"]:
                await work(connection, stop)
                return
            await pause(stop, _PAUSE_SECONDS)
    finally:
        await connection.close()
