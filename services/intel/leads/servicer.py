"""gRPC in: hands each request and its call to the use case."""

from typing import Any

from chassis.call import current_call
from jointops.intel.v1 import lead_pb2 as pb
from jointops.intel.v1 import lead_pb2_grpc
from services.intel.leads.usecases import LeadUseCases


class LeadServicer(lead_pb2_grpc.LeadServiceServicer):
    """Serves `jointops.intel.v1.LeadService`."""

    def __init__(self, leads: LeadUseCases) -> None:
        self._leads = leads

    async def GetLead(self, request: pb.GetLeadRequest, _context: Any) -> pb.GetLeadResponse:
        """Return one lead."""
        return await self._leads.get(request, current_call())

    async def ListLeads(self, request: pb.ListLeadsRequest, _context: Any) -> pb.ListLeadsResponse:
        """List the leads of a case."""
        return await self._leads.list(request, current_call())

    async def RecordLead(
        self, request: pb.RecordLeadRequest, _context: Any
    ) -> pb.RecordLeadResponse:
        """Record a lead."""
        return await self._leads.record(request, current_call())

    async def ReprioritiseLead(
        self, request: pb.ReprioritiseLeadRequest, _context: Any
    ) -> pb.ReprioritiseLeadResponse:
        """Give a lead another priority."""
        return await self._leads.reprioritise(request, current_call())

    async def ConfirmLead(
        self, request: pb.ConfirmLeadRequest, _context: Any
    ) -> pb.ConfirmLeadResponse:
        """Confirm a lead."""
        return await self._leads.confirm(request, current_call())

    async def RejectLead(
        self, request: pb.RejectLeadRequest, _context: Any
    ) -> pb.RejectLeadResponse:
        """Reject a lead."""
        return await self._leads.reject(request, current_call())
