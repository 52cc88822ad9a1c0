"""What the station says, through NATS, and what it makes of taskings and assignments."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest

from chassis.bus import Bus
from chassis.cloudevents import event_headers
from chassis.emission import Origin, make_event
from chassis.ids import new_id
from chassis.timestamps import to_timestamp
from deploy.local.nats import Nats
from jointops.intel.v1 import tasking_events_pb2 as events
from jointops.station.v1 import case_events_pb2, case_pb2, squad_request_pb2
from jointops.station.v1 import squad_request_events_pb2 as station
from services.intel.taskings.domain import TaskingState
from tests.integration.intel.scene import Scene
from tests.integration.stage import Stage, eventually, on_bus
from tests.unit.intel.builders import ANALYST, CASE_ID, PRODUCT_ID, SQUAD_REQUEST_ID

ORDERED_AT = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
DUE_AT = datetime(2026, 11, 9, 8, 0, tzinfo=UTC)


class Station:
    """The station service, as far as its events go."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    async def tell(
        self, message: Any, *, aggregate: str, version: int, event_id: str = "", extra: bytes = b""
    ) -> None:
        """Publish an event of one version of an aggregate."""
        aggregate_id = getattr(message, f"{aggregate}_id")
        origin = Origin(aggregate, aggregate_id, version, "jinqiao", CASE_ID)
        event = make_event(message, origin, at=ORDERED_AT)
        row = {name: getattr(event, name) for name in event.__slots__}
        row |= {"request_id": new_id()} | ({"event_id": event_id} if event_id else {})
        headers = event_headers(row, source="/jointops/station", traceparent="")
        await self._bus.jetstream.publish(event.subject, event.payload + extra, headers=headers)

    async def order(
        self,
        kind: squad_request_pb2.SquadRequestKind.ValueType = (
            squad_request_pb2.SQUAD_REQUEST_KIND_INTELLIGENCE_PRODUCT
        ),
        *,
        event_id: str = "",
        extra: bytes = b"",
    ) -> None:
        """Order something of a squad."""
        ordered = station.SquadRequestOrdered(
            squad_request_id=SQUAD_REQUEST_ID,
            case_id=CASE_ID,
            squad=case_pb2.SQUAD_INTELLIGENCE,
            kind=kind,
            due_time=to_timestamp(DUE_AT),
        )
        await self.tell(
            ordered, aggregate="squad_request", version=1, event_id=event_id, extra=extra
        )

    async def say(self, kind: Any, *, version: int) -> None:
        """Publish what happens to the order next."""
        message = kind(squad_request_id=SQUAD_REQUEST_ID, case_id=CASE_ID)
        await self.tell(message, aggregate="squad_request", version=version)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait less between batches and tries than in service; nothing else changes."""
    monkeypatch.setattr("chassis.consumer._WAIT_SECONDS", 0.05)
    monkeypatch.setattr("chassis.consumer._RETRY_SECONDS", 0.005)


@pytest.fixture
async def told(nats_server: Nats) -> AsyncIterator[Station]:
    """A station that publishes on NATS."""
    bus = Bus("station")
    await bus.connect(nats_server.url, "service", nats_server.password())
    await bus.ensure_stream("station")
    yield Station(bus)
    await bus.close()


@asynccontextmanager
async def consuming(stage: Stage, nats_server: Nats) -> AsyncIterator[None]:
    """Let the intelligence service consume what was published."""
    async with on_bus(stage, nats_server.url, nats_server.password(), relays=False):
        yield


async def applied(stage: Stage, count: int) -> None:
    """Wait until so many events have been applied."""

    async def is_done() -> bool:
        return await stage.count("inbox") == count

    await eventually(is_done)


async def test_an_order_becomes_a_received_tasking(
    stage: Stage, told: Station, nats_server: Nats
) -> None:
    await told.order()

    async with consuming(stage, nats_server):
        await applied(stage, 1)

    rows = await stage.fetch("SELECT * FROM tasking")
    assert (rows[0]["state"], rows[0]["station"], rows[0]["version"]) == ("received", "jinqiao", 1)
    assert (rows[0]["due_time"], rows[0]["create_time"]) == (DUE_AT, ORDERED_AT)
    assert (str(rows[0]["case_id"]), str(rows[0]["squad_request_id"])) == (
        CASE_ID,
        SQUAD_REQUEST_ID,
    )


async def test_an_order_with_an_unknown_field_leaves_event_and_audit(
    stage: Stage, told: Station, nats_server: Nats
) -> None:
    await told.order(extra=b"\xfa\x07\x03new")

    async with consuming(stage, nats_server):
        await applied(stage, 1)

    rows = await stage.fetch("SELECT * FROM outbox")
    received = events.TaskingReceived.FromString(rows[0]["payload"])
    assert rows[0]["subject"] == "jointops.jinqiao.intel.v1.tasking.tasking_received"
    assert (received.squad_request_id, received.due_time) == (
        SQUAD_REQUEST_ID,
        to_timestamp(DUE_AT),
    )
    assert await stage.count("audit") == 1


async def test_an_order_that_comes_twice_is_applied_once(
    stage: Stage, told: Station, nats_server: Nats
) -> None:
    await told.order()
    # Another id: JetStream sees no duplicate, the inbox knows the version.
    await told.order(event_id=new_id())
    await told.say(station.SquadRequestSignedFor, version=2)

    async with consuming(stage, nats_server):
        await applied(stage, 2)

    assert await stage.count("tasking") == 1
    assert await stage.count("outbox") == 1


async def test_the_life_of_an_order_for_another_squad_is_ignored(
    stage: Stage, told: Station, nats_server: Nats
) -> None:
    await told.order(squad_request_pb2.SQUAD_REQUEST_KIND_EXAMINATION)
    await told.say(station.SquadRequestSignedFor, version=2)
    await told.say(station.SquadRequestAnswered, version=3)
    await told.say(station.SquadRequestSentBack, version=4)
    await told.say(station.SquadRequestWithdrawn, version=5)

    async with consuming(stage, nats_server):
        await applied(stage, 5)

    assert await stage.count("tasking") == 0
    assert await stage.count("held") == 0


@pytest.mark.parametrize("state", [TaskingState.SIGNED_FOR, TaskingState.ANSWERED])
async def test_a_withdrawn_order_withdraws_the_tasking_answered_or_not(
    stage: Stage, told: Station, nats_server: Nats, state: TaskingState
) -> None:
    tasking = await Scene(stage).tasking(state=state, squad_request_id=SQUAD_REQUEST_ID)
    await told.say(station.SquadRequestWithdrawn, version=1)

    async with consuming(stage, nats_server):
        await applied(stage, 1)

    rows = await stage.fetch("SELECT state, version, update_time FROM tasking")
    assert rows == [{"state": "withdrawn", "version": 2, "update_time": ORDERED_AT}]
    assert (await Scene(stage).event_types(tasking.tasking_id))[1:] == ["TaskingWithdrawn"]


async def test_an_answer_that_is_sent_back_reopens_the_tasking(
    stage: Stage, told: Station, nats_server: Nats
) -> None:
    tasking = await Scene(stage).tasking(
        state=TaskingState.ANSWERED, squad_request_id=SQUAD_REQUEST_ID, product_id=PRODUCT_ID
    )
    await told.say(station.SquadRequestSentBack, version=1)

    async with consuming(stage, nats_server):
        await applied(stage, 1)

    rows = await stage.fetch("SELECT state, version, product_id::text FROM tasking")
    assert rows == [{"state": "reopened", "version": 2, "product_id": PRODUCT_ID}]
    assert (await Scene(stage).event_types(tasking.tasking_id))[1:] == ["TaskingReopened"]


async def test_who_belongs_to_a_case_is_copied_from_the_station(
    stage: Stage, told: Station, nats_server: Nats
) -> None:
    reported = case_events_pb2.CaseReported(case_id=CASE_ID, case_officer_id="case_officer-1")
    assigned = case_events_pb2.CaseMemberAssigned(case_id=CASE_ID, person_id=ANALYST)
    released = case_events_pb2.CaseMemberReleased(case_id=CASE_ID, person_id="case_officer-1")
    await told.tell(reported, aggregate="case", version=1)
    await told.tell(assigned, aggregate="case", version=2)
    await told.tell(released, aggregate="case", version=3)

    async with consuming(stage, nats_server):
        await applied(stage, 3)

    rows = await stage.fetch(
        "SELECT person_id, station FROM assignment JOIN known_case USING (case_id)"
    )
    assert rows == [{"person_id": ANALYST, "station": "jinqiao"}]


async def test_a_sent_back_order_that_was_not_answered_is_quarantined(
    stage: Stage, told: Station, nats_server: Nats
) -> None:
    await told.order()
    await told.say(station.SquadRequestSentBack, version=2)

    async def is_held() -> bool:
        return await stage.count("held") == 1

    async with consuming(stage, nats_server):
        await eventually(is_held)

    rows = await stage.fetch("SELECT reason, detail FROM held")
    assert rows == [{"reason": "poison", "detail": "TASKING_STATE_FORBIDS"}]
