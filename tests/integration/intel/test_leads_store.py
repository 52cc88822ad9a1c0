"""The store of leads, in memory and in PostgreSQL: both keep the same promises."""

from typing import Any

import pytest

from chassis.call import AlreadyAnsweredError, Call
from chassis.errors import EtagStaleError, NotAssignedError, NotFoundError
from chassis.paging import Page, read_page
from jointops.intel.v1 import lead_pb2 as pb
from services.intel.leads import convert
from services.intel.leads.domain import Lead, LeadState, RejectionGround
from tests.integration.intel.conftest import Keeping
from tests.unit.intel.builders import (
    ANALYST,
    CASE_ID,
    LATER,
    LEAD_ID,
    RECORDED,
    SECOND_ANALYST,
    UNKNOWN_ID,
    make_call,
    make_lead,
)

OTHER_CASE_ID = "0198c2f4-0000-7000-8000-0000000000ff"


async def keep(keeping: Keeping, lead: Lead, call: Call | None = None, verb: str = "add") -> None:
    """Save a lead with an event of its version."""
    async with keeping.begin(call or make_call()) as uow:
        getattr(keeping.leads(uow), verb)(lead)
        uow.emit(convert.event_to_row(RECORDED, lead))
        uow.record(lead.lead_id, lead.case_id)
        await uow.commit(pb.RecordLeadResponse(lead=convert.lead_to_message(lead)))


async def keep_leads(keeping: Keeping, count: int, **changes: Any) -> list[str]:
    """Save so many leads of one case; returns their ids, oldest first."""
    lead_ids = [f"0198c2f4-0000-7000-8000-00000000010{number}" for number in range(count)]
    for lead_id in lead_ids:
        await keep(keeping, make_lead(lead_id=lead_id, **changes))
    return lead_ids


def first_page(size: int = 25) -> Page:
    return read_page(pb.ListLeadsRequest(page_size=size), CASE_ID)


@pytest.fixture(autouse=True)
async def member(keeping: Keeping) -> None:
    """The analyst is assigned to the case."""
    await keeping.assign(case_id=CASE_ID, person_id=ANALYST)


@pytest.mark.parametrize(
    "lead",
    [
        pytest.param(make_lead(), id="open"),
        pytest.param(
            make_lead(
                state=LeadState.REJECTED,
                decided_by=SECOND_ANALYST,
                rejection_ground=RejectionGround.DUPLICATE,
                updated_at=LATER,
                summary="货场里看到那辆面包车 \U0001f690",
            ),
            id="rejected",
        ),
    ],
)
async def test_a_lead_is_read_as_it_was_kept(keeping: Keeping, lead: Lead) -> None:
    await keep(keeping, lead)

    async with keeping.begin(make_call()) as uow:
        assert await keeping.leads(uow).read(lead.lead_id) == lead


async def test_the_next_version_takes_the_place_of_the_last(keeping: Keeping) -> None:
    await keep(keeping, make_lead())
    changed = make_lead(priority=1, updated_at=LATER, version=2)

    await keep(keeping, changed, verb="put")

    async with keeping.begin(make_call()) as uow:
        assert await keeping.leads(uow).load(changed.lead_id, etag="2") == changed


async def test_load_is_refused_when_the_etag_is_stale(keeping: Keeping) -> None:
    await keep(keeping, make_lead())

    async with keeping.begin(make_call()) as uow:
        with pytest.raises(EtagStaleError):
            await keeping.leads(uow).load(LEAD_ID, etag="2")


async def test_put_is_refused_when_the_version_has_moved(keeping: Keeping) -> None:
    await keep(keeping, make_lead())
    await keep(keeping, make_lead(version=2), verb="put")

    with pytest.raises(EtagStaleError):
        await keep(keeping, make_lead(version=2, priority=1), verb="put")


@pytest.mark.parametrize("lead_id", [LEAD_ID, UNKNOWN_ID])
async def test_a_stranger_is_refused_alike_whether_the_lead_exists(
    keeping: Keeping, lead_id: str
) -> None:
    await keep(keeping, make_lead())

    async with keeping.begin(make_call(person_id="intel-0000")) as uow:
        with pytest.raises(NotAssignedError) as caught:
            await keeping.leads(uow).read(lead_id)

    assert caught.value.metadata == {"permission": "intel.test"}


async def test_whoever_sees_the_station_sees_its_leads(keeping: Keeping) -> None:
    await keep(keeping, make_lead())

    async with keeping.begin(make_call(person_id="commander-1", sees_station=True)) as uow:
        assert await keeping.leads(uow).read(LEAD_ID) == make_lead()


async def test_whoever_sees_another_station_does_not_find_the_lead(keeping: Keeping) -> None:
    await keep(keeping, make_lead())
    call = make_call(person_id="commander-2", sees_station=True, station="beicai")

    async with keeping.begin(call) as uow:
        with pytest.raises(NotFoundError):
            await keeping.leads(uow).read(LEAD_ID)


async def test_a_repeated_request_is_answered_as_before(keeping: Keeping) -> None:
    call = make_call()
    await keep(keeping, make_lead(), call)

    async with keeping.begin(call) as uow:
        with pytest.raises(AlreadyAnsweredError) as caught:
            await keeping.leads(uow).load(LEAD_ID, etag="1")

    assert pb.RecordLeadResponse.FromString(caught.value.response).lead.etag == "1"


async def test_a_list_shows_the_newest_first_and_goes_on_where_it_stopped(
    keeping: Keeping,
) -> None:
    oldest, middle, newest = await keep_leads(keeping, 3)

    async with keeping.begin(make_call()) as uow:
        leads = keeping.leads(uow)
        shown, token = await leads.list_of_case(CASE_ID, first_page(2))
        request = pb.ListLeadsRequest(page_size=2, page_token=token)
        rest, last_token = await leads.list_of_case(CASE_ID, read_page(request, CASE_ID))

    assert [lead.lead_id for lead in shown] == [newest, middle]
    assert [lead.lead_id for lead in rest] == [oldest]
    assert last_token == ""


async def test_a_list_holds_no_lead_of_another_case(keeping: Keeping) -> None:
    await keeping.assign(case_id=OTHER_CASE_ID, person_id=ANALYST)
    await keep_leads(keeping, 2, case_id=OTHER_CASE_ID)
    await keep(keeping, make_lead())

    async with keeping.begin(make_call()) as uow:
        shown, _token = await keeping.leads(uow).list_of_case(CASE_ID, first_page())

    assert shown == [make_lead()]


@pytest.mark.parametrize("case_id", [CASE_ID, OTHER_CASE_ID])
async def test_a_list_is_refused_alike_to_a_stranger_whether_the_case_exists(
    keeping: Keeping, case_id: str
) -> None:
    async with keeping.begin(make_call(person_id="intel-0000")) as uow:
        with pytest.raises(NotAssignedError):
            await keeping.leads(uow).list_of_case(case_id, first_page())


async def test_finding_leads_leaves_out_what_is_of_another_case(keeping: Keeping) -> None:
    await keeping.assign(case_id=OTHER_CASE_ID, person_id=ANALYST)
    foreign, _ = await keep_leads(keeping, 2, case_id=OTHER_CASE_ID)
    await keep(keeping, make_lead())
    named = [LEAD_ID, foreign, UNKNOWN_ID]

    async with keeping.begin(make_call()) as uow:
        found = await keeping.leads(uow).find_in_case(CASE_ID, named)

    assert found == [make_lead()]
