"""What the tests of operations do first: cases with people, operations and arrests in any state."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from chassis.call import Call
from chassis.database import Database
from chassis.ids import new_id, new_request_id
from chassis.unit_of_work import Begin
from jointops.ops.v1 import operation_pb2 as pb
from services.ops.custody import convert as arrest_convert
from services.ops.custody import domain as custody
from services.ops.custody.domain import Arrest, ArrestRecorded
from services.ops.custody.store import Arrests
from services.ops.operations import convert
from services.ops.operations.aggregate import Approval, Operation, OperationReceived
from services.ops.operations.store import Operations
from tests.integration.stage import STATION
from tests.unit.ops.builders import GROUND, PLAN, PLAN_HASH, REPORT, TARGET, make_operation

PLANNER = "ops_leader-1"
_KNOW = "INSERT INTO known_case (case_id, station) VALUES ($1, $2) ON CONFLICT DO NOTHING"
_ASSIGN = "INSERT INTO assignment (case_id, person_id) VALUES ($1, $2) ON CONFLICT DO NOTHING"


def make_call(person_id: str, *, station: str = STATION, sees_station: bool = False) -> Call:
    """Make a call with a request_id of its own."""
    return Call(person_id, station, sees_station, "m", "p", new_request_id(), b"hash", "")


def make_live_operation(**changes: Any) -> Operation:
    """Make a planned operation with ids of its own, whose authority and plan are valid today."""
    now = datetime.now(UTC)
    tomorrow = now + timedelta(days=1)
    target = replace(
        TARGET, target_id=new_id(), authority=replace(TARGET.authority, expires_at=tomorrow)
    )
    live = {
        "operation_id": new_id(),
        "case_id": new_id(),
        "squad_request_id": new_id(),
        "leader_id": PLANNER,
        "targets": (target,),
        "plan": replace(PLAN, planner_ids=(PLANNER,), start_at=tomorrow),
        "due_at": tomorrow,
        "created_at": now,
        "updated_at": now,
    }
    return make_operation(**(live | changes))


def make_live_approval(approver_id: str) -> Approval:
    """Make an approval of the plan that is valid today."""
    now = datetime.now(UTC)
    return Approval(approver_id, PLAN_HASH, now, now + timedelta(days=1))


def make_live_arrest(operation: Operation | pb.Operation, **changes: Any) -> Arrest:
    """Make the recorded arrest of the first target of an operation."""
    return replace(custody.open_arrest(make_recorded(operation)), **changes)


def make_recorded(operation: Operation | pb.Operation) -> ArrestRecorded:
    """Make the event that the first target of an operation was arrested."""
    ground = replace(
        GROUND,
        operation_id=operation.operation_id,
        station=operation.station,
        case_id=operation.case_id,
        squad_request_id=operation.squad_request_id,
    )
    now = datetime.now(UTC)
    report = replace(REPORT, target_id=operation.targets[0].target_id, arrested_at=now)
    return ArrestRecorded(now, new_id(), ground, report)


async def assign(
    database: Database, case_id: str, *person_ids: str, station: str = STATION
) -> None:
    """Assign people to a case that the station has reported."""
    connection = await database.acquire()
    try:
        await connection._raw.execute(_KNOW, case_id, station)
        for person_id in person_ids:
            await connection._raw.execute(_ASSIGN, case_id, person_id)
    finally:
        database.release(connection)


async def put_operation(begin: Begin, operation: Operation, stores: Any = Operations) -> Operation:
    """Put an operation into the store as if it had come there step by step."""
    received = OperationReceived(
        decided_at=operation.created_at,
        operation_id=operation.operation_id,
        station=operation.station,
        case_id=operation.case_id,
        squad_request_id=operation.squad_request_id,
        due_at=operation.due_at,
    )
    async with begin(make_call("station", station=operation.station)) as uow:
        stores(uow).add(operation)
        uow.emit(convert.event_to_row(received, operation))
        uow.record(operation.operation_id, operation.case_id)
        await uow.commit(pb.GetOperationResponse())
    return operation


async def put_arrest(begin: Begin, arrest: Arrest, stores: Any = Arrests) -> Arrest:
    """Put an arrest of an operation under way into the store."""
    event = ArrestRecorded(arrest.created_at, arrest.arrest_id, GROUND, arrest.report)
    async with begin(make_call("station", station=arrest.station)) as uow:
        stores(uow).add(arrest)
        uow.emit(arrest_convert.event_to_row(event, arrest))
        uow.record(arrest.arrest_id, arrest.case_id)
        await uow.commit(pb.GetOperationResponse())
    return arrest
