"""The store of taskings, in memory and in PostgreSQL: both keep the same promises."""

import pytest

from chassis.call import AlreadyAnsweredError, Call
from chassis.errors import EtagStaleError, NotAssignedError
from chassis.ids import new_id
from chassis.paging import Page, read_page
from jointops.intel.v1 import tasking_pb2 as pb
from services.intel.taskings import convert
from services.intel.taskings.domain import Tasking, TaskingState
from tests.integration.intel.conftest import Keeping
from tests.unit.intel.builders import (
    ANALYST,
    CASE_ID,
    LATER,
    PRODUCT_ID,
    RECEIVED,
    SECOND_ANALYST,
    SQUAD_REQUEST_ID,
    TASKING_ID,
    make_call,
    make_tasking,
)

OTHER_CASE_ID = "0198c2f4-0000-7000-8000-0000000000ff"
NEWER_ID = "0198c2f4-0000-7000-8000-0000000000fe"


async def keep(
    keeping: Keeping, tasking: Tasking, call: Call | None = None, verb: str = "add"
) -> None:
    """Save a tasking with an event of its version."""
    async with keeping.begin(call or make_call()) as uow:
        getattr(keeping.taskings(uow), verb)(tasking)
        uow.emit(convert.event_to_row(RECEIVED, tasking))
        uow.record(tasking.tasking_id, tasking.case_id)
        message = convert.tasking_to_message(tasking)
        await uow.commit(pb.SignForTaskingResponse(tasking=message))


async def keep_newer(keeping: Keeping, case_id: str = CASE_ID) -> Tasking:
    """Save a second tasking, made after the first."""
    newer = make_tasking(tasking_id=NEWER_ID, squad_request_id=new_id(), case_id=case_id)
    await keep(keeping, newer)
    return newer


def page_of(size: int = 25, token: str = "") -> Page:
    return read_page(pb.ListTaskingsRequest(page_size=size, page_token=token))


@pytest.fixture(autouse=True)
async def member(keeping: Keeping) -> None:
    """The analyst is assigned to the case."""
    await keeping.assign(case_id=CASE_ID, person_id=ANALYST)


@pytest.mark.parametrize(
    "tasking",
    [
        pytest.param(make_tasking(), id="received"),
        pytest.param(
            make_tasking(
                state=TaskingState.REOPENED,
                signed_for_by=ANALYST,
                product_id=PRODUCT_ID,
                updated_at=LATER,
            ),
            id="reopened",
        ),
    ],
)
async def test_a_tasking_is_read_as_it_was_kept(keeping: Keeping, tasking: Tasking) -> None:
    await keep(keeping, tasking)

    async with keeping.begin(make_call()) as uow:
        assert await keeping.taskings(uow).read(tasking.tasking_id) == tasking


async def test_load_is_refused_when_the_etag_is_stale(keeping: Keeping) -> None:
    await keep(keeping, make_tasking())

    async with keeping.begin(make_call()) as uow:
        with pytest.raises(EtagStaleError):
            await keeping.taskings(uow).load(TASKING_ID, etag="2")


async def test_put_is_refused_when_the_version_has_moved(keeping: Keeping) -> None:
    await keep(keeping, make_tasking())
    await keep(keeping, make_tasking(version=2), verb="put")

    with pytest.raises(EtagStaleError):
        await keep(keeping, make_tasking(version=2, signed_for_by=ANALYST), verb="put")


@pytest.mark.parametrize("tasking_id", [TASKING_ID, NEWER_ID])
async def test_a_stranger_is_refused_alike_whether_the_tasking_exists(
    keeping: Keeping, tasking_id: str
) -> None:
    await keep(keeping, make_tasking())

    async with keeping.begin(make_call(person_id="intel-0000")) as uow:
        with pytest.raises(NotAssignedError) as caught:
            await keeping.taskings(uow).load_newest(tasking_id)

    assert caught.value.metadata == {"permission": "intel.test"}


async def test_a_repeated_request_is_answered_as_before(keeping: Keeping) -> None:
    call = make_call()
    await keep(keeping, make_tasking(), call)

    async with keeping.begin(call) as uow:
        with pytest.raises(AlreadyAnsweredError) as caught:
            await keeping.taskings(uow).load_newest(TASKING_ID)

    assert pb.SignForTaskingResponse.FromString(caught.value.response).tasking.etag == "1"


async def test_a_list_shows_the_newest_first_and_goes_on_where_it_stopped(
    keeping: Keeping,
) -> None:
    await keep(keeping, make_tasking())
    await keep_newer(keeping)

    async with keeping.begin(make_call()) as uow:
        taskings = keeping.taskings(uow)
        shown, token = await taskings.list_own(page_of(1), sees_station=False)
        rest, last_token = await taskings.list_own(page_of(1, token), sees_station=False)

    assert [tasking.tasking_id for tasking in shown] == [NEWER_ID]
    assert [tasking.tasking_id for tasking in rest] == [TASKING_ID]
    assert last_token == ""


async def test_the_own_list_leaves_out_cases_of_others(keeping: Keeping) -> None:
    await keep(keeping, make_tasking())
    await keeping.assign(case_id=OTHER_CASE_ID, person_id=SECOND_ANALYST)
    await keep_newer(keeping, OTHER_CASE_ID)

    async with keeping.begin(make_call()) as uow:
        shown, _token = await keeping.taskings(uow).list_own(page_of(), sees_station=False)

    assert shown == [make_tasking()]


@pytest.mark.parametrize(("station", "count"), [("jinqiao", 2), ("beicai", 0)])
async def test_the_list_of_a_station_holds_all_of_its_cases(
    keeping: Keeping, station: str, count: int
) -> None:
    await keep(keeping, make_tasking())
    await keep_newer(keeping, OTHER_CASE_ID)
    call = make_call(person_id="commander-1", sees_station=True, station=station)

    async with keeping.begin(call) as uow:
        shown, _token = await keeping.taskings(uow).list_own(page_of(), sees_station=True)

    assert len(shown) == count


async def test_the_list_of_a_case_leaves_out_other_cases(keeping: Keeping) -> None:
    await keeping.assign(case_id=OTHER_CASE_ID, person_id=ANALYST)
    await keep(keeping, make_tasking())
    await keep_newer(keeping, OTHER_CASE_ID)

    async with keeping.begin(make_call()) as uow:
        shown, _token = await keeping.taskings(uow).list_of_case(CASE_ID, page_of())

    assert shown == [make_tasking()]


@pytest.mark.parametrize("case_id", [CASE_ID, OTHER_CASE_ID])
async def test_the_list_of_a_case_is_refused_alike_whether_the_case_exists(
    keeping: Keeping, case_id: str
) -> None:
    async with keeping.begin(make_call(person_id="intel-0000")) as uow:
        with pytest.raises(NotAssignedError):
            await keeping.taskings(uow).list_of_case(case_id, page_of())


async def test_the_tasking_of_a_squad_request_is_found_under_lock(keeping: Keeping) -> None:
    await keep(keeping, make_tasking())

    async with keeping.begin(make_call()) as uow:
        assert await keeping.taskings(uow).lock_of_request(SQUAD_REQUEST_ID) == make_tasking()


async def test_no_tasking_is_found_when_the_squad_request_is_another_squads(
    keeping: Keeping,
) -> None:
    await keep(keeping, make_tasking())

    async with keeping.begin(make_call()) as uow:
        assert await keeping.taskings(uow).lock_of_request(new_id()) is None
