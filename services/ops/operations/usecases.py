"""One method a command: open, load, decide, save, emit, record, commit."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol, TypeVar

from chassis.call import Call
from chassis.clock import Clock
from chassis.ids import Ids
from chassis.paging import read_page
from chassis.timestamps import to_datetime
from chassis.unit import Unit
from chassis.unit_of_work import Begin, Message
from jointops.ops.v1 import operation_pb2 as pb
from services.ops.operations import aggregate, convert, domain
from services.ops.operations.aggregate import Operation, OperationEvent
from services.ops.operations.store import Operations

Decide = Callable[[Operation, datetime], OperationEvent]
Response = TypeVar("Response", bound=Message)


class _Request(Protocol):
    """A request that changes one operation."""

    operation_id: str
    etag: str


class HandOvers(Protocol):
    """What completing an operation must know of custody, which builds on operations."""

    async def handed_over_ids(self, operation_id: str) -> frozenset[str]:
        """Load which targets of an operation were handed over."""


class OperationUseCases:
    """What may be asked of operations."""

    def __init__(
        self,
        begin: Begin,
        clock: Clock,
        ids: Ids,
        hand_overs: Callable[[Unit], HandOvers],
        operations: Callable[[Unit], Operations] = Operations,
    ) -> None:
        self._begin = begin
        self._clock = clock
        self._ids = ids
        self._hand_overs = hand_overs
        self._operations = operations

    async def get(self, request: pb.GetOperationRequest, call: Call) -> pb.GetOperationResponse:
        """Show one operation."""
        async with self._begin(call) as uow:
            operation = await self._operations(uow).read(request.operation_id)
            uow.record(operation.operation_id, operation.case_id)
            shown = convert.operation_to_message(operation)
            return await uow.answer(pb.GetOperationResponse(operation=shown))

    async def list(
        self, request: pb.ListOperationsRequest, call: Call
    ) -> pb.ListOperationsResponse:
        """Show a page of the caller's operations, or of those of one case."""
        page = read_page(request, request.case_id)
        async with self._begin(call) as uow:
            operations = self._operations(uow)
            if request.case_id:
                rows, token = await operations.list_of_case(page, request.case_id)
            else:
                rows, token = await operations.list(page, sees_station=call.sees_station)
            uow.record("operations", request.case_id)
            shown = [convert.operation_to_message(operation) for operation in rows]
            return await uow.answer(
                pb.ListOperationsResponse(operations=shown, next_page_token=token)
            )

    async def sign_for(
        self, request: pb.SignForOperationRequest, call: Call
    ) -> pb.SignForOperationResponse:
        """Sign for a received operation."""
        return await self._step(
            request,
            call,
            pb.SignForOperationResponse,
            lambda operation, now: domain.sign_for(operation, by=call.person_id, now=now),
        )

    async def add_target(self, request: pb.AddTargetRequest, call: Call) -> pb.AddTargetResponse:
        """Add a target with its authority."""
        target = convert.target_of(request, self._ids())
        return await self._step(
            request,
            call,
            pb.AddTargetResponse,
            lambda operation, now: domain.add_target(
                operation, target=target, by=call.person_id, now=now
            ),
        )

    async def add_team(self, request: pb.AddTeamRequest, call: Call) -> pb.AddTeamResponse:
        """Add a team."""
        team = convert.team_of(request, self._ids())
        return await self._step(
            request,
            call,
            pb.AddTeamResponse,
            lambda operation, now: domain.add_team(
                operation, team=team, by=call.person_id, now=now
            ),
        )

    async def plan(self, request: pb.PlanOperationRequest, call: Call) -> pb.PlanOperationResponse:
        """Plan an operation, or plan it anew."""
        return await self._step(
            request,
            call,
            pb.PlanOperationResponse,
            lambda operation, now: domain.plan(
                operation,
                rally_point=request.rally_point,
                start_at=to_datetime(request.start_time),
                risk_note=request.risk_note,
                by=call.person_id,
                now=now,
            ),
        )

    async def approve(
        self, request: pb.ApproveOperationRequest, call: Call
    ) -> pb.ApproveOperationResponse:
        """Approve the plan the caller saw."""
        return await self._step(
            request,
            call,
            pb.ApproveOperationResponse,
            lambda operation, now: domain.approve(
                operation, plan_hash=request.plan_hash, by=call.person_id, now=now
            ),
        )

    async def start(
        self, request: pb.StartOperationRequest, call: Call
    ) -> pb.StartOperationResponse:
        """Give "go"."""
        return await self._step(
            request,
            call,
            pb.StartOperationResponse,
            lambda operation, now: domain.start(operation, by=call.person_id, now=now),
        )

    async def stand_down(
        self, request: pb.StandDownOperationRequest, call: Call
    ) -> pb.StandDownOperationResponse:
        """Stand an operation down."""
        return await self._step(
            request,
            call,
            pb.StandDownOperationResponse,
            lambda operation, now: domain.stand_down(
                operation, reason=request.reason, by=call.person_id, now=now
            ),
        )

    async def complete(
        self, request: pb.CompleteOperationRequest, call: Call
    ) -> pb.CompleteOperationResponse:
        """Complete an operation whose every target was handed over."""
        async with self._begin(call) as uow:
            operations = self._operations(uow)
            operation = await operations.load(request.operation_id, etag=request.etag)
            handed_over_ids = await self._hand_overs(uow).handed_over_ids(operation.operation_id)
            event = domain.complete(
                operation, handed_over_ids=handed_over_ids, by=call.person_id, now=self._clock()
            )
            operation = write(uow, operations, operation, event)
            shown = convert.operation_to_message(operation)
            return await uow.commit(pb.CompleteOperationResponse(operation=shown))

    async def _step(
        self, request: _Request, call: Call, response: Callable[..., Response], decide: Decide
    ) -> Response:
        """Carry out one step of an operation."""
        async with self._begin(call) as uow:
            operations = self._operations(uow)
            operation = await operations.load(request.operation_id, etag=request.etag)
            operation = write(uow, operations, operation, decide(operation, self._clock()))
            return await uow.commit(response(operation=convert.operation_to_message(operation)))


def write(
    unit: Unit, operations: Operations, operation: Operation, event: OperationEvent
) -> Operation:
    """Save what an event makes of an operation, emit it and record it; returns the new one."""
    operation = aggregate.apply(operation, event)
    operations.put(operation)
    unit.emit(convert.event_to_row(event, operation))
    unit.record(operation.operation_id, operation.case_id)
    return operation
