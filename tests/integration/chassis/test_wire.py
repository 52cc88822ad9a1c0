"""What every call meets on its way in, over the wire."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import grpc
import pytest

from chassis.clock import utc_now
from chassis.database import Database
from chassis.ids import new_id, new_request_id
from chassis.pipeline import Pipeline
from chassis.policy import Policy, PolicyIncompleteError
from chassis.roles import Role
from chassis.server import Served, Server
from chassis.service import Service
from chassis.status import reason_of, violations_of
from chassis.telemetry import Telemetry
from chassis.unit_of_work import UnitOfWork
from jointops.station.v1 import case_pb2 as pb
from jointops.station.v1 import case_pb2_grpc
from services.station.casefile.servicer import CaseServicer
from services.station.casefile.usecases import CaseUseCases
from services.station.main import SERVICE
from services.station.policy import POLICY
from tests.integration.chassis.acts import add_case, assign_request, suspend_request
from tests.integration.conftest import MakeDatabase
from tests.integration.stage import Issuer, Stage, eventually, serve

GET_CASE = "/jointops.station.v1.CaseService/GetCase"
CASES_ONLY = Policy(rule for rule in POLICY if "CaseService/" in rule.method)


class PlantedCases(CaseServicer):
    """Serves cases with a bug and with a call that takes as long as the test wants."""

    def __init__(self, cases: CaseUseCases) -> None:
        super().__init__(cases)
        self.go_on = asyncio.Event()
        self.in_hand = 0

    async def ListCases(self, request: pb.ListCasesRequest, context: Any) -> pb.ListCasesResponse:
        """Wait for the test."""
        self.in_hand += 1
        await self.go_on.wait()
        return await super().ListCases(request, context)

    async def GetCase(self, request: pb.GetCaseRequest, _context: Any) -> pb.GetCaseResponse:
        """Be wrong."""
        raise ZeroDivisionError(request.case_id)


class Planted:
    """The service of the planted servicer."""

    servicer: PlantedCases

    def service(self) -> Service:
        return replace(SERVICE, policy=CASES_ONLY, serve=self._serve, consumers=())

    def _serve(self, database: Database) -> Sequence[Served]:
        self.servicer = PlantedCases(CaseUseCases(partial(UnitOfWork, database), utc_now))
        descriptor = pb.DESCRIPTOR.services_by_name["CaseService"]
        add = case_pb2_grpc.add_CaseServiceServicer_to_server
        return (Served(descriptor, self.servicer, add),)


@pytest.fixture
async def stage(
    make_database: MakeDatabase, telemetry: Telemetry, issuer: Issuer
) -> AsyncIterator[Stage]:
    """The station service."""
    async with serve(SERVICE, await make_database(SERVICE), telemetry, issuer) as running:
        yield running


@pytest.fixture
def planted() -> Planted:
    """A service with a bug."""
    return Planted()


@pytest.fixture
async def planted_stage(
    planted: Planted, make_database: MakeDatabase, telemetry: Telemetry, issuer: Issuer
) -> AsyncIterator[Stage]:
    """The service with a bug, which takes two calls at once."""
    database = await make_database(SERVICE)
    service = planted.service()
    async with serve(service, database, telemetry, issuer, most_calls=2) as running:
        yield running


def commander(stage: Stage) -> case_pb2_grpc.CaseServiceAsyncStub:
    return case_pb2_grpc.CaseServiceStub(stage.channel("commander-1", Role.COMMANDER))


async def refusal(call: Callable[[], Awaitable[Any]]) -> grpc.aio.AioRpcError:
    """Make a call that fails."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call()
    return caught.value


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


def read_log(capfd: pytest.CaptureFixture[str], lines: list[dict[str, Any]]) -> None:
    """Add what was logged meanwhile."""
    lines += [json.loads(line) for line in capfd.readouterr().err.splitlines() if line[:1] == "{"]


async def has_logged(
    capfd: pytest.CaptureFixture[str], lines: list[dict[str, Any]], *, code: str, count: int
) -> bool:
    read_log(capfd, lines)
    return [line.get("code") for line in lines].count(code) == count


async def test_bug_is_answered_with_an_id_that_finds_the_log_line(
    planted_stage: Stage, capfd: pytest.CaptureFixture[str]
) -> None:
    request = pb.GetCaseRequest(case_id=new_id())

    error = await refusal(lambda: commander(planted_stage).GetCase(request))

    reason, metadata = reason_of(error)
    lines: list[dict[str, Any]] = []
    read_log(capfd, lines)
    logged = [line for line in lines if line.get("error_id") == metadata["error_id"]]
    assert (error.code(), reason) == (grpc.StatusCode.INTERNAL, "FAULT")
    assert error.details() == "The platform failed; give the error_id to its operators."
    assert [line["exception"]["type"] for line in logged] == ["ZeroDivisionError"]


async def test_denied_call_is_on_record_before_it_is_told(stage: Stage) -> None:
    case = await add_case(stage.database)
    stranger = case_pb2_grpc.CaseServiceStub(stage.channel("case_officer-9", Role.CASE_OFFICER))
    auditor = case_pb2_grpc.CaseServiceStub(stage.channel("auditor-1", Role.AUDITOR))

    await refusal(lambda: stranger.GetCase(pb.GetCaseRequest(case_id=case.case_id)))
    await refusal(lambda: auditor.ListCases(pb.ListCasesRequest()))

    rows = await stage.fetch("SELECT * FROM audit WHERE NOT is_granted ORDER BY audit_id")
    assert [(row["person_id"], row["permission"], row["resource"]) for row in rows] == [
        ("case_officer-9", "station.case.get", "NOT_ASSIGNED"),
        ("auditor-1", "station.case.list", "ROLE_NOT_ALLOWED"),
    ]


UNWRITABLE = "ALTER TABLE audit ADD CONSTRAINT unwritable CHECK (false) NOT VALID"


async def test_read_is_refused_when_it_cannot_be_put_on_record(stage: Stage) -> None:
    case = await add_case(stage.database)
    await stage.fetch(UNWRITABLE)

    error = await refusal(lambda: commander(stage).GetCase(pb.GetCaseRequest(case_id=case.case_id)))

    assert (error.code(), reason_of(error)[0]) == (grpc.StatusCode.INTERNAL, "FAULT")


async def test_command_changes_nothing_when_it_cannot_be_put_on_record(stage: Stage) -> None:
    case = await add_case(stage.database)
    await stage.fetch(UNWRITABLE)

    error = await refusal(lambda: commander(stage).SuspendCase(suspend_request(case.case_id)))

    assert error.code() is grpc.StatusCode.INTERNAL
    assert await stage.count("outbox") == 1
    assert [row["version"] for row in await stage.fetch("SELECT version FROM case_file")] == [1]


async def test_denial_tells_nothing_when_it_cannot_be_put_on_record(stage: Stage) -> None:
    auditor = case_pb2_grpc.CaseServiceStub(stage.channel("auditor-1", Role.AUDITOR))
    await stage.fetch(UNWRITABLE)

    error = await refusal(lambda: auditor.ListCases(pb.ListCasesRequest()))

    assert (error.code(), reason_of(error)[0]) == (grpc.StatusCode.INTERNAL, "FAULT")
    assert "audit" not in str(error.details())


async def test_repeated_request_is_logged_as_the_success_it_is(
    stage: Stage, capfd: pytest.CaptureFixture[str]
) -> None:
    case = await add_case(stage.database)
    request = suspend_request(case.case_id)

    answers = [await commander(stage).SuspendCase(request) for _ in range(2)]

    lines: list[dict[str, Any]] = []
    await eventually(lambda: has_logged(capfd, lines, code="OK", count=2))
    assert answers[0] == answers[1]


async def count_statements(stage: Stage, call: Callable[[], Awaitable[Any]]) -> int:
    """Count what a call sends to the database; the first one opens and prepares."""
    before = sum(connection.statement_count for connection in stage.database._idle)
    await call()
    return sum(connection.statement_count for connection in stage.database._idle) - before


async def test_calls_need_few_statements(stage: Stage) -> None:
    case = await add_case(stage.database)
    cases = commander(stage)

    counts = [
        await count_statements(stage, call)
        for call in (
            lambda: cases.SuspendCase(suspend_request(case.case_id)),
            lambda: cases.AssignMember(assign_request(case.case_id, "intel_analyst-1", etag="2")),
            lambda: cases.GetCase(pb.GetCaseRequest(case_id=case.case_id)),
            lambda: cases.ListCases(pb.ListCasesRequest(page_size=10)),
        )
    ]

    assert counts == [2, 2, 2, 2]


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
