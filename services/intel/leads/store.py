"""The table of leads and its queries; the only place where a lead meets SQL."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from chassis.database import Row
from chassis.listings import page_of_case
from chassis.paging import Page
from chassis.statements import (
    Statement,
    admission_to,
    bind,
    insert_row,
    load_for_reading,
    load_with_answer,
    on_case,
    update_row,
)
from chassis.tables import ID, TIME
from chassis.unit import Unit
from chassis.unit_of_work import check_etag
from services.intel.leads.domain import Lead, LeadState, RejectionGround
from services.intel.tables import METADATA

LEAD = sa.Table(
    "lead",
    METADATA,
    sa.Column("lead_id", ID, primary_key=True),
    sa.Column("station", sa.Text, nullable=False),
    sa.Column("case_id", ID, nullable=False),
    sa.Column("tasking_id", ID, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("priority", sa.Integer, nullable=False),
    sa.Column("summary", sa.Text, nullable=False),
    sa.Column("purpose", sa.Text, nullable=False),
    sa.Column("legal_basis", sa.Text, nullable=False),
    sa.Column("expire_time", TIME, nullable=False),
    sa.Column("recorded_by", sa.Text, nullable=False),
    sa.Column("decided_by", sa.Text),
    sa.Column("rejection_ground", sa.Text),
    sa.Column("create_time", TIME, nullable=False),
    sa.Column("update_time", TIME, nullable=False),
    sa.Column("version", sa.BigInteger, nullable=False),
)
sa.Index("lead_case", LEAD.c.case_id, LEAD.c.lead_id)

_KEY = LEAD.c.lead_id == bind(LEAD.c.lead_id, "key")
_ADMITTED = on_case(LEAD.c.case_id, LEAD.c.station)
_IN_CASE = sa.select(LEAD).where(LEAD.c.case_id == bind(LEAD.c.case_id, "key"))

ADMIT = Statement(admission_to(LEAD.c.lead_id, _ADMITTED))
_LOAD = Statement(load_with_answer(LEAD, _KEY, _ADMITTED))
_READ = Statement(load_for_reading(LEAD, _KEY, _ADMITTED))
_INSERT = insert_row(LEAD)
_UPDATE = update_row(LEAD, LEAD.c.lead_id)
_OF_CASE = Statement(page_of_case(LEAD, LEAD.c.lead_id))
_NAMED_IN_CASE = Statement(
    _IN_CASE.where(LEAD.c.lead_id == sa.any_(sa.bindparam("lead_ids", type_=sa.ARRAY(ID))))
)


class Leads:
    """The leads, as one unit of work changes them."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    async def load(self, lead_id: str, *, etag: str) -> Lead:
        """Load the lead that the caller has seen and wants to change."""
        row = await self._unit.load(_LOAD, key=lead_id)
        check_etag(row, etag)
        return row_to_lead(row)

    async def read(self, lead_id: str) -> Lead:
        """Load a lead to show it."""
        return row_to_lead(await self._unit.read(_READ, key=lead_id))

    async def list_of_case(self, case_id: str, page: Page) -> tuple[list[Lead], str]:
        """Load a page of the leads of a case, newest first, and the token of the next page."""
        rows = await self._unit.page_of_case(_OF_CASE, case_id, page)
        shown, token = page.cut(rows, "lead_id")
        return [row_to_lead(row) for row in shown], token

    async def find_in_case(self, case_id: str, lead_ids: Sequence[str]) -> list[Lead]:
        """Load those of the named leads that belong to a case the caller was admitted to."""
        rows = await self._unit.page(_NAMED_IN_CASE, key=case_id, lead_ids=lead_ids)
        return [row_to_lead(row) for row in rows]

    def add(self, lead: Lead) -> None:
        """Save a new lead."""
        self._unit.save(_INSERT, _lead_to_values(lead))

    def put(self, lead: Lead) -> None:
        """Save the next version of a lead."""
        self._unit.save(_UPDATE, _lead_to_values(lead))


def row_to_lead(row: Row) -> Lead:
    """Make a lead of its row."""
    ground = row["rejection_ground"]
    return Lead(
        lead_id=str(row["lead_id"]),
        station=row["station"],
        case_id=str(row["case_id"]),
        tasking_id=str(row["tasking_id"]),
        state=LeadState(row["state"]),
        priority=row["priority"],
        summary=row["summary"],
        purpose=row["purpose"],
        legal_basis=row["legal_basis"],
        expires_at=row["expire_time"],
        recorded_by=row["recorded_by"],
        decided_by=row["decided_by"],
        rejection_ground=RejectionGround(ground) if ground else None,
        created_at=row["create_time"],
        updated_at=row["update_time"],
        version=row["version"],
    )


def _lead_to_values(lead: Lead) -> dict[str, Any]:
    return {
        "key": lead.lead_id,
        "new_lead_id": lead.lead_id,
        "new_station": lead.station,
        "new_case_id": lead.case_id,
        "new_tasking_id": lead.tasking_id,
        "new_state": lead.state,
        "new_priority": lead.priority,
        "new_summary": lead.summary,
        "new_purpose": lead.purpose,
        "new_legal_basis": lead.legal_basis,
        "new_expire_time": lead.expires_at,
        "new_recorded_by": lead.recorded_by,
        "new_decided_by": lead.decided_by,
        "new_rejection_ground": lead.rejection_ground,
        "new_create_time": lead.created_at,
        "new_update_time": lead.updated_at,
        "new_version": lead.version,
    }
