"""The store of examinations, in memory and on PostgreSQL."""

from dataclasses import replace
from typing import Any

import pytest

from chassis.call import AlreadyAnsweredError
from chassis.errors import DomainError, EtagStaleError, NotAssignedError
from chassis.ids import new_id
from chassis.paging import LAST_ID, Page, read_page
from jointops.tech.v1 import examination_pb2 as pb
from services.tech.exhibits.aggregate import Exhibit
from services.tech.lab.aggregate import Examination, ExaminationResult, ExaminationState
from tests.integration.tech import test_exhibits_store as exhibits
from tests.integration.tech.world import World, fresh_call
from tests.unit.tech.builders import (
    HOLDER,
    NOW,
    RECEIVER,
    accepted,
    make_draft,
    make_examination,
    offered,
)

STRANGER = "tech-0000"
_S = ExaminationState


async def add(world: World, case_id: str, **changes: Any) -> Examination:
    """Keep a fresh examination."""
    fresh = {"examination_id": new_id(), "squad_request_id": new_id(), "version": 1}
    examination = replace(make_examination(), **{**fresh, "case_id": case_id, **changes})
    await world.save(world.examinations, examination, examination.examination_id)
    return examination


async def put(world: World, examination: Examination, **changes: Any) -> Examination:
    """Keep the next version of an examination."""
    moved = replace(examination, version=examination.version + 1, **changes)
    await world.save(world.examinations, moved, moved.examination_id)
    return moved


async def read(world: World, examination_id: str, person_id: str = HOLDER) -> Examination:
    """Read an examination as a person."""
    async with world.begin(fresh_call(person_id)) as unit:
        found: Examination = await world.examinations(unit).read(examination_id)
        return found


async def put_result(world: World, examination: Examination, exhibit: Exhibit) -> Examination:
    """Keep a result by HOLDER over one exhibit, if HOLDER still holds it."""
    draft = make_draft(exhibit_ids=(exhibit.exhibit_id,), finding='完整 "profile" \\ é')
    result = ExaminationResult(draft, HOLDER, NOW)
    moved = replace(
        examination,
        state=_S.RECORDED,
        examiner_id=HOLDER,
        results=(result, result),
        version=examination.version + 1,
    )
    async with world.begin(fresh_call(HOLDER)) as unit:
        world.examinations(unit).put_result(moved)
        await world.commit(unit, moved, moved.examination_id)
    return moved


async def test_an_examination_comes_back_as_it_was_received(world: World) -> None:
    examination = await add(world, await exhibits.known_case(world))

    found = await read(world, examination.examination_id)

    assert found == examination


async def test_an_examination_comes_back_with_every_result(world: World) -> None:
    case_id = await exhibits.known_case(world)
    examination = await add(world, case_id)
    recorded = await put_result(world, examination, await exhibits.add(world, case_id))

    verified = await put(
        world, recorded, state=_S.VERIFIED, verified_by=RECEIVER, return_reason="x"
    )

    assert await read(world, examination.examination_id) == verified


async def test_a_result_is_refused_when_the_exhibit_has_left_the_examiner(world: World) -> None:
    case_id = await exhibits.known_case(world)
    examination = await add(world, case_id)
    exhibit = await exhibits.add(world, case_id)
    moved = offered(exhibit)
    await world.save(world.exhibits, moved, exhibit.exhibit_id)
    await world.save(world.exhibits, accepted(moved), exhibit.exhibit_id)

    with pytest.raises(EtagStaleError):
        await put_result(world, examination, exhibit)

    assert await read(world, examination.examination_id) == examination


async def test_load_is_refused_when_the_etag_is_stale(world: World) -> None:
    examination = await add(world, await exhibits.known_case(world))

    async with world.begin(fresh_call(HOLDER)) as unit:
        with pytest.raises(EtagStaleError):
            await world.examinations(unit).load(examination.examination_id, etag="2")


async def test_a_stranger_is_refused_alike_whether_the_examination_exists(world: World) -> None:
    examination = await add(world, await exhibits.known_case(world))

    with pytest.raises(NotAssignedError) as foreign:
        await read(world, examination.examination_id, STRANGER)
    with pytest.raises(NotAssignedError) as missing:
        await read(world, new_id(), STRANGER)

    assert _said(foreign.value) == _said(missing.value)


async def test_put_is_refused_when_the_version_has_moved(world: World) -> None:
    examination = await add(world, await exhibits.known_case(world))
    await put(world, examination, state=_S.SIGNED_FOR)

    with pytest.raises(EtagStaleError):
        await put(world, examination, state=_S.WITHDRAWN)

    assert (await read(world, examination.examination_id)).state is _S.SIGNED_FOR


async def test_a_repeated_request_gets_its_first_answer(world: World) -> None:
    examination = await add(world, await exhibits.known_case(world))
    call = fresh_call(HOLDER)
    signed = replace(examination, version=2, state=_S.SIGNED_FOR)
    await world.save(world.examinations, signed, signed.examination_id, call)

    async with world.begin(call) as unit:
        with pytest.raises(AlreadyAnsweredError):
            await world.examinations(unit).load(examination.examination_id, etag="1")


async def test_lists_of_a_case_page_newest_first(world: World) -> None:
    case_id = await exhibits.known_case(world)
    ids = sorted([new_id(), new_id(), new_id()])
    kept = [await add(world, case_id, examination_id=each) for each in ids]
    await add(world, await exhibits.known_case(world))

    async with world.begin(fresh_call(HOLDER)) as unit:
        store = world.examinations(unit)
        page = Page(2, LAST_ID, f"ListExaminationsRequest/{case_id}")
        first, token = await store.list_of_case(page, case_id=case_id)
        request = pb.ListExaminationsRequest(page_size=2, page_token=token)
        second, end = await store.list_of_case(read_page(request, case_id), case_id=case_id)

    assert list(first) == [kept[2], kept[1]]
    assert (list(second), end) == ([kept[0]], "")


async def test_a_list_of_a_case_is_refused_when_the_caller_may_not_see_it(world: World) -> None:
    case_id = await exhibits.known_case(world)

    async with world.begin(fresh_call(STRANGER)) as unit:
        with pytest.raises(NotAssignedError):
            await world.examinations(unit).list_of_case(Page(2, LAST_ID, ""), case_id=case_id)


async def test_a_person_lists_the_examinations_of_their_own_cases(world: World) -> None:
    person_id, case_ids = f"tech-{new_id()}", (new_id(), new_id())
    older, newer = sorted([new_id(), new_id()])
    await world.know(case_ids[0], person_id)
    await world.know(case_ids[1], person_id)
    first = await add(world, case_ids[0], examination_id=older)
    second = await add(world, case_ids[1], examination_id=newer)
    await add(world, await exhibits.known_case(world))

    async with world.begin(fresh_call(person_id)) as unit:
        found, token = await world.examinations(unit).list(Page(5, LAST_ID, ""), sees_station=False)

    assert (list(found), token) == ([second, first], "")


async def test_a_commander_lists_the_examinations_of_the_station(world: World) -> None:
    kept = await add(world, new_id(), station="beicai")
    await add(world, await exhibits.known_case(world))
    call = fresh_call("commander-1", station="beicai", sees_station=True)

    async with world.begin(call) as unit:
        found, _ = await world.examinations(unit).list(Page(5, LAST_ID, ""), sees_station=True)

    assert list(found) == [kept]


async def test_an_examination_is_found_by_the_request_it_answers(world: World) -> None:
    examination = await add(world, await exhibits.known_case(world))

    async with world.begin(fresh_call(HOLDER)) as unit:
        store = world.examinations(unit)
        found = await store.lock_of_request(examination.squad_request_id)
        other = await store.lock_of_request(new_id())

    assert (found, other) == (examination, None)


def _said(error: DomainError) -> tuple[str, dict[str, str]]:
    return error.message, error.metadata
