"""gRPC in: hands each request and its call to the use case."""

from typing import Any

from chassis.call import current_call
from jointops.ops.v1 import operation_pb2 as pb
from jointops.ops.v1 import operation_pb2_grpc
from services.ops.operations.usecases import OperationUseCases


class OperationServicer(operation_pb2_grpc.OperationServiceServicer):
    """Serves `jointops.ops.v1.OperationService`."""

    def __init__(self, operations: OperationUseCases) -> None:
        self._operations = operations

    async def GetOperation(
        self, request: pb.GetOperationRequest, _context: Any
    ) -> pb.GetOperationResponse:
        """Return one operation."""
        return await self._operations.get(request, current_call())

    async def ListOperations(
        self, request: pb.ListOperationsRequest, _context: Any
    ) -> pb.ListOperationsResponse:
        """List the caller's operations."""
        return await self._operations.list(request, current_call())

    async def SignForOperation(
        self, request: pb.SignForOperationRequest, _context: Any
    ) -> pb.SignForOperationResponse:
        """Sign for an operation."""
        return await self._operations.sign_for(request, current_call())

    async def AddTarget(self, request: pb.AddTargetRequest, _context: Any) -> pb.AddTargetResponse:
        """Add a target."""
        return await self._operations.add_target(request, current_call())

    async def AddTeam(self, request: pb.AddTeamRequest, _context: Any) -> pb.AddTeamResponse:
        """Add a team."""
        return await self._operations.add_team(request, current_call())

    async def PlanOperation(
        self, request: pb.PlanOperationRequest, _context: Any
    ) -> pb.PlanOperationResponse:
        """Plan an operation."""
        return await self._operations.plan(request, current_call())

    async def ApproveOperation(
        self, request: pb.ApproveOperationRequest, _context: Any
    ) -> pb.ApproveOperationResponse:
        """Approve the plan of an operation."""
        return await self._operations.approve(request, current_call())

    async def StartOperation(
        self, request: pb.StartOperationRequest, _context: Any
    ) -> pb.StartOperationResponse:
        """Give "go"."""
        return await self._operations.start(request, current_call())

    async def StandDownOperation(
        self, request: pb.StandDownOperationRequest, _context: Any
    ) -> pb.StandDownOperationResponse:
        """Stand an operation down."""
        return await self._operations.stand_down(request, current_call())

    async def CompleteOperation(
        self, request: pb.CompleteOperationRequest, _context: Any
    ) -> pb.CompleteOperationResponse:
        """Complete an operation."""
        return await self._operations.complete(request, current_call())
