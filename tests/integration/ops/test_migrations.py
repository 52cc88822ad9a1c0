"""What the migrations make is what the stores expect."""

from typing import Any

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.ext.asyncio import create_async_engine

from chassis.tables import METADATA as RECORDS
from deploy.local.postgres import Postgres
from services.ops.main import SERVICE
from services.ops.tables import METADATA
from tests.integration.conftest import MakeDatabase


def expected() -> sa.MetaData:
    """Put the tables of the chassis and of the service together."""
    together = sa.MetaData()
    for table in (*RECORDS.sorted_tables, *METADATA.sorted_tables):
        table.to_metadata(together)
    return together


def differences(connection: sa.Connection) -> list[Any]:
    """Compare the database with what is expected."""
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return list(compare_metadata(context, expected()))


async def test_migrated_database_is_what_the_stores_expect(
    postgres: Postgres, make_database: MakeDatabase
) -> None:
    await make_database(SERVICE)
    url = sa.make_url(postgres.url("template_ops")).set(
        drivername="postgresql+asyncpg", password=postgres.password
    )
    engine = create_async_engine(url)

    async with engine.connect() as connection:
        found = await connection.run_sync(differences)
    await engine.dispose()

    assert found == []
