"""The two services on which the chassis is proven: the station, and a mirror of its cases."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from nats.js.client import JetStreamContext
from nats.js.errors import NotFoundError

from chassis.bus import Bus
from chassis.consumer import Apply
from chassis.telemetry import Telemetry
from deploy.local.nats import Nats
from deploy.local.ports import pick_port
from services.station.main import SERVICE
from tests.integration.chassis.mirror import HANDLERS, make_mirror
from tests.integration.chassis.planted import Planted
from tests.integration.conftest import MakeDatabase
from tests.integration.stage import Issuer, Stage, eventually, on_bus, serve


@dataclass
class Mirror:
    """A running mirror and the stream of the station that it consumes."""

    stage: Stage
    jetstream: JetStreamContext

    async def seen(self, case_id: str = "") -> list[tuple[str, int]]:
        """Return what was applied, in that order: type and version of each event."""
        rows = await self.stage.fetch("SELECT * FROM seen ORDER BY seen")
        return [
            (row["event_type"], row["version"])
            for row in rows
            if str(row["case_id"]) == case_id or not case_id
        ]

    async def held(self) -> list[tuple[int, str, str]]:
        """Return version, reason and detail of each event that is held."""
        rows = await self.stage.fetch("SELECT * FROM held ORDER BY aggregate_version")
        return [(row["aggregate_version"], row["reason"], row["detail"]) for row in rows]


StartMirror = Callable[..., Awaitable[Mirror]]
MakeStage = Callable[[], Awaitable[Stage]]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait less between tries and looks than in service; nothing else changes."""
    monkeypatch.setattr("chassis.consumer._WAIT_SECONDS", 0.05)
    monkeypatch.setattr("chassis.consumer._RETRY_SECONDS", 0.005)
    monkeypatch.setattr("chassis.consumer._REMEMBER_SECONDS", 0.2)
    monkeypatch.setattr("chassis.leadership._PAUSE_SECONDS", 0.1)
    monkeypatch.setattr("chassis.relay._WATCH_SECONDS", 0.5)


@pytest.fixture
def nats_server(tmp_path: Path) -> Iterator[Nats]:
    """A NATS server that can be stopped and started again at the same address."""
    with Nats(tmp_path / "nats", port=pick_port()) as server:
        yield server


@pytest.fixture
async def station(make_database: MakeDatabase, telemetry: Telemetry, issuer: Issuer) -> Stage:
    """The station without gRPC and without NATS: its database, and what may run on it."""
    return Stage(SERVICE, await make_database(SERVICE), telemetry, "", issuer)


@pytest.fixture
async def idle_mirror(
    make_database: MakeDatabase, telemetry: Telemetry, issuer: Issuer, nats_server: Nats
) -> AsyncIterator[Mirror]:
    """A mirror that nobody has started yet."""
    service = make_mirror()
    stage = Stage(service, await make_database(service), telemetry, "", issuer)
    bus = Bus("test")
    await bus.connect(nats_server.url, "service", nats_server.password())
    await make_stream(bus.jetstream)
    yield Mirror(stage, bus.jetstream)
    await bus.close()


@pytest.fixture
async def start_mirror(
    make_database: MakeDatabase, telemetry: Telemetry, issuer: Issuer, nats_server: Nats
) -> AsyncIterator[StartMirror]:
    """Start mirrors on the NATS server of the test; they stop after it."""
    async with AsyncExitStack() as stack:

        async def start(handlers: Mapping[str, Apply] = HANDLERS) -> Mirror:
            service = make_mirror(handlers)
            stage = Stage(service, await make_database(service), telemetry, "", issuer)
            running = on_bus(stage, nats_server.url, nats_server.password(), relays=False)
            bus = await stack.enter_async_context(running)
            await make_stream(bus.jetstream)
            return Mirror(stage, bus.jetstream)

        yield start


@asynccontextmanager
async def relaying(stage: Stage, server: Nats) -> AsyncIterator[Bus]:
    """Let a service publish its outbox."""
    async with on_bus(stage, server.url, server.password(), consumes=False) as bus:
        await eventually(lambda: is_relaying(stage))
        yield bus


async def is_relaying(stage: Stage) -> bool:
    return await stage.count("stream") == 1


async def make_stream(jetstream: JetStreamContext) -> None:
    """Make the station's stream, or change it: it drops no repetition, as after its window."""
    try:
        info = await jetstream.stream_info("STATION")
    except NotFoundError:
        info = await jetstream.add_stream(name="STATION", subjects=["jointops.*.station.>"])
    info.config.duplicate_window = 0.1
    await jetstream.update_stream(info.config)


async def position_reaches(mirror: Mirror, case_id: str, version: int) -> None:
    """Wait until the mirror is at this version of a case."""

    async def is_there() -> bool:
        query = "SELECT aggregate_version AS v FROM inbox_position WHERE aggregate_id = $1"
        rows = await mirror.stage.fetch(query, case_id)
        return bool(rows) and rows[0]["v"] == version

    await eventually(is_there)


async def has_held(mirror: Mirror, count: int) -> bool:
    return len(await mirror.held()) == count


@pytest.fixture
async def stage(
    make_database: MakeDatabase, telemetry: Telemetry, issuer: Issuer
) -> AsyncIterator[Stage]:
    """The station service."""
    async with serve(SERVICE, await make_database(SERVICE), telemetry, issuer) as running:
        yield running


@pytest.fixture
def planted() -> Planted:
    """A service with a bug."""
    return Planted()


@pytest.fixture
async def planted_stage(
    planted: Planted, make_database: MakeDatabase, telemetry: Telemetry, issuer: Issuer
) -> AsyncIterator[Stage]:
    """The service with a bug, which takes two calls at once."""
    database = await make_database(SERVICE)
    service = planted.service()
    async with serve(service, database, telemetry, issuer, most_calls=2) as running:
        yield running
