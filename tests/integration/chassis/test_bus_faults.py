"""From commit to effect while NATS is stopped, loses its memory or is tampered with."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from chassis import database
from chassis.bus import Bus
from chassis.ids import new_id
from chassis.pull import Pull
from deploy.local.nats import Nats
from tests.integration.chassis.acts import add_case, message, suspend, suspend_request
from tests.integration.chassis.conftest import Mirror, StartMirror, make_stream, relaying
from tests.integration.chassis.mirror import SUBJECTS
from tests.integration.stage import Stage, eventually

SLEEP = """
    CREATE FUNCTION sleep() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN PERFORM pg_sleep(0.4); RETURN NEW; END'
"""
SLEEP_WHEN_UNMARKED = """
    CREATE TRIGGER sleep BEFORE UPDATE ON outbox FOR EACH ROW
    WHEN (NEW.publish_time IS NULL) EXECUTE FUNCTION sleep()
"""


@pytest.fixture
def looks_never(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let only what happens make the consumer and the relay look, and not the time."""
    monkeypatch.setattr("chassis.consumer._REMEMBER_SECONDS", 3600)
    monkeypatch.setattr("chassis.relay._WATCH_SECONDS", 3600)


async def sees(mirror: Mirror, count: int) -> None:
    """Wait until the mirror has seen this many events, but not until a request runs out."""

    async def has_seen() -> bool:
        return len(await mirror.seen()) >= count

    await eventually(has_seen, seconds=8)


async def restart(server: Nats) -> None:
    """Stop NATS and start it again at the same address."""
    await asyncio.to_thread(server.stop)
    await asyncio.to_thread(server.start)


async def test_event_reaches_another_service_in_order(
    station: Stage, start_mirror: StartMirror, nats_server: Nats
) -> None:
    async with relaying(station, nats_server):
        mirror = await start_mirror()
        case = await add_case(station.database)
        await suspend(station.database, suspend_request(case.case_id))

        await sees(mirror, 2)

    assert await mirror.seen(case.case_id) == [("CaseReported", 1), ("CaseSuspended", 2)]


@pytest.mark.usefixtures("looks_never")
async def test_events_flow_again_when_nats_was_restarted(
    station: Stage, start_mirror: StartMirror, nats_server: Nats
) -> None:
    async with relaying(station, nats_server):
        mirror = await start_mirror()
        case = await add_case(station.database)
        await sees(mirror, 1)

        await restart(nats_server)
        await suspend(station.database, suspend_request(case.case_id))

        await sees(mirror, 2)
    assert await mirror.seen() == [("CaseReported", 1), ("CaseSuspended", 2)]


async def test_commands_go_on_while_nats_is_away_and_their_events_follow(
    station: Stage, start_mirror: StartMirror, nats_server: Nats
) -> None:
    async with relaying(station, nats_server):
        mirror = await start_mirror()
        await asyncio.to_thread(nats_server.stop)

        case = await add_case(station.database)
        await suspend(station.database, suspend_request(case.case_id))
        await asyncio.to_thread(nats_server.start)

        await sees(mirror, 2)
    assert await mirror.seen() == [("CaseReported", 1), ("CaseSuspended", 2)]


async def test_stream_that_was_wiped_is_filled_again_and_applied_once(
    station: Stage, start_mirror: StartMirror, nats_server: Nats
) -> None:
    async with relaying(station, nats_server) as bus:
        mirror = await start_mirror()
        cases = [await add_case(station.database) for _ in range(3)]
        await sees(mirror, 3)

        await bus.jetstream.delete_stream("STATION")
        await suspend(station.database, suspend_request(cases[0].case_id))

        await sees(mirror, 4)
        await eventually(lambda: has_messages(bus, 4))
        await nothing_waits(station)
    assert sorted(await mirror.seen()) == [("CaseReported", 1)] * 3 + [("CaseSuspended", 2)]


async def has_messages(bus: Bus, count: int) -> bool:
    info = await bus.jetstream.stream_info("STATION")
    return bool(info.state.messages == count)


async def nothing_waits(station: Stage) -> None:
    """Wait until every event of the outbox is marked as published."""

    async def is_marked() -> bool:
        query = "SELECT count(*) AS waiting FROM outbox WHERE publish_time IS NULL"
        return bool((await station.fetch(query))[0]["waiting"] == 0)

    await eventually(is_marked)


async def test_refill_may_take_longer_than_a_command(
    station: Stage,
    start_mirror: StartMirror,
    nats_server: Nats,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(database._SETTINGS, "statement_timeout", "1s")
    async with relaying(station, nats_server) as bus:
        for _ in range(3):
            await add_case(station.database)
        await nothing_waits(station)
        await station.fetch(SLEEP)
        await station.fetch(SLEEP_WHEN_UNMARKED)

        await bus.jetstream.delete_stream("STATION")

        mirror = await start_mirror()
        await sees(mirror, 3)


async def forget_newest(server: Nats, bus: Bus, station: Stage, copy: Path) -> None:
    """Publish two events, and put the stream back to where it had one."""
    store = server.folder / "jetstream"
    await add_case(station.database)
    await eventually(lambda: has_messages(bus, 1))
    await asyncio.to_thread(server.stop)
    shutil.copytree(store, copy)
    await asyncio.to_thread(server.start)
    await add_case(station.database)
    await eventually(lambda: has_messages(bus, 2))
    await nothing_waits(station)
    await asyncio.to_thread(server.stop)
    shutil.rmtree(store)
    shutil.copytree(copy, store)


async def test_stream_restored_from_an_old_copy_is_filled_again(
    station: Stage, start_mirror: StartMirror, nats_server: Nats, tmp_path: Path
) -> None:
    async with relaying(station, nats_server) as bus:
        await forget_newest(nats_server, bus, station, tmp_path / "copy")
        await asyncio.to_thread(nats_server.start)

        mirror = await start_mirror()
        await sees(mirror, 2)
    assert await mirror.seen() == [("CaseReported", 1)] * 2


@pytest.mark.usefixtures("looks_never")
async def test_loss_is_noticed_when_the_stream_has_grown_beyond_its_old_end(
    station: Stage, start_mirror: StartMirror, nats_server: Nats, tmp_path: Path
) -> None:
    async with relaying(station, nats_server) as bus:
        await forget_newest(nats_server, bus, station, tmp_path / "copy")
        await asyncio.to_thread(nats_server.start)
        await eventually(lambda: has_messages(bus, 1))

        for _ in range(3):
            await add_case(station.database)

        mirror = await start_mirror()
        await sees(mirror, 5)
    assert await mirror.seen() == [("CaseReported", 1)] * 5


@pytest.mark.usefixtures("looks_never")
async def test_durable_consumer_that_was_deleted_is_made_again(
    station: Stage, start_mirror: StartMirror, nats_server: Nats
) -> None:
    async with relaying(station, nats_server) as bus:
        mirror = await start_mirror()
        case = await add_case(station.database)
        await sees(mirror, 1)

        await bus.jetstream.delete_consumer("STATION", "mirror-on-station")
        await suspend(station.database, suspend_request(case.case_id))

        await sees(mirror, 2)
    assert await mirror.seen() == [("CaseReported", 1), ("CaseSuspended", 2)]


@pytest.fixture
async def bus(nats_server: Nats) -> AsyncIterator[Bus]:
    """A connection to a server that has the station's stream."""
    opened = Bus("mirror")
    await opened.connect(nats_server.url, "service", nats_server.password())
    await make_stream(opened.jetstream)
    yield opened
    await opened.close()


def reader(bus: Bus) -> Pull:
    return Pull(bus, stream="STATION", durable="reader", subjects=SUBJECTS)


async def sequences(pull: Pull, count: int) -> set[int]:
    """Pull this many messages, unless they do not come; return which."""
    found: set[int] = set()
    while len(found) < count and (messages := await pull.batch(count, 1.0)):
        found |= {message.metadata.sequence.stream for message in messages}
    return found


async def test_messages_in_hand_come_again_at_once_when_a_consumer_stops(bus: Bus) -> None:
    for _ in range(5):
        await message(new_id(), 1).send(bus.jetstream)
    first, second = reader(bus), reader(bus)
    await first.open()
    handed = await first.batch(2, 1.0)
    await handed[0].ack()

    await first.close()
    await second.open()
    again = await sequences(second, 4)
    await second.close()

    assert len(again) == 4


async def test_messages_that_come_while_a_consumer_stops_come_again_at_once(bus: Bus) -> None:
    first, second = reader(bus), reader(bus)
    await first.open()
    await first.batch(1, 0.01)
    arriving = [message(new_id(), 1).send(bus.jetstream) for _ in range(200)]

    await asyncio.gather(*arriving[:100], first.close(), *arriving[100:])
    await second.open()
    again = await sequences(second, 200)
    await second.close()

    assert len(again) == 200
