"""PostgreSQL stops and comes back: calls say so, nothing is lost, everybody finds the way back."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from chassis.bus import Bus
from chassis.database import Database
from chassis.errors import StoreUnavailableError
from chassis.ids import new_id
from chassis.migrations import migrate
from chassis.roles import Role
from chassis.service import Service
from chassis.status import reason_of
from chassis.telemetry import Telemetry
from deploy.local.nats import Nats
from deploy.local.ports import pick_port
from deploy.local.postgres import Durability, Postgres
from jointops.station.v1 import case_pb2 as pb
from jointops.station.v1 import case_pb2_grpc
from services.station.main import SERVICE
from tests.integration.chassis.acts import add_case, message, suspend, suspend_request
from tests.integration.chassis.conftest import Mirror, make_stream, relaying
from tests.integration.chassis.mirror import make_mirror
from tests.integration.stage import Issuer, Stage, eventually, on_bus, serve

SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """A PostgreSQL of this module's own, for it is stopped and started."""
    folder = tmp_path_factory.mktemp("stopping")
    with Postgres(folder, port=pick_port(), durability=Durability.NONE) as running:
        for service in (SERVICE, make_mirror()):
            running.create_database(service.name)
            migrate(running.url(service.name), running.password, service.versions)
        yield running


async def open_stage(
    server: Postgres, service: Service, telemetry: Telemetry, issuer: Issuer
) -> Stage:
    """Make the stage of a service on that server, with empty tables."""
    database = Database(server.url(service.name), password=server.password, size=8)
    return Stage(service, database, telemetry, "", issuer)


@pytest.fixture
async def own_station(
    server: Postgres, telemetry: Telemetry, issuer: Issuer
) -> AsyncIterator[Stage]:
    """The station on the server that is stopped."""
    stage = await open_stage(server, SERVICE, telemetry, issuer)
    yield stage
    await stage.database.close()


@pytest.fixture
async def own_mirror(
    server: Postgres, telemetry: Telemetry, issuer: Issuer, nats_server: Nats
) -> AsyncIterator[Mirror]:
    """The mirror on the server that is stopped."""
    stage = await open_stage(server, make_mirror(), telemetry, issuer)
    bus = Bus("test")
    await bus.connect(nats_server.url, "service", nats_server.password())
    await make_stream(bus.jetstream)
    yield Mirror(stage, bus.jetstream)
    await bus.close()
    await stage.database.close()


def begin_again(server: Postgres) -> None:
    """Start the server from the thread that stays: it would end with another one."""
    server.start()


async def health_of(stage: Stage) -> int:
    stub = health_pb2_grpc.HealthStub(stage.open())
    request = health_pb2.HealthCheckRequest(service="jointops.station.v1.CaseService")
    return int((await stub.Check(request, timeout=2)).status)


async def is_in(stage: Stage, state: int) -> bool:
    return await health_of(stage) == state


async def test_health_and_calls_tell_that_the_database_is_away_and_back(
    server: Postgres, own_station: Stage, telemetry: Telemetry, issuer: Issuer
) -> None:
    async with serve(SERVICE, own_station.database, telemetry, issuer) as stage:
        case = await add_case(stage.database)
        stub: case_pb2_grpc.CaseServiceAsyncStub = case_pb2_grpc.CaseServiceStub(
            stage.channel("commander-1", Role.COMMANDER)
        )
        request = pb.GetCaseRequest(case_id=case.case_id)
        await eventually(lambda: is_in(stage, SERVING))

        await asyncio.to_thread(server.stop)
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await stub.GetCase(request)
        await eventually(lambda: is_in(stage, NOT_SERVING))
        begin_again(server)
        answer = await stub.GetCase(request)
        await eventually(lambda: is_in(stage, SERVING))

    assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
    assert reason_of(caught.value) == ("STORE_UNAVAILABLE", {})
    assert answer.case.case_id == case.case_id


async def test_every_idle_connection_is_replaced_after_a_restart(
    server: Postgres, own_station: Stage
) -> None:
    cases = [await add_case(own_station.database) for _ in range(8)]
    requests = [suspend_request(case.case_id) for case in cases]
    connections = [await own_station.database.acquire() for _ in range(8)]
    for connection in connections:
        own_station.database.release(connection)

    await asyncio.to_thread(server.stop)
    with pytest.raises(StoreUnavailableError):
        await suspend(own_station.database, requests[0])
    begin_again(server)
    answers = await asyncio.gather(*(suspend(own_station.database, each) for each in requests))

    assert {answer.case.etag for answer in answers} == {"2"}


async def test_nothing_is_lost_when_the_database_is_away_while_events_come(
    server: Postgres, own_mirror: Mirror, nats_server: Nats
) -> None:
    before, during = message(new_id(), 1), message(new_id(), 1)
    running = on_bus(own_mirror.stage, nats_server.url, nats_server.password(), relays=False)
    async with running:
        await before.send(own_mirror.jetstream)
        await eventually(lambda: has_seen(own_mirror, before.case_id))

        await asyncio.to_thread(server.stop)
        await during.send(own_mirror.jetstream)
        await message(during.case_id, 2).send(own_mirror.jetstream)
        begin_again(server)

        await eventually(lambda: has_seen(own_mirror, during.case_id, 2))
    assert await own_mirror.seen(before.case_id) == [("CaseAccepted", 1)]
    assert await own_mirror.seen(during.case_id) == [("CaseAccepted", 1), ("CaseAccepted", 2)]


async def has_seen(mirror: Mirror, case_id: str, count: int = 1) -> bool:
    return len(await mirror.seen(case_id)) >= count


async def test_relay_leads_again_when_the_database_is_back(
    server: Postgres, own_station: Stage, nats_server: Nats
) -> None:
    async with relaying(own_station, nats_server) as bus:
        await asyncio.to_thread(server.stop)
        begin_again(server)
        case = await add_case(own_station.database)

        await eventually(lambda: is_published(own_station, case.case_id))
        info = await bus.jetstream.stream_info("STATION")
    assert info.state.messages > 0


async def is_published(stage: Stage, case_id: str) -> bool:
    query = "SELECT 1 FROM outbox WHERE aggregate_id = $1 AND publish_time IS NOT NULL"
    return bool(await stage.fetch(query, case_id))
