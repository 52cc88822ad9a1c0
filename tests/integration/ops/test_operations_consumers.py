"""Events of the station over a real NATS: who belongs to a case, and which arrest is ordered."""

from collections.abc import AsyncIterator
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
from jointops.ops.v1 import operation_events_pb2 as events
from jointops.ops.v1 import operation_pb2 as pb
from jointops.station.v1 import case_events_pb2 as cases
from jointops.station.v1 import case_pb2, squad_request_pb2
from jointops.station.v1 import squad_request_events_pb2 as requests
from services.ops.operations.aggregate import OperationState
from tests.integration.ops import wire
from tests.integration.stage import Stage, eventually, on_bus

HAPPENED_AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
DUE_AT = datetime(2026, 3, 9, 9, 0, tzinfo=UTC)
JOINT_ARREST = squad_request_pb2.SQUAD_REQUEST_KIND_JOINT_ARREST
EXAMINATION = squad_request_pb2.SQUAD_REQUEST_KIND_EXAMINATION


@dataclass
class Station:
    """The station as operations hear it."""

    bus: Bus
    versions: dict[str, int] = field(default_factory=dict)

    async def say(self, event: Message, aggregate: str, aggregate_id: str) -> dict[str, str]:
        """Publish the next event of an aggregate; returns its headers."""
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
        await self.publish(event.SerializeToString(), aggregate, headers)
        return headers

    async def publish(self, payload: bytes, aggregate: str, headers: dict[str, str]) -> None:
        """Publish a payload past the stream's own deduplication."""
        subject = f"jointops.jinqiao.station.v1.{aggregate}.event"
        unseen = {**headers, "Nats-Msg-Id": new_id()}
        await self.bus.jetstream.publish(subject, payload, headers=unseen)

    async def report_case(self, officer_id: str, *person_ids: str) -> str:
        """Report a case and assign people to it; returns the case."""
        case_id = new_id()
        reported = cases.CaseReported(
            case_id=case_id, alarm_id=new_id(), case_officer_id=officer_id
        )
        await self.say(reported, "case", case_id)
        for person_id in person_ids:
            assigned = cases.CaseMemberAssigned(case_id=case_id, person_id=person_id)
            await self.say(assigned, "case", case_id)
        return case_id

    async def order(self, case_id: str, kind: Any = JOINT_ARREST) -> requests.SquadRequestOrdered:
        """Order something of a squad; returns the event."""
        ordered = make_ordered(case_id, kind)
        await self.say(ordered, "squad_request", ordered.squad_request_id)
        return ordered

    async def withdraw(self, squad_request_id: str, case_id: str) -> None:
        """Withdraw a squad request."""
        withdrawn = requests.SquadRequestWithdrawn(
            squad_request_id=squad_request_id, case_id=case_id
        )
        await self.say(withdrawn, "squad_request", squad_request_id)

    async def send_back(self, squad_request_id: str, case_id: str) -> None:
        """Send the answer to a squad request back."""
        sent_back = requests.SquadRequestSentBack(
            squad_request_id=squad_request_id, case_id=case_id
        )
        await self.say(sent_back, "squad_request", squad_request_id)


def make_ordered(case_id: str, kind: Any) -> requests.SquadRequestOrdered:
    """Make the event that something was ordered of a squad."""
    return requests.SquadRequestOrdered(
        squad_request_id=new_id(),
        case_id=case_id,
        squad=case_pb2.SQUAD_OPERATIONS,
        kind=kind,
        due_time=to_timestamp(DUE_AT),
    )


async def applied(stage: Stage, count: int) -> None:
    """Wait until so many events were applied and none is held back."""

    async def is_so() -> bool:
        return (await stage.count("inbox"), await stage.count("held")) == (count, 0)

    await eventually(is_so)


async def operations_of(stage: Stage, case_id: str) -> list[pb.Operation]:
    """List the operations of a case as its commander sees them."""
    request = pb.ListOperationsRequest(case_id=case_id)
    return list((await wire.send(stage, wire.COMMANDER, request)).operations)


@pytest.fixture
async def station(stage: Stage, nats_server: Nats) -> AsyncIterator[Station]:
    """A station whose events operations consume."""
    bus = Bus("station")
    await bus.connect(nats_server.url, "service", nats_server.password())
    await bus.ensure_stream("station")
    async with on_bus(stage, nats_server.url, nats_server.password(), relays=False):
        yield Station(bus)
    await bus.close()


async def test_ordered_arrest_becomes_an_operation(stage: Stage, station: Station) -> None:
    case_id = await station.report_case("case_officer-1")

    ordered = await station.order(case_id)
    await applied(stage, 2)

    operations = await operations_of(stage, case_id)
    assert [each.squad_request_id for each in operations] == [ordered.squad_request_id]
    assert operations[0].state == pb.OPERATION_STATE_RECEIVED
    assert (operations[0].station, operations[0].etag) == ("jinqiao", "1")
    assert operations[0].due_time == to_timestamp(DUE_AT)
    assert operations[0].create_time == to_timestamp(HAPPENED_AT)


async def test_received_operation_leaves_event_and_audit(stage: Stage, station: Station) -> None:
    case_id = await station.report_case("case_officer-1")
    ordered = await station.order(case_id)
    await applied(stage, 2)

    outbox = await stage.fetch("SELECT * FROM outbox")
    audit = await stage.fetch("SELECT person_id, permission, method, case_id FROM audit")

    received = events.OperationReceived.FromString(outbox[0]["payload"])
    assert outbox[0]["subject"] == "jointops.jinqiao.ops.v1.operation.operation_received"
    assert (received.case_id, received.squad_request_id) == (case_id, ordered.squad_request_id)
    assert audit == [
        {
            "person_id": "service:ops",
            "permission": "event.apply",
            "method": "jointops.station.v1.SquadRequestOrdered",
            "case_id": case_id,
        }
    ]


async def test_order_for_another_squad_is_left_to_it(stage: Stage, station: Station) -> None:
    case_id = await station.report_case("case_officer-1")

    ordered = await station.order(case_id, EXAMINATION)
    await station.withdraw(ordered.squad_request_id, case_id)
    await applied(stage, 3)

    assert await operations_of(stage, case_id) == []


async def test_order_that_comes_twice_makes_one_operation(stage: Stage, station: Station) -> None:
    case_id = await station.report_case("case_officer-1")
    ordered = make_ordered(case_id, JOINT_ARREST)
    headers = await station.say(ordered, "squad_request", ordered.squad_request_id)

    await station.publish(ordered.SerializeToString(), "squad_request", headers)
    await station.order(case_id, EXAMINATION)
    await applied(stage, 3)

    assert len(await operations_of(stage, case_id)) == 1
    assert await stage.count("outbox") == 1


async def test_order_with_an_unknown_field_is_understood(stage: Stage, station: Station) -> None:
    case_id = await station.report_case("case_officer-1")
    ordered = make_ordered(case_id, JOINT_ARREST)
    # Field 900, a text, as a later release may add it.
    ordered.MergeFromString(b"\xa2\x38\x03new")

    await station.say(ordered, "squad_request", ordered.squad_request_id)
    await applied(stage, 2)

    assert len(await operations_of(stage, case_id)) == 1


async def test_withdrawn_request_withdraws_its_operation(stage: Stage, station: Station) -> None:
    case_id = await station.report_case("case_officer-1")
    ordered = await station.order(case_id)

    await station.withdraw(ordered.squad_request_id, case_id)
    await applied(stage, 3)

    operations = await operations_of(stage, case_id)
    assert [each.state for each in operations] == [pb.OPERATION_STATE_WITHDRAWN]
    assert await stage.count("outbox") == 2


async def test_operation_that_is_under_way_or_over_is_left_alone(
    stage: Stage, station: Station
) -> None:
    under_way = await wire.put(stage, state=OperationState.UNDER_WAY)
    completed = await wire.put(stage, state=OperationState.COMPLETED)

    await station.withdraw(under_way.squad_request_id, under_way.case_id)
    await station.send_back(completed.squad_request_id, completed.case_id)
    await station.withdraw(completed.squad_request_id, completed.case_id)
    await applied(stage, 3)

    assert await operations_of(stage, under_way.case_id) == [under_way]
    assert await operations_of(stage, completed.case_id) == [completed]


async def test_person_sees_operations_from_assignment_to_release(
    stage: Stage, station: Station
) -> None:
    case_id = await station.report_case("case_officer-1", "ops_leader-1")
    await station.order(case_id)
    await applied(stage, 3)
    request = pb.ListOperationsRequest(case_id=case_id)

    assigned = await wire.send(stage, wire.LEADER, request)
    released = cases.CaseMemberReleased(case_id=case_id, person_id="ops_leader-1")
    await station.say(released, "case", case_id)
    await applied(stage, 4)
    answer = await wire.refused(stage, wire.LEADER, request)

    assert len(assigned.operations) == 1
    assert answer[1] == "NOT_ASSIGNED"
