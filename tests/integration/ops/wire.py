"""How the tests of operations speak to the service: who calls, with which request."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import grpc
import pytest
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from chassis.ids import new_request_id
from chassis.policy import method_name
from chassis.roles import Role
from chassis.status import reason_of
from chassis.timestamps import to_timestamp
from chassis.unit_of_work import UnitOfWork
from jointops.ops.v1 import arrest_pb2, operation_pb2
from jointops.ops.v1.arrest_pb2 import Arrest
from jointops.ops.v1.operation_pb2 import Operation
from services.ops.custody.convert import arrest_to_message
from services.ops.operations.convert import operation_to_message
from tests.integration.ops import acts
from tests.integration.stage import Stage
from tests.unit.ops.builders import PLAN_HASH

METHODS = {
    method.input_type.name: method
    for service in (
        operation_pb2.DESCRIPTOR.services_by_name["OperationService"],
        arrest_pb2.DESCRIPTOR.services_by_name["ArrestService"],
    )
    for method in service.methods
}


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who calls."""

    person_id: str
    roles: tuple[Role, ...]


@dataclass(frozen=True, slots=True)
class Refusal:
    """What is asked of which operation, by whom, and how it is refused."""

    reason: str
    code: grpc.StatusCode
    request: Callable[[Operation], Message]
    metadata: Callable[[Operation], dict[str, str]]
    operation: dict[str, Any] = field(default_factory=dict)
    person: Person | None = None


LEADER = Person("ops_leader-1", (Role.OPS_LEADER,))
SECOND_LEADER = Person("ops_leader-2", (Role.OPS_LEADER,))
COMMANDER = Person("commander-1", (Role.COMMANDER,))
REVIEWER = Person("legal_reviewer-1", (Role.LEGAL_REVIEWER,))
PATROL = Person("patrol_officer-1", (Role.PATROL_OFFICER,))
OFFICER = Person("case_officer-1", (Role.CASE_OFFICER,))
# The commander sees the cases of the station without being assigned.
MEMBERS = tuple(each.person_id for each in (LEADER, SECOND_LEADER, REVIEWER, PATROL, OFFICER))


async def send(stage: Stage, person: Person | None, request: Message) -> Any:
    """Call the method that takes this request; nobody means without a token."""
    channel = stage.channel(person.person_id, *person.roles) if person else stage.open()
    method = METHODS[request.DESCRIPTOR.name]
    call = channel.unary_unary(
        f"/{method_name(method)}",
        request_serializer=type(request).SerializeToString,
        response_deserializer=GetMessageClass(method.output_type).FromString,
    )
    return await call(request)


async def refused(
    stage: Stage, person: Person | None, request: Message
) -> tuple[grpc.StatusCode, str, dict[str, str]]:
    """Return how a call is refused."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await send(stage, person, request)
    return (caught.value.code(), *reason_of(caught.value))


def named(operation: Operation, **more: str) -> dict[str, str]:
    """Return the metadata that name an operation."""
    return {"operation_id": operation.operation_id, **more}


def statement_count(stage: Stage) -> int:
    """Count what was sent to the database so far on connections that are idle now."""
    return sum(connection.statement_count for connection in stage.database._idle)


async def put(stage: Stage, **changes: Any) -> Operation:
    """Put an operation, planned unless changed, into the database, with everybody on its case."""
    operation = acts.make_live_operation(**changes)
    await acts.assign(stage.database, operation.case_id, *MEMBERS, station=operation.station)
    await acts.put_operation(partial(UnitOfWork, stage.database), operation)
    return operation_to_message(operation)


async def put_arrest(stage: Stage, operation: Operation, **changes: Any) -> Arrest:
    """Put the arrest of the first target of an operation under way into the database."""
    arrest = acts.make_live_arrest(operation, **changes)
    await acts.put_arrest(partial(UnitOfWork, stage.database), arrest)
    return arrest_to_message(arrest)


def of_operation(operation: Operation, **fields: Any) -> dict[str, Any]:
    """Return the fields of a request that changes an operation."""
    named = {
        "operation_id": operation.operation_id,
        "etag": operation.etag,
        "request_id": new_request_id(),
    }
    return named | fields


def of_arrest(arrest: Arrest, **fields: Any) -> dict[str, Any]:
    """Return the fields of a request that changes an arrest."""
    named = {
        "arrest_id": arrest.arrest_id,
        "etag": arrest.etag,
        "request_id": new_request_id(),
    }
    return named | fields


def tomorrow() -> Any:
    """Return this time tomorrow as a request says it."""
    return to_timestamp(datetime.now(UTC) + timedelta(days=1))


def make_authority(**changes: Any) -> operation_pb2.Authority:
    """Make an authority that no other target has."""
    order: dict[str, Any] = {
        "kind": operation_pb2.AUTHORITY_KIND_DETENTION_ORDER,
        "number": "JQ-2026-0200",
        "issuer": "Bureau of the district",
        "legal_basis": "CPL art. 82",
        "expire_time": tomorrow(),
    }
    return operation_pb2.Authority(**(order | changes))


def add_target(operation: Operation, **changes: Any) -> operation_pb2.AddTargetRequest:
    """Ask to add a target; changes are to its authority."""
    fields = of_operation(operation, designation="Target 2", authority=make_authority(**changes))
    return operation_pb2.AddTargetRequest(**fields)


def add_team(operation: Operation, **changes: Any) -> operation_pb2.AddTeamRequest:
    """Ask to add a team."""
    team = {"name": "Team 2", "role": operation_pb2.TEAM_ROLE_CORDON, "leader_id": "ops-7a8b"}
    return operation_pb2.AddTeamRequest(**of_operation(operation, **(team | changes)))


def plan(operation: Operation, **changes: Any) -> operation_pb2.PlanOperationRequest:
    """Ask to plan an operation."""
    content = {"rally_point": "Gate", "start_time": tomorrow(), "risk_note": "One dog."}
    return operation_pb2.PlanOperationRequest(**of_operation(operation, **(content | changes)))


def approve(operation: Operation, **changes: Any) -> operation_pb2.ApproveOperationRequest:
    """Ask to approve the plan of an operation."""
    fields = of_operation(operation, **({"plan_hash": PLAN_HASH} | changes))
    return operation_pb2.ApproveOperationRequest(**fields)


def record(operation: Operation, **changes: Any) -> arrest_pb2.RecordArrestRequest:
    """Ask to record the arrest of the first target of an operation."""
    report: dict[str, Any] = {
        "operation_id": operation.operation_id,
        "target_id": operation.targets[0].target_id,
        "request_id": new_request_id(),
        "identity_method": arrest_pb2.IDENTITY_METHOD_DOCUMENT,
        "arrest_time": to_timestamp(datetime.now(UTC)),
        "place": "Shed 4",
    }
    return arrest_pb2.RecordArrestRequest(**(report | changes))


def offer(arrest: Arrest) -> arrest_pb2.OfferHandOverRequest:
    """Ask to offer whoever was arrested to custody."""
    return arrest_pb2.OfferHandOverRequest(**of_arrest(arrest, hand_over_place="Custody suite"))


def accept(arrest: Arrest) -> arrest_pb2.AcceptHandOverRequest:
    """Ask to accept whoever was offered."""
    return arrest_pb2.AcceptHandOverRequest(**of_arrest(arrest))


def every_request(operation: Operation, arrest: Arrest) -> dict[str, Message]:
    """Make one sound request for each method, by the name of its type."""
    operations: list[Message] = [
        operation_pb2.GetOperationRequest(operation_id=operation.operation_id),
        operation_pb2.ListOperationsRequest(case_id=operation.case_id),
        operation_pb2.SignForOperationRequest(**of_operation(operation)),
        add_target(operation),
        add_team(operation),
        plan(operation),
        approve(operation),
        operation_pb2.StartOperationRequest(**of_operation(operation)),
        operation_pb2.StandDownOperationRequest(**of_operation(operation, reason="Fog.")),
        operation_pb2.CompleteOperationRequest(**of_operation(operation)),
    ]
    arrests: list[Message] = [
        arrest_pb2.GetArrestRequest(arrest_id=arrest.arrest_id),
        arrest_pb2.ListArrestsRequest(operation_id=operation.operation_id),
        record(operation),
        offer(arrest),
        accept(arrest),
    ]
    return {request.DESCRIPTOR.name: request for request in (*operations, *arrests)}
