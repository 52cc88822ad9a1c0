"""Taskings over the wire, on PostgreSQL."""

from __future__ import annotations

import grpc
import pytest

from chassis.ids import new_request_id
from chassis.roles import Role
from chassis.status import reason_of
from jointops.intel.v1 import tasking_events_pb2 as events
from jointops.intel.v1 import tasking_pb2 as pb
from jointops.intel.v1 import tasking_pb2_grpc
from services.intel.taskings.domain import Tasking, TaskingState
from tests.integration.intel.scene import COMMANDER, STRANGER, Scene
from tests.integration.stage import Stage
from tests.unit.intel.builders import ANALYST, CASE_ID, UNKNOWN_ID


@pytest.fixture
async def scene(stage: Stage) -> Scene:
    """A case with two analysts on it."""
    scene = Scene(stage)
    await scene.open()
    return scene


def analyst(scene: Scene) -> tasking_pb2_grpc.TaskingServiceAsyncStub:
    return tasking_pb2_grpc.TaskingServiceStub(scene.channel())


def stranger(scene: Scene) -> tasking_pb2_grpc.TaskingServiceAsyncStub:
    return tasking_pb2_grpc.TaskingServiceStub(scene.channel(STRANGER))


def sign_for(tasking: Tasking) -> pb.SignForTaskingRequest:
    return pb.SignForTaskingRequest(
        tasking_id=tasking.tasking_id, etag="1", request_id=new_request_id()
    )


async def test_an_analyst_signs_for_a_tasking(scene: Scene) -> None:
    tasking = await scene.tasking(state=TaskingState.RECEIVED)

    response = await analyst(scene).SignForTasking(sign_for(tasking))

    assert response.tasking.state == pb.TASKING_STATE_SIGNED_FOR
    assert (response.tasking.signed_for_by, response.tasking.etag) == (ANALYST, "2")


async def test_the_event_of_a_signature_names_the_squad_request(scene: Scene) -> None:
    tasking = await scene.tasking(state=TaskingState.RECEIVED)

    await analyst(scene).SignForTasking(sign_for(tasking))

    rows = await scene.stage.fetch("SELECT * FROM outbox WHERE aggregate_version = 2")
    assert rows[0]["subject"] == "jointops.jinqiao.intel.v1.tasking.tasking_signed_for"
    assert events.TaskingSignedFor.FromString(rows[0]["payload"]) == events.TaskingSignedFor(
        tasking_id=tasking.tasking_id,
        case_id=CASE_ID,
        squad_request_id=tasking.squad_request_id,
        signed_for_by=ANALYST,
    )


async def test_signing_for_is_refused_when_somebody_signed_before(scene: Scene) -> None:
    tasking = await scene.tasking(state=TaskingState.SIGNED_FOR)

    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await analyst(scene).SignForTasking(sign_for(tasking))

    assert caught.value.code() is grpc.StatusCode.FAILED_PRECONDITION
    assert reason_of(caught.value) == (
        "TASKING_STATE_FORBIDS",
        {"tasking_id": tasking.tasking_id, "state": "signed_for", "step": "sign_for"},
    )


async def test_a_tasking_is_shown_and_listed(scene: Scene) -> None:
    tasking = await scene.tasking()
    stub = analyst(scene)

    shown = await stub.GetTasking(pb.GetTaskingRequest(tasking_id=tasking.tasking_id))
    of_case = await stub.ListTaskings(pb.ListTaskingsRequest(case_id=CASE_ID))
    own = await stub.ListTaskings(pb.ListTaskingsRequest())

    assert shown.tasking.squad_request_id == tasking.squad_request_id
    assert list(of_case.taskings) == list(own.taskings) == [shown.tasking]


async def test_the_commander_lists_the_taskings_of_the_station(scene: Scene) -> None:
    tasking = await scene.tasking(case_id=UNKNOWN_ID)
    commander = tasking_pb2_grpc.TaskingServiceStub(scene.channel(COMMANDER, Role.COMMANDER))

    listed = await commander.ListTaskings(pb.ListTaskingsRequest())

    assert [each.tasking_id for each in listed.taskings] == [tasking.tasking_id]


async def test_a_stranger_lists_nothing_and_no_case(scene: Scene) -> None:
    await scene.tasking()

    listed = await stranger(scene).ListTaskings(pb.ListTaskingsRequest())
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stranger(scene).ListTaskings(pb.ListTaskingsRequest(case_id=CASE_ID))

    assert list(listed.taskings) == []
    assert caught.value.code() is grpc.StatusCode.PERMISSION_DENIED
    assert reason_of(caught.value) == ("NOT_ASSIGNED", {"permission": "intel.tasking.list"})


async def test_the_same_signature_twice_is_answered_alike_and_done_once(scene: Scene) -> None:
    tasking = await scene.tasking(state=TaskingState.RECEIVED)
    request = sign_for(tasking)

    first = await analyst(scene).SignForTasking(request)
    second = await analyst(scene).SignForTasking(request)

    assert first == second
    assert await scene.event_types(tasking.tasking_id) == ["TaskingReceived", "TaskingSignedFor"]


async def test_a_command_a_get_and_a_list_cost_two_statements(
    scene: Scene,
) -> None:
    tasking = await scene.tasking(state=TaskingState.RECEIVED)
    stub = analyst(scene)

    costs = [
        await scene.cost(stub.SignForTasking, sign_for(tasking)),
        await scene.cost(stub.GetTasking, pb.GetTaskingRequest(tasking_id=tasking.tasking_id)),
        await scene.cost(stub.ListTaskings, pb.ListTaskingsRequest()),
        await scene.cost(stub.ListTaskings, pb.ListTaskingsRequest(case_id=CASE_ID)),
    ]

    assert costs == [2, 2, 2, 2]
