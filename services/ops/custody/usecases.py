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
from jointops.ops.v1 import arrest_pb2 as pb
from services.ops.custody import convert, domain
from services.ops.custody.domain import Arrest, ArrestEvent, ArrestGround
from services.ops.custody.store import ONE_PER_TARGET, Arrests
from services.ops.operations.aggregate import Operation, OperationState

Decide = Callable[[Arrest, datetime], ArrestEvent]
Response = TypeVar("Response", bound=Message)


class _Request(Protocol):
    """A request that changes one arrest."""

    arrest_id: str
    etag: str


class ArrestUseCases:
    """What may be asked of arrests."""

    def __init__(
        self, begin: Begin, clock: Clock, ids: Ids, arrests: Callable[[Unit], Arrests] = Arrests
    ) -> None:
        self._begin = begin
        self._clock = clock
        self._ids = ids
        self._arrests = arrests

    async def get(self, request: pb.GetArrestRequest, call: Call) -> pb.GetArrestResponse:
        """Show one arrest."""
        async with self._begin(call) as uow:
            arrest = await self._arrests(uow).read(request.arrest_id)
            uow.record(arrest.arrest_id, arrest.case_id)
            return await uow.answer(pb.GetArrestResponse(arrest=convert.arrest_to_message(arrest)))

    async def list(self, request: pb.ListArrestsRequest, call: Call) -> pb.ListArrestsResponse:
        """Show a page of the arrests of one operation."""
        page = read_page(request, request.operation_id)
        async with self._begin(call) as uow:
            arrests, token = await self._arrests(uow).list(page, request.operation_id)
            uow.record(request.operation_id, arrests[0].case_id if arrests else "")
            shown = [convert.arrest_to_message(arrest) for arrest in arrests]
            return await uow.answer(pb.ListArrestsResponse(arrests=shown, next_page_token=token))

    async def record(self, request: pb.RecordArrestRequest, call: Call) -> pb.RecordArrestResponse:
        """Record the arrest of a target."""
        async with self._begin(call) as uow:
            arrests = self._arrests(uow)
            operation, is_target_arrested = await arrests.load_operation(
                request.operation_id, request.target_id
            )
            event = domain.record(
                _ground(operation, request.target_id, is_target_arrested=is_target_arrested),
                arrest_id=self._ids(),
                report=convert.report_of(request, call.person_id),
                now=self._clock(),
            )
            arrest = domain.open_arrest(event)
            arrests.add(arrest)
            uow.emit(convert.event_to_row(event, arrest))
            uow.record(arrest.arrest_id, arrest.case_id)
            refusal = domain.already_arrested(request.operation_id, request.target_id)
            return await uow.commit(
                pb.RecordArrestResponse(arrest=convert.arrest_to_message(arrest)),
                clashes={ONE_PER_TARGET: refusal},
            )

    async def offer_hand_over(
        self, request: pb.OfferHandOverRequest, call: Call
    ) -> pb.OfferHandOverResponse:
        """Offer whoever was arrested to custody."""
        return await self._step(
            request,
            call,
            pb.OfferHandOverResponse,
            lambda arrest, now: domain.offer_hand_over(
                arrest, hand_over_place=request.hand_over_place, by=call.person_id, now=now
            ),
        )

    async def accept_hand_over(
        self, request: pb.AcceptHandOverRequest, call: Call
    ) -> pb.AcceptHandOverResponse:
        """Accept whoever was offered."""
        return await self._step(
            request,
            call,
            pb.AcceptHandOverResponse,
            lambda arrest, now: domain.accept_hand_over(arrest, by=call.person_id, now=now),
        )

    async def _step(
        self, request: _Request, call: Call, response: Callable[..., Response], decide: Decide
    ) -> Response:
        """Carry out one step of an arrest."""
        async with self._begin(call) as uow:
            arrests = self._arrests(uow)
            arrest = await arrests.load(request.arrest_id, etag=request.etag)
            event = decide(arrest, self._clock())
            arrest = domain.apply(arrest, event)
            arrests.put(arrest)
            uow.emit(convert.event_to_row(event, arrest))
            uow.record(arrest.arrest_id, arrest.case_id)
            return await uow.commit(response(arrest=convert.arrest_to_message(arrest)))


def _ground(operation: Operation, target_id: str, *, is_target_arrested: bool) -> ArrestGround:
    """Tell the arrest what its operation says of the target."""
    is_under_way = operation.state is OperationState.UNDER_WAY
    expiries = {each.target_id: each.authority.expires_at for each in operation.targets}
    return ArrestGround(
        operation_id=operation.operation_id,
        station=operation.station,
        case_id=operation.case_id,
        squad_request_id=operation.squad_request_id,
        started_at=operation.started_at if is_under_way else None,
        authority_expires_at=expiries.get(target_id),
        is_target_arrested=is_target_arrested,
    )
