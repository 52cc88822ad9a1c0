"""The table of cases and its queries; the only place where a case meets SQL."""

from typing import Any

import sqlalchemy as sa

from chassis import assignments
from chassis.database import Row
from chassis.listings import page_of_person, page_of_station
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
from chassis.tables import ASSIGNMENT, ID, TEXTS, TIME
from chassis.unit import Unit
from chassis.unit_of_work import check_etag, found
from services.station.casefile.aggregate import Case, CaseState, Squad
from services.station.tables import METADATA

# `case` is a word of SQL.
CASE = sa.Table(
    "case_file",
    METADATA,
    sa.Column("case_id", ID, primary_key=True),
    sa.Column("station", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("alarm_id", ID, nullable=False),
    sa.Column("call_type", sa.Text, nullable=False),
    sa.Column("case_officer_id", sa.Text, nullable=False),
    sa.Column("member_ids", TEXTS, nullable=False),
    sa.Column("accepted_by", sa.Text),
    sa.Column("legal_basis", sa.Text, nullable=False),
    sa.Column("objective", sa.Text, nullable=False),
    sa.Column("squads", TEXTS, nullable=False),
    sa.Column("due_time", TIME),
    sa.Column("gate_missing_ids", TEXTS, nullable=False),
    sa.Column("gate_met_ids", TEXTS, nullable=False),
    sa.Column("is_gate_passed", sa.Boolean, nullable=False),
    sa.Column("is_reviewed", sa.Boolean, nullable=False),
    sa.Column("suspended_from", sa.Text),
    sa.Column("suspend_reason", sa.Text, nullable=False),
    sa.Column("transferred_to", sa.Text, nullable=False),
    sa.Column("merged_into_id", ID),
    sa.Column("create_time", TIME, nullable=False),
    sa.Column("update_time", TIME, nullable=False),
    sa.Column("version", sa.BigInteger, nullable=False),
)
sa.Index("case_file_station", CASE.c.station, CASE.c.case_id)

_KEY = CASE.c.case_id == bind(CASE.c.case_id, "key")
_ADMITTED = on_case(CASE.c.case_id, CASE.c.station)
_BEFORE = bind(CASE.c.case_id, "before")
_LIMIT = sa.bindparam("limit", type_=sa.Integer)

ADMIT = Statement(admission_to(CASE.c.case_id, _ADMITTED))
_LOAD = Statement(load_with_answer(CASE, _KEY, _ADMITTED))
_READ = Statement(load_for_reading(CASE, _KEY, _ADMITTED))
_LOCK = Statement(lock_row(CASE, CASE.c.case_id))
_INSERT = insert_row(CASE)
_UPDATE = update_row(CASE, CASE.c.case_id)
_OF_STATION = Statement(page_of_station(CASE, CASE.c.case_id))
# Driven by the assignments of the person, so that it costs the same among a million cases.
_OF_PERSON = Statement(page_of_person(CASE, ASSIGNMENT.c.case_id))


class Cases:
    """The cases, as one unit of work changes them."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    async def load(self, case_id: str, *, etag: str) -> Case:
        """Load the case that the caller has seen and wants to change."""
        row = await self._unit.load(_LOAD, key=case_id)
        check_etag(row, etag)
        return row_to_case(row)

    async def read(self, case_id: str) -> Case:
        """Load a case to show it, or to compare with it."""
        return row_to_case(await self._unit.read(_READ, key=case_id))

    async def list(self, page: Page, *, sees_station: bool) -> tuple[list[Case], str]:
        """Load a page of the caller's cases, newest first, and the token of the next page."""
        query = _OF_STATION if sees_station else _OF_PERSON
        rows = await self._unit.page(query, before=page.before, limit=page.limit)
        shown, token = page.cut(rows, "case_id")
        return [row_to_case(row) for row in shown], token

    async def lock(self, case_id: str) -> Case:
        """Load the newest case and make other writers wait until this unit ends.

        Raises:
            NotFoundError: There is no such case.
        """
        return row_to_case(found(await self._unit.lock(_LOCK, key=case_id)))

    def add(self, case: Case) -> None:
        """Save a new case; its officer is its first member."""
        self._unit.save(_INSERT, _case_to_values(case))
        assignments.know_case(self._unit, case_id=case.case_id, station=case.station)
        self.assign(case.case_id, case.case_officer_id)

    def put(self, case: Case) -> None:
        """Save the next version of a case."""
        self._unit.save(_UPDATE, _case_to_values(case))

    def assign(self, case_id: str, person_id: str) -> None:
        """Let a person see the case."""
        assignments.assign(self._unit, case_id=case_id, person_id=person_id)

    def release(self, case_id: str, person_id: str) -> None:
        """Stop letting a person see the case."""
        assignments.release(self._unit, case_id=case_id, person_id=person_id)


def row_to_case(row: Row) -> Case:
    """Make a case of its row."""
    suspended_from = row["suspended_from"]
    return Case(
        case_id=str(row["case_id"]),
        station=row["station"],
        state=CaseState(row["state"]),
        alarm_id=str(row["alarm_id"]),
        call_type=row["call_type"],
        case_officer_id=row["case_officer_id"],
        member_ids=tuple(row["member_ids"]),
        accepted_by=row["accepted_by"],
        legal_basis=row["legal_basis"],
        objective=row["objective"],
        squads=tuple(Squad(squad) for squad in row["squads"]),
        due_at=row["due_time"],
        gate_missing_ids=tuple(row["gate_missing_ids"]),
        gate_met_ids=tuple(row["gate_met_ids"]),
        is_gate_passed=row["is_gate_passed"],
        is_reviewed=row["is_reviewed"],
        suspended_from=CaseState(suspended_from) if suspended_from else None,
        suspend_reason=row["suspend_reason"],
        transferred_to=row["transferred_to"],
        merged_into_id=str(row["merged_into_id"]) if row["merged_into_id"] else None,
        created_at=row["create_time"],
        updated_at=row["update_time"],
        version=row["version"],
    )


def _case_to_values(case: Case) -> dict[str, Any]:
    return {
        "key": case.case_id,
        "new_case_id": case.case_id,
        "new_station": case.station,
        "new_state": case.state,
        "new_alarm_id": case.alarm_id,
        "new_call_type": case.call_type,
        "new_case_officer_id": case.case_officer_id,
        "new_member_ids": case.member_ids,
        "new_accepted_by": case.accepted_by,
        "new_legal_basis": case.legal_basis,
        "new_objective": case.objective,
        "new_squads": case.squads,
        "new_due_time": case.due_at,
        "new_gate_missing_ids": case.gate_missing_ids,
        "new_gate_met_ids": case.gate_met_ids,
        "new_is_gate_passed": case.is_gate_passed,
        "new_is_reviewed": case.is_reviewed,
        "new_suspended_from": case.suspended_from,
        "new_suspend_reason": case.suspend_reason,
        "new_transferred_to": case.transferred_to,
        "new_merged_into_id": case.merged_into_id,
        "new_create_time": case.created_at,
        "new_update_time": case.updated_at,
        "new_version": case.version,
    }
