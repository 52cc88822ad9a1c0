"""gRPC in: hands each request and its call to the use case."""

from typing import Any

from chassis.call import current_call
from jointops.tech.v1 import exhibit_pb2 as pb
from jointops.tech.v1 import exhibit_pb2_grpc
from services.tech.exhibits.usecases import ExhibitUseCases


class ExhibitServicer(exhibit_pb2_grpc.ExhibitServiceServicer):
    """Serves `jointops.tech.v1.ExhibitService`."""

    def __init__(self, exhibits: ExhibitUseCases) -> None:
        self._exhibits = exhibits

    async def GetExhibit(
        self, request: pb.GetExhibitRequest, _context: Any
    ) -> pb.GetExhibitResponse:
        """Return one exhibit."""
        return await self._exhibits.get(request, current_call())

    async def ListExhibits(
        self, request: pb.ListExhibitsRequest, _context: Any
    ) -> pb.ListExhibitsResponse:
        """List the exhibits of a case."""
        return await self._exhibits.list(request, current_call())

    async def RegisterExhibit(
        self, request: pb.RegisterExhibitRequest, _context: Any
    ) -> pb.RegisterExhibitResponse:
        """Register an exhibit."""
        return await self._exhibits.register(request, current_call())

    async def OfferCustodyTransfer(
        self, request: pb.OfferCustodyTransferRequest, _context: Any
    ) -> pb.OfferCustodyTransferResponse:
        """Offer an exhibit to another person."""
        return await self._exhibits.offer_transfer(request, current_call())

    async def AcceptCustodyTransfer(
        self, request: pb.AcceptCustodyTransferRequest, _context: Any
    ) -> pb.AcceptCustodyTransferResponse:
        """Accept an exhibit on offer."""
        return await self._exhibits.accept_transfer(request, current_call())

    async def DeclineCustodyTransfer(
        self, request: pb.DeclineCustodyTransferRequest, _context: Any
    ) -> pb.DeclineCustodyTransferResponse:
        """Decline an exhibit on offer."""
        return await self._exhibits.decline_transfer(request, current_call())
