"""One method a command: open, load, decide, save, emit, record, commit.

What moves the evidence gate moves the case in the same transaction, always after the squad request.
"""

from collections.abc import Callable

from chassis.call import Call
from chassis.clock import Clock
from chassis.ids import Ids
from chassis.paging import read_page
from chassis.unit import Unit
from chassis.unit_of_work import Begin
from jointops.station.v1 import squad_request_pb2 as pb
from services.station.casefile import domain as casefile
from services.station.casefile.aggregate import Case
from services.station.casefile.store import Cases
from services.station.casefile.usecases import write as write_case
from services.station.circulation import aggregate, convert, domain
from services.station.circulation.aggregate import (
    Order,
    SquadRequest,
    SquadRequestEvent,
    SquadRequestKind,
)
from services.station.circulation.store import ARREST_KEY, SquadRequests


class CirculationUseCases:
    """What may be asked of squad requests."""

    def __init__(
        self,
        begin: Begin,
        clock: Clock,
        ids: Ids,
        requests: Callable[[Unit], SquadRequests] = SquadRequests,
        cases: Callable[[Unit], Cases] = Cases,
    ) -> None:
        self._begin = begin
        self._clock = clock
        self._ids = ids
        self._requests = requests
        self._cases = cases

    async def order(
        self, request: pb.OrderSquadRequestRequest, call: Call
    ) -> pb.OrderSquadRequestResponse:
        """Order something of a squad."""
        wanted = convert.order_of(request)
        async with self._begin(call) as uow:
            requests, cases = self._requests(uow), self._cases(uow)
            case = await cases.load(request.case_id, etag=request.case_etag)
            event = domain.order(
                case,
                wanted,
                others=await _find_others(requests, case, wanted),
                squad_request_id=self._ids(),
                by=call.person_id,
                now=self._clock(),
            )
            ordered = aggregate.order(event)
            requests.add(ordered)
            uow.emit(convert.event_to_row(event, ordered))
            if wanted.is_gating:
                case = _name_at_gate(uow, cases, case, ordered)
            uow.record(ordered.squad_request_id, case.case_id)
            return await uow.commit(
                pb.OrderSquadRequestResponse(
                    squad_request=convert.squad_request_to_message(ordered),
                    case_etag=str(case.version),
                ),
                clashes={ARREST_KEY: domain.arrest_already_ordered(case.case_id)},
            )

    async def get(
        self, request: pb.GetSquadRequestRequest, call: Call
    ) -> pb.GetSquadRequestResponse:
        """Show one squad request."""
        async with self._begin(call) as uow:
            found = await self._requests(uow).read(request.squad_request_id)
            uow.record(found.squad_request_id, found.case_id)
            message = convert.squad_request_to_message(found)
            return await uow.answer(pb.GetSquadRequestResponse(squad_request=message))

    async def list(
        self, request: pb.ListSquadRequestsRequest, call: Call
    ) -> pb.ListSquadRequestsResponse:
        """Show a page of the squad requests of a case that the caller may see."""
        page = read_page(request, request.case_id)
        async with self._begin(call) as uow:
            found, token = await self._requests(uow).list(page, case_id=request.case_id)
            uow.record("squad_requests", request.case_id)
            shown = [convert.squad_request_to_message(each) for each in found]
            return await uow.answer(
                pb.ListSquadRequestsResponse(squad_requests=shown, next_page_token=token)
            )

    async def verify(
        self, request: pb.VerifySquadRequestRequest, call: Call
    ) -> pb.VerifySquadRequestResponse:
        """Verify and rate an answer."""
        async with self._begin(call) as uow:
            requests, cases = self._requests(uow), self._cases(uow)
            answered = await requests.load(request.squad_request_id, etag=request.etag)
            now = self._clock()
            event = domain.verify(
                answered, rating=request.rating, by=call.person_id, roles=call.roles, now=now
            )
            case = await cases.read(answered.case_id)
            verified = write(uow, requests, answered, event)
            if domain.waits_for(case, verified):
                met = casefile.meet_gate_request(
                    case, squad_request_id=verified.squad_request_id, now=now
                )
                write_case(uow, cases, case, met)
                uow.record(verified.squad_request_id, verified.case_id)
            message = convert.squad_request_to_message(verified)
            return await uow.commit(pb.VerifySquadRequestResponse(squad_request=message))

    async def send_back(
        self, request: pb.SendBackSquadRequestRequest, call: Call
    ) -> pb.SendBackSquadRequestResponse:
        """Send an answer back to the squad."""
        async with self._begin(call) as uow:
            requests = self._requests(uow)
            answered = await requests.load(request.squad_request_id, etag=request.etag)
            event = domain.send_back(answered, reason=request.reason, now=self._clock())
            returned = write(uow, requests, answered, event)
            message = convert.squad_request_to_message(returned)
            return await uow.commit(pb.SendBackSquadRequestResponse(squad_request=message))

    async def withdraw(
        self, request: pb.WithdrawSquadRequestRequest, call: Call
    ) -> pb.WithdrawSquadRequestResponse:
        """Withdraw a request that is not answered."""
        async with self._begin(call) as uow:
            requests, cases = self._requests(uow), self._cases(uow)
            standing = await requests.load(request.squad_request_id, etag=request.etag)
            case = await cases.read(standing.case_id)
            now = self._clock()
            event = domain.withdraw(standing, case=case, now=now)
            withdrawn = write(uow, requests, standing, event)
            if domain.waits_for(case, withdrawn):
                dropped = casefile.drop_gate_request(
                    case, squad_request_id=withdrawn.squad_request_id, now=now
                )
                write_case(uow, cases, case, dropped)
                uow.record(withdrawn.squad_request_id, withdrawn.case_id)
            message = convert.squad_request_to_message(withdrawn)
            return await uow.commit(pb.WithdrawSquadRequestResponse(squad_request=message))


def write(
    unit: Unit, requests: SquadRequests, request: SquadRequest, event: SquadRequestEvent
) -> SquadRequest:
    """Save what an event makes of a squad request, emit it and record it; returns the new one."""
    request = aggregate.apply(request, event)
    requests.put(request)
    unit.emit(convert.event_to_row(event, request))
    unit.record(request.squad_request_id, request.case_id)
    return request


async def _find_others(
    requests: SquadRequests, case: Case, wanted: Order
) -> tuple[SquadRequest, ...]:
    """Load what matters for the order: only a joint arrest excludes another."""
    if wanted.kind is not SquadRequestKind.JOINT_ARREST:
        return ()
    return await requests.find_arrests(case.case_id)


def _name_at_gate(unit: Unit, cases: Cases, case: Case, ordered: SquadRequest) -> Case:
    named = casefile.name_gate_request(
        case, squad_request_id=ordered.squad_request_id, now=ordered.created_at
    )
    return write_case(unit, cases, case, named)
