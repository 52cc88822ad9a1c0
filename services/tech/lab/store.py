"""The table of examinations and its queries; the only place where an examination meets SQL."""

import json
from dataclasses import asdict
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

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
from services.tech.exhibits.store import EXHIBIT
from services.tech.lab.aggregate import (
    Conclusion,
    Examination,
    ExaminationResult,
    ExaminationState,
    ResultDraft,
)
from services.tech.tables import METADATA

EXAMINATION = sa.Table(
    "examination",
    METADATA,
    sa.Column("examination_id", ID, primary_key=True),
    sa.Column("station", sa.Text, nullable=False),
    sa.Column("case_id", ID, nullable=False),
    sa.Column("squad_request_id", ID, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("due_time", TIME, nullable=False),
    sa.Column("examiner_id", sa.Text),
    sa.Column("results", JSONB, nullable=False),
    sa.Column("verified_by", sa.Text),
    sa.Column("return_reason", sa.Text, nullable=False),
    sa.Column("create_time", TIME, nullable=False),
    sa.Column("update_time", TIME, nullable=False),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.UniqueConstraint("squad_request_id", name="examination_squad_request_key"),
)
sa.Index("examination_case", EXAMINATION.c.case_id, EXAMINATION.c.examination_id)
sa.Index("examination_station", EXAMINATION.c.station, EXAMINATION.c.examination_id)

_KEY = EXAMINATION.c.examination_id == bind(EXAMINATION.c.examination_id, "key")
_ADMITTED = on_case(EXAMINATION.c.case_id, EXAMINATION.c.station)
_IS_BEFORE = EXAMINATION.c.examination_id < bind(EXAMINATION.c.examination_id, "before")
_NEWEST = EXAMINATION.c.examination_id.desc()
_LIMIT = sa.bindparam("limit", type_=sa.Integer)

ADMIT = Statement(admission_to(EXAMINATION.c.examination_id, _ADMITTED))
_LOAD = Statement(load_with_answer(EXAMINATION, _KEY, _ADMITTED))
_READ = Statement(load_for_reading(EXAMINATION, _KEY, _ADMITTED))
_LOCK_OF_REQUEST = Statement(lock_row(EXAMINATION, EXAMINATION.c.squad_request_id))
_INSERT = insert_row(EXAMINATION)
_UPDATE = update_row(EXAMINATION, EXAMINATION.c.examination_id)
_OF_CASE = Statement(page_of_case(EXAMINATION, EXAMINATION.c.examination_id))
_OF_STATION = Statement(page_of_station(EXAMINATION, EXAMINATION.c.examination_id))
_OF_PERSON = Statement(page_of_person(EXAMINATION, EXAMINATION.c.examination_id))


def _update_while_held() -> sa.Update:
    """Make the update that finds no row when an exhibit has left the examiner's hands.

    `FOR SHARE` waits for a transfer that is under way and sees its outcome, so that no result is
    recorded over an exhibit that somebody else already holds (`exhibit_ids`, `holder_id`).
    """
    wanted = sa.bindparam("exhibit_ids", type_=ARRAY(ID))
    held = (
        sa.select(EXHIBIT.c.exhibit_id)
        .where(
            EXHIBIT.c.exhibit_id == sa.any_(wanted),
            EXHIBIT.c.holder_id == bind(EXHIBIT.c.holder_id, "holder_id"),
        )
        .with_for_update(read=True)
        .subquery("held_exhibit")
    )
    count = sa.select(sa.func.count().label("held_count")).select_from(held).scalar_subquery()
    return _UPDATE.where(count == sa.func.cardinality(wanted))


_UPDATE_WHILE_HELD = _update_while_held()


class Examinations:
    """The examinations, as one unit of work changes them."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    async def load(self, examination_id: str, *, etag: str) -> Examination:
        """Load the examination that the caller has seen and wants to change."""
        row = await self._unit.load(_LOAD, key=examination_id)
        check_etag(row, etag)
        return row_to_examination(row)

    async def read(self, examination_id: str) -> Examination:
        """Load an examination to show it."""
        return row_to_examination(await self._unit.read(_READ, key=examination_id))

    async def list_of_case(self, page: Page, *, case_id: str) -> tuple[list[Examination], str]:
        """Load a page of the examinations of a case, newest first, and the next page's token.

        Raises:
            NotAssignedError, NotFoundError: The caller may not see the case.
        """
        return _cut(page, await self._unit.page_of_case(_OF_CASE, case_id, page))

    async def list(self, page: Page, *, sees_station: bool) -> tuple[list[Examination], str]:
        """Load a page of the caller's examinations, newest first, and the next page's token."""
        query = _OF_STATION if sees_station else _OF_PERSON
        return _cut(page, await self._unit.page(query, before=page.before, limit=page.limit))

    async def lock_of_request(self, squad_request_id: str) -> Examination | None:
        """Load the examination that answers a squad request and make other writers wait."""
        row = await self._unit.lock(_LOCK_OF_REQUEST, key=squad_request_id)
        return None if row is None else row_to_examination(row)

    def add(self, examination: Examination) -> None:
        """Save a new examination."""
        self._unit.save(_INSERT, _examination_to_values(examination))

    def put(self, examination: Examination) -> None:
        """Save the next version of an examination."""
        self._unit.save(_UPDATE, _examination_to_values(examination))

    def put_result(self, examination: Examination) -> None:
        """Save an examination with its newest result, while its recorder holds every exhibit."""
        newest = examination.results[-1]
        held = {"exhibit_ids": newest.draft.exhibit_ids, "holder_id": newest.recorded_by}
        self._unit.save(_UPDATE_WHILE_HELD, _examination_to_values(examination) | held)


def row_to_examination(row: Row) -> Examination:
    """Make an examination of its row."""
    return Examination(
        examination_id=str(row["examination_id"]),
        station=row["station"],
        case_id=str(row["case_id"]),
        squad_request_id=str(row["squad_request_id"]),
        state=ExaminationState(row["state"]),
        due_at=row["due_time"],
        examiner_id=row["examiner_id"],
        results=tuple(_read_result(result) for result in json.loads(row["results"])),
        verified_by=row["verified_by"],
        return_reason=row["return_reason"],
        created_at=row["create_time"],
        updated_at=row["update_time"],
        version=row["version"],
    )


def _cut(page: Page, rows: list[Row]) -> tuple[list[Examination], str]:
    shown, token = page.cut(rows, "examination_id")
    return [row_to_examination(row) for row in shown], token


def _examination_to_values(examination: Examination) -> dict[str, Any]:
    return {
        "key": examination.examination_id,
        "new_examination_id": examination.examination_id,
        "new_station": examination.station,
        "new_case_id": examination.case_id,
        "new_squad_request_id": examination.squad_request_id,
        "new_state": examination.state,
        "new_due_time": examination.due_at,
        "new_examiner_id": examination.examiner_id,
        "new_results": [_write_result(result) for result in examination.results],
        "new_verified_by": examination.verified_by,
        "new_return_reason": examination.return_reason,
        "new_create_time": examination.created_at,
        "new_update_time": examination.updated_at,
        "new_version": examination.version,
    }


def _write_result(result: ExaminationResult) -> dict[str, Any]:
    recorded_at = result.recorded_at.isoformat()
    return asdict(result.draft) | {"recorded_by": result.recorded_by, "recorded_at": recorded_at}


def _read_result(stored: dict[str, Any]) -> ExaminationResult:
    draft = ResultDraft(
        exhibit_ids=tuple(stored["exhibit_ids"]),
        method=stored["method"],
        finding=stored["finding"],
        conclusion=Conclusion(stored["conclusion"]),
    )
    recorded_at = datetime.fromisoformat(stored["recorded_at"])
    return ExaminationResult(draft, stored["recorded_by"], recorded_at)
