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
    await bus.ensure_stream()
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


async def test_received_operation_is_told_with_its_squad_request(
    stage: Stage, station: Station
) -> None:
    case_id = await station.report_case("case_officer-1")

    ordered = await station.order(case_id)
    await applied(stage, 2)

    row = (await stage.fetch("SELECT * FROM outbox"))[0]
    received = events.OperationReceived.FromString(row["payload"])
    assert row["subject"] == "jointops.jinqiao.ops.v1.operation.operation_received"
    assert received.operation_id == str(row["aggregate_id"])
    assert (received.case_id, received.squad_request_id) == (case_id, ordered.squad_request_id)


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


@pytest.mark.parametrize(
    "state", [OperationState.UNDER_WAY, OperationState.COMPLETED, OperationState.STOOD_DOWN]
)
async def test_withdrawn_request_leaves_an_operation_alone_that_is_under_way_or_over(
    stage: Stage, station: Station, state: OperationState
) -> None:
    operation = await wire.put(stage, state=state)
    station.versions[operation.squad_request_id] = 0

    await station.withdraw(operation.squad_request_id, operation.case_id)
    await applied(stage, 1)

    assert await operations_of(stage, operation.case_id) == [operation]


async def test_request_that_is_sent_back_changes_nothing(stage: Stage, station: Station) -> None:
    operation = await wire.put(stage, state=OperationState.COMPLETED)
    sent_back = requests.SquadRequestSentBack(
        squad_request_id=operation.squad_request_id, case_id=operation.case_id
    )

    await station.say(sent_back, "squad_request", operation.squad_request_id)
    await applied(stage, 1)

    assert await operations_of(stage, operation.case_id) == [operation]


async def test_assigned_person_may_see_the_operations_of_the_case(
    stage: Stage, station: Station
) -> None:
    case_id = await station.report_case("case_officer-1", "ops_leader-1")
    await station.order(case_id)
    await applied(stage, 3)

    response = await wire.send(stage, wire.LEADER, pb.ListOperationsRequest(case_id=case_id))

    assert len(response.operations) == 1


async def test_released_person_may_see_them_no_more(stage: Stage, station: Station) -> None:
    case_id = await station.report_case("case_officer-1", "ops_leader-1")
    released = cases.CaseMemberReleased(case_id=case_id, person_id="ops_leader-1")
    await station.say(released, "case", case_id)
    await applied(stage, 3)

    answer = await wire.refused(stage, wire.LEADER, pb.ListOperationsRequest(case_id=case_id))

    assert answer[1] == "NOT_ASSIGNED"


async def test_effect_of_an_event_is_on_record(stage: Stage, station: Station) -> None:
    case_id = await station.report_case("case_officer-1")
    await station.order(case_id)
    await applied(stage, 2)

    rows = await stage.fetch("SELECT person_id, permission, method, case_id FROM audit")

    assert rows == [
        {
            "person_id": "service:ops",
            "permission": "event.apply",
            "method": "jointops.station.v1.SquadRequestOrdered",
            "case_id": case_id,
        }
    ]
