"""Events in: each applied once and in order, whatever arrives, and nothing lost silently."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from chassis.bus import Bus
from chassis.cloudevents import Delivery
from chassis.consumer import Apply, _Consuming
from chassis.emission import Origin, make_event
from chassis.errors import NotFoundError
from chassis.event_unit import EventUnit
from chassis.ids import new_id
from chassis.quarantine import list_held, redrive
from deploy.local.nats import Nats
from jointops.station.v1 import case_events_pb2 as events
from tests.integration.chassis.acts import Message, message
from tests.integration.chassis.conftest import Mirror, StartMirror
from tests.integration.chassis.mirror import HANDLERS, see
from tests.integration.stage import eventually, on_bus


class Poison:
    """A handler that fails for one version until it is mended."""

    def __init__(self, version: int) -> None:
        self.version: int | None = version
        self.tries = 0

    async def __call__(self, unit: EventUnit, delivery: Delivery) -> None:
        if delivery.aggregate_version == self.version:
            self.tries += 1
            raise ZeroDivisionError
        await see(unit, delivery)


def accepting(apply: Apply) -> dict[str, Apply]:
    """Replace what the mirror does when a case was accepted."""
    return HANDLERS | {"jointops.station.v1.CaseAccepted": apply}


async def position_reaches(mirror: Mirror, case_id: str, version: int) -> None:
    """Wait until the mirror is at this version of a case."""

    async def is_there() -> bool:
        query = "SELECT aggregate_version AS v FROM inbox_position WHERE aggregate_id = $1"
        rows = await mirror.stage.fetch(query, case_id)
        return bool(rows) and rows[0]["v"] == version

    await eventually(is_there)


async def test_event_is_applied_once_when_it_comes_five_times(start_mirror: StartMirror) -> None:
    mirror = await start_mirror()
    first = message(new_id(), 1, "CaseReported")
    second = message(first.case_id, 2)

    for each in (first, first, first, first, first, second):
        await each.send(mirror.jetstream)

    await position_reaches(mirror, first.case_id, 2)
    assert await mirror.seen() == [("CaseReported", 1), ("CaseAccepted", 2)]
    assert await mirror.held() == []


async def test_later_version_waits_when_an_earlier_one_is_missing(
    start_mirror: StartMirror,
) -> None:
    mirror = await start_mirror()
    case_id = new_id()
    await message(case_id, 1).send(mirror.jetstream)

    await message(case_id, 4).send(mirror.jetstream)
    await message(case_id, 3).send(mirror.jetstream)
    await eventually(lambda: has_held(mirror, 2))
    held = await mirror.held()
    await message(case_id, 2).send(mirror.jetstream)

    await position_reaches(mirror, case_id, 4)
    assert held == [(3, "gap", ""), (4, "gap", "")]
    assert [version for _, version in await mirror.seen()] == [1, 2, 3, 4]
    assert await mirror.held() == []


async def has_held(mirror: Mirror, count: int) -> bool:
    return len(await mirror.held()) == count


async def test_event_of_unknown_type_moves_the_position_and_nothing_else(
    start_mirror: StartMirror,
) -> None:
    mirror = await start_mirror()
    case_id = new_id()

    await message(case_id, 1).send(mirror.jetstream)
    await message(case_id, 2, "CaseRenamedInALaterRelease").send(mirror.jetstream)
    await message(case_id, 3).send(mirror.jetstream)

    await position_reaches(mirror, case_id, 3)
    assert [version for _, version in await mirror.seen()] == [1, 3]


async def test_poison_event_is_quarantined_after_five_tries(start_mirror: StartMirror) -> None:
    poison = Poison(version=1)
    mirror = await start_mirror(accepting(poison))

    await message(new_id(), 1).send(mirror.jetstream)

    await eventually(lambda: is_quarantined(mirror))
    assert poison.tries == 5
    assert await mirror.seen() == []


async def test_poison_event_stops_its_own_case_and_no_other(start_mirror: StartMirror) -> None:
    mirror = await start_mirror(accepting(Poison(version=2)))
    sick, well = new_id(), new_id()

    for version in (1, 2, 3):
        await message(sick, version).send(mirror.jetstream)
    await message(well, 1).send(mirror.jetstream)

    await eventually(lambda: is_quarantined(mirror))
    await eventually(lambda: has_held(mirror, 2))
    assert await mirror.held() == [(2, "poison", "ZeroDivisionError"), (3, "gap", "")]
    assert await mirror.seen(sick) == [("CaseAccepted", 1)]
    assert await mirror.seen(well) == [("CaseAccepted", 1)]


async def is_quarantined(mirror: Mirror) -> bool:
    return any(reason == "poison" for _, reason, _ in await mirror.held())


async def test_redriven_event_and_what_waited_behind_it_are_applied(
    start_mirror: StartMirror,
) -> None:
    poison = Poison(version=2)
    mirror = await start_mirror(accepting(poison))
    case_id = new_id()
    events = [message(case_id, version) for version in (1, 2, 3)]
    for each in events:
        await each.send(mirror.jetstream)
    await eventually(lambda: is_quarantined(mirror))

    poison.version = None
    count = await redrive(mirror.stage.database, events[1].event_id)

    await position_reaches(mirror, case_id, 3)
    assert count == 1
    assert [version for _, version in await mirror.seen()] == [1, 2, 3]
    assert await mirror.held() == []


async def test_redriven_event_returns_to_quarantine_when_it_still_fails(
    start_mirror: StartMirror,
) -> None:
    poison = Poison(version=1)
    mirror = await start_mirror(accepting(poison))
    sick, well = message(new_id(), 1), message(new_id(), 1, "CaseReported")
    await sick.send(mirror.jetstream)
    await eventually(lambda: is_quarantined(mirror))

    await redrive(mirror.stage.database, sick.event_id)

    await eventually(lambda: was_tried(poison, 10))
    await eventually(lambda: is_quarantined(mirror))
    await well.send(mirror.jetstream)
    await position_reaches(mirror, well.case_id, 1)


async def was_tried(poison: Poison, times: int) -> bool:
    return poison.tries == times


async def test_event_behind_a_gap_is_to_blame_for_itself_and_not_who_closed_the_gap(
    start_mirror: StartMirror,
) -> None:
    mirror = await start_mirror(accepting(Poison(version=2)))
    case_id = new_id()

    await message(case_id, 2).send(mirror.jetstream)
    await eventually(lambda: has_held(mirror, 1))
    await message(case_id, 1).send(mirror.jetstream)

    await eventually(lambda: is_quarantined(mirror))
    assert await mirror.held() == [(2, "poison", "ZeroDivisionError")]
    assert await mirror.seen() == [("CaseAccepted", 1)]


async def test_event_that_the_domain_refuses_is_quarantined_with_the_reason(
    start_mirror: StartMirror,
) -> None:
    async def refuse(_unit: EventUnit, _delivery: Delivery) -> None:
        raise NotFoundError("There is no such case.")

    mirror = await start_mirror(accepting(refuse))

    await message(new_id(), 1).send(mirror.jetstream)

    await eventually(lambda: is_quarantined(mirror))
    assert await mirror.held() == [(1, "poison", "NOT_FOUND")]


async def test_undecodable_payload_is_quarantined_and_listed(start_mirror: StartMirror) -> None:
    mirror = await start_mirror()
    spoiled = Message(
        case_id=new_id(),
        version=1,
        event_id=new_id(),
        event_type="CaseMemberAssigned",
        payload=b"\xff\xff\xff",
    )

    await spoiled.send(mirror.jetstream)

    await eventually(lambda: is_quarantined(mirror))
    assert await list_held(mirror.stage.database) == [
        f"mirror-on-station {spoiled.event_id} of {spoiled.case_id} v1 poison MalformedEventError"
    ]


async def test_message_that_is_no_event_is_kept_once_with_its_headers(
    start_mirror: StartMirror,
) -> None:
    mirror = await start_mirror()
    good = message(new_id(), 1)

    subject = "jointops.jinqiao.station.v1.case.accepted"
    for _ in range(2):
        await mirror.jetstream.publish(subject, b"hello", headers={"X-From": "somebody"})
    await good.send(mirror.jetstream)

    await position_reaches(mirror, good.case_id, 1)
    rows = await mirror.stage.fetch("SELECT * FROM held")
    assert [(row["reason"], row["detail"], row["payload"]) for row in rows] == [
        ("malformed", "'ce-id'", b"hello")
    ]
    kept = json.loads(rows[0]["headers"])
    assert (kept["subject"], kept["headers"]["X-From"]) == (subject, "somebody")


async def test_version_that_no_column_holds_is_kept_and_stops_nobody(
    start_mirror: StartMirror,
) -> None:
    mirror = await start_mirror()
    good = message(new_id(), 1)

    await message(new_id(), 1).send(mirror.jetstream, aggregateversion=str(10**30))
    await good.send(mirror.jetstream)

    await position_reaches(mirror, good.case_id, 1)
    assert await mirror.held() == [(0, "malformed", "ce-aggregateversion")]


async def cause(unit: EventUnit, delivery: Delivery) -> None:
    """Answer an event with one of our own."""
    origin = Origin("note", new_id(), 1, delivery.station, delivery.case_id)
    unit.emit(make_event(events.CaseAccepted(), origin, at=delivery.event_time))


async def cause_on_record(unit: EventUnit, delivery: Delivery) -> None:
    """The same, with its audit row."""
    await cause(unit, delivery)
    unit.record("note", delivery.case_id)


async def test_event_that_an_event_causes_names_it_and_is_on_record(
    start_mirror: StartMirror,
) -> None:
    mirror = await start_mirror(accepting(cause_on_record))
    received = message(new_id(), 1)

    await received.send(mirror.jetstream)
    await position_reaches(mirror, received.case_id, 1)

    caused = await mirror.stage.fetch("SELECT * FROM outbox")
    audit = await mirror.stage.fetch("SELECT * FROM audit")
    assert [(row["request_id"], row["case_id"]) for row in caused] == [
        (received.event_id, received.case_id)
    ]
    assert [(row["person_id"], row["permission"], row["is_granted"]) for row in audit] == [
        ("service:mirror", "event.apply", True)
    ]


async def test_event_that_leaves_no_audit_row_is_not_applied(start_mirror: StartMirror) -> None:
    mirror = await start_mirror(accepting(cause))

    await message(new_id(), 1).send(mirror.jetstream)

    await eventually(lambda: is_quarantined(mirror))
    assert await mirror.held() == [(1, "poison", "RuntimeError")]
    assert await mirror.stage.count("outbox") == 0


async def test_only_one_of_two_consumers_applies_and_the_other_takes_over(
    idle_mirror: Mirror, nats_server: Nats
) -> None:
    url, password = nats_server.url, nats_server.password()
    case_id = new_id()
    async with on_bus(idle_mirror.stage, url, password, relays=False):
        async with on_bus(idle_mirror.stage, url, password, relays=False):
            await message(case_id, 1).send(idle_mirror.jetstream)
            await message(case_id, 2).send(idle_mirror.jetstream)
            await position_reaches(idle_mirror, case_id, 2)
        await message(case_id, 3).send(idle_mirror.jetstream)
        await position_reaches(idle_mirror, case_id, 3)

    assert [version for _, version in await idle_mirror.seen()] == [1, 2, 3]


@asynccontextmanager
async def leading(consuming: _Consuming, mirror: Mirror) -> AsyncIterator[None]:
    """Let one process lead for a while."""
    connection = await mirror.stage.database.connect()
    stop = asyncio.Event()
    working = asyncio.create_task(consuming.work(connection, stop))
    yield
    stop.set()
    await working
    await connection.close()


async def test_consumer_that_leads_again_knows_what_was_applied_meanwhile(
    idle_mirror: Mirror, nats_server: Nats
) -> None:
    bus = Bus("mirror")
    await bus.connect(nats_server.url, "service", nats_server.password())
    consumer = idle_mirror.stage.service.consumers[0]
    one, other = (_Consuming(consumer, bus, idle_mirror.stage.telemetry) for _ in range(2))
    case_id = new_id()

    for version, leader in enumerate((one, other, one), start=1):
        async with leading(leader, idle_mirror):
            await message(case_id, version).send(idle_mirror.jetstream)
            await position_reaches(idle_mirror, case_id, version)

    await bus.close()
    assert [version for _, version in await idle_mirror.seen()] == [1, 2, 3]
    assert await idle_mirror.held() == []
