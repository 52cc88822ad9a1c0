"""Events in: each applied once and in order, whatever arrives, and nothing lost silently."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from chassis.bus import Bus
from chassis.cloudevents import Delivery
from chassis.consumer import _Consuming
from chassis.event_unit import EventUnit
from chassis.ids import new_id
from deploy.local.nats import Nats
from tests.integration.chassis.acts import message
from tests.integration.chassis.conftest import Mirror, StartMirror, has_held, position_reaches
from tests.integration.chassis.mirror import accepting, cause
from tests.integration.stage import eventually, on_bus


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
