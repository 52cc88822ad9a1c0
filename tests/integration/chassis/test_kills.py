"""Processes killed at the worst moments: nothing lost, nothing applied twice."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path

import pytest

from chassis.ids import new_id
from deploy.local.nats import Nats
from tests.integration.chassis.acts import add_case, message, records
from tests.integration.chassis.conftest import Mirror, StartMirror, relaying
from tests.integration.chassis.worker import Orders
from tests.integration.stage import Stage, eventually, on_bus

ROOT = Path(__file__).resolve().parents[3]


class Killer:
    """Starts workers and kills them when they have come far enough."""

    def __init__(self, server: Nats, folder: Path) -> None:
        self._server = server
        self._folder = folder

    async def kill(self, stage: Stage, task: str, *, case_id: str = "", seconds: float = 0) -> None:
        """Let a worker reach its point, let it go on a while, and send it SIGKILL."""
        orders = Orders(
            task=task,
            service=stage.service.name,
            database_url=stage.database._url,
            database_password=stage.database._password or "",
            nats_url=self._server.url,
            nats_password=self._server.password(),
            folder=str(self._folder),
            case_id=case_id,
        )
        async with worker(orders) as process:
            await asyncio.wait_for(reached(process), 30)
            await asyncio.sleep(seconds)
            process.kill()
            assert await process.wait() == -9


@asynccontextmanager
async def worker(orders: Orders) -> AsyncIterator[asyncio.subprocess.Process]:
    """Start a worker; whatever happens to the test, it does not outlive it."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.integration.chassis.worker",
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdin is not None
    process.stdin.write(json.dumps(asdict(orders)).encode())
    process.stdin.close()
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def reached(process: asyncio.subprocess.Process) -> None:
    assert process.stdout is not None
    assert await process.stdout.readline() == b"reached\n"


@pytest.fixture
def killer(nats_server: Nats, tmp_path: Path) -> Killer:
    """Kills workers on the NATS server of the test."""
    return Killer(nats_server, tmp_path / "worker")


async def test_counts_agree_after_a_worker_was_killed_three_times(
    station: Stage, killer: Killer
) -> None:
    case = await add_case(station.database)

    reached_counts = []
    for _ in range(3):
        await killer.kill(station, "change", case_id=case.case_id, seconds=0.1)
        counts = set(await records(station))
        reached_counts.append(counts)

    assert [len(counts) for counts in reached_counts] == [1, 1, 1]
    assert max(reached_counts[2]) > 3


async def sees(mirror: Mirror, *expected: tuple[str, int]) -> None:
    """Wait until the mirror has seen exactly this."""

    async def has_seen() -> bool:
        return await mirror.seen() == [*expected]

    await eventually(has_seen)


async def test_event_is_published_when_the_process_was_killed_after_the_commit(
    station: Stage, start_mirror: StartMirror, nats_server: Nats, killer: Killer
) -> None:
    await killer.kill(station, "commit")
    mirror = await start_mirror()
    assert await mirror.seen() == []

    async with relaying(station, nats_server):
        await sees(mirror, ("CaseReported", 1))


async def test_event_is_applied_once_when_the_relay_was_killed_before_the_mark(
    station: Stage, start_mirror: StartMirror, nats_server: Nats, killer: Killer
) -> None:
    mirror = await start_mirror()
    await add_case(station.database)

    await killer.kill(station, "publish")
    await sees(mirror, ("CaseReported", 1))
    waiting = await station.fetch("SELECT 1 FROM outbox WHERE publish_time IS NULL")
    await is_taken(mirror, "probe")
    await eventually(lambda: is_taken(mirror, "probe"))
    async with relaying(station, nats_server):
        last = await add_case(station.database)
        await sees(mirror, ("CaseReported", 1), ("CaseReported", 1))

    assert (len(waiting), await count_cases(mirror)) == (1, 3)
    assert await mirror.seen(last.case_id) == [("CaseReported", 1)]


async def is_taken(mirror: Mirror, message_id: str) -> bool:
    """Publish a message; tell whether the stream took it for a new one."""
    subject, headers = "jointops.jinqiao.station.v1.probe.sent", {"Nats-Msg-Id": message_id}
    return not (await mirror.jetstream.publish(subject, b"", headers=headers)).duplicate


async def count_cases(mirror: Mirror) -> int:
    """Count the events of cases in the stream, repetitions as well."""
    info = await mirror.jetstream.stream_info("STATION", subjects_filter="jointops.*.*.*.case.>")
    return sum((info.state.subjects or {}).values())


@pytest.fixture
def impatient_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let NATS wait a second for an acknowledgement instead of half a minute."""
    monkeypatch.setattr("chassis.pull._ACK_WAIT_SECONDS", 1.0)


@pytest.mark.usefixtures("impatient_server")
async def test_event_is_applied_once_when_the_consumer_was_killed_before_the_acknowledgement(
    idle_mirror: Mirror, nats_server: Nats, killer: Killer
) -> None:
    first, second = message(new_id(), 1), message(new_id(), 1)
    await first.send(idle_mirror.jetstream)

    await killer.kill(idle_mirror.stage, "apply")
    applied = await idle_mirror.seen()
    running = on_bus(idle_mirror.stage, nats_server.url, nats_server.password(), relays=False)
    async with running:
        await second.send(idle_mirror.jetstream)
        await sees(idle_mirror, ("CaseAccepted", 1), ("CaseAccepted", 1))
        await eventually(lambda: is_acknowledged(idle_mirror))

    assert applied == [("CaseAccepted", 1)]
    assert await idle_mirror.seen(first.case_id) == [("CaseAccepted", 1)]


async def is_acknowledged(mirror: Mirror) -> bool:
    """Tell whether nothing is delivered and not acknowledged."""
    info = await mirror.jetstream.consumer_info("STATION", "mirror-on-station")
    return (info.num_ack_pending, info.num_pending) == (0, 0)
