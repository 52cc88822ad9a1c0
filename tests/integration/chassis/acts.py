"""What tests of the chassis do with the station's cases, past gRPC."""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from nats.js.client import JetStreamContext

from chassis import intake
from chassis.call import AlreadyAnsweredError, Call, Caller
from chassis.clock import utc_now
from chassis.cloudevents import event_headers
from chassis.database import Database
from chassis.ids import new_id, new_request_id
from chassis.policy import Rule
from chassis.roles import Role
from chassis.unit_of_work import Response, UnitOfWork
from jointops.station.v1 import case_pb2 as pb
from services.station.casefile import aggregate, convert
from services.station.casefile.aggregate import Case
from services.station.casefile.store import Cases
from services.station.casefile.usecases import CaseUseCases
from services.station.policy import POLICY
from tests.integration.stage import STATION, Stage

COMMANDER = Caller("commander-1", STATION, frozenset({Role.COMMANDER}))
OFFICER_ID = "case_officer-1"


def rule_of(method: str) -> Rule:
    """Return the rule of a method of cases."""
    return POLICY.rule(f"jointops.station.v1.CaseService/{method}")


def call_for(method: str, request: Any, caller: Caller = COMMANDER) -> Call:
    """Make the call as the pipeline does."""
    return intake.make_call(rule_of(method), caller, request, "", sees_station=True)


class MeetingUnit(UnitOfWork):
    """A unit of work that commits only when as many others are about to: a certain race."""

    def __init__(self, database: Database, call: Call, barrier: asyncio.Barrier) -> None:
        super().__init__(database, call)
        self._barrier = barrier

    async def commit(self, response: Response, clashes: Any = None) -> Response:
        """Wait for the others, then commit."""
        await self._barrier.wait()
        return await super().commit(response, clashes)


def use_cases(database: Database, barrier: asyncio.Barrier | None = None) -> CaseUseCases:
    """Make what may be asked of cases; with a barrier, commands meet before they commit."""
    if barrier is None:
        return CaseUseCases(partial(UnitOfWork, database), utc_now)
    return CaseUseCases(partial(MeetingUnit, database, barrier=barrier), utc_now)


def make_case() -> tuple[Case, aggregate.CaseReported]:
    """Make a reported case and the event that made it."""
    now = datetime.now(UTC)
    reported = aggregate.CaseReported(now, new_id(), STATION, new_id(), "211P", OFFICER_ID)
    return aggregate.report(reported), reported


async def add_case(database: Database, request_id: str = "") -> Case:
    """Put a reported case into the database, as an escalated alarm does."""
    case, reported = make_case()
    request = pb.GetCaseRequest(case_id=case.case_id)
    call = Call(
        person_id=COMMANDER.person_id,
        station=STATION,
        sees_station=True,
        method="add",
        permission="add",
        request_id=request_id or new_request_id(),
        request_hash=b"" if request_id else request.SerializeToString(),
        traceparent="",
    )
    async with UnitOfWork(database, call) as uow:
        Cases(uow).add(case)
        uow.emit(convert.event_to_row(reported, case))
        uow.record(case.case_id, case.case_id)
        await uow.commit(pb.GetCaseResponse(case=convert.case_to_message(case)))
    return case


def suspend_request(case_id: str, etag: str = "1") -> pb.SuspendCaseRequest:
    """Ask to suspend a case: one aggregate, one statement."""
    return pb.SuspendCaseRequest(
        case_id=case_id, etag=etag, request_id=new_request_id(), reason="Witness abroad."
    )


def assign_request(case_id: str, person_id: str, etag: str = "1") -> pb.AssignMemberRequest:
    """Ask to assign a person: two rows, hence an explicit transaction."""
    return pb.AssignMemberRequest(
        case_id=case_id, etag=etag, request_id=new_request_id(), person_id=person_id
    )


async def suspend(
    database: Database, request: pb.SuspendCaseRequest, barrier: asyncio.Barrier | None = None
) -> pb.SuspendCaseResponse:
    """Carry out a request to suspend a case."""
    return await use_cases(database, barrier).suspend(request, call_for("SuspendCase", request))


async def assign(
    database: Database, request: pb.AssignMemberRequest, barrier: asyncio.Barrier | None = None
) -> pb.AssignMemberResponse:
    """Carry out a request to assign a person."""
    call = call_for("AssignMember", request)
    return await use_cases(database, barrier).assign_member(request, call)


@dataclass(frozen=True, kw_only=True)
class Message:
    """An event of a case as the station's relay publishes it; tests spoil what they want to."""

    case_id: str
    version: int
    event_id: str
    event_type: str = "CaseAccepted"
    payload: bytes = b""

    def headers(self) -> dict[str, str]:
        """Return its headers without the one by which the stream drops a repetition."""
        row = {
            "event_id": self.event_id,
            "event_type": f"jointops.station.v1.{self.event_type}",
            "aggregate_id": self.case_id,
            "aggregate_version": self.version,
            "case_id": self.case_id,
            "event_time": datetime.now(UTC),
            "request_id": "",
        }
        headers = event_headers(row, source="/jointops/station", traceparent="")
        del headers["Nats-Msg-Id"]
        return headers

    async def send(self, jetstream: JetStreamContext, **headers: str) -> None:
        """Publish it; `headers` replace its own, an empty one leaves it out."""
        changed = self.headers() | {f"ce-{name}": value for name, value in headers.items()}
        kept = {name: value for name, value in changed.items() if value}
        await jetstream.publish(
            f"jointops.{STATION}.station.v1.case.changed", self.payload, headers=kept
        )


def message(case_id: str, version: int, event_type: str = "CaseAccepted") -> Message:
    """Make an event of a case."""
    return Message(case_id=case_id, version=version, event_id=new_id(), event_type=event_type)


async def records(stage: Stage) -> list[int]:
    """Count changes, events, audit rows and answers: always the same number."""
    changes = (await stage.fetch("SELECT sum(version) AS changes FROM case_file"))[0]["changes"]
    return [int(changes or 0), *[await stage.count(t) for t in ("outbox", "audit", "answer")]]


async def answer_of(attempt: Awaitable[Any]) -> bytes:
    """Return the answer as the pipeline sends it, be it the first or a repeated one."""
    try:
        return bytes((await attempt).SerializeToString())
    except AlreadyAnsweredError as repeat:
        return repeat.response
