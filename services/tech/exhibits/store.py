"""The table of exhibits and its queries; the only place where an exhibit meets SQL."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

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
from chassis.tables import ASSIGNMENT, ID, TIME
from chassis.unit import Unit
from chassis.unit_of_work import check_etag
from services.tech.exhibits.aggregate import (
    CustodyAct,
    CustodyEntry,
    Exhibit,
    ExhibitLabel,
    ExhibitState,
    Signature,
)
from services.tech.tables import METADATA

EXHIBIT = sa.Table(
    "exhibit",
    METADATA,
    sa.Column("exhibit_id", ID, primary_key=True),
    sa.Column("station", sa.Text, nullable=False),
    sa.Column("case_id", ID, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("description", sa.Text, nullable=False),
    sa.Column("content_sha256", sa.Text, nullable=False),
    sa.Column("legal_basis", sa.Text, nullable=False),
    sa.Column("holder_id", sa.Text, nullable=False),
    sa.Column("receiver_id", sa.Text),
    sa.Column("seal_number", sa.Text, nullable=False),
    sa.Column("custody", JSONB, nullable=False),
    sa.Column("create_time", TIME, nullable=False),
    sa.Column("update_time", TIME, nullable=False),
    sa.Column("version", sa.BigInteger, nullable=False),
)
sa.Index("exhibit_case", EXHIBIT.c.case_id, EXHIBIT.c.exhibit_id)

_KEY = EXHIBIT.c.exhibit_id == bind(EXHIBIT.c.exhibit_id, "key")
_ADMITTED = on_case(EXHIBIT.c.case_id, EXHIBIT.c.station)

ADMIT = Statement(admission_to(EXHIBIT.c.exhibit_id, _ADMITTED))
_LOAD = Statement(load_with_answer(EXHIBIT, _KEY, _ADMITTED))
_READ = Statement(load_for_reading(EXHIBIT, _KEY, _ADMITTED))
_INSERT = insert_row(EXHIBIT)
_UPDATE = update_row(EXHIBIT, EXHIBIT.c.exhibit_id)
_OF_CASE = Statement(page_of_case(EXHIBIT, EXHIBIT.c.exhibit_id))
_NAMED = Statement(
    sa.select(EXHIBIT).where(
        EXHIBIT.c.exhibit_id == sa.any_(sa.bindparam("exhibit_ids", type_=ARRAY(ID)))
    )
)
_MEMBER = Statement(
    sa.select(ASSIGNMENT.c.person_id).where(
        ASSIGNMENT.c.case_id == bind(ASSIGNMENT.c.case_id, "key"),
        ASSIGNMENT.c.person_id == bind(ASSIGNMENT.c.person_id, "person_id"),
    )
)


class Exhibits:
    """The exhibits, as one unit of work changes them."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    async def load(self, exhibit_id: str, *, etag: str) -> Exhibit:
        """Load the exhibit that the caller has seen and wants to change."""
        row = await self._unit.load(_LOAD, key=exhibit_id)
        check_etag(row, etag)
        return row_to_exhibit(row)

    async def read(self, exhibit_id: str) -> Exhibit:
        """Load an exhibit to show it."""
        return row_to_exhibit(await self._unit.read(_READ, key=exhibit_id))

    async def list(self, page: Page, *, case_id: str) -> tuple[list[Exhibit], str]:
        """Load a page of the exhibits of a case, newest first, and the token of the next page.

        Raises:
            NotAssignedError, NotFoundError: The caller may not see the case.
        """
        rows = await self._unit.page_of_case(_OF_CASE, case_id, page)
        shown, token = page.cut(rows, "exhibit_id")
        return [row_to_exhibit(row) for row in shown], token

    async def named(self, exhibit_ids: Sequence[str]) -> tuple[Exhibit, ...]:
        """Load those of these exhibits that exist, whoever may see them: not to be shown."""
        rows = await self._unit.page(_NAMED, exhibit_ids=exhibit_ids)
        return tuple(row_to_exhibit(row) for row in rows)

    async def is_assigned(self, case_id: str, person_id: str) -> bool:
        """Tell whether a person is assigned to a case."""
        return bool(await self._unit.page(_MEMBER, key=case_id, person_id=person_id))

    def add(self, exhibit: Exhibit) -> None:
        """Save a new exhibit."""
        self._unit.save(_INSERT, _exhibit_to_values(exhibit))

    def put(self, exhibit: Exhibit) -> None:
        """Save the next version of an exhibit."""
        self._unit.save(_UPDATE, _exhibit_to_values(exhibit))


def row_to_exhibit(row: Row) -> Exhibit:
    """Make an exhibit of its row."""
    label = ExhibitLabel(
        exhibit_id=str(row["exhibit_id"]),
        station=row["station"],
        case_id=str(row["case_id"]),
        description=row["description"],
        content_sha256=row["content_sha256"],
        legal_basis=row["legal_basis"],
    )
    return Exhibit(
        label=label,
        state=ExhibitState(row["state"]),
        holder_id=row["holder_id"],
        receiver_id=row["receiver_id"],
        seal_number=row["seal_number"],
        custody=tuple(_read_entry(entry) for entry in json.loads(row["custody"])),
        created_at=row["create_time"],
        updated_at=row["update_time"],
        version=row["version"],
    )


def _exhibit_to_values(exhibit: Exhibit) -> dict[str, Any]:
    return {
        "key": exhibit.exhibit_id,
        "new_exhibit_id": exhibit.exhibit_id,
        "new_station": exhibit.station,
        "new_case_id": exhibit.case_id,
        "new_state": exhibit.state,
        "new_description": exhibit.label.description,
        "new_content_sha256": exhibit.label.content_sha256,
        "new_legal_basis": exhibit.label.legal_basis,
        "new_holder_id": exhibit.holder_id,
        "new_receiver_id": exhibit.receiver_id,
        "new_seal_number": exhibit.seal_number,
        "new_custody": [_write_entry(entry) for entry in exhibit.custody],
        "new_create_time": exhibit.created_at,
        "new_update_time": exhibit.updated_at,
        "new_version": exhibit.version,
    }


def _write_entry(entry: CustodyEntry) -> dict[str, Any]:
    signature = asdict(entry.signature) | {"signed_at": entry.signature.signed_at.isoformat()}
    return signature | {"previous_sha256": entry.previous_sha256, "sha256": entry.sha256}


def _read_entry(stored: dict[str, Any]) -> CustodyEntry:
    previous, digest = stored.pop("previous_sha256"), stored.pop("sha256")
    stored["act"] = CustodyAct(stored["act"])
    stored["signed_at"] = datetime.fromisoformat(stored["signed_at"])
    return CustodyEntry(Signature(**stored), previous, digest)
