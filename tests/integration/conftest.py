"""Real PostgreSQL and NATS for integration tests, from their wheels, on free ports."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from chassis.database import Database
from chassis.migrations import migrate
from chassis.service import Service
from chassis.telemetry import Telemetry, setup_telemetry
from deploy.local.nats import Nats
from deploy.local.postgres import Durability, Postgres
from tests.integration.stage import Issuer

_numbers = itertools.count(1)

MakeDatabase = Callable[[Service], Awaitable[Database]]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark everything below this folder."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.integration)


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """A PostgreSQL server for all tests of this process."""
    with Postgres(tmp_path_factory.mktemp("postgres"), durability=Durability.NONE) as server:
        yield server


@pytest.fixture
def nats_server(tmp_path: Path) -> Iterator[Nats]:
    """A NATS server of the test's own: streams are not shared."""
    with Nats(tmp_path / "nats") as server:
        yield server


@pytest.fixture(scope="session")
def templates(postgres: Postgres) -> Callable[[Service], str]:
    """Migrated once, copied for every test."""
    made: dict[str, str] = {}

    def template(service: Service) -> str:
        if service.name not in made:
            name = made[service.name] = f"template_{service.name}"
            postgres.create_database(name)
            migrate(postgres.url(name), postgres.password, service.versions)
        return made[service.name]

    return template


@pytest.fixture
async def make_database(
    postgres: Postgres, templates: Callable[[Service], str]
) -> AsyncIterator[MakeDatabase]:
    """Make fresh databases of services; dropped after the test."""
    made: list[tuple[str, Database]] = []

    async def make(service: Service) -> Database:
        name = f"{service.name}_{next(_numbers)}"
        # In a thread: migrating runs a loop of its own.
        template = await asyncio.to_thread(templates, service)
        postgres.create_database(name, template=template)
        database = Database(postgres.url(name), password=postgres.password, size=8)
        made.append((name, database))
        return database

    yield make
    for name, database in made:
        await database.close()
        postgres.drop_database(name)


@pytest.fixture
def telemetry(tmp_path: Path) -> Iterator[Telemetry]:
    """Spans go to a file below the test's folder."""
    made = setup_telemetry("test", "0", "local", tmp_path / "traces", 1.0)
    yield made
    made.shutdown()


@pytest.fixture
def issuer(tmp_path: Path) -> Issuer:
    """An issuer whose tokens the services trust."""
    return Issuer(tmp_path)
