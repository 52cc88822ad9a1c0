"""One command, one transaction: races, repeats, cancellations; written once or not at all."""

import asyncio
from collections.abc import Awaitable
from typing import Any

import pytest

from chassis.database import Database
from chassis.errors import EtagStaleError, RequestIdReusedError
from chassis.ids import new_request_id
from chassis.unit_of_work import UnitOfWork
from jointops.station.v1 import case_pb2 as pb
from services.station.casefile import aggregate, convert, domain
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
from tests.integration.stage import Stage


async def outcomes(*attempts: Awaitable[Any]) -> list[str]:
    """Carry out attempts at once; return sorted what became of each."""
    done = await asyncio.gather(*attempts, return_exceptions=True)
    return sorted(
        type(each).__name__ if isinstance(each, BaseException) else "done" for each in done
    )


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


async def test_change_without_its_event_is_a_bug(station: Stage) -> None:
    case = await add_case(station.database)
    call = call_for("SuspendCase", suspend_request(case.case_id))

    async with UnitOfWork(station.database, call) as uow:
        Cases(uow).put(case)
        with pytest.raises(RuntimeError, match="one event"):
            await uow.commit(pb.SuspendCaseResponse())
