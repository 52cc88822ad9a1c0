"""One transaction a command, whatever ends it: a cancellation, a killed session, a full pool."""

import asyncio
import random
from typing import Any

import pytest

from chassis.database import Database
from chassis.errors import StoreUnavailableError
from chassis.ids import new_id
from chassis.unit_of_work import UnitOfWork
from jointops.station.v1 import case_pb2 as pb
from services.station.casefile.aggregate import Case
from services.station.casefile.store import Cases
from tests.integration.chassis.acts import (
    add_case,
    answer_of,
    assign,
    assign_request,
    call_for,
    records,
    suspend,
    suspend_request,
)
from tests.integration.stage import Stage, eventually


async def leave(database: Database, case: Case) -> None:
    """Begin a change under lock, and fail before the end."""
    call = call_for("SuspendCase", suspend_request(case.case_id))
    async with UnitOfWork(database, call) as uow:
        Cases(uow).put(await Cases(uow).lock(case.case_id))
        raise ZeroDivisionError


async def test_unit_that_is_left_without_commit_writes_nothing(station: Stage) -> None:
    case = await add_case(station.database)

    with pytest.raises(ZeroDivisionError):
        await leave(station.database, case)

    assert await open_transactions(station.database) == 0
    assert await records(station) == [1, 1, 1, 1]


async def open_transactions(database: Database) -> int:
    """Count, on a connection of our own, the sessions that wait inside a transaction."""
    connection = await database.connect()
    count: int = await connection._raw.fetchval(
        "SELECT count(*) FROM pg_stat_activity "
        "WHERE datname = current_database() AND state LIKE 'idle in transaction%'"
    )
    await connection.close()
    return count


@pytest.mark.parametrize("seed", range(3))
async def test_what_was_cancelled_at_any_moment_is_done_once_when_repeated(
    station: Stage, seed: int
) -> None:
    choose = random.Random(seed)  # noqa: S311  # the same moments in every run
    case = await add_case(station.database)
    requests = [assign_request(case.case_id, f"analyst-{n}", etag=str(n + 1)) for n in range(12)]

    for request in requests:
        await repeat_until_done(station.database, request, choose)

    assert await records(station) == [13, 13, 13, 13]
    assert await places_are_free(station.database)


async def repeat_until_done(
    database: Database, request: pb.AssignMemberRequest, choose: random.Random
) -> None:
    """Cancel a few attempts at random moments, then let one through."""
    for _ in range(4):
        attempt = asyncio.ensure_future(answer_of(assign(database, request)))
        await asyncio.sleep(choose.random() * 0.006)
        attempt.cancel()
        await asyncio.wait([attempt])
    await answer_of(assign(database, request))


async def places_are_free(database: Database) -> bool:
    """Tell whether as many connections can be taken as there are, and give them back."""
    taken = [await database.acquire() for _ in range(8)]
    for connection in taken:
        database.release(connection)
    return len(taken) == 8


async def test_killed_backend_is_unavailable_and_the_repeat_works(station: Stage) -> None:
    case = await add_case(station.database)
    blocker = await station.database.connect()
    await blocker.execute("BEGIN")
    await blocker.execute("LOCK TABLE case_file IN ACCESS EXCLUSIVE MODE")
    request = suspend_request(case.case_id)
    attempt = asyncio.ensure_future(suspend(station.database, request))
    await eventually(lambda: is_waiting(station))

    await station.fetch(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )

    with pytest.raises(StoreUnavailableError):
        await attempt
    await blocker.execute("ROLLBACK")
    await blocker.close()
    await suspend(station.database, request)
    assert await records(station) == [2, 2, 2, 2]


async def is_waiting(stage: Stage) -> bool:
    query = (
        "SELECT 1 FROM pg_stat_activity "
        "WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    return bool(await stage.fetch(query))


async def test_idle_connection_that_was_killed_is_not_handed_out(station: Stage) -> None:
    case = await add_case(station.database)
    killer = await station.database.connect()
    await killer.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    await killer.close()
    await eventually(lambda: is_noticed(station.database))

    await suspend(station.database, suspend_request(case.case_id))

    assert await records(station) == [2, 2, 2, 2]


async def is_noticed(database: Database) -> bool:
    return all(connection.is_closed for connection in database._idle)


async def test_exhausted_pool_is_unavailable_after_two_seconds(station: Stage) -> None:
    taken = [await station.database.acquire() for _ in range(8)]
    loop = asyncio.get_running_loop()
    asked_at = loop.time()

    with pytest.raises(StoreUnavailableError):
        await suspend(station.database, suspend_request(new_id()))

    assert 1.9 < loop.time() - asked_at < 3.5
    for connection in taken:
        station.database.release(connection)
    assert await places_are_free(station.database)


async def test_database_that_only_reads_is_unavailable_for_a_change(station: Stage) -> None:
    case = await add_case(station.database)
    database = await station.fetch("SELECT current_database() AS name")
    await station.fetch(
        f'ALTER DATABASE "{database[0]["name"]}" SET default_transaction_read_only = on'
    )
    station.database._idle.pop().terminate()

    with pytest.raises(StoreUnavailableError):
        await suspend(station.database, suspend_request(case.case_id))


async def test_connection_given_back_after_the_end_is_closed(station: Stage) -> None:
    connection = await station.database.acquire()

    await station.database.close()
    station.database.release(connection)

    await eventually(lambda: is_closed(connection._raw))


async def is_closed(raw: Any) -> bool:
    return bool(raw.is_closed())
