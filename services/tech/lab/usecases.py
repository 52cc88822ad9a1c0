"""One method a command: open, load, decide, save, emit, record, commit."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol, TypeVar

from chassis.call import Call
from chassis.clock import Clock
from chassis.paging import read_page
from chassis.unit import Unit
from chassis.unit_of_work import Begin, Message
from jointops.tech.v1 import examination_pb2 as pb
from services.tech.exhibits.domain import check_custody
from services.tech.exhibits.store import Exhibits
from services.tech.lab import aggregate, convert, domain
from services.tech.lab.aggregate import (
    Examination,
    ExaminationEvent,
    ExaminationReceived,
    ExaminationResultRecorded,
)
from services.tech.lab.store import Examinations

Decide = Callable[[Examination, datetime], ExaminationEvent]
Response = TypeVar("Response", bound=Message)


class _Request(Protocol):
    """A request that changes one examination."""

    examination_id: str
    etag: str


class ExaminationUseCases:
    """What may be asked of examinations."""

    def __init__(
        self,
        begin: Begin,
        clock: Clock,
        examinations: Callable[[Unit], Examinations] = Examinations,
        exhibits: Callable[[Unit], Exhibits] = Exhibits,
    ) -> None:
        self._begin = begin
        self._clock = clock
        self._examinations = examinations
        self._exhibits = exhibits

    async def get(self, request: pb.GetExaminationRequest, call: Call) -> pb.GetExaminationResponse:
        """Show one examination."""
        async with self._begin(call) as uow:
            examination = await self._examinations(uow).read(request.examination_id)
            uow.record(examination.examination_id, examination.case_id)
            shown = convert.examination_to_message(examination)
            return await uow.answer(pb.GetExaminationResponse(examination=shown))

    async def list(
        self, request: pb.ListExaminationsRequest, call: Call
    ) -> pb.ListExaminationsResponse:
        """Show a page of the examinations of a case, or of all the caller's cases."""
        page = read_page(request, request.case_id)
        async with self._begin(call) as uow:
            store = self._examinations(uow)
            if request.case_id:
                found, token = await store.list_of_case(page, case_id=request.case_id)
            else:
                found, token = await store.list(page, sees_station=call.sees_station)
            uow.record("examinations", request.case_id)
            shown = [convert.examination_to_message(examination) for examination in found]
            return await uow.answer(
                pb.ListExaminationsResponse(examinations=shown, next_page_token=token)
            )

    async def sign_for(
        self, request: pb.SignForExaminationRequest, call: Call
    ) -> pb.SignForExaminationResponse:
        """Sign for an examination."""
        return await self._step(
            request,
            call,
            pb.SignForExaminationResponse,
            lambda examination, now: domain.sign_for(examination, by=call.person_id, now=now),
        )

    async def record_result(
        self, request: pb.RecordExaminationResultRequest, call: Call
    ) -> pb.RecordExaminationResultResponse:
        """Record a result over exhibits that the examiner holds, their custody unbroken."""
        async with self._begin(call) as uow:
            examinations = self._examinations(uow)
            examination = await examinations.load(request.examination_id, etag=request.etag)
            draft = convert.draft_of(request)
            exhibits = await self._exhibits(uow).named(draft.exhibit_ids)
            event = domain.record_result(
                examination,
                draft=draft,
                exhibits=tuple(convert.named_exhibit(exhibit) for exhibit in exhibits),
                by=call.person_id,
                now=self._clock(),
            )
            for exhibit in exhibits:
                check_custody(exhibit)
            examination = write(uow, examinations, examination, event)
            shown = convert.examination_to_message(examination)
            return await uow.commit(pb.RecordExaminationResultResponse(examination=shown))

    async def verify(
        self, request: pb.VerifyExaminationRequest, call: Call
    ) -> pb.VerifyExaminationResponse:
        """Verify the last result."""
        return await self._step(
            request,
            call,
            pb.VerifyExaminationResponse,
            lambda examination, now: domain.verify(examination, by=call.person_id, now=now),
        )

    async def return_result(
        self, request: pb.ReturnExaminationRequest, call: Call
    ) -> pb.ReturnExaminationResponse:
        """Return the last result to its examiner."""
        return await self._step(
            request,
            call,
            pb.ReturnExaminationResponse,
            lambda examination, now: domain.return_result(
                examination, reason=request.reason, by=call.person_id, now=now
            ),
        )

    async def _step(
        self, request: _Request, call: Call, response: Callable[..., Response], decide: Decide
    ) -> Response:
        """Carry out one step of an examination."""
        async with self._begin(call) as uow:
            examinations = self._examinations(uow)
            examination = await examinations.load(request.examination_id, etag=request.etag)
            event = decide(examination, self._clock())
            examination = write(uow, examinations, examination, event)
            shown = convert.examination_to_message(examination)
            return await uow.commit(response(examination=shown))


def receive(unit: Unit, examinations: Examinations, event: ExaminationReceived) -> None:
    """Save the examination that an order of the station asks for, emit and record it."""
    examination = aggregate.receive(event)
    examinations.add(examination)
    unit.emit(convert.event_to_row(event, examination))
    unit.record(examination.examination_id, examination.case_id)


def write(
    unit: Unit, examinations: Examinations, examination: Examination, event: ExaminationEvent
) -> Examination:
    """Save what an event makes of an examination, emit it and record it; returns the new one."""
    examination = aggregate.apply(examination, event)
    if isinstance(event, ExaminationResultRecorded):
        examinations.put_result(examination)
    else:
        examinations.put(examination)
    unit.emit(convert.event_to_row(event, examination))
    unit.record(examination.examination_id, examination.case_id)
    return examination
