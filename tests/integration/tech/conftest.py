"""The technical service on a database that the tests of a module share, each with own cases."""

import itertools
from collections.abc import AsyncIterator, Callable, Iterator

import pytest

from chassis.database import Database
from chassis.service import Service
from chassis.telemetry import Telemetry
from deploy.local.postgres import Postgres
from services.tech.main import SERVICE
from tests.integration.stage import Issuer, Stage, serve
from tests.integration.tech.world import World, in_memory, on_postgresql

_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def shared_name(postgres: Postgres, templates: Callable[[Service], str]) -> Iterator[str]:
    """A migrated database, made once a module because making one costs more than a test."""
    name = f"tech_shared_{next(_numbers)}"
    postgres.create_database(name, template=templates(SERVICE))
    yield name
    postgres.drop_database(name)


@pytest.fixture
async def database(postgres: Postgres, shared_name: str) -> AsyncIterator[Database]:
    """Connections of the test's own to the shared database."""
    opened = Database(postgres.url(shared_name), password=postgres.password, size=4)
    yield opened
    await opened.close()


@pytest.fixture
async def stage(database: Database, telemetry: Telemetry, issuer: Issuer) -> AsyncIterator[Stage]:
    """The technical service, served."""
    async with serve(SERVICE, database, telemetry, issuer) as running:
        yield running


@pytest.fixture(params=["memory", "postgresql"])
def world(request: pytest.FixtureRequest, database: Database) -> World:
    """The stores in memory, then on PostgreSQL."""
    return in_memory() if request.param == "memory" else on_postgresql(database)
