"""What the platform holds after the demonstration, as its services say: what the checks rest on."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from google.protobuf.message import Message

from jointops.intel.v1 import tasking_pb2
from jointops.ops.v1 import operation_pb2
from jointops.station.v1 import alarm_pb2, case_pb2, review_pb2
from jointops.tech.v1 import exhibit_pb2
from services.console.demo.cast import Cast
from services.console.demo.desk import Desk, LateError
from services.console.demo.streams import Stream, read_streams

# How long the streams may take to be empty of unfinished work, and how often to look.
DRAIN_SECONDS = 60.0
# How long the last events may take to be published.
SETTLE_SECONDS = 10.0
POLL_SECONDS = 0.1
# Each squad's service is asked about a case in its own words; one that has not heard of it refuses.
_QUESTIONS: dict[str, tuple[Any, type[Message]]] = {
    "intel": (tasking_pb2.ListTaskingsRequest, tasking_pb2.ListTaskingsResponse),
    "tech": (exhibit_pb2.ListExhibitsRequest, exhibit_pb2.ListExhibitsResponse),
    "ops": (operation_pb2.ListOperationsRequest, operation_pb2.ListOperationsResponse),
}


@dataclass(frozen=True, slots=True)
class Holdings:
    """Everything of the station, and what the streams and the other services know of it."""

    alarms: Sequence[alarm_pb2.Alarm]
    cases: Sequence[case_pb2.Case]
    timelines: dict[str, Sequence[review_pb2.TimelineEntry]]
    streams: dict[str, Stream]
    known_cases: dict[str, int]

    @property
    def is_settled(self) -> bool:
        """Whether every stream holds what its service must have published."""
        held = ((name, stream.message_count) for name, stream in self.streams.items())
        return all(count == self.told(name) for name, count in held)

    def told(self, service: str) -> int:
        """Count the events a service must have published for the station to stand as it does."""
        entries = Counter(each.service for line in self.timelines.values() for each in line)
        if service != "station":
            return entries[service]
        return entries[service] + sum(_events_outside_cases(alarm) for alarm in self.alarms)


async def look(desk: Desk, cast: Cast, monitoring_url: str) -> Holdings:
    """Look at everything once every event has arrived, or after a while at what has.

    The last command may be answered a moment before its event is published; an event that never
    comes is left for the checks to find.

    Raises:
        LateError: A consumer does not come to an end.
    """
    deadline = asyncio.get_running_loop().time() + SETTLE_SECONDS
    while True:
        holdings = await _look_once(desk, cast, monitoring_url)
        if holdings.is_settled or asyncio.get_running_loop().time() > deadline:
            return holdings
        await asyncio.sleep(POLL_SECONDS)


async def _look_once(desk: Desk, cast: Cast, monitoring_url: str) -> Holdings:
    streams = await _drained(monitoring_url)
    alarms = await list_alarms(desk, cast)
    found = await desk.read_all(
        cast.commander, case_pb2.ListCasesRequest(), case_pb2.ListCasesResponse
    )
    timelines = {case.case_id: await timeline(desk, cast, case.case_id) for case in found.cases}
    known = {
        service: await _count_known(desk, cast, service, found.cases) for service in _QUESTIONS
    }
    return Holdings(alarms, found.cases, timelines, streams, known)


async def list_alarms(desk: Desk, cast: Cast) -> Sequence[alarm_pb2.Alarm]:
    """Return every alarm of the station, newest first."""
    request = alarm_pb2.ListAlarmsRequest()
    answer = await desk.read_all(cast.dispatcher, request, alarm_pb2.ListAlarmsResponse)
    return answer.alarms


async def timeline(desk: Desk, cast: Cast, case_id: str) -> Sequence[review_pb2.TimelineEntry]:
    """Return what happened in a case, oldest first."""
    request = review_pb2.GetTimelineRequest(case_id=case_id)
    answer = await desk.read_all(cast.commander, request, review_pb2.GetTimelineResponse)
    return answer.entries


async def _count_known(desk: Desk, cast: Cast, service: str, cases: Sequence[case_pb2.Case]) -> int:
    """Count the cases a squad's service knows; waits for those it has yet to hear of."""
    request, kind = _QUESTIONS[service]
    for case in cases:
        await desk.until(
            cast.commander,
            request(case_id=case.case_id),
            kind,
            lambda _answer: True,
            f"{service} does not know the case {case.case_id}",
        )
    return len(cases)


async def _drained(monitoring_url: str) -> dict[str, Stream]:
    deadline = asyncio.get_running_loop().time() + DRAIN_SECONDS
    streams = await read_streams(monitoring_url)
    while any(count for stream in streams.values() for count in stream.waiting.values()):
        if asyncio.get_running_loop().time() > deadline:
            raise LateError("the consumers did not come to the end of the streams")
        await asyncio.sleep(POLL_SECONDS)
        streams = await read_streams(monitoring_url)
    return streams


def _events_outside_cases(alarm: alarm_pb2.Alarm) -> int:
    """Count what happened to an alarm before it had a case: each change of it is one event."""
    return (
        1
        + alarm.HasField("dispatch_time")
        + alarm.HasField("arrive_time")
        + (alarm.state == alarm_pb2.ALARM_STATE_CLOSED)
    )
