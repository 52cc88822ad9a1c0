"""One method a command: open, load, decide, save, emit, record, commit."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol, TypeVar

from chassis.call import Call
from chassis.clock import Clock
from chassis.ids import Ids
from chassis.paging import read_page
from chassis.unit import Unit
from chassis.unit_of_work import Begin, Message
from jointops.intel.v1 import lead_pb2 as pb
from services.intel.leads import convert, domain
from services.intel.leads.domain import Lead, LeadEvent
from services.intel.leads.store import Leads
from services.intel.taskings import domain as taskings
from services.intel.taskings.store import Taskings

Decide = Callable[[Lead, datetime], LeadEvent]
Response = TypeVar("Response", bound=Message)


class _Request(Protocol):
    """A request that changes one lead."""

    lead_id: str
    etag: str


class LeadUseCases:
    """What may be asked of leads."""

    def __init__(
        self,
        begin: Begin,
        clock: Clock,
        ids: Ids,
        leads: Callable[[Unit], Leads] = Leads,
        taskings: Callable[[Unit], Taskings] = Taskings,
    ) -> None:
        self._begin = begin
        self._clock = clock
        self._ids = ids
        self._leads = leads
        self._taskings = taskings

    async def get(self, request: pb.GetLeadRequest, call: Call) -> pb.GetLeadResponse:
        """Show one lead."""
        async with self._begin(call) as uow:
            lead = await self._leads(uow).read(request.lead_id)
            uow.record(lead.lead_id, lead.case_id)
            return await uow.answer(pb.GetLeadResponse(lead=convert.lead_to_message(lead)))

    async def list(self, request: pb.ListLeadsRequest, call: Call) -> pb.ListLeadsResponse:
        """Show a page of the leads of a case."""
        page = read_page(request, request.case_id)
        async with self._begin(call) as uow:
            leads, token = await self._leads(uow).list_of_case(request.case_id, page)
            uow.record("leads", request.case_id)
            shown = [convert.lead_to_message(lead) for lead in leads]
            return await uow.answer(pb.ListLeadsResponse(leads=shown, next_page_token=token))

    async def record(self, request: pb.RecordLeadRequest, call: Call) -> pb.RecordLeadResponse:
        """Record a lead under a tasking in work."""
        async with self._begin(call) as uow:
            tasking = await self._taskings(uow).load_newest(request.tasking_id)
            taskings.check_state(tasking, taskings.Step.RECORD_LEAD)
            event = convert.recorded(
                request, tasking, lead_id=self._ids(), by=call.person_id, now=self._clock()
            )
            lead = domain.record(event)
            self._leads(uow).add(lead)
            uow.emit(convert.event_to_row(event, lead))
            uow.record(lead.lead_id, lead.case_id)
            return await uow.commit(pb.RecordLeadResponse(lead=convert.lead_to_message(lead)))

    async def reprioritise(
        self, request: pb.ReprioritiseLeadRequest, call: Call
    ) -> pb.ReprioritiseLeadResponse:
        """Give an open lead another priority."""
        return await self._step(
            request,
            call,
            pb.ReprioritiseLeadResponse,
            lambda lead, now: domain.reprioritise(lead, priority=request.priority, now=now),
        )

    async def confirm(self, request: pb.ConfirmLeadRequest, call: Call) -> pb.ConfirmLeadResponse:
        """Confirm an open lead."""
        return await self._step(
            request,
            call,
            pb.ConfirmLeadResponse,
            lambda lead, now: domain.confirm(lead, by=call.person_id, now=now),
        )

    async def reject(self, request: pb.RejectLeadRequest, call: Call) -> pb.RejectLeadResponse:
        """Reject an open lead."""
        return await self._step(
            request,
            call,
            pb.RejectLeadResponse,
            lambda lead, now: domain.reject(
                lead, by=call.person_id, ground=convert.ground_of(request), now=now
            ),
        )

    async def _step(
        self, request: _Request, call: Call, response: Callable[..., Response], decide: Decide
    ) -> Response:
        """Carry out one step of a lead."""
        async with self._begin(call) as uow:
            leads = self._leads(uow)
            lead = await leads.load(request.lead_id, etag=request.etag)
            event = decide(lead, self._clock())
            lead = domain.apply(lead, event)
            leads.put(lead)
            uow.emit(convert.event_to_row(event, lead))
            uow.record(lead.lead_id, lead.case_id)
            return await uow.commit(response(lead=convert.lead_to_message(lead)))
