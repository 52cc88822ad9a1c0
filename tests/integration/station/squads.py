"""What the squads say on the bus, as the station hears it."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from google.protobuf.message import Message

from chassis.bus import Bus
from chassis.cloudevents import event_headers
from chassis.ids import new_id
from jointops.intel.v1 import tasking_events_pb2 as intel
from jointops.ops.v1 import operation_events_pb2 as ops
from jointops.tech.v1 import examination_events_pb2 as tech
from services.station.casefile.aggregate import Case, Squad
from services.station.circulation.aggregate import (
    SquadRequest,
    SquadRequestKind,
    SquadRequestState,
)
from tests.integration.stage import STATION, Stage, eventually
from tests.integration.station import wire
from tests.unit.station.builders import make_order

HAPPENED_AT = datetime(2031, 3, 14, 9, 30, tzinfo=UTC)

SIGNED_FOR: dict[Squad, type[Any]] = {
    Squad.INTELLIGENCE: intel.TaskingSignedFor,
    Squad.TECHNICAL: tech.ExaminationSignedFor,
    Squad.OPERATIONS: ops.OperationSignedFor,
}
ANSWERED: dict[Squad, type[Any]] = {
    Squad.INTELLIGENCE: intel.TaskingAnswered,
    Squad.TECHNICAL: tech.ExaminationVerified,
    Squad.OPERATIONS: ops.OperationCompleted,
}
KINDS = {
    Squad.INTELLIGENCE: SquadRequestKind.INTELLIGENCE_PRODUCT,
    Squad.TECHNICAL: SquadRequestKind.EXAMINATION,
    Squad.OPERATIONS: SquadRequestKind.JOINT_ARREST,
}
_ID_FIELDS = {"intel": "tasking_id", "tech": "examination_id", "ops": "operation_id"}


@dataclass
class Work:
    """What a squad makes of one squad request: a tasking, an examination or an operation."""

    request: SquadRequest
    work_id: str = field(default_factory=new_id)
    version: int = 0


@dataclass
class Squads:
    """The squads, and the station that hears them."""

    stage: Stage
    bus: Bus

    async def order(
        self,
        case: Case,
        squad: Squad = Squad.TECHNICAL,
        state: SquadRequestState = SquadRequestState.ORDERED,
    ) -> Work:
        """Let the station have ordered something of a squad."""
        request = await wire.put_request(
            self.stage, case, state=state, squad=squad, order=make_order(kind=KINDS[squad])
        )
        return Work(request)

    async def say(self, kind: type[Any], work: Work, **fields: Any) -> dict[str, str]:
        """Say the next event of a work; return its headers."""
        producer = kind.DESCRIPTOR.full_name.split(".")[1]
        request = work.request
        known = {
            _ID_FIELDS[producer]: work.work_id,
            "case_id": request.case_id,
            "squad_request_id": request.squad_request_id,
        }
        work.version += 1
        row = {
            "event_id": new_id(),
            "event_type": kind.DESCRIPTOR.full_name,
            "aggregate_id": work.work_id,
            "aggregate_version": work.version,
            "case_id": request.case_id,
            "event_time": HAPPENED_AT,
            "request_id": new_id(),
        }
        headers = event_headers(row, source=f"/jointops/{producer}", traceparent="")
        await self.publish(kind(**known, **fields), headers)
        return headers

    async def say_and_wait(self, kind: type[Any], work: Work, **fields: Any) -> None:
        """Say the next event of a work and wait until the station has applied it."""
        await self.wait(await self.say(kind, work, **fields))

    async def publish(self, event: Message, headers: dict[str, str], extra: bytes = b"") -> None:
        """Publish an event as it is, past the stream's own deduplication."""
        producer = event.DESCRIPTOR.full_name.split(".")[1]
        unseen = {**headers, "Nats-Msg-Id": new_id()}
        subject = f"jointops.{STATION}.{producer}.v1.work.event"
        payload = event.SerializeToString() + extra
        await self.bus.jetstream.publish(subject, payload, headers=unseen)

    async def wait(self, headers: dict[str, str]) -> None:
        """Wait until the station has applied an event."""

        async def applied() -> list[dict[str, Any]]:
            query = "SELECT 1 FROM inbox WHERE event_id = $1"
            return await self.stage.fetch(query, headers["ce-id"])

        await eventually(applied)

    async def request(self, work: Work) -> dict[str, Any]:
        """Return the row of the squad request."""
        query = "SELECT * FROM squad_request WHERE squad_request_id = $1"
        return (await self.stage.fetch(query, work.request.squad_request_id))[0]

    async def case(self, case: Case) -> dict[str, Any]:
        """Return the row of the case."""
        query = "SELECT * FROM case_file WHERE case_id = $1"
        return (await self.stage.fetch(query, case.case_id))[0]

    async def held(self, work: Work) -> list[tuple[str, str]]:
        """Return what is held of a work: reason and detail."""
        query = "SELECT reason, detail FROM held WHERE aggregate_id = $1"
        rows = await self.stage.fetch(query, work.work_id)
        return [(row["reason"], row["detail"]) for row in rows]
