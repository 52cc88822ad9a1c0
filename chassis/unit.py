"""What an area needs of the unit it works in, be it a command's or an event's."""

from collections.abc import Mapping
from typing import Any, Protocol

from chassis.call import Event
from chassis.database import Row
from chassis.paging import Page
from chassis.statements import Save, Statement


class Unit(Protocol):
    """Loads at once and buffers what is written; who made it commits it."""

    async def load(self, query: Statement, **key: object) -> Row:
        """Fetch one aggregate to change (`load_with_answer`)."""

    async def read(self, query: Statement, **key: object) -> Row:
        """Fetch one aggregate to show (`load_for_reading`)."""

    async def page(self, query: Statement, **values: object) -> list[Row]:
        """Fetch the rows of a list."""

    async def page_of_case(self, query: Statement, case_id: str, page: Page) -> list[Row]:
        """Fetch a page of what lies below a case (`page_of_case`)."""

    async def lock(self, query: Statement, **key: object) -> Row | None:
        """Fetch one aggregate and make other writers wait until this unit ends."""

    def save(self, statement: Save, values: Mapping[str, Any]) -> None:
        """Buffer the new state of one aggregate; each needs its event."""

    def write(self, statement: Save, values: Mapping[str, Any]) -> None:
        """Buffer a row that goes with an aggregate."""

    def emit(self, event: Event) -> None:
        """Buffer a row of the outbox."""

    def record(self, resource: str, case_id: str = "") -> None:
        """Name what the audit row holds."""
