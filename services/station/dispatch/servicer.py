"""gRPC in: hands each request and its call to the use case."""

from typing import Any

from chassis.call import current_call
from jointops.station.v1 import alarm_pb2 as pb
from jointops.station.v1 import alarm_pb2_grpc
from services.station.dispatch.usecases import AlarmUseCases


class AlarmServicer(alarm_pb2_grpc.AlarmServiceServicer):
    """Serves `jointops.station.v1.AlarmService`."""

    def __init__(self, alarms: AlarmUseCases) -> None:
        self._alarms = alarms

    async def ReportAlarm(
        self, request: pb.ReportAlarmRequest, _context: Any
    ) -> pb.ReportAlarmResponse:
        """Take a call for help in."""
        return await self._alarms.report(request, current_call())

    async def GetAlarm(self, request: pb.GetAlarmRequest, _context: Any) -> pb.GetAlarmResponse:
        """Return one alarm."""
        return await self._alarms.get(request, current_call())

    async def ListAlarms(
        self, request: pb.ListAlarmsRequest, _context: Any
    ) -> pb.ListAlarmsResponse:
        """List the station's alarms."""
        return await self._alarms.list(request, current_call())

    async def DispatchAlarm(
        self, request: pb.DispatchAlarmRequest, _context: Any
    ) -> pb.DispatchAlarmResponse:
        """Send a unit."""
        return await self._alarms.dispatch(request, current_call())

    async def RecordArrival(
        self, request: pb.RecordArrivalRequest, _context: Any
    ) -> pb.RecordArrivalResponse:
        """Record that the unit arrived."""
        return await self._alarms.record_arrival(request, current_call())

    async def EscalateAlarm(
        self, request: pb.EscalateAlarmRequest, _context: Any
    ) -> pb.EscalateAlarmResponse:
        """Make a case of an alarm."""
        return await self._alarms.escalate(request, current_call())

    async def CloseAlarm(
        self, request: pb.CloseAlarmRequest, _context: Any
    ) -> pb.CloseAlarmResponse:
        """Close an alarm."""
        return await self._alarms.close(request, current_call())
