"""Brings the database of a service up to date; configured in code, one revision tree a service.

The tables every service has come from `chassis/migrations/versions`, its own from
`services/<name>/migrations/versions`. Both run under a lock timeout, so that a migration waiting
for a busy table gives up instead of holding up everybody behind it.
"""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from sqlalchemy.ext.asyncio import create_async_engine

_HERE = Path(__file__).parent
_LOCK_TIMEOUT = "2s"
_STATEMENT_TIMEOUT = "60s"
# Two processes of one service may start together; the second waits here.
_ADVISORY_LOCK = 7_203_001


def migrate(url: str, password: str | None, versions: Path) -> None:
    """Apply every revision the database does not have yet.

    Args:
        url: `postgresql://user@host:port/database`.
        password: Password of the user, if there is one.
        versions: The folder with the service's own revisions.
    """
    asyncio.run(_migrate(url, password, versions))


async def _migrate(url: str, password: str | None, versions: Path) -> None:
    parts = sa.make_url(url).set(drivername="postgresql+asyncpg", password=password)
    engine = create_async_engine(parts)
    try:
        async with engine.begin() as connection:
            await connection.execute(
                sa.text(f"SET LOCAL statement_timeout = '{_STATEMENT_TIMEOUT}'")
            )
            await connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_ADVISORY_LOCK)))
            # Only now: another migration may take longer than a lock on a table may be waited for.
            await connection.execute(sa.text(f"SET LOCAL lock_timeout = '{_LOCK_TIMEOUT}'"))
            await connection.run_sync(_run, versions)
    finally:
        await engine.dispose()


def _run(connection: sa.Connection, versions: Path) -> None:
    script = ScriptDirectory(str(_HERE), version_locations=[str(_HERE / "versions"), str(versions)])

    def upgrade(revision: Any, _context: Any) -> Sequence[Any]:
        return script._upgrade_revs("heads", revision)  # noqa: SLF001  # Alembic's own way in code

    with EnvironmentContext(Config(), script, fn=upgrade) as environment:
        environment.configure(connection=connection)
        with environment.begin_transaction():
            environment.run_migrations()
