"""One method a command: open, load, decide, save, emit, record, commit."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol, TypeVar

from chassis.call import Call
from chassis.clock import Clock
from chassis.ids import new_id
from chassis.paging import read_page
from chassis.unit import Unit
from chassis.unit_of_work import Begin, Message
from jointops.tech.v1 import exhibit_pb2 as pb
from services.tech.exhibits import aggregate, convert, domain
from services.tech.exhibits.aggregate import Exhibit, ExhibitEvent
from services.tech.exhibits.store import Exhibits

Decide = Callable[[Exhibit, datetime], ExhibitEvent]
Response = TypeVar("Response", bound=Message)


class _Request(Protocol):
    """A request that changes one exhibit."""

    exhibit_id: str
    etag: str


class ExhibitUseCases:
    """What may be asked of exhibits."""

    def __init__(
        self, begin: Begin, clock: Clock, exhibits: Callable[[Unit], Exhibits] = Exhibits
    ) -> None:
        self._begin = begin
        self._clock = clock
        self._exhibits = exhibits

    async def get(self, request: pb.GetExhibitRequest, call: Call) -> pb.GetExhibitResponse:
        """Show one exhibit."""
        async with self._begin(call) as uow:
            exhibit = await self._exhibits(uow).read(request.exhibit_id)
            uow.record(exhibit.exhibit_id, exhibit.case_id)
            shown = convert.exhibit_to_message(exhibit)
            return await uow.answer(pb.GetExhibitResponse(exhibit=shown))

    async def list(self, request: pb.ListExhibitsRequest, call: Call) -> pb.ListExhibitsResponse:
        """Show a page of the exhibits of a case."""
        page = read_page(request, request.case_id)
        async with self._begin(call) as uow:
            exhibits, token = await self._exhibits(uow).list(page, case_id=request.case_id)
            uow.record("exhibits", request.case_id)
            shown = [convert.exhibit_to_message(exhibit) for exhibit in exhibits]
            return await uow.answer(pb.ListExhibitsResponse(exhibits=shown, next_page_token=token))

    async def register(
        self, request: pb.RegisterExhibitRequest, call: Call
    ) -> pb.RegisterExhibitResponse:
        """Register an exhibit, which the caller then holds."""
        async with self._begin(call) as uow:
            station = await uow.admit_to_case(request.case_id)
            label = convert.label_of(request, exhibit_id=new_id(), station=station)
            event = domain.register(
                label, seal_number=request.seal_number, by=call.person_id, now=self._clock()
            )
            exhibit = aggregate.register(event)
            self._exhibits(uow).add(exhibit)
            uow.emit(convert.event_to_row(event, exhibit))
            uow.record(exhibit.exhibit_id, exhibit.case_id)
            shown = convert.exhibit_to_message(exhibit)
            return await uow.commit(pb.RegisterExhibitResponse(exhibit=shown))

    async def offer_transfer(
        self, request: pb.OfferCustodyTransferRequest, call: Call
    ) -> pb.OfferCustodyTransferResponse:
        """Offer an exhibit to another person of the case."""
        async with self._begin(call) as uow:
            exhibits = self._exhibits(uow)
            exhibit = await exhibits.load(request.exhibit_id, etag=request.etag)
            is_assigned = await exhibits.is_assigned(exhibit.case_id, request.receiver_id)
            event = domain.offer_transfer(
                exhibit,
                receiver=domain.Receiver(request.receiver_id, is_assigned=is_assigned),
                seal_number=request.seal_number,
                reason=request.reason,
                by=call.person_id,
                now=self._clock(),
            )
            exhibit = write(uow, exhibits, exhibit, event)
            shown = convert.exhibit_to_message(exhibit)
            return await uow.commit(pb.OfferCustodyTransferResponse(exhibit=shown))

    async def accept_transfer(
        self, request: pb.AcceptCustodyTransferRequest, call: Call
    ) -> pb.AcceptCustodyTransferResponse:
        """Accept an exhibit on offer."""
        return await self._step(
            request,
            call,
            pb.AcceptCustodyTransferResponse,
            lambda exhibit, now: domain.accept_transfer(
                exhibit, seal_number=request.seal_number, by=call.person_id, now=now
            ),
        )

    async def decline_transfer(
        self, request: pb.DeclineCustodyTransferRequest, call: Call
    ) -> pb.DeclineCustodyTransferResponse:
        """Decline an exhibit on offer."""
        return await self._step(
            request,
            call,
            pb.DeclineCustodyTransferResponse,
            lambda exhibit, now: domain.decline_transfer(
                exhibit, reason=request.reason, by=call.person_id, now=now
            ),
        )

    async def _step(
        self, request: _Request, call: Call, response: Callable[..., Response], decide: Decide
    ) -> Response:
        """Carry out one step of an exhibit."""
        async with self._begin(call) as uow:
            exhibits = self._exhibits(uow)
            exhibit = await exhibits.load(request.exhibit_id, etag=request.etag)
            exhibit = write(uow, exhibits, exhibit, decide(exhibit, self._clock()))
            return await uow.commit(response(exhibit=convert.exhibit_to_message(exhibit)))


def write(unit: Unit, exhibits: Exhibits, exhibit: Exhibit, event: ExhibitEvent) -> Exhibit:
    """Save what an event makes of an exhibit, emit it and record it; returns the new exhibit."""
    exhibit = aggregate.apply(exhibit, event)
    exhibits.put(exhibit)
    unit.emit(convert.event_to_row(event, exhibit))
    unit.record(exhibit.exhibit_id, exhibit.case_id)
    return exhibit
