"""Out of the outbox: every event, in order, whatever becomes of one of them or of the stream."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

from nats.js.client import JetStreamContext
from nats.js.errors import NotFoundError

from chassis.bus import Bus
from chassis.database import Connection, Row
from chassis.ids import new_id
from chassis.relay import Relay
from deploy.local.nats import Nats
from services.station.main import SERVICE
from tests.integration.chassis.acts import add_case, suspend, suspend_request
from tests.integration.chassis.conftest import relaying
from tests.integration.stage import Stage, eventually


async def published(jetstream: JetStreamContext) -> list[str]:
    """Return the ids of the events in the stream, in its order."""
    info = await jetstream.stream_info("STATION")
    messages = [
        await jetstream.get_msg("STATION", sequence)
        for sequence in range(1, info.state.last_seq + 1)
    ]
    return [(message.headers or {})["ce-id"] for message in messages]


async def are_published(bus: Bus, count: int) -> bool:
    with suppress(NotFoundError):
        return len(await published(bus.jetstream)) == count
    return False


async def outbox_ids(stage: Stage, condition: str = "true") -> list[str]:
    """Return the ids of the events in the outbox, in its order."""
    rows = await stage.fetch(
        f"SELECT event_id FROM outbox WHERE {condition} ORDER BY position"  # noqa: S608  # a test's own word
    )
    return [str(row["event_id"]) for row in rows]


class CountingRelay(Relay):
    """Counts what it publishes."""

    def __init__(self, stage: Stage, bus: Bus) -> None:
        super().__init__(stage.database, bus, stage.telemetry)
        self.count = 0

    async def _publish(self, connection: Connection, rows: Sequence[Row]) -> None:
        self.count += len(rows)
        await super()._publish(connection, rows)


@asynccontextmanager
async def running(relays: Sequence[Relay], bus: Bus, server: Nats) -> AsyncIterator[None]:
    """Run relays on one connection to NATS."""
    await bus.connect(server.url, "service", server.password())
    stop = asyncio.Event()
    tasks = [asyncio.create_task(relay.run(stop)) for relay in relays]
    yield
    stop.set()
    await asyncio.gather(*tasks)
    await bus.close()


async def test_only_one_of_two_relays_publishes_and_in_order(
    station: Stage, nats_server: Nats
) -> None:
    bus = Bus(SERVICE.name)
    relays = [CountingRelay(station, bus) for _ in range(2)]

    async with running(relays, bus, nats_server):
        for _ in range(6):
            case = await add_case(station.database)
            await suspend(station.database, suspend_request(case.case_id))

        await eventually(lambda: are_published(bus, 12))
        assert await published(bus.jetstream) == await outbox_ids(station)
    assert sorted(relay.count for relay in relays) == [0, 12]


async def test_second_relay_takes_over_when_the_first_has_lost_its_session(
    station: Stage, nats_server: Nats
) -> None:
    async with relaying(station, nats_server) as bus, relaying(station, nats_server):
        await add_case(station.database)
        await eventually(lambda: are_published(bus, 1))

        await station.fetch(
            "SELECT pg_terminate_backend(pid) FROM pg_locks "
            "WHERE locktype = 'advisory' AND granted AND database = "
            "(SELECT oid FROM pg_database WHERE datname = current_database())"
        )
        await add_case(station.database)

        await eventually(lambda: are_published(bus, 2))


async def test_position_given_first_and_committed_last_is_not_lost(
    station: Stage, nats_server: Nats
) -> None:
    slow = await station.database.connect()
    await slow.execute("BEGIN")
    late_id = new_id()
    await slow.execute(insert_event(late_id))

    async with relaying(station, nats_server) as bus:
        await add_case(station.database)
        await eventually(lambda: are_published(bus, 1))
        await slow.execute("COMMIT")
        await slow.close()

        await eventually(lambda: are_published(bus, 2))
        assert (await published(bus.jetstream))[1] == late_id
        assert (await outbox_ids(station))[0] == late_id


def insert_event(event_id: str, subject: str = "jointops.jinqiao.station.v1.case.x") -> str:
    """Make the statement that puts an event into the outbox past every store."""
    return f"""
        INSERT INTO outbox (event_id, event_type, subject, aggregate_id, aggregate_version,
            case_id, event_time, payload, request_id, traceparent)
        VALUES ('{event_id}', 't', '{subject}', '{new_id()}', 1, '', now(), '', '', '')
    """  # noqa: S608  # a test's own words


async def test_event_that_cannot_be_published_does_not_stop_the_others(
    station: Stage, nats_server: Nats
) -> None:
    await station.fetch(insert_event(new_id(), "jointops.jinqiao.nobody.v1.case.x"))
    await station.fetch(insert_event(new_id(), "jointops.jin qiao.station.v1.case.x"))
    for _ in range(3):
        await add_case(station.database)

    async with relaying(station, nats_server) as bus:
        await eventually(lambda: are_published(bus, 3))
        await eventually(lambda: are_marked(station, 3))


async def are_marked(stage: Stage, count: int) -> bool:
    return len(await outbox_ids(stage, "publish_time IS NOT NULL")) == count


class WipingRelay(Relay):
    """Loses its stream right after the first batch was acknowledged."""

    def __init__(self, stage: Stage, bus: Bus) -> None:
        super().__init__(stage.database, bus, stage.telemetry)
        self._is_wiped = False

    async def _publish(self, connection: Connection, rows: Sequence[Row]) -> None:
        await super()._publish(connection, rows)
        if not self._is_wiped:
            self._is_wiped = True
            await self._bus.jetstream.delete_stream("STATION")
            self._watched_at = float("-inf")


async def test_event_acknowledged_by_a_stream_that_is_lost_before_the_mark_is_published_again(
    station: Stage, nats_server: Nats
) -> None:
    bus = Bus(SERVICE.name)
    await add_case(station.database)

    async with running([WipingRelay(station, bus)], bus, nats_server):
        await eventually(lambda: are_marked(station, 1))

        assert await published(bus.jetstream) == await outbox_ids(station)
