"""Migrations: they make what the tables say, and neither wait for ever nor for each other."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from asyncpg.exceptions import LockNotAvailableError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from chassis import migrations
from chassis.migrations import migrate
from chassis.tables import METADATA
from deploy.local.postgres import Postgres
from tests.integration.chassis import mirror

VERSIONS = mirror.make_mirror().versions
DATABASE = "migrations_under_test"


@pytest.fixture
def database(postgres: Postgres) -> Iterator[str]:
    """An empty database."""
    postgres.create_database(DATABASE)
    yield postgres.url(DATABASE)
    postgres.drop_database(DATABASE)


def engine(postgres: Postgres) -> AsyncEngine:
    url = sa.make_url(postgres.url(DATABASE))
    return create_async_engine(url.set(drivername="postgresql+asyncpg", password=postgres.password))


async def run(postgres: Postgres, versions: Path = VERSIONS) -> None:
    """Migrate as the command line does, in a thread, because it runs a loop of its own."""
    await asyncio.to_thread(migrate, postgres.url(DATABASE), postgres.password, versions)


def differences(connection: sa.Connection) -> list[Any]:
    """Compare the database with the tables of the chassis and the mirror."""
    both = sa.MetaData()
    for table in (*METADATA.tables.values(), *mirror.METADATA.tables.values()):
        table.to_metadata(both)
    options = {"compare_type": True, "compare_server_default": False}
    return list(compare_metadata(MigrationContext.configure(connection, opts=options), both))


@pytest.mark.usefixtures("database")
async def test_migrations_make_the_tables_that_the_chassis_declares(postgres: Postgres) -> None:
    await run(postgres)

    opened = engine(postgres)
    async with opened.connect() as connection:
        found = await connection.run_sync(differences)
        heads = (await connection.execute(sa.text("SELECT * FROM alembic_version"))).all()
    await opened.dispose()

    assert found == []
    assert sorted(row[0] for row in heads) == ["chassis_0001", "mirror_0001"]


@pytest.mark.usefixtures("database")
async def test_migrating_again_changes_nothing(postgres: Postgres) -> None:
    await run(postgres)

    await run(postgres)


@pytest.mark.usefixtures("database")
async def test_migrators_at_once_take_turns(postgres: Postgres) -> None:
    await asyncio.gather(*(run(postgres) for _ in range(3)))

    opened = engine(postgres)
    async with opened.connect() as connection:
        heads = (await connection.execute(sa.text("SELECT * FROM alembic_version"))).all()
    await opened.dispose()
    assert len(heads) == 2


@pytest.mark.usefixtures("database")
async def test_second_migrator_waits_longer_than_for_a_busy_table(
    postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrations, "_LOCK_TIMEOUT", "100ms")
    opened = engine(postgres)
    async with opened.begin() as first:
        await first.execute(sa.select(sa.func.pg_advisory_xact_lock(migrations._ADVISORY_LOCK)))
        second = asyncio.create_task(run(postgres))
        done, _ = await asyncio.wait([second], timeout=0.6)

    await second
    await opened.dispose()
    assert not done


@pytest.mark.usefixtures("database")
async def test_migration_gives_up_on_a_busy_table_and_changes_nothing(
    postgres: Postgres, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    await run(postgres)
    monkeypatch.setattr(migrations, "_LOCK_TIMEOUT", "100ms")
    (tmp_path / "0002_busy.py").write_text(
        '''"""Change a busy table.

Revision ID: mirror_0002
"""

from alembic import op

revision = "mirror_0002"
down_revision = "mirror_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make one table, and change another."""
    op.execute("CREATE TABLE made_before (id int)")
    op.execute("ALTER TABLE seen ADD COLUMN more int")
'''
    )
    (tmp_path / "0001_mirror.py").write_text((VERSIONS / "0001_mirror.py").read_text())
    opened = engine(postgres)
    async with opened.begin() as reader:
        await reader.execute(sa.text("LOCK TABLE seen IN ACCESS SHARE MODE"))

        with pytest.raises(DBAPIError) as caught:
            await run(postgres, tmp_path)

        made = await reader.execute(sa.text("SELECT to_regclass('made_before')"))
        assert made.scalar() is None
    await opened.dispose()
    assert isinstance(caught.value.orig.__cause__, LockNotAvailableError)  # type: ignore[union-attr]  # always set
