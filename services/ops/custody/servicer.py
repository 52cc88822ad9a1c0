"""gRPC in: hands each request and its call to the use case."""

from typing import Any

from chassis.call import current_call
from jointops.ops.v1 import arrest_pb2 as pb
from jointops.ops.v1 import arrest_pb2_grpc
from services.ops.custody.usecases import ArrestUseCases


class ArrestServicer(arrest_pb2_grpc.ArrestServiceServicer):
    """Serves `jointops.ops.v1.ArrestService`."""

    def __init__(self, arrests: ArrestUseCases) -> None:
        self._arrests = arrests

    async def GetArrest(self, request: pb.GetArrestRequest, _context: Any) -> pb.GetArrestResponse:
        """Return one arrest."""
        return await self._arrests.get(request, current_call())

    async def ListArrests(
        self, request: pb.ListArrestsRequest, _context: Any
    ) -> pb.ListArrestsResponse:
        """List the arrests of an operation."""
        return await self._arrests.list(request, current_call())

    async def RecordArrest(
        self, request: pb.RecordArrestRequest, _context: Any
    ) -> pb.RecordArrestResponse:
        """Record an arrest."""
        return await self._arrests.record(request, current_call())

    async def OfferHandOver(
        self, request: pb.OfferHandOverRequest, _context: Any
    ) -> pb.OfferHandOverResponse:
        """Offer whoever was arrested to custody."""
        return await self._arrests.offer_hand_over(request, current_call())

    async def AcceptHandOver(
        self, request: pb.AcceptHandOverRequest, _context: Any
    ) -> pb.AcceptHandOverResponse:
        """Accept whoever was offered."""
        return await self._arrests.accept_hand_over(request, current_call())
