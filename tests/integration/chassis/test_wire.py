"""What every call meets on its way in, over the wire."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import grpc
import pytest

from chassis.ids import new_request_id
from chassis.pipeline import Pipeline
from chassis.policy import Policy, PolicyIncompleteError
from chassis.roles import Role
from chassis.server import Server
from chassis.service import Service
from chassis.status import reason_of, violations_of
from jointops.station.v1 import case_pb2 as pb
from services.station.main import SERVICE
from services.station.policy import POLICY
from tests.integration.chassis.acts import add_case
from tests.integration.chassis.planted import Planted, commander, has_logged, refusal
from tests.integration.stage import Stage, eventually

GET_CASE = "/jointops.station.v1.CaseService/GetCase"


async def raw(
    stage: Stage, method: str, body: bytes, *, seconds: float | None = 5.0, token: str = ""
) -> grpc.aio.AioRpcError:
    """Send bytes to a method, without what the client adds to a call, and be refused."""
    held = token or stage.issuer.token("commander-1", Role.COMMANDER)
    metadata = (("authorization", f"Bearer {held}"),) if held != "none" else ()
    async with grpc.aio.insecure_channel(stage.address) as channel:
        call: Any = channel.unary_unary(method)
        return await refusal(lambda: call(body, timeout=seconds, metadata=metadata))


async def test_call_without_deadline_is_refused(stage: Stage) -> None:
    error = await raw(stage, GET_CASE, b"", seconds=None)

    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert reason_of(error) == ("DEADLINE_MISSING", {})


async def test_call_with_too_little_time_is_refused(stage: Stage) -> None:
    metadata = (("authorization", f"Bearer {stage.issuer.token('commander-1', Role.COMMANDER)}"),)
    async with grpc.aio.insecure_channel(stage.address) as channel:
        call: Any = channel.unary_unary(GET_CASE)
        await refusal(lambda: call(b"", timeout=5, metadata=metadata))

        error = await refusal(lambda: call(b"", timeout=0.099, metadata=metadata))

    assert error.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    assert reason_of(error) == ("DEADLINE_TOO_SHORT", {})


async def test_call_without_token_is_refused_before_anything_is_read(stage: Stage) -> None:
    error = await raw(stage, GET_CASE, b"\xff\xff", token="none")  # noqa: S106  # no token at all

    assert error.code() is grpc.StatusCode.UNAUTHENTICATED
    assert reason_of(error) == ("TOKEN_MISSING", {})


async def test_call_with_a_refused_token_leaves_no_audit_row(stage: Stage) -> None:
    error = await raw(stage, GET_CASE, b"", token="a.b.c")  # noqa: S106  # garbage

    assert reason_of(error) == ("TOKEN_REFUSED", {})
    assert await stage.count("audit") == 0


async def test_undecodable_body_is_refused(stage: Stage) -> None:
    error = await raw(stage, GET_CASE, b"\xff\xff\xff")

    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert reason_of(error) == ("BODY_UNDECODABLE", {})


async def test_role_is_checked_before_the_body(stage: Stage) -> None:
    token = stage.issuer.token("auditor-1", Role.AUDITOR)

    error = await raw(stage, GET_CASE, b"\xff\xff\xff", token=token)

    assert reason_of(error)[0] == "ROLE_NOT_ALLOWED"


@pytest.mark.parametrize(
    "method",
    ["/jointops.station.v1.CaseService/Forget", "/nobody/nothing", "/grpc.health.v1.Health/X"],
)
async def test_unknown_method_is_refused(stage: Stage, method: str) -> None:
    error = await raw(stage, method, b"")

    assert error.code() is grpc.StatusCode.UNIMPLEMENTED
    assert reason_of(error) == ("METHOD_UNKNOWN", {"method": method[1:]})


async def test_unknown_enum_value_is_a_violation(stage: Stage) -> None:
    case = await add_case(stage.database)
    request = pb.CommandCaseRequest(
        case_id=case.case_id,
        etag="1",
        request_id=new_request_id(),
        objective="Find who did it.",
        squads=[pb.Squad.ValueType(99)],
    )
    request.due_time.FromSeconds(2_000_000_000)

    error = await refusal(lambda: commander(stage).CommandCase(request))

    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert [field for field, _ in violations_of(error)] == ["squads[0]"]


async def test_violations_are_few_enough_to_travel(stage: Stage) -> None:
    case = await add_case(stage.database)
    squads = [pb.Squad.ValueType(99)] * 20_000

    error = await refusal(
        lambda: commander(stage).CommandCase(
            pb.CommandCaseRequest(case_id=case.case_id, squads=squads)
        )
    )

    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert len(violations_of(error)) == 20


async def test_oversized_message_is_refused(stage: Stage) -> None:
    error = await raw(stage, GET_CASE, b"\x0a" * ((1 << 20) + 1))

    assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED


async def test_call_beyond_the_limit_is_told_to_come_later(
    planted: Planted, planted_stage: Stage
) -> None:
    cases = commander(planted_stage)
    in_hand = [asyncio.ensure_future(cases.ListCases(pb.ListCasesRequest())) for _ in range(2)]
    await eventually(lambda: has_in_hand(planted, 2))

    error = await refusal(lambda: cases.ListCases(pb.ListCasesRequest()))
    planted.servicer.go_on.set()
    answers = await asyncio.gather(*in_hand)

    assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert reason_of(error) == ("TOO_MANY_CALLS", {})
    assert len(answers) == 2
    assert await cases.ListCases(pb.ListCasesRequest()) == answers[0]


async def has_in_hand(planted: Planted, count: int) -> bool:
    return planted.servicer.in_hand == count


async def test_place_of_a_cancelled_call_is_free_again(
    planted: Planted, planted_stage: Stage, capfd: pytest.CaptureFixture[str]
) -> None:
    cases = commander(planted_stage)
    in_hand = [asyncio.ensure_future(cases.ListCases(pb.ListCasesRequest())) for _ in range(2)]
    await eventually(lambda: has_in_hand(planted, 2))

    for call in in_hand:
        call.cancel()
    lines: list[dict[str, Any]] = []
    await eventually(lambda: has_logged(capfd, lines, code="CANCELLED", count=2))
    planted.servicer.go_on.set()

    assert await cases.ListCases(pb.ListCasesRequest()) == pb.ListCasesResponse()


def server_of(stage: Stage, service: Service) -> Server:
    """Make the server of a service as it is in production."""
    pipeline = Pipeline(
        policy=service.policy,
        tokens=stage.issuer.tokens(),
        database=stage.database,
        telemetry=stage.telemetry,
        most_calls=64,
    )
    served = service.serve(stage.database)
    return Server(pipeline, served, listen="127.0.0.1:0", probes=[], is_production=True)


async def test_nothing_is_said_about_methods_in_production(station: Stage) -> None:
    server = server_of(station, SERVICE)
    stop = asyncio.Event()
    running = asyncio.create_task(server.run(stop))
    await server.started.wait()
    method = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"

    error = await raw(replace_address(station, server.port), method, b"")

    stop.set()
    await running
    assert error.code() is grpc.StatusCode.UNIMPLEMENTED


def replace_address(stage: Stage, port: int) -> Stage:
    return replace(stage, address=f"127.0.0.1:{port}")


async def test_service_does_not_start_while_a_method_has_no_rule(station: Stage) -> None:
    first, *others = POLICY

    with pytest.raises(PolicyIncompleteError, match=first.method):
        server_of(station, replace(SERVICE, policy=Policy(others)))
