"""The table of arrests and its queries; the only place where an arrest meets SQL."""

from typing import Any

import sqlalchemy as sa

from chassis.database import Row
from chassis.paging import Page
from chassis.statements import (
    Statement,
    admission_to,
    bind,
    load_for_reading,
    load_with_answer,
    on_case,
    update_row,
)
from chassis.tables import ID, TIME
from chassis.unit import Unit
from chassis.unit_of_work import check_etag
from services.ops.custody.domain import (
    Arrest,
    ArrestReport,
    ArrestState,
    IdentityMethod,
    Signature,
)
from services.ops.operations import store as operations
from services.ops.operations.aggregate import Operation, OperationState
from services.ops.operations.store import OPERATION
from services.ops.tables import METADATA

ONE_PER_TARGET = "arrest_target_key"

ARREST = sa.Table(
    "arrest",
    METADATA,
    sa.Column("arrest_id", ID, primary_key=True),
    sa.Column("station", sa.Text, nullable=False),
    sa.Column("case_id", ID, nullable=False),
    sa.Column("squad_request_id", ID, nullable=False),
    sa.Column("operation_id", ID, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("target_id", ID, nullable=False),
    sa.Column("identity_method", sa.Text, nullable=False),
    sa.Column("arrest_time", TIME, nullable=False),
    sa.Column("place", sa.Text, nullable=False),
    sa.Column("recorder_id", sa.Text, nullable=False),
    sa.Column("hand_over_place", sa.Text, nullable=False),
    sa.Column("offerer_id", sa.Text),
    sa.Column("offer_time", TIME),
    sa.Column("offer_sha256", sa.Text),
    sa.Column("receiver_id", sa.Text),
    sa.Column("accept_time", TIME),
    sa.Column("accept_sha256", sa.Text),
    sa.Column("create_time", TIME, nullable=False),
    sa.Column("update_time", TIME, nullable=False),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.UniqueConstraint("operation_id", "target_id", name=ONE_PER_TARGET),
)
sa.Index("arrest_operation", ARREST.c.operation_id, ARREST.c.arrest_id)

_KEY = ARREST.c.arrest_id == bind(ARREST.c.arrest_id, "key")
_ADMITTED = on_case(ARREST.c.case_id, ARREST.c.station)
_OF_OPERATION = ARREST.c.operation_id == bind(ARREST.c.operation_id, "operation_key")

ADMIT = Statement(admission_to(ARREST.c.arrest_id, _ADMITTED))
_LOAD = Statement(load_with_answer(ARREST, _KEY, _ADMITTED))
_READ = Statement(load_for_reading(ARREST, _KEY, _ADMITTED))
_UPDATE = update_row(ARREST, ARREST.c.arrest_id)
_LIST = Statement(
    sa.select(ARREST)
    .where(_OF_OPERATION, ARREST.c.arrest_id < bind(ARREST.c.arrest_id, "before"))
    .order_by(ARREST.c.arrest_id.desc())
    .limit(sa.bindparam("limit", type_=sa.Integer))
)
_HANDED_OVER = Statement(
    sa.select(ARREST.c.target_id).where(_OF_OPERATION, ARREST.c.state == ArrestState.HANDED_OVER)
)


def _load_operation() -> Statement:
    """Select the operation of an arrest to be, and whether its target is arrested already."""
    arrested = sa.exists().where(
        ARREST.c.operation_id == OPERATION.c.operation_id,
        ARREST.c.target_id == bind(ARREST.c.target_id, "target_key"),
    )
    operation = load_with_answer(OPERATION, operations.KEY, operations.ADMITTED)
    return Statement(operation.add_columns(arrested.label("is_target_arrested")))


def _insert() -> sa.Insert:
    """Insert an arrest, unless its operation has ended meanwhile.

    The row of the operation is locked for it, so that nobody is arrested in an operation that is
    being stood down; who comes second is told that something has moved.
    """
    rows = (
        sa.select(*(bind(column) for column in ARREST.c))
        .select_from(OPERATION)
        .where(
            OPERATION.c.operation_id == bind(ARREST.c.operation_id),
            OPERATION.c.state == OperationState.UNDER_WAY,
        )
        .with_for_update(read=True)
    )
    return sa.insert(ARREST).from_select([column.name for column in ARREST.c], rows)


_LOAD_OPERATION = _load_operation()
_INSERT = _insert()


class Arrests:
    """The arrests, as one unit of work changes them."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    async def load(self, arrest_id: str, *, etag: str) -> Arrest:
        """Load the arrest that the caller has seen and wants to change."""
        row = await self._unit.load(_LOAD, key=arrest_id)
        check_etag(row, etag)
        return _row_to_arrest(row)

    async def load_operation(self, operation_id: str, target_id: str) -> tuple[Operation, bool]:
        """Load the operation of an arrest to be, and whether its target is arrested already."""
        row = await self._unit.load(_LOAD_OPERATION, key=operation_id, target_key=target_id)
        return operations.row_to_operation(row), row["is_target_arrested"]

    async def read(self, arrest_id: str) -> Arrest:
        """Load an arrest to show it."""
        return _row_to_arrest(await self._unit.read(_READ, key=arrest_id))

    async def list(self, page: Page, operation_id: str) -> tuple[list[Arrest], str]:
        """Load a page of the arrests of an operation that the caller may see, newest first."""
        await self._unit.read(operations.ADMIT, key=operation_id)
        values = {"operation_key": operation_id, "before": page.before, "limit": page.limit}
        shown, token = page.cut(await self._unit.page(_LIST, **values), "arrest_id")
        return [_row_to_arrest(row) for row in shown], token

    async def handed_over_ids(self, operation_id: str) -> frozenset[str]:
        """Load which targets of an operation were handed over."""
        rows = await self._unit.page(_HANDED_OVER, operation_key=operation_id)
        return frozenset(str(row["target_id"]) for row in rows)

    def add(self, arrest: Arrest) -> None:
        """Save a new arrest; refused as stale when its operation has ended meanwhile."""
        self._unit.save(_INSERT, _arrest_to_values(arrest))

    def put(self, arrest: Arrest) -> None:
        """Save the next version of an arrest."""
        self._unit.save(_UPDATE, _arrest_to_values(arrest))


def _row_to_arrest(row: Row) -> Arrest:
    report = ArrestReport(
        target_id=str(row["target_id"]),
        identity_method=IdentityMethod(row["identity_method"]),
        arrested_at=row["arrest_time"],
        place=row["place"],
        recorder_id=row["recorder_id"],
    )
    return Arrest(
        arrest_id=str(row["arrest_id"]),
        station=row["station"],
        case_id=str(row["case_id"]),
        squad_request_id=str(row["squad_request_id"]),
        operation_id=str(row["operation_id"]),
        state=ArrestState(row["state"]),
        report=report,
        hand_over_place=row["hand_over_place"],
        offer_signature=_signature(row["offerer_id"], row["offer_time"], row["offer_sha256"]),
        acceptance_signature=_signature(
            row["receiver_id"], row["accept_time"], row["accept_sha256"]
        ),
        created_at=row["create_time"],
        updated_at=row["update_time"],
        version=row["version"],
    )


def _signature(person_id: str | None, signed_at: Any, record_sha256: Any) -> Signature | None:
    return Signature(person_id, signed_at, record_sha256) if person_id is not None else None


def _arrest_to_values(arrest: Arrest) -> dict[str, Any]:
    offer, acceptance = arrest.offer_signature, arrest.acceptance_signature
    return {
        "key": arrest.arrest_id,
        "new_arrest_id": arrest.arrest_id,
        "new_station": arrest.station,
        "new_case_id": arrest.case_id,
        "new_squad_request_id": arrest.squad_request_id,
        "new_operation_id": arrest.operation_id,
        "new_state": arrest.state,
        "new_target_id": arrest.report.target_id,
        "new_identity_method": arrest.report.identity_method,
        "new_arrest_time": arrest.report.arrested_at,
        "new_place": arrest.report.place,
        "new_recorder_id": arrest.report.recorder_id,
        "new_hand_over_place": arrest.hand_over_place,
        "new_offerer_id": offer.person_id if offer else None,
        "new_offer_time": offer.signed_at if offer else None,
        "new_offer_sha256": offer.record_sha256 if offer else None,
        "new_receiver_id": acceptance.person_id if acceptance else None,
        "new_accept_time": acceptance.signed_at if acceptance else None,
        "new_accept_sha256": acceptance.record_sha256 if acceptance else None,
        "new_create_time": arrest.created_at,
        "new_update_time": arrest.updated_at,
        "new_version": arrest.version,
    }
