"""gRPC in: hands each request and its call to the use case."""

from typing import Any

from chassis.call import current_call
from jointops.station.v1 import squad_request_pb2 as pb
from jointops.station.v1 import squad_request_pb2_grpc
from services.station.circulation.usecases import CirculationUseCases


class CirculationServicer(squad_request_pb2_grpc.CirculationServiceServicer):
    """Serves `jointops.station.v1.CirculationService`."""

    def __init__(self, circulation: CirculationUseCases) -> None:
        self._circulation = circulation

    async def OrderSquadRequest(
        self, request: pb.OrderSquadRequestRequest, _context: Any
    ) -> pb.OrderSquadRequestResponse:
        """Order something of a squad."""
        return await self._circulation.order(request, current_call())

    async def GetSquadRequest(
        self, request: pb.GetSquadRequestRequest, _context: Any
    ) -> pb.GetSquadRequestResponse:
        """Return one squad request."""
        return await self._circulation.get(request, current_call())

    async def ListSquadRequests(
        self, request: pb.ListSquadRequestsRequest, _context: Any
    ) -> pb.ListSquadRequestsResponse:
        """List the squad requests of a case."""
        return await self._circulation.list(request, current_call())

    async def VerifySquadRequest(
        self, request: pb.VerifySquadRequestRequest, _context: Any
    ) -> pb.VerifySquadRequestResponse:
        """Verify and rate an answer."""
        return await self._circulation.verify(request, current_call())

    async def SendBackSquadRequest(
        self, request: pb.SendBackSquadRequestRequest, _context: Any
    ) -> pb.SendBackSquadRequestResponse:
        """Send an answer back."""
        return await self._circulation.send_back(request, current_call())

    async def WithdrawSquadRequest(
        self, request: pb.WithdrawSquadRequestRequest, _context: Any
    ) -> pb.WithdrawSquadRequestResponse:
        """Withdraw a squad request."""
        return await self._circulation.withdraw(request, current_call())
