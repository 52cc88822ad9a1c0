"""The table of squad requests and its queries; the only place where one meets SQL."""

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
    lock_row,
    on_case,
    update_row,
)
from chassis.tables import ID, TIME
from chassis.unit import Unit
from chassis.unit_of_work import check_etag, found
from services.station.casefile.aggregate import Squad
from services.station.circulation.aggregate import (
    Order,
    SquadRequest,
    SquadRequestKind,
    SquadRequestState,
)
from services.station.tables import METADATA

# Two orders of a joint arrest at once: the database lets one of them in.
ARREST_KEY = "squad_request_arrest_key"

SQUAD_REQUEST = sa.Table(
    "squad_request",
    METADATA,
    sa.Column("squad_request_id", ID, primary_key=True),
    sa.Column("case_id", ID, nullable=False),
    sa.Column("station", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("squad", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("question", sa.Text, nullable=False),
    sa.Column("due_time", TIME, nullable=False),
    sa.Column("is_gating", sa.Boolean, nullable=False),
    sa.Column("ordered_by", sa.Text, nullable=False),
    sa.Column("sign_for_time", TIME),
    sa.Column("answer_id", ID),
    sa.Column("send_back_reason", sa.Text, nullable=False),
    sa.Column("rating", sa.Integer),
    sa.Column("verified_by", sa.Text),
    sa.Column("create_time", TIME, nullable=False),
    sa.Column("update_time", TIME, nullable=False),
    sa.Column("version", sa.BigInteger, nullable=False),
)
_T = SQUAD_REQUEST.c
sa.Index("squad_request_case", _T.case_id, _T.squad_request_id)
sa.Index(
    ARREST_KEY,
    _T.case_id,
    unique=True,
    postgresql_where=sa.text("kind = 'joint_arrest' AND state <> 'withdrawn'"),
)

_KEY = _T.squad_request_id == bind(_T.squad_request_id, "key")
_ADMITTED = on_case(_T.case_id, _T.station)

ADMIT = Statement(admission_to(_T.squad_request_id, _ADMITTED))
_LOAD = Statement(load_with_answer(SQUAD_REQUEST, _KEY, _ADMITTED))
_READ = Statement(load_for_reading(SQUAD_REQUEST, _KEY, _ADMITTED))
_LOCK = Statement(lock_row(SQUAD_REQUEST, _T.squad_request_id))
_INSERT = insert_row(SQUAD_REQUEST)
_UPDATE = update_row(SQUAD_REQUEST, _T.squad_request_id)
_LIST = Statement(page_of_case(SQUAD_REQUEST, _T.squad_request_id))
_ARRESTS = Statement(
    sa.select(SQUAD_REQUEST).where(
        _T.case_id == bind(_T.case_id, "case_id"), _T.kind == bind(_T.kind, "kind")
    )
)


class SquadRequests:
    """The squad requests, as one unit of work changes them."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    async def load(self, squad_request_id: str, *, etag: str) -> SquadRequest:
        """Load the squad request that the caller has seen and wants to change."""
        row = await self._unit.load(_LOAD, key=squad_request_id)
        check_etag(row, etag)
        return row_to_squad_request(row)

    async def read(self, squad_request_id: str) -> SquadRequest:
        """Load a squad request to show it."""
        return row_to_squad_request(await self._unit.read(_READ, key=squad_request_id))

    async def list(self, page: Page, *, case_id: str) -> tuple[list[SquadRequest], str]:
        """Load a page of the requests of a case, newest first, and the next page's token."""
        rows = await self._unit.page_of_case(_LIST, case_id, page)
        shown, token = page.cut(rows, "squad_request_id")
        return [row_to_squad_request(row) for row in shown], token

    async def find_arrests(self, case_id: str) -> tuple[SquadRequest, ...]:
        """Load every joint arrest of a case, which the caller has loaded before."""
        rows = await self._unit.page(_ARRESTS, case_id=case_id, kind=SquadRequestKind.JOINT_ARREST)
        return tuple(row_to_squad_request(row) for row in rows)

    async def lock(self, squad_request_id: str) -> SquadRequest:
        """Load the newest squad request and make other writers wait until this unit ends.

        Raises:
            NotFoundError: There is no such squad request.
        """
        return row_to_squad_request(found(await self._unit.lock(_LOCK, key=squad_request_id)))

    def add(self, request: SquadRequest) -> None:
        """Save a new squad request."""
        self._unit.save(_INSERT, _squad_request_to_values(request))

    def put(self, request: SquadRequest) -> None:
        """Save the next version of a squad request."""
        self._unit.save(_UPDATE, _squad_request_to_values(request))


def row_to_squad_request(row: Row) -> SquadRequest:
    """Make a squad request of its row."""
    return SquadRequest(
        squad_request_id=str(row["squad_request_id"]),
        case_id=str(row["case_id"]),
        station=row["station"],
        state=SquadRequestState(row["state"]),
        squad=Squad(row["squad"]),
        order=Order(
            kind=SquadRequestKind(row["kind"]),
            question=row["question"],
            due_at=row["due_time"],
            is_gating=row["is_gating"],
        ),
        ordered_by=row["ordered_by"],
        signed_for_at=row["sign_for_time"],
        answer_id=str(row["answer_id"]) if row["answer_id"] else None,
        send_back_reason=row["send_back_reason"],
        rating=row["rating"],
        verified_by=row["verified_by"],
        created_at=row["create_time"],
        updated_at=row["update_time"],
        version=row["version"],
    )


def _squad_request_to_values(request: SquadRequest) -> dict[str, Any]:
    return {
        "key": request.squad_request_id,
        "new_squad_request_id": request.squad_request_id,
        "new_case_id": request.case_id,
        "new_station": request.station,
        "new_state": request.state,
        "new_squad": request.squad,
        "new_kind": request.order.kind,
        "new_question": request.order.question,
        "new_due_time": request.order.due_at,
        "new_is_gating": request.order.is_gating,
        "new_ordered_by": request.ordered_by,
        "new_sign_for_time": request.signed_for_at,
        "new_answer_id": request.answer_id,
        "new_send_back_reason": request.send_back_reason,
        "new_rating": request.rating,
        "new_verified_by": request.verified_by,
        "new_create_time": request.created_at,
        "new_update_time": request.updated_at,
        "new_version": request.version,
    }
