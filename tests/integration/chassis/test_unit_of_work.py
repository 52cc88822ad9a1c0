"""One command, one transaction: races, repeats, cancellations; written once or not at all."""

import asyncio
import random
from collections.abc import Awaitable
from typing import Any

import pytest

from chassis.call import AlreadyAnsweredError
from chassis.database import Database
from chassis.errors import EtagStaleError, RequestIdReusedError, StoreUnavailableError
from chassis.ids import new_id, new_request_id
from chassis.unit_of_work import UnitOfWork
from jointops.station.v1 import case_pb2 as pb
from services.station.casefile import aggregate, convert, domain
from services.station.casefile.aggregate import Case
from services.station.casefile.store import Cases
from tests.integration.chassis.acts import (
    add_case,
    assign,
    assign_request,
    call_for,
    suspend,
    suspend_request,
)
from tests.integration.stage import Stage, eventually


async def outcomes(*attempts: Awaitable[Any]) -> list[str]:
    """Carry out attempts at once; return sorted what became of each."""
    done = await asyncio.gather(*attempts, return_exceptions=True)
    return sorted(
        type(each).__name__ if isinstance(each, BaseException) else "done" for each in done
    )


async def records(stage: Stage) -> list[int]:
    """Count changes, events, audit rows and answers: always the same number."""
    changes = (await stage.fetch("SELECT sum(version) AS changes FROM case_file"))[0]["changes"]
    return [int(changes or 0), *[await stage.count(t) for t in ("outbox", "audit", "answer")]]


async def test_one_of_four_changes_at_once_wins_and_the_others_are_told(station: Stage) -> None:
    case = await add_case(station.database)
    race = asyncio.Barrier(4)

    told = await outcomes(
        *(suspend(station.database, suspend_request(case.case_id), race) for _ in range(4))
    )

    assert told == ["EtagStaleError"] * 3 + ["done"]
    assert await records(station) == [2, 2, 2, 2]


async def test_one_of_four_changes_of_two_rows_at_once_wins(station: Stage) -> None:
    case = await add_case(station.database)
    requests = [assign_request(case.case_id, f"intel_analyst-{number}") for number in range(4)]
    race = asyncio.Barrier(4)

    told = await outcomes(*(assign(station.database, request, race) for request in requests))

    assert told == ["EtagStaleError"] * 3 + ["done"]
    assert await records(station) == [2, 2, 2, 2]
    assert await station.count("assignment") == 2


async def answer_of(attempt: Awaitable[Any]) -> bytes:
    """Return the answer as the pipeline sends it, be it the first or a repeated one."""
    try:
        return bytes((await attempt).SerializeToString())
    except AlreadyAnsweredError as repeat:
        return repeat.response


async def test_same_request_three_times_at_once_is_carried_out_once(station: Stage) -> None:
    case = await add_case(station.database)
    request = suspend_request(case.case_id)
    race = asyncio.Barrier(3)

    answers = await asyncio.gather(
        *(answer_of(suspend(station.database, request, race)) for _ in range(3))
    )

    assert len(set(answers)) == 1
    assert await records(station) == [2, 2, 2, 2]


async def test_same_creation_twice_at_once_makes_one_case(station: Stage) -> None:
    request_id = new_request_id()

    told = await outcomes(*(add_case(station.database, request_id) for _ in range(2)))

    assert told == ["AlreadyAnsweredError", "done"]
    assert await records(station) == [1, 1, 1, 1]


async def test_request_id_of_another_request_is_refused(station: Stage) -> None:
    case = await add_case(station.database)
    request = suspend_request(case.case_id)
    await suspend(station.database, request)

    request.reason = "Another one."

    with pytest.raises(RequestIdReusedError) as caught:
        await suspend(station.database, request)
    assert caught.value.metadata == {"request_id": request.request_id}


async def suspend_two(database: Database, first: Case, second: Case) -> None:
    """Suspend two cases in one unit, with an event each."""
    call = call_for("SuspendCase", suspend_request(first.case_id))
    async with UnitOfWork(database, call) as uow:
        for case in (first, second):
            event = domain.suspend(case, reason="Both or none.", now=case.created_at)
            suspended = aggregate.apply(case, event)
            Cases(uow).put(suspended)
            uow.emit(convert.event_to_row(event, suspended))
            uow.record(case.case_id, case.case_id)
        await uow.commit(pb.SuspendCaseResponse())


async def test_two_aggregates_change_together(station: Stage) -> None:
    first, second = [await add_case(station.database) for _ in range(2)]

    await suspend_two(station.database, first, second)

    assert await versions(station) == [2, 2]
    assert await station.count("outbox") == 4


async def test_none_of_two_aggregates_changes_when_one_has_moved(station: Stage) -> None:
    first, second = [await add_case(station.database) for _ in range(2)]
    await suspend(station.database, suspend_request(second.case_id))

    with pytest.raises(EtagStaleError):
        await suspend_two(station.database, first, second)

    assert sorted(await versions(station)) == [1, 2]
    assert await station.count("outbox") == 3


async def versions(stage: Stage) -> list[int]:
    return [row["version"] for row in await stage.fetch("SELECT version FROM case_file")]


async def assign_under_lock(database: Database, case_id: str, person_id: str) -> None:
    """Change the newest case, whatever its version, and let others change it after that."""
    call = call_for("AssignMember", assign_request(case_id, person_id))
    async with UnitOfWork(database, call) as uow:
        cases = Cases(uow)
        case = await cases.lock(case_id)
        event = domain.assign_member(case, person_id=person_id, now=case.updated_at)
        cases.put(changed := aggregate.apply(case, event))
        uow.emit(convert.event_to_row(event, changed))
        uow.record(case_id, case_id)
        await uow.commit(pb.AssignMemberResponse())


async def test_lock_lets_changes_take_turns(station: Stage) -> None:
    case = await add_case(station.database)

    told = await outcomes(
        *(assign_under_lock(station.database, case.case_id, f"analyst-{n}") for n in range(6))
    )

    assert told == ["done"] * 6
    assert await records(station) == [7, 7, 7, 7]


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


async def test_change_without_its_event_is_a_bug(station: Stage) -> None:
    case = await add_case(station.database)
    call = call_for("SuspendCase", suspend_request(case.case_id))

    async with UnitOfWork(station.database, call) as uow:
        Cases(uow).put(case)
        with pytest.raises(RuntimeError, match="one event"):
            await uow.commit(pb.SuspendCaseResponse())


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
