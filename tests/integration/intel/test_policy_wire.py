"""Who is turned away, for every method of the intelligence service."""

from typing import Any

import grpc
import pytest
from google.protobuf.message_factory import GetMessageClass

from chassis.ids import new_request_id
from chassis.policy import Rule, method_name
from chassis.roles import Role
from chassis.status import reason_of
from jointops.intel.v1 import lead_pb2, product_pb2, tasking_pb2
from services.intel.policy import POLICY
from tests.integration.intel.scene import STRANGER, TOMORROW, Scene
from tests.integration.stage import Stage
from tests.unit.intel.builders import CASE_ID, make_tasking

FILES = (tasking_pb2, lead_pb2, product_pb2)
REQUESTS: dict[str, Any] = {
    method_name(method): GetMessageClass(method.input_type)
    for file in FILES
    for service in file.DESCRIPTOR.services_by_name.values()
    for method in service.methods
}
# What a request of any method may have, filled in well.
GOOD: dict[str, Any] = {
    "case_id": CASE_ID,
    "etag": "1",
    "priority": 1,
    "summary": "The van was seen.",
    "purpose": "Find the van",
    "legal_basis": "CPL art. 54",
    "expire_time": TOMORROW,
    "ground": lead_pb2.REJECTION_GROUND_UNFOUNDED,
    "title": "The van",
    "assessment": "It stands in the yard.",
    "source_grade": product_pb2.SOURCE_GRADE_A,
    "information_grade": product_pb2.INFORMATION_GRADE_1,
}


def good_request(method: str, **ids: Any) -> Any:
    """Fill in every field that a request of this method has."""
    kind = REQUESTS[method]
    given = GOOD | ids | {"request_id": new_request_id()}
    names = kind.DESCRIPTOR.fields_by_name.keys() & given.keys()
    return kind(**{name: given[name] for name in names})


async def refusal(channel: grpc.aio.Channel, rule: Rule, request: Any) -> tuple[str, str]:
    """Call a method and return the code and the reason it is refused with."""
    call: Any = channel.unary_unary(
        f"/{rule.method}", request_serializer=type(request).SerializeToString
    )
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call(request)
    return caught.value.code().name, reason_of(caught.value)[0]


async def test_whoever_has_no_token_is_turned_away_everywhere(stage: Stage) -> None:
    channel = stage.open()

    refusals = {
        rule.method: await refusal(channel, rule, good_request(rule.method)) for rule in POLICY
    }

    assert refusals == dict.fromkeys(REQUESTS, ("UNAUTHENTICATED", "TOKEN_MISSING"))


async def test_whoever_has_another_role_is_turned_away_everywhere(stage: Stage) -> None:
    channel = stage.channel("auditor-1", Role.AUDITOR, Role.TECH_EXAMINER)

    refusals = {
        rule.method: await refusal(channel, rule, good_request(rule.method)) for rule in POLICY
    }

    assert refusals == dict.fromkeys(REQUESTS, ("PERMISSION_DENIED", "ROLE_NOT_ALLOWED"))


async def test_only_analysts_may_change_anything(stage: Stage) -> None:
    everybody_else = [role for role in Role if role is not Role.INTEL_ANALYST]
    channel = stage.channel("commander-1", *everybody_else)
    commands = [
        rule for rule in POLICY if "request_id" in REQUESTS[rule.method].DESCRIPTOR.fields_by_name
    ]

    refusals = [await refusal(channel, rule, good_request(rule.method)) for rule in commands]

    assert refusals == [("PERMISSION_DENIED", "ROLE_NOT_ALLOWED")] * 8


async def test_an_analyst_who_is_not_assigned_is_turned_away_everywhere(stage: Stage) -> None:
    scene = Scene(stage)
    await scene.open()
    tasking, lead = await scene.tasking(), await scene.lead()
    product = await scene.product(tasking, lead)
    ids = {
        "tasking_id": tasking.tasking_id,
        "lead_id": lead.lead_id,
        "lead_ids": [lead.lead_id],
        "product_id": product.product_id,
    }
    channel = scene.channel(STRANGER)

    refusals = {
        rule.method: await refusal(channel, rule, good_request(rule.method, **ids))
        for rule in POLICY
    }

    assert refusals == dict.fromkeys(REQUESTS, ("PERMISSION_DENIED", "NOT_ASSIGNED"))


async def test_a_stranger_learns_nothing_from_broken_requests(stage: Stage) -> None:
    scene = Scene(stage)
    await scene.open()
    tasking = await scene.tasking()
    channel = scene.channel(STRANGER)
    request = tasking_pb2.SignForTaskingRequest(tasking_id=tasking.tasking_id)
    foreign = tasking_pb2.SignForTaskingRequest(tasking_id=make_tasking().tasking_id)
    rule = POLICY.rule("jointops.intel.v1.TaskingService/SignForTasking")

    refusals = [await refusal(channel, rule, each) for each in (request, foreign)]

    assert refusals == [("PERMISSION_DENIED", "NOT_ASSIGNED")] * 2
