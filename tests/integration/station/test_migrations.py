"""The migrations make exactly the tables that the code knows."""

from typing import Any

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy.ext.asyncio import create_async_engine

from chassis.tables import METADATA as RECORDS
from deploy.local.postgres import Postgres
from services.station.tables import METADATA


async def test_migrations_and_tables_agree(postgres: Postgres, shared_name: str) -> None:
    url = sa.make_url(postgres.url(shared_name)).set(
        drivername="postgresql+asyncpg", password=postgres.password
    )
    engine = create_async_engine(url)

    async with engine.connect() as connection:
        differences = await connection.run_sync(_compare)
    await engine.dispose()

    assert differences == []


def _compare(connection: sa.Connection) -> list[Any]:
    """Compare what is in the database with the tables every service has and its own."""
    known = sa.MetaData()
    for table in (*RECORDS.tables.values(), *METADATA.tables.values()):
        table.to_metadata(known)
    differences: list[Any] = compare_metadata(MigrationContext.configure(connection), known)
    return differences
