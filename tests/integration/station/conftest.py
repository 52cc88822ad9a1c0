"""The station service on a database that the tests of a module share, each with own cases."""

import itertools
from collections.abc import AsyncIterator, Callable, Iterator

import pytest
import pytest_asyncio

from chassis.bus import Bus
from chassis.database import Database
from chassis.service import Service
from chassis.telemetry import Telemetry, setup_telemetry
from deploy.local.nats import Nats
from deploy.local.postgres import Postgres
from services.station.main import SERVICE
from tests.integration.stage import Issuer, Stage, on_bus, serve
from tests.integration.station.squads import Squads
from tests.integration.station.world import World, in_memory, on_postgresql

_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def shared_name(postgres: Postgres, templates: Callable[[Service], str]) -> Iterator[str]:
    """A migrated database, made once a module because making one costs more than a test."""
    name = f"station_shared_{next(_numbers)}"
    postgres.create_database(name, template=templates(SERVICE))
    yield name
    postgres.drop_database(name)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def database(postgres: Postgres, shared_name: str) -> AsyncIterator[Database]:
    """Connections to the shared database, on the loop of the module."""
    opened = Database(postgres.url(shared_name), password=postgres.password, size=8)
    yield opened
    await opened.close()


@pytest.fixture(scope="module")
def shared_telemetry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Telemetry]:
    """Spans of a module go to a file below its folder."""
    made = setup_telemetry("test", "0", "local", tmp_path_factory.mktemp("traces"), 1.0)
    yield made
    made.shutdown()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_stage(
    database: Database,
    shared_telemetry: Telemetry,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Stage]:
    """The station service, served for a whole module."""
    issuer = Issuer(tmp_path_factory.mktemp("issuer"))
    async with serve(SERVICE, database, shared_telemetry, issuer) as running:
        yield running


@pytest.fixture(params=["memory", "postgresql"])
def world(request: pytest.FixtureRequest, database: Database) -> World:
    """The stores in memory, then on PostgreSQL."""
    return in_memory() if request.param == "memory" else on_postgresql(database)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def squads(
    shared_stage: Stage, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Squads]:
    """The station on a bus of the module's own, and who speaks there."""
    with Nats(tmp_path_factory.mktemp("nats")) as server:
        speaker = Bus("squads")
        await speaker.connect(server.url, "service", server.password())
        async with on_bus(shared_stage, server.url, server.password()):
            for producer in ("intel", "tech", "ops"):
                await speaker.ensure_stream(producer)
            yield Squads(shared_stage, speaker)
        await speaker.close()
