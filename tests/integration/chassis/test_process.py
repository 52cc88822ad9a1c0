"""A service as a process: how it starts, how it ends, and what it says when it cannot."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from chassis.ids import new_id
from chassis.roles import Role
from deploy.local.nats import Nats
from deploy.local.ports import pick_port
from deploy.local.postgres import Postgres
from jointops.station.v1 import case_pb2 as pb
from jointops.station.v1 import case_pb2_grpc
from tests.integration.chassis.acts import add_case, suspend_request
from tests.integration.stage import ISSUER, Stage, eventually

ROOT = Path(__file__).resolve().parents[3]
SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


def configuration(
    stage: Stage, postgres: Postgres, nats_url: str, nats_password: Path, folder: Path
) -> dict[str, str]:
    """Return the environment of a station process on the test's database."""
    password = folder / "password"
    password.write_text(postgres.password)
    return {
        "PATH": os.environ["PATH"],
        "JOINTOPS_ENVIRONMENT": "local",
        "JOINTOPS_LISTEN": f"127.0.0.1:{pick_port()}",
        "JOINTOPS_DATABASE_URL": stage.database._url,
        "JOINTOPS_DATABASE_PASSWORD_FILE": str(password),
        "JOINTOPS_NATS_URL": nats_url,
        "JOINTOPS_NATS_USER": "service",
        "JOINTOPS_NATS_PASSWORD_FILE": str(nats_password),
        "JOINTOPS_JWKS_URL": stage.issuer.jwks_url,
        "JOINTOPS_ISSUER": ISSUER,
        "JOINTOPS_TRACE_FOLDER": str(folder / "traces"),
    }


@pytest.fixture
def environment(
    station: Stage, postgres: Postgres, nats_server: Nats, tmp_path: Path
) -> dict[str, str]:
    """A complete environment."""
    return configuration(station, postgres, nats_server.url, nats_server.password_file(), tmp_path)


@asynccontextmanager
async def process(
    environment: dict[str, str], *arguments: str
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run the station; it never outlives the test."""
    running = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "services.station.main",
        *arguments,
        cwd=ROOT,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield running
    finally:
        if running.returncode is None:
            running.kill()
        await running.communicate()


async def health(address: str) -> int:
    """Ask a process for its health; 0 if nobody answers."""
    async with grpc.aio.insecure_channel(address) as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        try:
            answer = await stub.Check(health_pb2.HealthCheckRequest(), timeout=1)
        except grpc.aio.AioRpcError:
            return 0
    return int(answer.status)


async def is_in(address: str, state: int) -> bool:
    return await health(address) == state


async def ending(running: asyncio.subprocess.Process) -> tuple[int, str]:
    """Wait for the end of a process; return its code and what it said."""
    _, said = await asyncio.wait_for(running.communicate(), 20)
    return running.returncode or 0, said.decode()


async def test_call_in_hand_is_finished_when_the_process_is_told_to_stop(
    station: Stage, environment: dict[str, str]
) -> None:
    case = await add_case(station.database)
    address = environment["JOINTOPS_LISTEN"]
    blocker = await station.database.connect()
    async with process(environment, "serve") as running:
        await eventually(lambda: is_in(address, SERVING), seconds=20)
        await blocker.execute("BEGIN")
        await blocker.execute("UPDATE case_file SET version = version")
        stage = Stage(station.service, station.database, station.telemetry, address, station.issuer)
        stub: case_pb2_grpc.CaseServiceAsyncStub = case_pb2_grpc.CaseServiceStub(
            stage.channel("commander-1", Role.COMMANDER)
        )
        call = asyncio.ensure_future(stub.SuspendCase(suspend_request(case.case_id)))
        await eventually(lambda: is_waiting(station))

        running.send_signal(signal.SIGTERM)
        await eventually(lambda: is_in(address, 0))
        await blocker.execute("ROLLBACK")
        answer = await call
        code, said = await ending(running)

    await stage.close()
    await blocker.close()
    assert answer.case.state == pb.CASE_STATE_SUSPENDED
    assert code == 0, said


async def is_waiting(stage: Stage) -> bool:
    query = (
        "SELECT 1 FROM pg_stat_activity "
        "WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    return bool(await stage.fetch(query))


async def test_process_serves_and_ends_in_order_though_nats_never_came(
    station: Stage, environment: dict[str, str]
) -> None:
    case = await add_case(station.database)
    address = environment["JOINTOPS_LISTEN"]
    changed = {"JOINTOPS_NATS_URL": f"nats://127.0.0.1:{pick_port()}"}
    async with process(environment | changed, "serve") as running:
        await eventually(lambda: is_in(address, NOT_SERVING), seconds=20)
        stage = Stage(station.service, station.database, station.telemetry, address, station.issuer)
        stub: case_pb2_grpc.CaseServiceAsyncStub = case_pb2_grpc.CaseServiceStub(
            stage.channel("commander-1", Role.COMMANDER)
        )
        await stub.SuspendCase(suspend_request(case.case_id))
        await stage.close()

        running.send_signal(signal.SIGTERM)
        code, said = await ending(running)

    assert code == 0, said
    assert "Traceback" not in said


async def test_process_relays_once_nats_has_come(
    station: Stage, environment: dict[str, str], nats_server: Nats
) -> None:
    address = environment["JOINTOPS_LISTEN"]
    await asyncio.to_thread(nats_server.stop)
    await add_case(station.database)
    async with process(environment, "serve") as running:
        await eventually(lambda: is_in(address, NOT_SERVING), seconds=20)

        await asyncio.to_thread(nats_server.start)

        await eventually(lambda: is_published(station), seconds=10)
        await eventually(lambda: is_in(address, SERVING), seconds=10)
        running.send_signal(signal.SIGTERM)
        code, said = await ending(running)
    assert code == 0, said


async def is_published(stage: Stage) -> bool:
    return not await stage.fetch("SELECT 1 FROM outbox WHERE publish_time IS NULL")


async def test_process_says_what_is_missing_and_ends(environment: dict[str, str]) -> None:
    del environment["JOINTOPS_ISSUER"]

    async with process(environment, "serve") as running:
        code, said = await ending(running)

    assert (code, said.splitlines()) == (
        2,
        ["The configuration is not complete:", "  JOINTOPS_ISSUER: field required"],
    )


HELD = """
    INSERT INTO held (consumer, event_id, aggregate_id, aggregate_version, reason, detail, headers,
        payload)
    VALUES ('station-on-ops', $1, $2, 3, 'poison', 'NOT_FOUND', '{}', '')
"""


async def said_by(environment: dict[str, str], *arguments: str) -> str:
    """Run a command to its end; return what it wrote."""
    async with process(environment, *arguments) as running:
        written, said = await asyncio.wait_for(running.communicate(), 20)
    assert running.returncode == 0, said
    return written.decode()


async def test_operators_see_and_redrive_what_is_in_quarantine(
    station: Stage, environment: dict[str, str]
) -> None:
    event_id, operation_id = new_id(), new_id()
    await station.fetch(HELD, event_id, operation_id)

    listed, unknown, redriven = await asyncio.gather(
        said_by(environment, "quarantine"),
        said_by(environment, "quarantine", "--redrive", "not-an-id"),
        said_by(environment, "quarantine", "--redrive", event_id),
    )

    assert listed.startswith(f"station-on-ops {event_id} of {operation_id} v3 ")
    assert unknown == "0 event(s) will be tried again within 5 s\n"
    assert redriven == "1 event(s) will be tried again within 5 s\n"


async def test_process_ends_with_a_fault_when_its_address_is_taken(
    environment: dict[str, str],
) -> None:
    taken = await asyncio.start_server(lambda _reader, _writer: None, "127.0.0.1", 0)
    environment["JOINTOPS_LISTEN"] = f"127.0.0.1:{taken.sockets[0].getsockname()[1]}"

    async with process(environment, "serve") as running:
        code, _ = await ending(running)

    taken.close()
    assert code == 1
