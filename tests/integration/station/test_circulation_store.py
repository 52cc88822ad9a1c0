"""The store of squad requests, in memory and on PostgreSQL."""

from dataclasses import replace
from typing import Any

import pytest

from chassis.call import AlreadyAnsweredError
from chassis.errors import EtagStaleError, NotAssignedError, NotFoundError
from chassis.ids import new_id
from chassis.paging import LAST_ID, Page
from chassis.roles import Role
from services.station.casefile.aggregate import Squad
from services.station.circulation.aggregate import (
    SquadRequest,
    SquadRequestKind,
    SquadRequestState,
)
from tests.integration.station.world import World
from tests.unit.station.builders import (
    EARLIER,
    NOW,
    call_of,
    make_joint_arrest,
    make_order,
    make_squad_request,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")

MEMBER = "case_officer-1"


async def known_case(world: World) -> str:
    """Let a case be known with MEMBER assigned to it."""
    case_id = new_id()
    await world.know(case_id, MEMBER)
    return case_id


async def add(world: World, case_id: str, **changes: Any) -> SquadRequest:
    """Keep a squad request of a case."""
    request = make_squad_request(**({"squad_request_id": new_id(), "case_id": case_id} | changes))
    await world.save(world.requests, request, request.squad_request_id)
    return request


async def read(world: World, squad_request_id: str, person_id: str = MEMBER) -> SquadRequest:
    """Read a squad request as a person."""
    async with world.begin(call_of(person_id)) as unit:
        found: SquadRequest = await world.requests(unit).read(squad_request_id)
        return found


async def list_ids(
    world: World, case_id: str, page: Page, person_id: str = MEMBER
) -> tuple[list[str], str]:
    """List the ids of a page of the requests of a case."""
    async with world.begin(call_of(person_id)) as unit:
        requests, token = await world.requests(unit).list(page, case_id=case_id)
        return [request.squad_request_id for request in requests], token


async def test_squad_request_comes_back_as_it_was_ordered(world: World) -> None:
    case_id = await known_case(world)
    order = make_order(kind=SquadRequestKind.INTELLIGENCE_PRODUCT, question="谁?\n", is_gating=True)

    request = await add(world, case_id, order=order, squad=Squad.INTELLIGENCE)

    assert await read(world, request.squad_request_id) == request


async def test_squad_request_comes_back_with_everything_that_happened_to_it(world: World) -> None:
    request = await add(world, await known_case(world))
    verified = replace(
        request,
        state=SquadRequestState.VERIFIED,
        signed_for_at=EARLIER,
        answer_id=new_id(),
        send_back_reason="No scale.",
        rating=5,
        verified_by="chief-1",
        updated_at=NOW,
        version=2,
    )

    await world.save(world.requests, verified, request.squad_request_id)

    assert await read(world, request.squad_request_id) == verified


async def test_load_is_refused_when_the_etag_is_stale(world: World) -> None:
    request = await add(world, await known_case(world))

    async with world.begin(call_of(MEMBER)) as unit:
        with pytest.raises(EtagStaleError):
            await world.requests(unit).load(request.squad_request_id, etag="2")


async def test_stranger_is_refused_alike_whether_the_request_exists(world: World) -> None:
    request = await add(world, await known_case(world))

    with pytest.raises(NotAssignedError) as foreign:
        await read(world, request.squad_request_id, "stranger")
    with pytest.raises(NotAssignedError) as missing:
        await read(world, new_id(), "stranger")

    assert foreign.value.message == missing.value.message
    assert foreign.value.metadata == missing.value.metadata


async def test_put_is_refused_when_the_version_has_moved(world: World) -> None:
    request = await add(world, await known_case(world))
    moved = replace(request, state=SquadRequestState.SIGNED_FOR, version=2)
    await world.save(world.requests, moved, request.squad_request_id)

    with pytest.raises(EtagStaleError):
        await world.save(world.requests, moved, request.squad_request_id)


async def test_repeated_request_gets_its_first_answer(world: World) -> None:
    request = await add(world, await known_case(world))
    call = call_of(MEMBER)
    await world.save(world.requests, replace(request, version=2), request.squad_request_id, call)

    async with world.begin(call) as unit:
        with pytest.raises(AlreadyAnsweredError):
            await world.requests(unit).load(request.squad_request_id, etag="1")


async def test_list_shows_the_newest_first_page_by_page(world: World) -> None:
    case_id = await known_case(world)
    oldest, middle, newest = sorted(new_id() for _ in range(3))
    await add(world, case_id, squad_request_id=middle)
    await add(world, case_id, squad_request_id=newest)
    await add(world, case_id, squad_request_id=oldest)
    await add(world, await known_case(world))

    first, token = await list_ids(world, case_id, Page(2, LAST_ID, "s"))
    second, end = await list_ids(world, case_id, Page(2, middle, "s"))

    assert (first, second) == ([newest, middle], [oldest])
    assert (bool(token), end) == (True, "")


async def test_list_is_empty_when_nothing_was_ordered(world: World) -> None:
    found, token = await list_ids(world, await known_case(world), Page(25, LAST_ID, "s"))

    assert (found, token) == ([], "")


async def test_list_is_refused_to_a_stranger_whether_the_case_exists(world: World) -> None:
    case_id = await known_case(world)

    with pytest.raises(NotAssignedError):
        await list_ids(world, case_id, Page(25, LAST_ID, "s"), "stranger")
    with pytest.raises(NotAssignedError):
        await list_ids(world, new_id(), Page(25, LAST_ID, "s"), "stranger")


async def test_joint_arrests_of_a_case_are_found(world: World) -> None:
    case_id = await known_case(world)
    gone = make_joint_arrest(
        squad_request_id=new_id(), case_id=case_id, state=SquadRequestState.WITHDRAWN
    )
    await world.save(world.requests, gone, gone.squad_request_id)
    standing = replace(gone, squad_request_id=new_id(), state=SquadRequestState.ORDERED)
    await world.save(world.requests, standing, standing.squad_request_id)
    await add(world, case_id)

    async with world.begin(call_of("chief-1", Role.COMMANDER)) as unit:
        found = await world.requests(unit).find_arrests(case_id)

    assert sorted(each.squad_request_id for each in found) == sorted(
        (gone.squad_request_id, standing.squad_request_id)
    )


async def test_lock_gives_the_newest_version_to_whoever_asks(world: World) -> None:
    request = await add(world, await known_case(world))

    async with world.begin(call_of("nobody")) as unit:
        assert await world.requests(unit).lock(request.squad_request_id) == request
        with pytest.raises(NotFoundError):
            await world.requests(unit).lock(new_id())
