"""Cases over the wire, on PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import grpc
import pytest

from chassis.call import Call
from chassis.ids import new_id, new_request_id
from chassis.roles import Role
from chassis.status import reason_of, violations_of
from chassis.telemetry import Telemetry
from chassis.unit_of_work import UnitOfWork
from jointops.station.v1 import case_pb2 as pb
from jointops.station.v1 import case_pb2_grpc
from services.station.casefile import aggregate, convert
from services.station.casefile.store import Cases
from services.station.main import SERVICE
from tests.integration.conftest import MakeDatabase
from tests.integration.stage import STATION, Issuer, Stage, serve

OFFICER = "case_officer-1"
COMMANDER = "commander-1"


@pytest.fixture
async def stage(
    make_database: MakeDatabase, telemetry: Telemetry, issuer: Issuer
) -> AsyncIterator[Stage]:
    """The station service on an empty database."""
    async with serve(SERVICE, await make_database(SERVICE), telemetry, issuer) as running:
        yield running


async def add_case(stage: Stage, *, station: str = STATION) -> aggregate.Case:
    """Put a reported case into the database, as an escalated alarm does."""
    now = datetime.now(UTC)
    reported = aggregate.CaseReported(now, new_id(), station, new_id(), "211P", OFFICER)
    case = aggregate.report(reported)
    call = Call(OFFICER, station, False, "m", "p", new_request_id(), b"h", "")
    async with UnitOfWork(stage.database, call) as uow:
        Cases(uow).add(case)
        uow.emit(convert.event_to_row(reported, case))
        uow.record(case.case_id, case.case_id)
        await uow.commit(pb.GetCaseResponse())
    return case


def officer(stage: Stage) -> case_pb2_grpc.CaseServiceAsyncStub:
    return case_pb2_grpc.CaseServiceStub(stage.channel(OFFICER, Role.CASE_OFFICER))


def commander(stage: Stage, station: str = STATION) -> case_pb2_grpc.CaseServiceAsyncStub:
    channel = stage.channel(COMMANDER, Role.COMMANDER, station=station)
    return case_pb2_grpc.CaseServiceStub(channel)


def accept(case: aggregate.Case, etag: str = "1") -> pb.AcceptCaseRequest:
    return pb.AcceptCaseRequest(case_id=case.case_id, etag=etag, request_id=new_request_id())


async def test_accepting_a_case_leaves_state_event_audit_and_answer(stage: Stage) -> None:
    case = await add_case(stage)

    response = await officer(stage).AcceptCase(accept(case))

    assert response.case.state == pb.CASE_STATE_ACCEPTED
    assert response.case.etag == "2"
    assert await stage.count("outbox") == 2
    assert await stage.count("audit") == 2
    assert await stage.count("answer") == 2


async def test_accepting_twice_with_one_request_id_answers_the_same(stage: Stage) -> None:
    request = accept(await add_case(stage))
    cases = officer(stage)

    first = await cases.AcceptCase(request)
    second = await cases.AcceptCase(request)

    assert first == second
    assert await stage.count("outbox") == 2


async def test_accepting_with_a_stale_etag_is_aborted(stage: Stage) -> None:
    case = await add_case(stage)

    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await officer(stage).AcceptCase(accept(case, etag="7"))

    assert caught.value.code() is grpc.StatusCode.ABORTED
    assert reason_of(caught.value) == ("ETAG_STALE", {})
    assert await stage.count("outbox") == 1


async def test_a_stranger_is_refused_alike_whether_the_case_exists(stage: Stage) -> None:
    case = await add_case(stage)
    stranger = case_pb2_grpc.CaseServiceStub(stage.channel("case_officer-2", Role.CASE_OFFICER))

    refusals = []
    for case_id in (case.case_id, new_id()):
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await stranger.GetCase(pb.GetCaseRequest(case_id=case_id))
        refusals.append((caught.value.code(), caught.value.details(), reason_of(caught.value)))

    assert refusals[0] == refusals[1]
    assert refusals[0][0] is grpc.StatusCode.PERMISSION_DENIED
    assert refusals[0][2] == ("NOT_ASSIGNED", {"permission": "station.case.get"})


async def test_a_stranger_learns_nothing_from_an_invalid_request(stage: Stage) -> None:
    case = await add_case(stage)
    stranger = case_pb2_grpc.CaseServiceStub(stage.channel("case_officer-2", Role.CASE_OFFICER))

    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stranger.AcceptCase(pb.AcceptCaseRequest(case_id=case.case_id))

    assert caught.value.code() is grpc.StatusCode.PERMISSION_DENIED


async def test_a_member_is_told_every_broken_rule(stage: Stage) -> None:
    case = await add_case(stage)

    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await officer(stage).AcceptCase(pb.AcceptCaseRequest(case_id=case.case_id))

    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert [field for field, _ in violations_of(caught.value)] == ["etag", "request_id"]


async def test_a_commander_of_another_station_does_not_find_the_case(stage: Stage) -> None:
    case = await add_case(stage)

    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await commander(stage, station="beicai").GetCase(pb.GetCaseRequest(case_id=case.case_id))

    assert caught.value.code() is grpc.StatusCode.NOT_FOUND


async def test_lists_show_only_what_the_caller_may_see(stage: Stage) -> None:
    mine = await add_case(stage)
    await add_case(stage, station="beicai")
    stranger = case_pb2_grpc.CaseServiceStub(stage.channel("case_officer-2", Role.CASE_OFFICER))

    of_station = await commander(stage).ListCases(pb.ListCasesRequest())
    of_stranger = await stranger.ListCases(pb.ListCasesRequest())

    assert [case.case_id for case in of_station.cases] == [mine.case_id]
    assert list(of_stranger.cases) == []
