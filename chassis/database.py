"""The connections of one process: few, kept warm, each with its prepared statements.

asyncpg's own pool sends a reset query at every release and looks each statement up by its text;
both cost more than the work of a short command (docs/adr/0003). A unit of work leaves nothing to
reset, so connections go back as they are, and one that failed is thrown away.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias

import asyncpg

from chassis.errors import StoreUnavailableError
from chassis.statements import Statement

Row: TypeAlias = Mapping[str, Any]

# What says that the world failed, not the caller: repeat with the same request_id.
_FAULTS = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.LockNotAvailableError,
    asyncpg.TransactionRollbackError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.InvalidCachedStatementError,
    asyncpg.FeatureNotSupportedError,
    OSError,
    TimeoutError,
)
_SETTINGS = {
    "jit": "off",
    "plan_cache_mode": "force_generic_plan",
    "statement_timeout": "5s",
    "lock_timeout": "2s",
    "idle_in_transaction_session_timeout": "10s",
}
_CONNECT_TIMEOUT_SECONDS = 3.0
_WAIT_TIMEOUT_SECONDS = 2.0
_SENTENCE = "The database cannot be reached; repeat the request with the same request_id."


class Connection:
    """One connection, in use by one unit of work at a time."""

    __slots__ = ("_prepared", "_raw", "is_broken", "statement_count")

    def __init__(self, raw: Any) -> None:
        self._raw = raw
        self._prepared: dict[str, Any] = {}
        self.is_broken = False
        self.statement_count = 0

    async def fetch_one(self, statement: Statement, values: Mapping[str, object]) -> Row | None:
        """Run a statement and return its first row."""
        try:
            prepared = await self._prepare(statement)
            row: Row | None = await prepared.fetchrow(*statement.arguments(values))
        except BaseException as cause:
            self._judge(cause)
            raise
        return row

    async def fetch_all(self, statement: Statement, values: Mapping[str, object]) -> list[Row]:
        """Run a statement and return all its rows."""
        try:
            prepared = await self._prepare(statement)
            rows: list[Row] = await prepared.fetch(*statement.arguments(values))
        except BaseException as cause:
            self._judge(cause)
            raise
        return rows

    async def execute(self, command: str) -> None:
        """Run a fixed command such as BEGIN."""
        self.statement_count += 1
        await self._run(command)

    async def ping(self) -> None:
        """Check that the server answers; no statement that a command would pay for."""
        await self._run("SELECT 1")

    async def _run(self, command: str) -> None:
        try:
            await self._raw.execute(command)
        except BaseException as cause:
            self._judge(cause)
            raise

    async def close(self) -> None:
        """Close the connection; a server that does not answer is not waited for."""
        try:
            await self._raw.close(timeout=1)
        except (*_FAULTS, asyncpg.PostgresError):
            self._raw.terminate()

    def terminate(self) -> None:
        """Drop the connection without a word."""
        self._raw.terminate()

    @property
    def is_closed(self) -> bool:
        """Tell whether the server or somebody here has closed it."""
        return bool(self._raw.is_closed())

    async def _prepare(self, statement: Statement) -> Any:
        self.statement_count += 1
        prepared = self._prepared.get(statement.sql)
        if prepared is None:
            # Without a name of its own the server would parse and plan it at every execution.
            name = f"statement_{len(self._prepared)}"
            prepared = await self._raw.prepare(statement.sql, name=name)
            self._prepared[statement.sql] = prepared
        return prepared

    def _judge(self, cause: BaseException) -> None:
        """Note a connection that must not be used again, and name a fault of the world."""
        if isinstance(cause, asyncpg.PostgresError) and not isinstance(cause, _FAULTS):
            return
        self.is_broken = True
        if isinstance(cause, _FAULTS):
            raise StoreUnavailableError(_SENTENCE) from cause


class Database:
    """Up to `size` connections to one database; 8 to 32 are best. Source: docs/adr/0003."""

    def __init__(self, url: str, *, password: str | None = None, size: int = 16) -> None:
        self._url = url
        self._password = password
        self._idle: list[Connection] = []
        self._places = asyncio.Semaphore(size)
        self._wake: Callable[[], Awaitable[None]] | None = None
        self._is_closed = False

    def on_write(self, wake: Callable[[], Awaitable[None]]) -> None:
        """Name what is told after each commit that leaves events, such as the relay's wake."""
        self._wake = wake

    async def tell_write(self) -> None:
        """Tell that events were committed; a wake that fails is made good by the relay's poll."""
        if self._wake is not None:
            await self._wake()

    async def ping(self) -> None:
        """Check that the server answers.

        Raises:
            StoreUnavailableError: It does not.
        """
        connection = await self.acquire()
        try:
            await connection.ping()
        finally:
            self.release(connection)

    async def acquire(self) -> Connection:
        """Take a connection; give it back with `release`.

        Raises:
            StoreUnavailableError: No connection came free, or the server cannot be reached.
        """
        if self._places.locked():
            await self._wait()
        else:
            await self._places.acquire()
        while self._idle:
            connection = self._idle.pop()
            if not connection.is_closed:
                return connection
        try:
            return Connection(await self._connect())
        except BaseException as cause:
            self._places.release()
            if isinstance(cause, (*_FAULTS, asyncpg.PostgresError)):
                raise StoreUnavailableError(_SENTENCE) from cause
            raise

    def release(self, connection: Connection) -> None:
        """Give a connection back; a broken one is dropped, and each one after `close`."""
        if connection.is_broken or connection.is_closed or self._is_closed:
            connection.terminate()
        else:
            self._idle.append(connection)
        self._places.release()

    async def connect(self) -> Connection:
        """Open a connection outside of the pool, such as one that holds an advisory lock."""
        try:
            return Connection(await self._connect())
        except (*_FAULTS, asyncpg.PostgresError) as cause:
            raise StoreUnavailableError(_SENTENCE) from cause

    async def close(self) -> None:
        """Close what is idle; what is in use closes when it is released."""
        self._is_closed = True
        while self._idle:
            await self._idle.pop().close()

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(_WAIT_TIMEOUT_SECONDS):
                await self._places.acquire()
        except TimeoutError as cause:
            raise StoreUnavailableError(_SENTENCE) from cause

    async def _connect(self) -> Any:
        return await asyncpg.connect(
            self._url,
            password=self._password,
            timeout=_CONNECT_TIMEOUT_SECONDS,
            server_settings=_SETTINGS,
            statement_cache_size=0,
        )
