"""gRPC in: hands each request and its call to the use case."""

from typing import Any

from chassis.call import current_call
from jointops.intel.v1 import tasking_pb2 as pb
from jointops.intel.v1 import tasking_pb2_grpc
from services.intel.taskings.usecases import TaskingUseCases


class TaskingServicer(tasking_pb2_grpc.TaskingServiceServicer):
    """Serves `jointops.intel.v1.TaskingService`."""

    def __init__(self, taskings: TaskingUseCases) -> None:
        self._taskings = taskings

    async def GetTasking(
        self, request: pb.GetTaskingRequest, _context: Any
    ) -> pb.GetTaskingResponse:
        """Return one tasking."""
        return await self._taskings.get(request, current_call())

    async def ListTaskings(
        self, request: pb.ListTaskingsRequest, _context: Any
    ) -> pb.ListTaskingsResponse:
        """List taskings."""
        return await self._taskings.list(request, current_call())

    async def SignForTasking(
        self, request: pb.SignForTaskingRequest, _context: Any
    ) -> pb.SignForTaskingResponse:
        """Sign for a tasking."""
        return await self._taskings.sign_for(request, current_call())
