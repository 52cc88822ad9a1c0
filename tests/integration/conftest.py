"""Real PostgreSQL and NATS for integration tests, from their wheels, on free ports."""

import asyncio
import itertools
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg
import pytest

from chassis.database import Database
from chassis.migrations import migrate
from chassis.service import Service
from chassis.telemetry import Telemetry, setup_telemetry
from deploy.local.nats import Nats
from deploy.local.postgres import Durability, Postgres
from tests.integration.stage import Issuer

_numbers = itertools.count(1)
# Deleting a few rows is a tenth of the work of a new database.
_EMPTY = """
DO $$ DECLARE each record; BEGIN
  PERFORM pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid();
  FOR each IN SELECT relname FROM pg_class
    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname !~ '^alembic'
  LOOP EXECUTE format('DELETE FROM %I', each.relname); END LOOP;
END $$
"""

# What a test may have changed beside rows; a database with another shape is not handed out again.
_SHAPE = """
SELECT md5(string_agg(part, ',' ORDER BY part)) FROM (
  SELECT concat_ws('.', relname, relacl, relrowsecurity, attname, atttypid, attnotnull) AS part
  FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid
  WHERE relnamespace = 'public'::regnamespace AND attnum > 0
  UNION ALL SELECT tgname FROM pg_trigger WHERE NOT tgisinternal
  UNION ALL SELECT conname FROM pg_constraint) AS parts
"""

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


@dataclass
class Spares:
    """Empty databases of one service, and the shape each must have to be used again."""

    names: list[str] = field(default_factory=list)
    shape: str = ""


@pytest.fixture(scope="session")
def spares() -> dict[str, Spares]:
    """Empty databases by service: a test leaves its own behind for the next one."""
    return defaultdict(Spares)


@pytest.fixture
async def make_database(
    postgres: Postgres, templates: Callable[[Service], str], spares: dict[str, Spares]
) -> AsyncIterator[MakeDatabase]:
    """Hand out empty databases of services; emptied again after the test."""
    made: list[tuple[Spares, str, Database]] = []

    async def make(service: Service) -> Database:
        kept = spares[service.name]
        if not kept.names:
            name = f"{service.name}_{next(_numbers)}"
            # In a thread: migrating runs a loop of its own.
            template = await asyncio.to_thread(templates, service)
            postgres.create_database(name, template=template)
            kept.names.append(name)
            kept.shape = kept.shape or await _empty(postgres.dsn(name))
        name = kept.names.pop()
        database = Database(postgres.url(name), password=postgres.password, size=8)
        made.append((kept, name, database))
        return database

    yield make
    for kept, name, database in made:
        await database.close()
        if await _empty(postgres.dsn(name)) == kept.shape:
            kept.names.append(name)
        else:
            postgres.drop_database(name)


async def _empty(dsn: str) -> str:
    """Empty a database and return its shape; no shape if that cannot be done."""
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(_EMPTY)
        return str(await connection.fetchval(_SHAPE))
    except asyncpg.PostgresError:
        return ""
    finally:
        await connection.close()


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
