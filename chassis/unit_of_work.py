"""One command, one transaction: loads, buffers every write, sends them as one statement.

State, outbox, audit and stored answer are reachable only through here. A command costs two round
trips: the load, and one write that is its own transaction. A read costs two as well: the load, and
the audit row that stands before the answer leaves. Knows no service.
"""

from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import Any, NoReturn, Protocol, Self, TypeAlias, TypeVar

import asyncpg

from chassis.call import AlreadyAnsweredError, Call, Event
from chassis.database import Connection, Database, Row
from chassis.errors import (
    DomainError,
    EtagStaleError,
    NotAssignedError,
    NotFoundError,
    RequestIdReusedError,
)
from chassis.paging import Page
from chassis.statements import (
    EVENT_COLUMNS,
    Save,
    Statement,
    case_with_answer,
    find_answer,
    record_statement,
    save_prefix,
    save_with_records,
)

_FIND_ANSWER = Statement(find_answer())
_LOAD_CASE = Statement(case_with_answer())
_RECORD = record_statement()
_CALL_FIELDS = tuple(
    (f"call_{name}", attrgetter(name)) for name in Call.__slots__ if name not in {"roles", "trail"}
)
_STALE = "Somebody else changed it since you read it; read it again and repeat."
_EVENT_FIELDS = tuple((f"event_{name}", attrgetter(name)) for name in EVENT_COLUMNS)


class Message(Protocol):
    """A protobuf message, as far as the unit of work cares."""

    def SerializeToString(self) -> bytes:
        """Encode the message."""


Response = TypeVar("Response", bound=Message)
Begin: TypeAlias = "Callable[[Call], UnitOfWork]"


def event_values(events: list[Event]) -> dict[str, list[Any]]:
    """Turn events into the arrays that `event_arrays` wants."""
    return {name: [field(event) for event in events] for name, field in _EVENT_FIELDS}


def call_values(call: Call) -> dict[str, Any]:
    """Turn a call into the parameters `call_...`."""
    return {name: field(call) for name, field in _CALL_FIELDS}


class UnitOfWork:
    """Reads at once, writes at `commit`; leaving without it writes nothing."""

    def __init__(self, database: Database, call: Call) -> None:
        self.call = call
        self._database = database
        self._connection: Connection
        self._values = call_values(call)
        self._saves: list[tuple[Save, Mapping[str, Any]]] = []
        self._writes: list[tuple[Save, Mapping[str, Any]]] = []
        self._events: list[Event] = []
        self._read_count = 0
        self._is_open = False

    async def __aenter__(self) -> Self:
        self._connection = await self._database.acquire()
        return self

    async def __aexit__(self, _kind: object, cause: BaseException | None, _trace: object) -> None:
        try:
            await self._roll_back()
            if isinstance(cause, DomainError) and self._may_be_answered():
                await self._refuse_answered()
        finally:
            self._database.release(self._connection)

    async def load(self, query: Statement, **key: object) -> Row:
        """Fetch one aggregate to change (`load_with_answer`).

        Raises:
            NotAssignedError, NotFoundError: The caller may not see it, or it does not exist.
            AlreadyAnsweredError: The same request was carried out before.
        """
        self._read_count += 1
        row = self._admit(await self._connection.fetch_one(query, self._values | key))
        if row["response"] is not None:
            self._refuse_repeat(row)
        return row

    async def read(self, query: Statement, **key: object) -> Row:
        """Fetch one aggregate to show (`load_for_reading`)."""
        self._read_count += 1
        return self._admit(await self._connection.fetch_one(query, self._values | key))

    async def page(self, query: Statement, **values: object) -> list[Row]:
        """Fetch the rows of a list; the query itself leaves out what the caller may not see."""
        self._read_count += 1
        return await self._connection.fetch_all(query, self._values | values)

    async def page_of_case(self, query: Statement, case_id: str, page: Page) -> list[Row]:
        """Fetch a page of what lies below a case (`page_of_case`).

        Raises:
            NotAssignedError, NotFoundError: The caller may not see the case, or there is none.
        """
        rows = await self.page(query, key=case_id, before=page.before, limit=page.limit)
        self._admit(rows[0] if rows else None)
        return [row for row in rows if row["version"] is not None]

    async def admit_to_case(self, case_id: str) -> str:
        """Check that the caller may add to a case; return the station that owns it."""
        return str((await self.load(_LOAD_CASE, key=case_id))["station"])

    async def lock(self, query: Statement, **key: object) -> Row | None:
        """Fetch one aggregate (`FOR UPDATE`) and make other writers wait until this unit ends."""
        await self._open_transaction()
        row = await self._connection.fetch_one(query, self._values | key)
        await self._refuse_answered()
        return row

    def save(self, statement: Save, values: Mapping[str, Any]) -> None:
        """Buffer the new state of one aggregate; each needs its event."""
        self._saves.append((statement, values))

    def write(self, statement: Save, values: Mapping[str, Any]) -> None:
        """Buffer a row that goes with an aggregate, such as an entry of a projection."""
        self._writes.append((statement, values))

    def emit(self, event: Event) -> None:
        """Buffer a row of the outbox."""
        self._events.append(event)

    def record(self, resource: str, case_id: str = "") -> None:
        """Name what the audit row holds; a command that commits without it is a bug (KeyError)."""
        self._values |= {
            "call_resource": resource,
            "call_case_id": case_id,
            "call_is_granted": True,
        }
        self.call.trail.case_id = case_id

    async def commit(
        self, response: Response, clashes: Mapping[str, DomainError] | None = None
    ) -> Response:
        """Write everything or nothing, and return the response.

        Args:
            response: What the caller gets, now and at every repeat of the request.
            clashes: For each unique constraint that a caller can run into, the refusal it means.

        Raises:
            EtagStaleError: An aggregate was changed since it was read.
            AlreadyAnsweredError: The same request won the race.
        """
        if len(self._saves) != len(self._events):
            raise RuntimeError("Every change of an aggregate is one event.")
        try:
            await self._send(response.SerializeToString())
        except asyncpg.DivisionByZeroError:
            # One of several aggregates has moved: see `save_with_records`.
            await self._refuse(None)
        except asyncpg.UniqueViolationError as clash:
            await self._refuse(self._meaning(clash, clashes or {}))
        if self._events:
            await self._database.tell_write()
        return response

    async def answer(self, response: Response) -> Response:
        """Write the audit row of a read, and return the response."""
        await self._connection.fetch_one(_RECORD, self._values)
        return response

    async def record_denial(self, reason: str) -> None:
        """Write the audit row of a call that was denied."""
        values = {"call_resource": reason, "call_case_id": "", "call_is_granted": False}
        await self._connection.fetch_one(_RECORD, self._values | values)

    async def _send(self, response: bytes) -> None:
        saves = (*self._saves, *self._writes)
        values = {
            **self._values,
            **event_values(self._events),
            "call_response": response,
        }
        for number, (_, given) in enumerate(saves):
            prefix = save_prefix(number, len(saves))
            values |= {prefix + name: value for name, value in given.items()} if prefix else given
        statement = save_with_records(tuple(save for save, _ in saves))
        row = await self._connection.fetch_one(statement, values)
        if row is None or row["written"] == 0:
            await self._refuse(None)
        if self._is_open:
            await self._connection.execute("COMMIT")
            self._is_open = False

    async def _open_transaction(self) -> None:
        if not self._is_open:
            await self._connection.execute("BEGIN")
            self._is_open = True

    async def _roll_back(self) -> None:
        if self._is_open:
            self._is_open = False
            if not self._connection.is_broken:
                await self._connection.execute("ROLLBACK")

    def _admit(self, row: Row | None) -> Row:
        """Refuse alike what is not there and what the caller may not see."""
        if row is not None and row["is_admitted"]:
            return row
        raise hidden(self.call)

    @staticmethod
    def _meaning(
        clash: asyncpg.UniqueViolationError, clashes: Mapping[str, DomainError]
    ) -> DomainError | None:
        name = str(clash.constraint_name)
        if name != "answer_pkey" and name not in clashes:
            raise clash
        return clashes.get(name)

    async def _refuse(self, meaning: DomainError | None) -> NoReturn:
        """Say why nothing was written: answered meanwhile, a clash, or changed by somebody else."""
        await self._roll_back()
        await self._refuse_answered()
        raise meaning or EtagStaleError(_STALE)

    def _may_be_answered(self) -> bool:
        """Tell whether a refusal may come of the same request, carried out between two reads."""
        is_command = bool(self.call.request_id)
        return is_command and self._read_count > 1 and not self._connection.is_broken

    async def _refuse_answered(self) -> None:
        row = await self._connection.fetch_one(_FIND_ANSWER, self._values)
        if row is not None:
            self._refuse_repeat(row)

    def _refuse_repeat(self, row: Row) -> NoReturn:
        if row["request_hash"] != self.call.request_hash:
            raise RequestIdReusedError(
                "This request_id was used for another request; choose a fresh one.",
                request_id=self.call.request_id,
            )
        raise AlreadyAnsweredError(row["response"])


def hidden(call: Call) -> DomainError:
    """Make the refusal for what is not there or not the caller's to see: one for both."""
    if call.sees_station:
        return NotFoundError("There is no such object in your station.")
    return NotAssignedError(
        "You are not assigned to its case, or there is no such object.", permission=call.permission
    )


def found(row: Row | None) -> Row:
    """Return the row that was asked for under lock.

    Raises:
        NotFoundError: There is none.
    """
    if row is None:
        raise NotFoundError("There is no such object.")
    return row


def check_etag(row: Row, etag: str) -> None:
    """Refuse a change of something that has moved since the caller read it.

    Raises:
        EtagStaleError: `etag` is not the version of the row.
    """
    if str(row["version"]) != etag:
        raise EtagStaleError(_STALE)
