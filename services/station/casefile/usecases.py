"""One method a command: open, load, decide, save, emit, record, commit."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol, TypeVar

from chassis.call import Call
from chassis.clock import Clock
from chassis.paging import read_page
from chassis.timestamps import to_datetime
from chassis.unit import Unit
from chassis.unit_of_work import Begin, Message
from jointops.station.v1 import case_pb2 as pb
from services.station.casefile import aggregate, convert, domain
from services.station.casefile.aggregate import Case, CaseEvent
from services.station.casefile.store import Cases

Decide = Callable[[Case, datetime], CaseEvent]
Response = TypeVar("Response", bound=Message)


class _Request(Protocol):
    """A request that changes one case."""

    case_id: str
    etag: str


class CaseUseCases:
    """What may be asked of cases."""

    def __init__(self, begin: Begin, clock: Clock, cases: Callable[[Unit], Cases] = Cases) -> None:
        self._begin = begin
        self._clock = clock
        self._cases = cases

    async def get(self, request: pb.GetCaseRequest, call: Call) -> pb.GetCaseResponse:
        """Show one case."""
        async with self._begin(call) as uow:
            case = await self._cases(uow).read(request.case_id)
            uow.record(case.case_id, case.case_id)
            return await uow.answer(pb.GetCaseResponse(case=convert.case_to_message(case)))

    async def list(self, request: pb.ListCasesRequest, call: Call) -> pb.ListCasesResponse:
        """Show a page of the caller's cases."""
        page = read_page(request)
        async with self._begin(call) as uow:
            cases, token = await self._cases(uow).list(page, sees_station=call.sees_station)
            uow.record("cases")
            shown = [convert.case_to_message(case) for case in cases]
            return await uow.answer(pb.ListCasesResponse(cases=shown, next_page_token=token))

    async def accept(self, request: pb.AcceptCaseRequest, call: Call) -> pb.AcceptCaseResponse:
        """Accept a reported case."""
        return await self._step(
            request,
            call,
            pb.AcceptCaseResponse,
            lambda case, now: domain.accept(case, by=call.person_id, now=now),
        )

    async def file(self, request: pb.FileCaseRequest, call: Call) -> pb.FileCaseResponse:
        """File an accepted case."""
        return await self._step(
            request,
            call,
            pb.FileCaseResponse,
            lambda case, now: domain.file(
                case, by=call.person_id, legal_basis=request.legal_basis, now=now
            ),
        )

    async def command(self, request: pb.CommandCaseRequest, call: Call) -> pb.CommandCaseResponse:
        """Issue the command of a filed case."""
        return await self._step(
            request,
            call,
            pb.CommandCaseResponse,
            lambda case, now: domain.command(
                case,
                objective=request.objective,
                squads=convert.squads_of(request),
                due_at=to_datetime(request.due_time),
                now=now,
            ),
        )

    async def assign_member(
        self, request: pb.AssignMemberRequest, call: Call
    ) -> pb.AssignMemberResponse:
        """Assign a person to a case."""
        return await self._step(
            request,
            call,
            pb.AssignMemberResponse,
            lambda case, now: domain.assign_member(case, person_id=request.person_id, now=now),
        )

    async def release_member(
        self, request: pb.ReleaseMemberRequest, call: Call
    ) -> pb.ReleaseMemberResponse:
        """Release a person from a case."""
        return await self._step(
            request,
            call,
            pb.ReleaseMemberResponse,
            lambda case, now: domain.release_member(case, person_id=request.person_id, now=now),
        )

    async def pass_evidence_gate(
        self, request: pb.PassEvidenceGateRequest, call: Call
    ) -> pb.PassEvidenceGateResponse:
        """Pass the evidence gate."""
        return await self._step(
            request,
            call,
            pb.PassEvidenceGateResponse,
            lambda case, now: domain.pass_evidence_gate(case, now=now),
        )

    async def suspend(self, request: pb.SuspendCaseRequest, call: Call) -> pb.SuspendCaseResponse:
        """Suspend a case."""
        return await self._step(
            request,
            call,
            pb.SuspendCaseResponse,
            lambda case, now: domain.suspend(case, reason=request.reason, now=now),
        )

    async def resume(self, request: pb.ResumeCaseRequest, call: Call) -> pb.ResumeCaseResponse:
        """Resume a suspended case."""
        return await self._step(
            request,
            call,
            pb.ResumeCaseResponse,
            lambda case, now: domain.resume(case, now=now),
        )

    async def transfer(
        self, request: pb.TransferCaseRequest, call: Call
    ) -> pb.TransferCaseResponse:
        """Hand a case to another agency."""
        return await self._step(
            request,
            call,
            pb.TransferCaseResponse,
            lambda case, now: domain.transfer(case, agency=request.agency, now=now),
        )

    async def merge(self, request: pb.MergeCaseRequest, call: Call) -> pb.MergeCaseResponse:
        """Continue a case in another one that the caller may see."""
        async with self._begin(call) as uow:
            cases = self._cases(uow)
            case = await cases.load(request.case_id, etag=request.etag)
            into = await cases.read(request.into_case_id)
            event = domain.merge(case, into=into, now=self._clock())
            case = write(uow, cases, case, event)
            return await uow.commit(pb.MergeCaseResponse(case=convert.case_to_message(case)))

    async def close(self, request: pb.CloseCaseRequest, call: Call) -> pb.CloseCaseResponse:
        """Close an evaluated case."""
        return await self._step(
            request, call, pb.CloseCaseResponse, lambda case, now: domain.close(case, now=now)
        )

    async def _step(
        self, request: _Request, call: Call, response: Callable[..., Response], decide: Decide
    ) -> Response:
        """Carry out one step of a case."""
        async with self._begin(call) as uow:
            cases = self._cases(uow)
            case = await cases.load(request.case_id, etag=request.etag)
            case = write(uow, cases, case, decide(case, self._clock()))
            return await uow.commit(response(case=convert.case_to_message(case)))


def write(unit: Unit, cases: Cases, case: Case, event: CaseEvent) -> Case:
    """Save what an event makes of a case, emit it and record it; returns the new case."""
    case = aggregate.apply(case, event)
    cases.put(case)
    match event:
        case aggregate.CaseMemberAssigned(person_id=person_id):
            cases.assign(case.case_id, person_id)
        case aggregate.CaseMemberReleased(person_id=person_id):
            cases.release(case.case_id, person_id)
    unit.emit(convert.event_to_row(event, case))
    unit.record(case.case_id, case.case_id)
    return case
