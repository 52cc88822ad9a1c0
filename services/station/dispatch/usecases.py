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
from jointops.station.v1 import alarm_pb2 as pb
from services.station.casefile import aggregate as casefile
from services.station.casefile import convert as casefile_convert
from services.station.casefile.store import Cases
from services.station.dispatch import aggregate, convert, domain
from services.station.dispatch.aggregate import Alarm, AlarmEvent
from services.station.dispatch.intake import Desk
from services.station.dispatch.store import RECORD_KEY, Alarms

Decide = Callable[[Alarm, datetime], AlarmEvent]
Response = TypeVar("Response", bound=Message)


class _Request(Protocol):
    """A request that changes one alarm."""

    alarm_id: str
    etag: str


class AlarmUseCases:
    """What may be asked of alarms."""

    def __init__(
        self,
        begin: Begin,
        clock: Clock,
        ids: Ids,
        desk: Desk,
        alarms: Callable[[Unit], Alarms] = Alarms,
        cases: Callable[[Unit], Cases] = Cases,
    ) -> None:
        self._begin = begin
        self._clock = clock
        self._ids = ids
        self._desk = desk
        self._alarms = alarms
        self._cases = cases

    async def report(self, request: pb.ReportAlarmRequest, call: Call) -> pb.ReportAlarmResponse:
        """Take a call for help in."""
        try:
            return await self._report(request, call)
        except domain.AlarmAlreadyReportedError as refusal:
            if refusal.metadata:
                raise
        # Somebody reported the same record at the same moment; now their alarm can be found.
        return await self._report(request, call)

    async def get(self, request: pb.GetAlarmRequest, call: Call) -> pb.GetAlarmResponse:
        """Show one alarm."""
        async with self._begin(call) as uow:
            alarm = await self._alarms(uow).read(request.alarm_id)
            uow.record(alarm.alarm_id, alarm.case_id or "")
            return await uow.answer(pb.GetAlarmResponse(alarm=convert.alarm_to_message(alarm)))

    async def list(self, request: pb.ListAlarmsRequest, call: Call) -> pb.ListAlarmsResponse:
        """Show a page of the station's alarms."""
        state = convert.state_of(request)
        page = read_page(request, state or "")
        async with self._begin(call) as uow:
            alarms, token = await self._alarms(uow).list(page, state=state)
            uow.record("alarms")
            shown = [convert.alarm_to_message(alarm) for alarm in alarms]
            return await uow.answer(pb.ListAlarmsResponse(alarms=shown, next_page_token=token))

    async def dispatch(
        self, request: pb.DispatchAlarmRequest, call: Call
    ) -> pb.DispatchAlarmResponse:
        """Send a unit."""
        return await self._step(
            request,
            call,
            pb.DispatchAlarmResponse,
            lambda alarm, now: domain.dispatch(alarm, unit_id=request.unit_id, now=now),
        )

    async def record_arrival(
        self, request: pb.RecordArrivalRequest, call: Call
    ) -> pb.RecordArrivalResponse:
        """Record that the unit arrived."""
        return await self._step(
            request,
            call,
            pb.RecordArrivalResponse,
            lambda alarm, now: domain.record_arrival(alarm, now=now),
        )

    async def escalate(
        self, request: pb.EscalateAlarmRequest, call: Call
    ) -> pb.EscalateAlarmResponse:
        """Make a case of the alarm."""
        async with self._begin(call) as uow:
            alarms = self._alarms(uow)
            alarm = await alarms.load(request.alarm_id, etag=request.etag)
            now = self._clock()
            event = domain.escalate(alarm, case_id=self._ids(), now=now)
            alarm = write(uow, alarms, alarm, event)
            reported = casefile.CaseReported(
                decided_at=now,
                case_id=event.case_id,
                station=alarm.station,
                alarm_id=alarm.alarm_id,
                call_type=alarm.call.call_type,
                case_officer_id=request.case_officer_id,
            )
            case = casefile.report(reported)
            self._cases(uow).add(case)
            uow.emit(casefile_convert.event_to_row(reported, case))
            message = convert.alarm_to_message(alarm)
            return await uow.commit(pb.EscalateAlarmResponse(alarm=message, case_id=case.case_id))

    async def close(self, request: pb.CloseAlarmRequest, call: Call) -> pb.CloseAlarmResponse:
        """Close an alarm without a case."""
        return await self._step(
            request,
            call,
            pb.CloseAlarmResponse,
            lambda alarm, now: domain.close(
                alarm, disposition=convert.disposition_of(request), now=now
            ),
        )

    async def _report(self, request: pb.ReportAlarmRequest, call: Call) -> pb.ReportAlarmResponse:
        async with self._begin(call) as uow:
            alarms = self._alarms(uow)
            now = self._clock()
            said = self._desk.take_in(convert.report_of(request), now=now)
            event = domain.report(
                said,
                alarm_id=self._ids(),
                station=call.station,
                holder_id=await alarms.find_holder(said.source_record_id),
                now=now,
            )
            alarm = aggregate.report(event)
            alarms.add(alarm)
            uow.emit(convert.event_to_row(event, alarm))
            uow.record(alarm.alarm_id)
            clash = domain.AlarmAlreadyReportedError("This call was reported already.")
            return await uow.commit(
                pb.ReportAlarmResponse(alarm=convert.alarm_to_message(alarm)),
                clashes={RECORD_KEY: clash},
            )

    async def _step(
        self, request: _Request, call: Call, response: Callable[..., Response], decide: Decide
    ) -> Response:
        """Carry out one step of an alarm."""
        async with self._begin(call) as uow:
            alarms = self._alarms(uow)
            alarm = await alarms.load(request.alarm_id, etag=request.etag)
            alarm = write(uow, alarms, alarm, decide(alarm, self._clock()))
            return await uow.commit(response(alarm=convert.alarm_to_message(alarm)))


def write(unit: Unit, alarms: Alarms, alarm: Alarm, event: AlarmEvent) -> Alarm:
    """Save what an event makes of an alarm, emit it and record it; returns the new alarm."""
    alarm = aggregate.apply(alarm, event)
    alarms.put(alarm)
    unit.emit(convert.event_to_row(event, alarm))
    unit.record(alarm.alarm_id, alarm.case_id or "")
    return alarm
