"""Events of the station over a real NATS: who belongs to a case, and what is to be examined."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from google.protobuf.message import Message

from chassis.bus import Bus
from chassis.cloudevents import event_headers
from chassis.ids import new_id
from chassis.timestamps import to_timestamp
from deploy.local.nats import Nats
from jointops.station.v1 import case_events_pb2 as cases
from jointops.station.v1 import case_pb2, squad_request_pb2
from jointops.station.v1 import squad_request_events_pb2 as requests
from tests.integration.stage import STATION, Stage, eventually, on_bus
from tests.integration.tech import desk
from tests.integration.tech.desk import EXAMINATIONS, call, examiner
from tests.unit.tech.builders import HOLDER, RECEIVER

HAPPENED_AT = datetime(2031, 3, 14, 9, 30, tzinfo=UTC)
EXAMINATION = squad_request_pb2.SQUAD_REQUEST_KIND_EXAMINATION


@dataclass
class Station:
    """The station as the technical service hears it."""

    stage: Stage
    bus: Bus
    versions: dict[str, int] = field(default_factory=dict)
    said: list[tuple[Message, str, dict[str, str]]] = field(default_factory=list)

    async def say(self, event: Message, aggregate: str, aggregate_id: str) -> None:
        """Publish the next event of an aggregate."""
        version = self.versions[aggregate_id] = self.versions.get(aggregate_id, 0) + 1
        row = {
            "event_id": new_id(),
            "event_type": event.DESCRIPTOR.full_name,
            "aggregate_id": aggregate_id,
            "aggregate_version": version,
            "case_id": getattr(event, "case_id", ""),
            "event_time": HAPPENED_AT,
            "request_id": new_id(),
        }
        headers = event_headers(row, source="/jointops/station", traceparent="")
        self.said.append((event, aggregate, headers))
        await self.repeat()

    async def repeat(self) -> None:
        """Publish the last event as it is, past the stream's own deduplication."""
        event, aggregate, headers = self.said[-1]
        subject = f"jointops.{STATION}.station.v1.{aggregate}.event"
        unseen = {**headers, "Nats-Msg-Id": new_id()}
        await self.bus.jetstream.publish(subject, event.SerializeToString(), headers=unseen)

    async def report_case(self, *person_ids: str) -> str:
        """Report a case whose officer is the first of these people; assign the others."""
        case_id, (officer, *others) = new_id(), person_ids
        reported = cases.CaseReported(case_id=case_id, alarm_id=new_id(), case_officer_id=officer)
        await self.say(reported, "case", case_id)
        for person_id in others:
            assigned = cases.CaseMemberAssigned(case_id=case_id, person_id=person_id)
            await self.say(assigned, "case", case_id)
        return case_id

    async def order(self, case_id: str, kind: Any = EXAMINATION) -> str:
        """Order something of a squad; returns the squad request."""
        squad_request_id = new_id()
        ordered = requests.SquadRequestOrdered(
            squad_request_id=squad_request_id,
            case_id=case_id,
            squad=case_pb2.SQUAD_TECHNICAL,
            kind=kind,
            due_time=to_timestamp(datetime(2031, 3, 20, tzinfo=UTC)),
        )
        await self.say(ordered, "squad_request", squad_request_id)
        return squad_request_id

    async def say_of_request(self, kind: type[Any], case_id: str, squad_request_id: str) -> None:
        """Say what happened to a squad request."""
        event = kind(squad_request_id=squad_request_id, case_id=case_id)
        await self.say(event, "squad_request", squad_request_id)

    def examination_in(self, squad_request_id: str, state: str) -> Callable[[], Awaitable[Any]]:
        """Make the check that the examination of a request has come to a state."""

        async def check() -> Any:
            query = "SELECT * FROM examination WHERE squad_request_id = $1 AND state = $2"
            rows = await self.stage.fetch(query, squad_request_id, state)
            return rows[0] if rows else None

        return check

    async def examination_count(self, case_id: str) -> int:
        """Count the examinations of a case."""
        query = "SELECT examination_id FROM examination WHERE case_id = $1"
        return len(await self.stage.fetch(query, case_id))


@pytest.fixture(scope="module")
def nats(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nats]:
    """One NATS server beside the one database that the tests of this module share."""
    with Nats(tmp_path_factory.mktemp("nats")) as server:
        yield server


@pytest.fixture
async def station(stage: Stage, nats: Nats) -> AsyncIterator[Station]:
    """The technical service, consuming what a station says."""
    speaker = Bus("station")
    await speaker.connect(nats.url, "service", nats.password())
    await speaker.ensure_stream("station")
    async with on_bus(stage, nats.url, nats.password(), relays=False):
        yield Station(stage, speaker)
    await speaker.close()


async def test_an_order_becomes_an_examination_that_a_member_signs_for(station: Station) -> None:
    case_id = await station.report_case("case_officer-1", HOLDER)

    squad_request_id = await station.order(case_id)

    row = await eventually(station.examination_in(squad_request_id, "received"))
    assert (row["station"], str(row["case_id"])) == (STATION, case_id)
    assert (row["create_time"], row["due_time"].day) == (HAPPENED_AT, 20)
    signed = await call(
        examiner(station.stage),
        f"{EXAMINATIONS}/SignForExamination",
        examination_id=str(row["examination_id"]),
    )
    assert signed.examiner_id == HOLDER
    assert await desk.events_of(station.stage, signed.examination_id) == [
        "ExaminationReceived",
        "ExaminationSignedFor",
    ]


async def test_an_order_that_comes_twice_becomes_one_examination(station: Station) -> None:
    case_id = await station.report_case("case_officer-1")
    await station.order(case_id)

    await station.repeat()
    second = await station.order(case_id)

    await eventually(station.examination_in(second, "received"))
    assert await station.examination_count(case_id) == 2
    assert await station.stage.count("held") == 0


async def test_an_order_for_another_squad_is_left_to_it(station: Station) -> None:
    case_id = await station.report_case("case_officer-1")
    foreign = await station.order(case_id, squad_request_pb2.SQUAD_REQUEST_KIND_JOINT_ARREST)
    await station.say_of_request(requests.SquadRequestWithdrawn, case_id, foreign)

    own = await station.order(case_id)

    await eventually(station.examination_in(own, "received"))
    assert await station.examination_count(case_id) == 1
    assert await station.stage.count("held") == 0


async def test_a_verified_examination_is_reopened_and_withdrawn(station: Station) -> None:
    case_id = await station.report_case("case_officer-1", HOLDER, RECEIVER)
    squad_request_id = await station.order(case_id)
    row = await eventually(station.examination_in(squad_request_id, "received"))
    await verify(station.stage, case_id, str(row["examination_id"]))

    await station.say_of_request(requests.SquadRequestSentBack, case_id, squad_request_id)
    await eventually(station.examination_in(squad_request_id, "reopened"))
    await station.say_of_request(requests.SquadRequestWithdrawn, case_id, squad_request_id)

    row = await eventually(station.examination_in(squad_request_id, "withdrawn"))
    assert (row["version"], row["verified_by"]) == (6, None)
    types = await desk.events_of(station.stage, str(row["examination_id"]))
    assert types[4:] == ["ExaminationReopened", "ExaminationWithdrawn"]


async def test_a_withdrawal_that_crosses_a_verified_result_stands(station: Station) -> None:
    case_id = await station.report_case("case_officer-1", HOLDER, RECEIVER)
    squad_request_id = await station.order(case_id)
    row = await eventually(station.examination_in(squad_request_id, "received"))
    await verify(station.stage, case_id, str(row["examination_id"]))

    await station.say_of_request(requests.SquadRequestWithdrawn, case_id, squad_request_id)

    await eventually(station.examination_in(squad_request_id, "withdrawn"))
    assert await station.stage.count("held") == 0


async def test_a_released_member_no_longer_sees_the_case(station: Station) -> None:
    case_id = await station.report_case("case_officer-1", HOLDER)
    released = cases.CaseMemberReleased(case_id=case_id, person_id=HOLDER)
    await station.say(released, "case", case_id)
    squad_request_id = await station.order(case_id)

    row = await eventually(station.examination_in(squad_request_id, "received"))

    answer = await desk.refusal(
        examiner(station.stage),
        f"{EXAMINATIONS}/GetExamination",
        examination_id=str(row["examination_id"]),
    )
    assert answer[1] == "NOT_ASSIGNED"


async def test_what_an_event_changes_is_on_record_for_the_service(station: Station) -> None:
    case_id = await station.report_case("case_officer-1")

    squad_request_id = await station.order(case_id)

    row = await eventually(station.examination_in(squad_request_id, "received"))
    query = "SELECT * FROM audit WHERE resource = $1"
    audit = await station.stage.fetch(query, str(row["examination_id"]))
    assert [(each["person_id"], each["case_id"]) for each in audit] == [("service:tech", case_id)]


async def verify(stage: Stage, case_id: str, examination_id: str) -> None:
    """Let HOLDER sign for and record, and RECEIVER verify."""
    exhibit = await desk.add_exhibit(stage, case_id)
    known = {"examination_id": examination_id, "exhibit_ids": [exhibit.exhibit_id]}
    await call(examiner(stage), f"{EXAMINATIONS}/SignForExamination", **known)
    await call(examiner(stage), f"{EXAMINATIONS}/RecordExaminationResult", **known, etag="2")
    verifier = examiner(stage, RECEIVER)
    await call(verifier, f"{EXAMINATIONS}/VerifyExamination", **known, etag="3")
