"""What applying one event may do: load under lock, save, emit, record.

Stores work in it as they do in a unit of work. It neither begins nor commits: the consumer does,
in one transaction with the inbox.
"""

from collections.abc import Mapping
from typing import Any

from chassis.call import Event
from chassis.cloudevents import Delivery
from chassis.database import Connection, Row
from chassis.errors import EtagStaleError, NotFoundError
from chassis.paging import Page
from chassis.statements import Save, Statement, records_of_event, save_alone
from chassis.unit_of_work import event_values

_RECORDS = records_of_event()
_PERMISSION = "event.apply"


class EventUnit:
    """The effects of the events of one batch, one event after the other."""

    def __init__(self, connection: Connection, service: str) -> None:
        self._connection = connection
        self._principal = f"service:{service}"
        self._values: dict[str, Any] = {}
        self._saves: list[tuple[Save, Mapping[str, Any]]] = []
        self._events: list[Event] = []
        self._is_recorded = False
        self.event_count = 0

    def begin(self, delivery: Delivery, traceparent: str) -> None:
        """Turn to the next event; what it causes carries its id and its place in the trace."""
        self._is_recorded = False
        self._values = {
            "call_person_id": self._principal,
            "call_station": delivery.station,
            "call_sees_station": True,
            "call_permission": _PERMISSION,
            "call_method": delivery.event_type,
            "call_request_id": delivery.event_id,
            "call_traceparent": traceparent,
            "call_is_granted": True,
        }

    async def load(self, query: Statement, **key: object) -> Row:
        """Fetch one aggregate; whoever emitted the event was allowed to.

        Raises:
            NotFoundError: There is none; the event goes to quarantine.
        """
        row = await self.lock(query, **key)
        if row is None:
            raise NotFoundError("An event names something that does not exist.")
        return row

    async def read(self, query: Statement, **key: object) -> Row:
        """Fetch one aggregate to compare with; refuses as `load` does."""
        return await self.load(query, **key)

    async def page(self, query: Statement, **values: object) -> list[Row]:
        """Fetch several rows; sees what this unit has saved so far."""
        await self._flush()
        return await self._connection.fetch_all(query, self._values | values)

    async def page_of_case(self, query: Statement, case_id: str, page: Page) -> list[Row]:
        """Fetch a page of what lies below a case; an event is not refused it."""
        rows = await self.page(query, key=case_id, before=page.before, limit=page.limit)
        return [row for row in rows if row["version"] is not None]

    async def lock(self, query: Statement, **key: object) -> Row | None:
        """Fetch one aggregate (`FOR UPDATE`); sees what this unit has saved so far."""
        await self._flush()
        return await self._connection.fetch_one(query, self._values | key)

    def save(self, statement: Save, values: Mapping[str, Any]) -> None:
        """Buffer the new state of one aggregate; each needs its event."""
        self._saves.append((statement, values))

    def write(self, statement: Save, values: Mapping[str, Any]) -> None:
        """Buffer a row that goes with an aggregate, or an entry of a projection."""
        self._saves.append((statement, values))

    def emit(self, event: Event) -> None:
        """Buffer a row of the outbox."""
        self._events.append(event)
        self.event_count += 1

    def record(self, resource: str, case_id: str = "") -> None:
        """Name what the audit row of this change holds."""
        self._values |= {"call_resource": resource, "call_case_id": case_id}
        self._is_recorded = True

    async def finish(self) -> None:
        """Send what this event has caused.

        Raises:
            EtagStaleError: An aggregate moved between lock and save: a bug or a missing lock.
            RuntimeError: Events were emitted without an audit row: a bug.
        """
        await self._flush()
        if self._events and not self._is_recorded:
            raise RuntimeError("A change needs its audit row.")
        if self._is_recorded:
            values = {**self._values, **event_values(self._events)}
            await self._connection.fetch_one(_RECORDS, values)
        self._events.clear()

    async def _flush(self) -> None:
        for statement, values in self._saves:
            if await self._connection.fetch_one(save_alone(statement), values) is None:
                raise EtagStaleError("An aggregate moved while an event was applied.")
        self._saves.clear()
