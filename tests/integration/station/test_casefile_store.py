"""The store of cases, in memory and on PostgreSQL."""

from dataclasses import replace
from typing import Any

import pytest

from chassis.call import AlreadyAnsweredError
from chassis.errors import EtagStaleError, NotAssignedError, NotFoundError
from chassis.ids import new_id
from chassis.paging import LAST_ID, Page
from chassis.roles import Role
from services.station.casefile.aggregate import Case, CaseState, Squad
from tests.integration.station.world import World
from tests.unit.station.builders import NOW, call_of, make_case

pytestmark = pytest.mark.asyncio(loop_scope="module")

OFFICER = "case_officer-1"


async def add(world: World, **changes: Any) -> Case:
    """Keep a case; its officer is assigned by that."""
    fresh = {"case_id": new_id(), "alarm_id": new_id(), "version": 1, "case_officer_id": OFFICER}
    case = make_case(**(fresh | changes))
    await world.save(world.cases, case, case.case_id)
    return case


async def read(world: World, case_id: str, person_id: str = OFFICER) -> Case:
    """Read a case as a person."""
    async with world.begin(call_of(person_id)) as unit:
        found: Case = await world.cases(unit).read(case_id)
        return found


async def list_ids(world: World, person_id: str, page: Page, *roles: Role) -> list[str]:
    """List the ids of a page of the cases of a person."""
    call = call_of(person_id, *roles)
    async with world.begin(call) as unit:
        cases, _ = await world.cases(unit).list(page, sees_station=call.sees_station)
        return [case.case_id for case in cases]


async def test_case_comes_back_as_it_was_reported(world: World) -> None:
    case = await add(
        world,
        state=CaseState.REPORTED,
        accepted_by=None,
        squads=(),
        due_at=None,
        gate_met_ids=(),
        objective="",
    )

    assert await read(world, case.case_id) == case


async def test_case_comes_back_with_everything_that_happened_to_it(world: World) -> None:
    case = await add(world)
    moved = replace(
        case,
        is_reviewed=True,
        state=CaseState.SUSPENDED,
        suspended_from=CaseState.ARREST_PLANNED,
        suspend_reason="无线索",
        objective='Find "who"\n',
        squads=(Squad.OPERATIONS, Squad.INTELLIGENCE),
        gate_missing_ids=(new_id(), new_id()),
        merged_into_id=new_id(),
        transferred_to="Prosecutor",
        updated_at=NOW,
        version=2,
    )

    await world.save(world.cases, moved, case.case_id)

    assert await read(world, case.case_id) == moved


async def test_load_is_refused_when_the_etag_is_stale(world: World) -> None:
    case = await add(world)

    async with world.begin(call_of(OFFICER)) as unit:
        with pytest.raises(EtagStaleError):
            await world.cases(unit).load(case.case_id, etag="2")


async def test_stranger_is_refused_alike_whether_the_case_exists(world: World) -> None:
    case = await add(world)

    with pytest.raises(NotAssignedError) as foreign:
        await read(world, case.case_id, "stranger")
    with pytest.raises(NotAssignedError) as missing:
        await read(world, new_id(), "stranger")

    assert foreign.value.message == missing.value.message


async def test_put_is_refused_when_the_version_has_moved(world: World) -> None:
    case = await add(world)
    await world.save(world.cases, replace(case, version=2), case.case_id)

    with pytest.raises(EtagStaleError):
        await world.save(world.cases, replace(case, version=2), case.case_id)


async def test_repeated_request_gets_its_first_answer(world: World) -> None:
    case = await add(world)
    call = call_of(OFFICER)
    await world.save(world.cases, replace(case, version=2), case.case_id, call)

    async with world.begin(call) as unit:
        with pytest.raises(AlreadyAnsweredError):
            await world.cases(unit).load(case.case_id, etag="1")


async def test_person_sees_a_case_from_assignment_to_release(world: World) -> None:
    case = await add(world)
    second = replace(case, version=2)
    async with world.begin(call_of(OFFICER)) as unit:
        cases = world.cases(unit)
        cases.put(second)
        cases.assign(case.case_id, "analyst-2")
        await world.commit(unit, second, case.case_id)

    seen = await read(world, case.case_id, "analyst-2")
    third = replace(case, version=3)
    async with world.begin(call_of(OFFICER)) as unit:
        cases = world.cases(unit)
        cases.put(third)
        cases.release(case.case_id, "analyst-2")
        await world.commit(unit, third, case.case_id)

    assert seen == second
    with pytest.raises(NotAssignedError):
        await read(world, case.case_id, "analyst-2")


async def test_person_lists_their_cases_newest_first(world: World) -> None:
    person_id = f"officer-{new_id()[-6:]}"
    older, newer = sorted((new_id(), new_id()))
    await add(world, case_id=newer, case_officer_id=person_id)
    await add(world, case_id=older, case_officer_id=person_id)
    await add(world)

    assert await list_ids(world, person_id, Page(25, LAST_ID, "s")) == [newer, older]
    assert await list_ids(world, person_id, Page(25, newer, "s")) == [older]


async def test_commander_lists_the_cases_of_the_station_alone(world: World) -> None:
    case = await add(world)
    foreign = await add(world, station="beicai")

    found = await list_ids(world, "commander-1", Page(100, LAST_ID, "s"), Role.COMMANDER)

    assert case.case_id in found
    assert foreign.case_id not in found


async def test_lock_gives_the_newest_version_to_whoever_asks(world: World) -> None:
    case = await add(world)

    async with world.begin(call_of("nobody")) as unit:
        assert await world.cases(unit).lock(case.case_id) == case
        with pytest.raises(NotFoundError):
            await world.cases(unit).lock(new_id())
