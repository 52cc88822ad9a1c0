"""gRPC in: hands each request and its call to the use case."""

from typing import Any

from chassis.call import current_call
from jointops.tech.v1 import examination_pb2 as pb
from jointops.tech.v1 import examination_pb2_grpc
from services.tech.lab.usecases import ExaminationUseCases


class ExaminationServicer(examination_pb2_grpc.ExaminationServiceServicer):
    """Serves `jointops.tech.v1.ExaminationService`."""

    def __init__(self, examinations: ExaminationUseCases) -> None:
        self._examinations = examinations

    async def GetExamination(
        self, request: pb.GetExaminationRequest, _context: Any
    ) -> pb.GetExaminationResponse:
        """Return one examination."""
        return await self._examinations.get(request, current_call())

    async def ListExaminations(
        self, request: pb.ListExaminationsRequest, _context: Any
    ) -> pb.ListExaminationsResponse:
        """List the caller's examinations."""
        return await self._examinations.list(request, current_call())

    async def SignForExamination(
        self, request: pb.SignForExaminationRequest, _context: Any
    ) -> pb.SignForExaminationResponse:
        """Sign for an examination."""
        return await self._examinations.sign_for(request, current_call())

    async def RecordExaminationResult(
        self, request: pb.RecordExaminationResultRequest, _context: Any
    ) -> pb.RecordExaminationResultResponse:
        """Record a result."""
        return await self._examinations.record_result(request, current_call())

    async def VerifyExamination(
        self, request: pb.VerifyExaminationRequest, _context: Any
    ) -> pb.VerifyExaminationResponse:
        """Verify the last result."""
        return await self._examinations.verify(request, current_call())

    async def ReturnExamination(
        self, request: pb.ReturnExaminationRequest, _context: Any
    ) -> pb.ReturnExaminationResponse:
        """Return the last result to its examiner."""
        return await self._examinations.return_result(request, current_call())
