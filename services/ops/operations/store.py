"""The table of operations and its queries; the only place where an operation meets SQL.

What belongs to an operation alone (targets, teams, plan, approvals) stands in its row as JSON.
"""

from datetime import datetime
from typing import Any

import orjson
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
from services.ops.operations.aggregate import (
    Approval,
    Authority,
    AuthorityKind,
    Operation,
    OperationState,
    Plan,
    Target,
    Team,
    TeamRole,
)
from services.ops.tables import METADATA

OPERATION = sa.Table(
    "operation",
    METADATA,
    sa.Column("operation_id", ID, primary_key=True),
    sa.Column("station", sa.Text, nullable=False),
    sa.Column("case_id", ID, nullable=False),
    sa.Column("squad_request_id", ID, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("due_time", TIME, nullable=False),
    sa.Column("leader_id", sa.Text),
    sa.Column("targets", sa.Text, nullable=False),
    sa.Column("teams", sa.Text, nullable=False),
    sa.Column("plan", sa.Text),
    sa.Column("approvals", sa.Text, nullable=False),
    sa.Column("start_time", TIME),
    sa.Column("stand_down_reason", sa.Text, nullable=False),
    sa.Column("create_time", TIME, nullable=False),
    sa.Column("update_time", TIME, nullable=False),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.UniqueConstraint("squad_request_id", name="operation_squad_request_key"),
)
sa.Index("operation_station", OPERATION.c.station, OPERATION.c.operation_id)
sa.Index("operation_case", OPERATION.c.case_id, OPERATION.c.operation_id)

KEY = OPERATION.c.operation_id == bind(OPERATION.c.operation_id, "key")
ADMITTED = on_case(OPERATION.c.case_id, OPERATION.c.station)
_BEFORE = bind(OPERATION.c.operation_id, "before")
_LIMIT = sa.bindparam("limit", type_=sa.Integer)

ADMIT = Statement(admission_to(OPERATION.c.operation_id, ADMITTED))
_LOAD = Statement(load_with_answer(OPERATION, KEY, ADMITTED))
_READ = Statement(load_for_reading(OPERATION, KEY, ADMITTED))
_LOCK_ANSWERING = Statement(lock_row(OPERATION, OPERATION.c.squad_request_id))
_INSERT = insert_row(OPERATION)
_UPDATE = update_row(OPERATION, OPERATION.c.operation_id)
_OF_STATION = Statement(page_of_station(OPERATION, OPERATION.c.operation_id))
_OF_PERSON = Statement(page_of_person(OPERATION, OPERATION.c.operation_id))
_OF_CASE = Statement(page_of_case(OPERATION, OPERATION.c.operation_id))


class Operations:
    """The operations, as one unit of work changes them."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    async def load(self, operation_id: str, *, etag: str) -> Operation:
        """Load the operation that the caller has seen and wants to change."""
        row = await self._unit.load(_LOAD, key=operation_id)
        check_etag(row, etag)
        return row_to_operation(row)

    async def read(self, operation_id: str) -> Operation:
        """Load an operation to show it."""
        return row_to_operation(await self._unit.read(_READ, key=operation_id))

    async def list_of_case(self, page: Page, case_id: str) -> tuple[list[Operation], str]:
        """Load a page of the operations of one case.

        Raises:
            NotAssignedError, NotFoundError: The caller may not see the case.
        """
        return _cut(page, await self._unit.page_of_case(_OF_CASE, case_id, page))

    async def list(self, page: Page, *, sees_station: bool) -> tuple[list[Operation], str]:
        """Load a page of the caller's operations, newest first, and the token of the next page."""
        query = _OF_STATION if sees_station else _OF_PERSON
        return _cut(page, await self._unit.page(query, before=page.before, limit=page.limit))

    async def lock_answering(self, squad_request_id: str) -> Operation | None:
        """Load, under lock, the operation that answers a squad request; None if none does."""
        row = await self._unit.lock(_LOCK_ANSWERING, key=squad_request_id)
        return row_to_operation(row) if row is not None else None

    def add(self, operation: Operation) -> None:
        """Save a new operation."""
        self._unit.save(_INSERT, _operation_to_values(operation))

    def put(self, operation: Operation) -> None:
        """Save the next version of an operation."""
        self._unit.save(_UPDATE, _operation_to_values(operation))


def row_to_operation(row: Row) -> Operation:
    """Make an operation of its row."""
    return Operation(
        operation_id=str(row["operation_id"]),
        station=row["station"],
        case_id=str(row["case_id"]),
        squad_request_id=str(row["squad_request_id"]),
        state=OperationState(row["state"]),
        due_at=row["due_time"],
        leader_id=row["leader_id"],
        targets=_read_targets(row["targets"]),
        teams=_read_teams(row["teams"]),
        plan=_read_plan(row["plan"]) if row["plan"] else None,
        approvals=_read_approvals(row["approvals"]),
        started_at=row["start_time"],
        stand_down_reason=row["stand_down_reason"],
        created_at=row["create_time"],
        updated_at=row["update_time"],
        version=row["version"],
    )


def _operation_to_values(operation: Operation) -> dict[str, Any]:
    return {
        "key": operation.operation_id,
        "new_operation_id": operation.operation_id,
        "new_station": operation.station,
        "new_case_id": operation.case_id,
        "new_squad_request_id": operation.squad_request_id,
        "new_state": operation.state,
        "new_due_time": operation.due_at,
        "new_leader_id": operation.leader_id,
        "new_targets": _write(operation.targets),
        "new_teams": _write(operation.teams),
        "new_plan": _write(operation.plan) if operation.plan else None,
        "new_approvals": _write(operation.approvals),
        "new_start_time": operation.started_at,
        "new_stand_down_reason": operation.stand_down_reason,
        "new_create_time": operation.created_at,
        "new_update_time": operation.updated_at,
        "new_version": operation.version,
    }


def _cut(page: Page, rows: list[Row]) -> tuple[list[Operation], str]:
    shown, token = page.cut(rows, "operation_id")
    return [row_to_operation(row) for row in shown], token


def _write(part: object) -> str:
    return orjson.dumps(part).decode()


def _read_targets(document: str) -> tuple[Target, ...]:
    return tuple(_read_target(fields) for fields in orjson.loads(document))


def _read_teams(document: str) -> tuple[Team, ...]:
    return tuple(_read_team(fields) for fields in orjson.loads(document))


def _read_plan(document: str) -> Plan:
    fields = orjson.loads(document)
    fields["start_at"] = datetime.fromisoformat(fields["start_at"])
    fields["planner_ids"] = tuple(fields["planner_ids"])
    return Plan(**fields)


def _read_approvals(document: str) -> tuple[Approval, ...]:
    return tuple(_read_approval(fields) for fields in orjson.loads(document))


def _read_target(fields: dict[str, Any]) -> Target:
    authority = fields["authority"]
    authority["kind"] = AuthorityKind(authority["kind"])
    authority["expires_at"] = datetime.fromisoformat(authority["expires_at"])
    return Target(**fields | {"authority": Authority(**authority)})


def _read_team(fields: dict[str, Any]) -> Team:
    role, member_ids = TeamRole(fields["role"]), tuple(fields["member_ids"])
    return Team(**fields | {"role": role, "member_ids": member_ids})


def _read_approval(fields: dict[str, Any]) -> Approval:
    approved_at = datetime.fromisoformat(fields["approved_at"])
    expires_at = datetime.fromisoformat(fields["expires_at"])
    return Approval(**fields | {"approved_at": approved_at, "expires_at": expires_at})
