"""Who is refused at every method, before anything else is said."""

from collections.abc import Callable

import grpc
import pytest
from google.protobuf.message import Message

from chassis.ids import new_id, new_request_id
from chassis.policy import Rule
from chassis.roles import Role
from chassis.status import violations_of
from jointops.ops.v1 import arrest_pb2
from jointops.ops.v1 import operation_pb2 as pb
from services.ops.operations.aggregate import OperationState
from services.ops.policy import POLICY
from tests.integration.ops import wire
from tests.integration.ops.wire import Person
from tests.integration.stage import Stage

RULES = [pytest.param(rule, id=rule.method.rpartition("/")[2]) for rule in POLICY]


async def make_request(stage: Stage, rule: Rule) -> Message:
    """Make a sound request for the method of a rule, about what exists."""
    operation = await wire.put(stage, state=OperationState.UNDER_WAY)
    arrest = await wire.put_arrest(stage, operation)
    name = f"{rule.method.rpartition('/')[2]}Request"
    return wire.every_request(operation, arrest)[name]


@pytest.mark.parametrize("rule", RULES)
async def test_method_refuses_nobody_the_wrong_role_and_a_stranger(
    stage: Stage, rule: Rule
) -> None:
    request = await make_request(stage, rule)
    stranger = Person("stranger", tuple(sorted(rule.roles - rule.station_roles)))

    without_token = await wire.refused(stage, None, request)
    without_role = await wire.refused(stage, Person("device-1", (Role.DEVICE,)), request)
    without_case = await wire.refused(stage, stranger, request)

    permission = {"permission": rule.permission}
    role = {"method": rule.method, **permission}
    denied = grpc.StatusCode.PERMISSION_DENIED
    assert without_token == (grpc.StatusCode.UNAUTHENTICATED, "TOKEN_MISSING", {})
    assert without_role == (denied, "ROLE_NOT_ALLOWED", role)
    assert without_case == (denied, "NOT_ASSIGNED", permission)


@pytest.mark.parametrize(
    "request_of",
    [
        pytest.param(lambda o: pb.AddTeamRequest(operation_id=o.operation_id), id="AddTeam"),
        pytest.param(lambda o: pb.PlanOperationRequest(operation_id=o.operation_id), id="Plan"),
        pytest.param(
            lambda o: pb.ListOperationsRequest(case_id=o.case_id, page_size=1000), id="List"
        ),
        pytest.param(
            lambda o: arrest_pb2.RecordArrestRequest(operation_id=o.operation_id), id="Record"
        ),
    ],
)
async def test_stranger_learns_nothing_from_an_unsound_request(
    stage: Stage, request_of: Callable[[pb.Operation], Message]
) -> None:
    operation = await wire.put(stage)

    answer = await wire.refused(
        stage, Person("stranger", (Role.OPS_LEADER,)), request_of(operation)
    )

    assert answer[:2] == (grpc.StatusCode.PERMISSION_DENIED, "NOT_ASSIGNED")


async def test_member_is_told_every_broken_rule(stage: Stage) -> None:
    operation = await wire.put(stage)
    authority = wire.make_authority(kind=0, number="")
    request = pb.AddTargetRequest(**wire.of_operation(operation, authority=authority, etag=""))

    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await wire.send(stage, wire.LEADER, request)

    fields = [field for field, _ in violations_of(caught.value)]
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert fields == ["etag", "designation", "authority.kind", "authority.number"]


async def test_commander_of_another_station_does_not_find_an_operation(stage: Stage) -> None:
    operation = await wire.put(stage, station="beicai")

    answer = await wire.refused(
        stage, wire.COMMANDER, pb.GetOperationRequest(operation_id=operation.operation_id)
    )

    assert answer == (grpc.StatusCode.NOT_FOUND, "NOT_FOUND", {})


async def test_denied_call_is_on_record(stage: Stage) -> None:
    request = pb.SignForOperationRequest(
        operation_id=new_id(), etag="1", request_id=new_request_id()
    )

    await wire.refused(stage, wire.LEADER, request)

    rows = await stage.fetch("SELECT person_id, permission, is_granted FROM audit")
    assert rows == [
        {"person_id": "ops_leader-1", "permission": "ops.operation.sign_for", "is_granted": False}
    ]
