"""gRPC in: hands each request and its call to the use case."""

from typing import Any

from chassis.call import current_call
from jointops.station.v1 import case_pb2 as pb
from jointops.station.v1 import case_pb2_grpc
from services.station.casefile.usecases import CaseUseCases


class CaseServicer(case_pb2_grpc.CaseServiceServicer):
    """Serves `jointops.station.v1.CaseService`."""

    def __init__(self, cases: CaseUseCases) -> None:
        self._cases = cases

    async def GetCase(self, request: pb.GetCaseRequest, _context: Any) -> pb.GetCaseResponse:
        """Return one case."""
        return await self._cases.get(request, current_call())

    async def ListCases(self, request: pb.ListCasesRequest, _context: Any) -> pb.ListCasesResponse:
        """List the caller's cases."""
        return await self._cases.list(request, current_call())

    async def AcceptCase(
        self, request: pb.AcceptCaseRequest, _context: Any
    ) -> pb.AcceptCaseResponse:
        """Accept a case."""
        return await self._cases.accept(request, current_call())

    async def FileCase(self, request: pb.FileCaseRequest, _context: Any) -> pb.FileCaseResponse:
        """File a case."""
        return await self._cases.file(request, current_call())

    async def CommandCase(
        self, request: pb.CommandCaseRequest, _context: Any
    ) -> pb.CommandCaseResponse:
        """Issue the command of a case."""
        return await self._cases.command(request, current_call())

    async def AssignMember(
        self, request: pb.AssignMemberRequest, _context: Any
    ) -> pb.AssignMemberResponse:
        """Assign a person."""
        return await self._cases.assign_member(request, current_call())

    async def ReleaseMember(
        self, request: pb.ReleaseMemberRequest, _context: Any
    ) -> pb.ReleaseMemberResponse:
        """Release a person."""
        return await self._cases.release_member(request, current_call())

    async def PassEvidenceGate(
        self, request: pb.PassEvidenceGateRequest, _context: Any
    ) -> pb.PassEvidenceGateResponse:
        """Pass the evidence gate."""
        return await self._cases.pass_evidence_gate(request, current_call())

    async def SuspendCase(
        self, request: pb.SuspendCaseRequest, _context: Any
    ) -> pb.SuspendCaseResponse:
        """Suspend a case."""
        return await self._cases.suspend(request, current_call())

    async def ResumeCase(
        self, request: pb.ResumeCaseRequest, _context: Any
    ) -> pb.ResumeCaseResponse:
        """Resume a case."""
        return await self._cases.resume(request, current_call())

    async def TransferCase(
        self, request: pb.TransferCaseRequest, _context: Any
    ) -> pb.TransferCaseResponse:
        """Transfer a case."""
        return await self._cases.transfer(request, current_call())

    async def MergeCase(self, request: pb.MergeCaseRequest, _context: Any) -> pb.MergeCaseResponse:
        """Merge a case into another."""
        return await self._cases.merge(request, current_call())

    async def CloseCase(self, request: pb.CloseCaseRequest, _context: Any) -> pb.CloseCaseResponse:
        """Close a case."""
        return await self._cases.close(request, current_call())
