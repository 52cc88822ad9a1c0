"""Leads over the wire, on PostgreSQL."""

from __future__ import annotations

import asyncio

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from chassis.ids import new_request_id
from chassis.status import reason_of
from chassis.timestamps import to_timestamp
from jointops.intel.v1 import lead_events_pb2 as events
from jointops.intel.v1 import lead_pb2 as pb
from jointops.intel.v1 import lead_pb2_grpc
from services.intel.leads.domain import Lead, LeadState
from services.intel.taskings.domain import Tasking, TaskingState
from tests.integration.intel.scene import TOMORROW, YESTERDAY, Scene
from tests.integration.stage import Stage
from tests.unit.intel.builders import ANALYST, CASE_ID, make_tasking


@pytest.fixture
async def scene(stage: Stage) -> Scene:
    """A case with two analysts on it."""
    scene = Scene(stage)
    await scene.open()
    return scene


def analyst(scene: Scene) -> lead_pb2_grpc.LeadServiceAsyncStub:
    return lead_pb2_grpc.LeadServiceStub(scene.channel())


def record(tasking: Tasking, expire_time: Timestamp | None = None) -> pb.RecordLeadRequest:
    return pb.RecordLeadRequest(
        request_id=new_request_id(),
        tasking_id=tasking.tasking_id,
        priority=2,
        summary="The van was seen at the goods yard.",
        purpose="Find the van",
        legal_basis="CPL art. 54",
        expire_time=expire_time or to_timestamp(TOMORROW),
    )


def confirm(lead: Lead, etag: str = "1") -> pb.ConfirmLeadRequest:
    return pb.ConfirmLeadRequest(lead_id=lead.lead_id, etag=etag, request_id=new_request_id())


def reprioritise(lead: Lead, priority: int = 1) -> pb.ReprioritiseLeadRequest:
    return pb.ReprioritiseLeadRequest(
        lead_id=lead.lead_id, etag="1", request_id=new_request_id(), priority=priority
    )


async def test_a_recorded_lead_is_open_and_belongs_to_the_case_of_its_tasking(
    scene: Scene,
) -> None:
    tasking = await scene.tasking()

    response = await analyst(scene).RecordLead(record(tasking))

    lead = response.lead
    assert (lead.state, lead.etag, lead.priority) == (pb.LEAD_STATE_OPEN, "1", 2)
    assert (lead.case_id, lead.tasking_id) == (CASE_ID, tasking.tasking_id)
    assert (lead.recorded_by, lead.expire_time) == (ANALYST, to_timestamp(TOMORROW))
    assert await scene.event_types(lead.lead_id) == ["LeadRecorded"]


async def test_a_lead_is_shown_and_listed(scene: Scene) -> None:
    lead = await scene.lead()

    shown = await analyst(scene).GetLead(pb.GetLeadRequest(lead_id=lead.lead_id))
    listed = await analyst(scene).ListLeads(pb.ListLeadsRequest(case_id=CASE_ID))

    assert shown.lead.summary == "The van was seen at the goods yard."
    assert list(listed.leads) == [shown.lead]


async def test_a_lead_gets_another_priority(scene: Scene) -> None:
    lead = await scene.lead(priority=3)

    response = await analyst(scene).ReprioritiseLead(reprioritise(lead))

    assert (response.lead.priority, response.lead.etag) == (1, "2")
    assert await scene.event_types(lead.lead_id) == ["LeadRecorded", "LeadReprioritised"]


async def test_a_lead_is_confirmed(scene: Scene) -> None:
    lead = await scene.lead()

    response = await analyst(scene).ConfirmLead(confirm(lead))

    assert response.lead.state == pb.LEAD_STATE_CONFIRMED
    assert response.lead.decided_by == ANALYST


async def test_an_expired_lead_is_rejected(scene: Scene) -> None:
    lead = await scene.lead(expires_at=YESTERDAY)
    request = pb.RejectLeadRequest(
        lead_id=lead.lead_id,
        etag="1",
        request_id=new_request_id(),
        ground=pb.REJECTION_GROUND_DUPLICATE,
    )

    response = await analyst(scene).RejectLead(request)

    assert response.lead.state == pb.LEAD_STATE_REJECTED
    assert response.lead.rejection_ground == pb.REJECTION_GROUND_DUPLICATE


async def test_the_event_of_a_lead_carries_no_text_of_it(scene: Scene) -> None:
    lead = await scene.lead()

    await analyst(scene).ReprioritiseLead(reprioritise(lead))

    rows = await scene.stage.fetch("SELECT * FROM outbox WHERE aggregate_version = 2")
    assert rows[0]["subject"] == "jointops.jinqiao.intel.v1.lead.lead_reprioritised"
    assert rows[0]["case_id"] == CASE_ID
    assert events.LeadReprioritised.FromString(rows[0]["payload"]) == events.LeadReprioritised(
        lead_id=lead.lead_id, case_id=CASE_ID, priority=1
    )


async def test_the_same_request_twice_is_answered_alike_and_done_once(scene: Scene) -> None:
    request = record(await scene.tasking())

    first = await analyst(scene).RecordLead(request)
    second = await analyst(scene).RecordLead(request)

    assert first == second
    assert await scene.stage.count("lead") == 1


async def test_one_of_two_racing_commands_is_aborted(scene: Scene) -> None:
    lead, stub = await scene.lead(), analyst(scene)

    outcomes = await asyncio.gather(
        stub.ReprioritiseLead(reprioritise(lead, 1)),
        stub.ReprioritiseLead(reprioritise(lead, 2)),
        return_exceptions=True,
    )

    codes = [each.code() for each in outcomes if isinstance(each, grpc.aio.AioRpcError)]
    assert codes == [grpc.StatusCode.ABORTED]
    assert await scene.event_types(lead.lead_id) == ["LeadRecorded", "LeadReprioritised"]


async def test_a_request_id_is_refused_for_another_request(scene: Scene) -> None:
    lead = await scene.lead()
    request = reprioritise(lead)
    await analyst(scene).ReprioritiseLead(request)
    request.priority = 4

    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await analyst(scene).ReprioritiseLead(request)

    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert reason_of(caught.value) == ("REQUEST_ID_REUSED", {"request_id": request.request_id})


async def test_recording_is_refused_when_nobody_signed_for_the_tasking(scene: Scene) -> None:
    tasking = await scene.tasking(state=TaskingState.RECEIVED)

    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await analyst(scene).RecordLead(record(tasking))

    assert caught.value.code() is grpc.StatusCode.FAILED_PRECONDITION
    assert reason_of(caught.value) == (
        "TASKING_STATE_FORBIDS",
        {"tasking_id": tasking.tasking_id, "state": "received", "step": "record_lead"},
    )


async def test_recording_is_refused_when_the_expiry_is_past(scene: Scene) -> None:
    tasking = await scene.tasking()

    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await analyst(scene).RecordLead(record(tasking, to_timestamp(YESTERDAY)))

    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert reason_of(caught.value) == ("LEAD_EXPIRE_TIME_PAST", {"field": "expire_time"})


async def test_confirming_is_refused_when_the_lead_has_expired(scene: Scene) -> None:
    lead = await scene.lead(expires_at=YESTERDAY)

    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await analyst(scene).ConfirmLead(confirm(lead))

    assert caught.value.code() is grpc.StatusCode.FAILED_PRECONDITION
    assert reason_of(caught.value) == (
        "LEAD_EXPIRED",
        {"lead_id": lead.lead_id, "expire_time": YESTERDAY.isoformat()},
    )


async def test_confirming_is_refused_when_the_lead_was_rejected(scene: Scene) -> None:
    lead = await scene.lead(state=LeadState.REJECTED)

    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await analyst(scene).ConfirmLead(confirm(lead))

    assert caught.value.code() is grpc.StatusCode.FAILED_PRECONDITION
    assert reason_of(caught.value) == (
        "LEAD_STATE_FORBIDS",
        {"lead_id": lead.lead_id, "state": "rejected", "step": "confirm"},
    )


async def test_confirming_with_a_stale_etag_is_aborted(scene: Scene) -> None:
    lead = await scene.lead()

    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await analyst(scene).ConfirmLead(confirm(lead, etag="7"))

    assert caught.value.code() is grpc.StatusCode.ABORTED
    assert reason_of(caught.value) == ("ETAG_STALE", {})


async def test_a_command_costs_two_statements_a_get_two_and_a_list_two(scene: Scene) -> None:
    tasking, lead, stub = await scene.tasking(), await scene.lead(), analyst(scene)

    costs = [
        await scene.cost(stub.ReprioritiseLead, reprioritise(lead)),
        await scene.cost(stub.RecordLead, record(tasking)),
        await scene.cost(stub.GetLead, pb.GetLeadRequest(lead_id=lead.lead_id)),
        await scene.cost(stub.ListLeads, pb.ListLeadsRequest(case_id=CASE_ID)),
    ]

    assert costs == [2, 2, 2, 2]


async def test_a_page_token_of_another_case_is_refused(scene: Scene) -> None:
    await scene.lead()
    await scene.lead()
    page = await analyst(scene).ListLeads(pb.ListLeadsRequest(case_id=CASE_ID, page_size=1))
    request = pb.ListLeadsRequest(
        case_id=make_tasking().tasking_id, page_token=page.next_page_token
    )

    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await analyst(scene).ListLeads(request)

    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert reason_of(caught.value) == ("PAGE_TOKEN_INVALID", {"field": "page_token"})
