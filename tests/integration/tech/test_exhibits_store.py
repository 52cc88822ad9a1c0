"""The store of exhibits, in memory and on PostgreSQL."""

from dataclasses import replace
from typing import Any

import pytest

from chassis.call import AlreadyAnsweredError
from chassis.errors import DomainError, EtagStaleError, NotAssignedError, RequestIdReusedError
from chassis.ids import new_id
from chassis.paging import LAST_ID, Page, read_page
from jointops.tech.v1 import exhibit_pb2 as pb
from services.tech.exhibits import aggregate, domain
from services.tech.exhibits.aggregate import Exhibit, ExhibitLabel
from tests.integration.tech.world import World, fresh_call
from tests.unit.tech.builders import HOLDER, NOW, RECEIVER, accepted, offered

STRANGER = "tech-0000"


def exhibit_of(case_id: str, **label: Any) -> Exhibit:
    """Make a fresh exhibit of a case, held by HOLDER."""
    given = {
        "exhibit_id": new_id(),
        "station": "jinqiao",
        "case_id": case_id,
        "description": "Knife, blade 12 cm",
        "content_sha256": "ab" * 32,
        "legal_basis": "CPL art. 141",
    }
    event = domain.register(
        ExhibitLabel(**{**given, **label}), seal_number="S-88120", by=HOLDER, now=NOW
    )
    return aggregate.register(event)


async def add(world: World, case_id: str, **label: Any) -> Exhibit:
    """Keep a fresh exhibit."""
    exhibit = exhibit_of(case_id, **label)
    await world.save(world.exhibits, exhibit, exhibit.exhibit_id)
    return exhibit


async def known_case(world: World) -> str:
    """Know a case with HOLDER and RECEIVER."""
    case_id = new_id()
    await world.know(case_id, HOLDER, RECEIVER)
    return case_id


async def read(world: World, exhibit_id: str, person_id: str = HOLDER) -> Exhibit:
    """Read an exhibit as a person."""
    async with world.begin(fresh_call(person_id)) as unit:
        found: Exhibit = await world.exhibits(unit).read(exhibit_id)
        return found


async def test_an_exhibit_comes_back_with_its_whole_chain(world: World) -> None:
    first = await add(world, await known_case(world), description='刀, "Ünïcode" \\ 12 cm')
    second = offered(first)
    await world.save(world.exhibits, second, first.exhibit_id)
    third = accepted(second)
    await world.save(world.exhibits, third, first.exhibit_id)

    found = await read(world, first.exhibit_id)

    assert found == third
    assert aggregate.verify_chain(found) is None


async def test_load_is_refused_when_the_etag_is_stale(world: World) -> None:
    exhibit = await add(world, await known_case(world))

    async with world.begin(fresh_call(HOLDER)) as unit:
        with pytest.raises(EtagStaleError):
            await world.exhibits(unit).load(exhibit.exhibit_id, etag="2")


async def test_a_stranger_is_refused_alike_whether_the_exhibit_exists(world: World) -> None:
    exhibit = await add(world, await known_case(world))

    with pytest.raises(NotAssignedError) as foreign:
        await read(world, exhibit.exhibit_id, STRANGER)
    with pytest.raises(NotAssignedError) as missing:
        await read(world, new_id(), STRANGER)

    assert _said(foreign.value) == _said(missing.value)


async def test_put_is_refused_when_the_version_has_moved(world: World) -> None:
    exhibit = await add(world, await known_case(world))
    await world.save(world.exhibits, offered(exhibit), exhibit.exhibit_id)

    with pytest.raises(EtagStaleError):
        await world.save(world.exhibits, offered(exhibit), exhibit.exhibit_id)

    assert (await read(world, exhibit.exhibit_id)).version == 2


async def test_a_repeated_request_gets_its_first_answer(world: World) -> None:
    exhibit = await add(world, await known_case(world))
    call = fresh_call(HOLDER)
    await world.save(world.exhibits, offered(exhibit), exhibit.exhibit_id, call)

    async with world.begin(call) as unit:
        with pytest.raises(AlreadyAnsweredError) as caught:
            await world.exhibits(unit).load(exhibit.exhibit_id, etag="1")

    answer = pb.GetExhibitResponse.FromString(caught.value.response)
    assert answer.exhibit.exhibit_id == exhibit.exhibit_id


async def test_a_request_id_is_refused_when_the_body_is_another(world: World) -> None:
    exhibit = await add(world, await known_case(world))
    call = fresh_call(HOLDER)
    await world.save(world.exhibits, offered(exhibit), exhibit.exhibit_id, call)

    async with world.begin(replace(call, request_hash=b"another")) as unit:
        with pytest.raises(RequestIdReusedError):
            await world.exhibits(unit).load(exhibit.exhibit_id, etag="2")


async def test_lists_page_through_one_case_newest_first(world: World) -> None:
    case_id = await known_case(world)
    kept = [await add(world, case_id, exhibit_id=each) for each in sorted(_three_ids())]
    await add(world, await known_case(world))

    first, token = await list_page(
        world, Page(2, LAST_ID, f"ListExhibitsRequest/{case_id}"), case_id
    )
    next_page = read_page(pb.ListExhibitsRequest(page_size=2, page_token=token), case_id)
    second, end = await list_page(world, next_page, case_id)

    assert first == [kept[2], kept[1]]
    assert (second, end) == ([kept[0]], "")


async def test_a_list_is_refused_when_the_caller_may_not_see_the_case(world: World) -> None:
    case_id = await known_case(world)

    with pytest.raises(NotAssignedError) as foreign:
        await list_page(world, Page(2, LAST_ID, ""), case_id, STRANGER)
    with pytest.raises(NotAssignedError) as missing:
        await list_page(world, Page(2, LAST_ID, ""), new_id(), STRANGER)

    assert _said(foreign.value) == _said(missing.value)


async def test_named_finds_those_that_exist(world: World) -> None:
    case_id = await known_case(world)
    kept = await add(world, case_id)
    await add(world, case_id)

    async with world.begin(fresh_call(HOLDER)) as unit:
        found = await world.exhibits(unit).named([kept.exhibit_id, new_id()])

    assert found == (kept,)


@pytest.mark.parametrize(("person_id", "expected"), [(RECEIVER, True), (STRANGER, False)])
async def test_is_assigned_tells_who_belongs_to_a_case(
    world: World, person_id: str, expected: bool
) -> None:
    case_id = await known_case(world)

    async with world.begin(fresh_call(HOLDER)) as unit:
        answer = await world.exhibits(unit).is_assigned(case_id, person_id)

    assert answer is expected


async def list_page(
    world: World, page: Page, case_id: str, person_id: str = HOLDER
) -> tuple[list[Exhibit], str]:
    """List the exhibits of a case as a person."""
    async with world.begin(fresh_call(person_id)) as unit:
        found, token = await world.exhibits(unit).list(page, case_id=case_id)
        return list(found), token


def _three_ids() -> list[str]:
    """Make three ids; those of one millisecond have no order of their own."""
    return [new_id(), new_id(), new_id()]


def _said(error: DomainError) -> tuple[str, dict[str, str]]:
    return error.message, error.metadata
