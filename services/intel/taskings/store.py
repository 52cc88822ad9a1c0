"""The table of taskings and its queries; the only place where a tasking meets SQL."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from chassis.database import Row
from chassis.listings import page_of_case, page_of_person, page_of_station
from chassis.paging import Page
from chassis.statements import (
    Statement,
    admission_to,
    bind,
    insert_row,
    load_for_reading,
    load_with_answer,
    lock_row,
    on_case,
    update_row,
)
from chassis.tables import ID, TIME
from chassis.unit import Unit
from chassis.unit_of_work import check_etag
from services.intel.tables import METADATA
from services.intel.taskings.domain import Tasking, TaskingState

TASKING = sa.Table(
    "tasking",
    METADATA,
    sa.Column("tasking_id", ID, primary_key=True),
    sa.Column("station", sa.Text, nullable=False),
    sa.Column("case_id", ID, nullable=False),
    sa.Column("squad_request_id", ID, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("due_time", TIME, nullable=False),
    sa.Column("signed_for_by", sa.Text),
    sa.Column("product_id", ID),
    sa.Column("create_time", TIME, nullable=False),
    sa.Column("update_time", TIME, nullable=False),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.UniqueConstraint("squad_request_id", name="tasking_squad_request_key"),
)
sa.Index("tasking_case", TASKING.c.case_id, TASKING.c.tasking_id)
sa.Index("tasking_station", TASKING.c.station, TASKING.c.tasking_id)

_KEY = TASKING.c.tasking_id == bind(TASKING.c.tasking_id, "key")
_ADMITTED = on_case(TASKING.c.case_id, TASKING.c.station)

ADMIT = Statement(admission_to(TASKING.c.tasking_id, _ADMITTED))
_LOAD = Statement(load_with_answer(TASKING, _KEY, _ADMITTED))
_READ = Statement(load_for_reading(TASKING, _KEY, _ADMITTED))
_LOCK_OF_REQUEST = Statement(lock_row(TASKING, TASKING.c.squad_request_id))
_INSERT = insert_row(TASKING)
_UPDATE = update_row(TASKING, TASKING.c.tasking_id)
_OF_CASE = Statement(page_of_case(TASKING, TASKING.c.tasking_id))
_OF_STATION = Statement(page_of_station(TASKING, TASKING.c.tasking_id))
_OF_PERSON = Statement(page_of_person(TASKING, TASKING.c.tasking_id))


class Taskings:
    """The taskings, as one unit of work changes them."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    async def load(self, tasking_id: str, *, etag: str) -> Tasking:
        """Load the tasking that the caller has seen and wants to change."""
        row = await self._unit.load(_LOAD, key=tasking_id)
        check_etag(row, etag)
        return row_to_tasking(row)

    async def load_newest(self, tasking_id: str) -> Tasking:
        """Load the tasking that the caller wants to make something under."""
        return row_to_tasking(await self._unit.load(_LOAD, key=tasking_id))

    async def read(self, tasking_id: str) -> Tasking:
        """Load a tasking to show it."""
        return row_to_tasking(await self._unit.read(_READ, key=tasking_id))

    async def list_own(self, page: Page, *, sees_station: bool) -> tuple[list[Tasking], str]:
        """Load a page of the caller's taskings, newest first, and the token of the next page."""
        query = _OF_STATION if sees_station else _OF_PERSON
        return _cut(page, await self._unit.page(query, before=page.before, limit=page.limit))

    async def list_of_case(self, case_id: str, page: Page) -> tuple[list[Tasking], str]:
        """Load a page of the taskings of a case that the caller may see."""
        return _cut(page, await self._unit.page_of_case(_OF_CASE, case_id, page))

    async def lock_of_request(self, squad_request_id: str) -> Tasking | None:
        """Load the tasking of a squad request under lock; none if it is another squad's."""
        row = await self._unit.lock(_LOCK_OF_REQUEST, key=squad_request_id)
        return row_to_tasking(row) if row is not None else None

    def add(self, tasking: Tasking) -> None:
        """Save a new tasking."""
        self._unit.save(_INSERT, _tasking_to_values(tasking))

    def put(self, tasking: Tasking) -> None:
        """Save the next version of a tasking."""
        self._unit.save(_UPDATE, _tasking_to_values(tasking))


def row_to_tasking(row: Row) -> Tasking:
    """Make a tasking of its row."""
    return Tasking(
        tasking_id=str(row["tasking_id"]),
        station=row["station"],
        case_id=str(row["case_id"]),
        squad_request_id=str(row["squad_request_id"]),
        state=TaskingState(row["state"]),
        due_at=row["due_time"],
        signed_for_by=row["signed_for_by"],
        product_id=str(row["product_id"]) if row["product_id"] else None,
        created_at=row["create_time"],
        updated_at=row["update_time"],
        version=row["version"],
    )


def _tasking_to_values(tasking: Tasking) -> dict[str, Any]:
    return {
        "key": tasking.tasking_id,
        "new_tasking_id": tasking.tasking_id,
        "new_station": tasking.station,
        "new_case_id": tasking.case_id,
        "new_squad_request_id": tasking.squad_request_id,
        "new_state": tasking.state,
        "new_due_time": tasking.due_at,
        "new_signed_for_by": tasking.signed_for_by,
        "new_product_id": tasking.product_id,
        "new_create_time": tasking.created_at,
        "new_update_time": tasking.updated_at,
        "new_version": tasking.version,
    }


def _cut(page: Page, rows: Sequence[Row]) -> tuple[list[Tasking], str]:
    shown, token = page.cut(rows, "tasking_id")
    return [row_to_tasking(row) for row in shown], token
