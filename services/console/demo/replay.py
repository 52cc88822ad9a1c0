"""Replays calls for help in the order of the record: report, dispatch, arrival, escalation.

A call that is in the station already is taken from where it stands, so that a replay that was cut
off goes on and one that is complete changes nothing.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import grpc
from google.protobuf.message import Message

from chassis.status import reason_of
from chassis.timestamps import to_timestamp
from chassis.traceparent import TraceParent
from jointops.station.v1 import alarm_pb2 as pb
from services.console.demo.calls import CallRow
from services.console.demo.cast import Cast
from services.console.demo.desk import Answer, Desk
from services.console.demo.expected import degrees
from services.console.demo.names import trace_of
from services.console.demo.spans import Roots

# Enough to keep a station busy, few enough that calls come in the order of the record.
IN_FLIGHT = 16
_OPEN = frozenset({pb.ALARM_STATE_REPORTED, pb.ALARM_STATE_DISPATCHED, pb.ALARM_STATE_ARRIVED})


@dataclass(frozen=True, slots=True)
class Replayed:
    """One call and the alarm it became; `step_count` says how much was left to do."""

    row: CallRow
    alarm: pb.Alarm
    step_count: int


class Replay:
    """Replays calls for one dispatcher."""

    def __init__(
        self,
        desk: Desk,
        cast: Cast,
        roots: Roots,
        known: Mapping[str, pb.Alarm],
        advance: Callable[[], None],
    ) -> None:
        self._desk = desk
        self._cast = cast
        self._roots = roots
        self._known = known
        self._advance = advance
        self._places = asyncio.Semaphore(IN_FLIGHT)

    async def run(self, rows: Sequence[CallRow], *, per_second: float) -> list[Replayed]:
        """Replay calls, started in order, at most so many a second (0: as fast as it goes)."""
        pause = 1 / per_second if per_second else 0.0
        tasks: list[asyncio.Task[Replayed]] = []
        try:
            async with asyncio.TaskGroup() as group:
                for row in rows:
                    await self._places.acquire()
                    tasks.append(group.create_task(self._replay(row)))
                    await asyncio.sleep(pause)
        except BaseExceptionGroup as failures:
            # One cause is what a person can act on; the rest were cancelled or say the same.
            raise failures.exceptions[0] from failures
        return [task.result() for task in tasks]

    async def _replay(self, row: CallRow) -> Replayed:
        try:
            alarm = self._known.get(row.record_id)
            if alarm is not None and not _is_anything_left(row, alarm):
                return Replayed(row, alarm, 0)
            place = trace_of(self._desk.seed, row.key)
            with self._roots.timed(place):
                return await _Call(self._desk, self._cast, row, place).lead(alarm)
        finally:
            self._places.release()
            self._advance()


class _Call:
    """One call on its way through the station."""

    def __init__(self, desk: Desk, cast: Cast, row: CallRow, place: TraceParent) -> None:
        self._desk = desk
        self._cast = cast
        self._row = row
        self._place = place
        self._step_count = 0

    async def lead(self, alarm: pb.Alarm | None) -> Replayed:
        """Do what is left to do."""
        if alarm is None:
            alarm = await self._report()
        if self._row.was_dispatched and alarm.state == pb.ALARM_STATE_REPORTED:
            alarm = await self._dispatch(alarm)
        if self._row.has_arrived and alarm.state == pb.ALARM_STATE_DISPATCHED:
            alarm = await self._record_arrival(alarm)
        if alarm.is_serious and alarm.state in _OPEN:
            alarm = await self._escalate(alarm)
        return Replayed(self._row, alarm, self._step_count)

    async def _report(self) -> pb.Alarm:
        request = report_of(self._row)
        try:
            answer = await self._write(request, pb.ReportAlarmResponse, "report")
        except grpc.aio.AioRpcError as error:
            reason, metadata = reason_of(error)
            if reason != "ALARM_ALREADY_REPORTED":
                raise
            return await self._read(metadata["alarm_id"])
        return answer.alarm

    async def _dispatch(self, alarm: pb.Alarm) -> pb.Alarm:
        request = pb.DispatchAlarmRequest(
            alarm_id=alarm.alarm_id, etag=alarm.etag, unit_id=self._row.unit_id
        )
        return (await self._write(request, pb.DispatchAlarmResponse, "dispatch")).alarm

    async def _record_arrival(self, alarm: pb.Alarm) -> pb.Alarm:
        request = pb.RecordArrivalRequest(alarm_id=alarm.alarm_id, etag=alarm.etag)
        return (await self._write(request, pb.RecordArrivalResponse, "arrive")).alarm

    async def _escalate(self, alarm: pb.Alarm) -> pb.Alarm:
        request = pb.EscalateAlarmRequest(
            alarm_id=alarm.alarm_id,
            etag=alarm.etag,
            case_officer_id=self._cast.case_officer.person_id,
        )
        return (await self._write(request, pb.EscalateAlarmResponse, "escalate")).alarm

    async def _read(self, alarm_id: str) -> pb.Alarm:
        request = pb.GetAlarmRequest(alarm_id=alarm_id)
        answer = await self._desk.read(self._cast.dispatcher, request, pb.GetAlarmResponse)
        return answer.alarm

    async def _write(self, request: Message, kind: type[Answer], step: str) -> Answer:
        self._step_count += 1
        return await self._desk.write(
            self._cast.dispatcher, request, kind, key=(self._row.key, step), place=self._place
        )


def report_of(row: CallRow) -> pb.ReportAlarmRequest:
    """Report a call as it stands in the data; the station flags what is wrong with it."""
    longitude, latitude = degrees(row.longitude), degrees(row.latitude)
    return pb.ReportAlarmRequest(
        source=pb.ALARM_SOURCE_OPERATOR,
        source_record_id=row.record_id,
        call_type=row.call_type,
        description=row.description,
        district=row.district,
        beat=row.beat,
        longitude=longitude,
        latitude=latitude,
        receive_time=to_timestamp(row.received_at),
    )


def _is_anything_left(row: CallRow, alarm: pb.Alarm) -> bool:
    if alarm.state not in _OPEN:
        return False
    return (
        alarm.is_serious
        or (row.was_dispatched and alarm.state == pb.ALARM_STATE_REPORTED)
        or (row.has_arrived and alarm.state == pb.ALARM_STATE_DISPATCHED)
    )
