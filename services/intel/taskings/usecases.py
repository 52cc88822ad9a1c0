"""One method a command: open, load, decide, save, emit, record, commit."""

from collections.abc import Callable

from chassis.call import Call
from chassis.clock import Clock
from chassis.paging import read_page
from chassis.unit import Unit
from chassis.unit_of_work import Begin
from jointops.intel.v1 import tasking_pb2 as pb
from services.intel.taskings import convert, domain
from services.intel.taskings.domain import Tasking, TaskingEvent
from services.intel.taskings.store import Taskings


class TaskingUseCases:
    """What may be asked of taskings."""

    def __init__(
        self, begin: Begin, clock: Clock, taskings: Callable[[Unit], Taskings] = Taskings
    ) -> None:
        self._begin = begin
        self._clock = clock
        self._taskings = taskings

    async def get(self, request: pb.GetTaskingRequest, call: Call) -> pb.GetTaskingResponse:
        """Show one tasking."""
        async with self._begin(call) as uow:
            tasking = await self._taskings(uow).read(request.tasking_id)
            uow.record(tasking.tasking_id, tasking.case_id)
            message = convert.tasking_to_message(tasking)
            return await uow.answer(pb.GetTaskingResponse(tasking=message))

    async def list(self, request: pb.ListTaskingsRequest, call: Call) -> pb.ListTaskingsResponse:
        """Show a page of the taskings of a case, or of every case the caller may see."""
        page = read_page(request, request.case_id)
        async with self._begin(call) as uow:
            taskings = self._taskings(uow)
            if request.case_id:
                listed, token = await taskings.list_of_case(request.case_id, page)
            else:
                listed, token = await taskings.list_own(page, sees_station=call.sees_station)
            uow.record("taskings", request.case_id)
            shown = [convert.tasking_to_message(tasking) for tasking in listed]
            return await uow.answer(pb.ListTaskingsResponse(taskings=shown, next_page_token=token))

    async def sign_for(
        self, request: pb.SignForTaskingRequest, call: Call
    ) -> pb.SignForTaskingResponse:
        """Sign for a received tasking."""
        async with self._begin(call) as uow:
            taskings = self._taskings(uow)
            tasking = await taskings.load(request.tasking_id, etag=request.etag)
            event = domain.sign_for(tasking, by=call.person_id, now=self._clock())
            tasking = write(uow, taskings, tasking, event)
            message = convert.tasking_to_message(tasking)
            return await uow.commit(pb.SignForTaskingResponse(tasking=message))


def write(unit: Unit, taskings: Taskings, tasking: Tasking, event: TaskingEvent) -> Tasking:
    """Save what an event makes of a tasking, emit it and record it; returns the new tasking."""
    tasking = domain.apply(tasking, event)
    taskings.put(tasking)
    unit.emit(convert.event_to_row(event, tasking))
    unit.record(tasking.tasking_id, tasking.case_id)
    return tasking
