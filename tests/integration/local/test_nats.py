"""The private NATS server: what each user may do, and that nothing is left behind."""

import asyncio
import contextlib
import json
import os
import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import nats
import pytest
from nats.aio.client import Client
from nats.js.api import StreamConfig

from deploy.local.errors import FolderInUseError
from deploy.local.nats import DASHBOARD_INBOX, DASHBOARD_USER, SERVICE_USER, Nats
from deploy.local.ports import LOOPBACK
from tests.integration.local.processes import named_in

pytestmark = pytest.mark.integration
SUBJECT = "jointops.jinqiao.station.v1.case.case_reported"
TIMEOUT_SECONDS = 2


@pytest.fixture(name="server", scope="module")
def running_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nats]:
    """Run a server."""
    with Nats(tmp_path_factory.mktemp("nats")) as server:
        yield server


@contextlib.asynccontextmanager
async def connection(server: Nats, user: str) -> AsyncIterator[tuple[Client, asyncio.Queue[str]]]:
    """Connect as a user; the queue receives what the server refuses."""
    refusals: asyncio.Queue[str] = asyncio.Queue()

    async def note(refusal: Exception) -> None:
        refusals.put_nowait(str(refusal).lower())

    client = await nats.connect(
        server.url,
        user=user,
        password=server.password(user),
        error_cb=note,
        allow_reconnect=False,
        inbox_prefix=DASHBOARD_INBOX if user == DASHBOARD_USER else "_INBOX",
    )
    try:
        yield client, refusals
    finally:
        await client.close()


async def test_service_publishes_to_a_stream(server: Nats) -> None:
    async with connection(server, SERVICE_USER) as (service, _):
        stream = service.jetstream()
        await stream.add_stream(StreamConfig(name="STATION", subjects=["jointops.*.station.>"]))

        receipt = await stream.publish(SUBJECT, b"one")

    assert receipt.stream == "STATION"


async def test_dashboard_hears_events(server: Nats) -> None:
    async with (
        connection(server, SERVICE_USER) as (service, _),
        connection(server, DASHBOARD_USER) as (dashboard, _),
    ):
        subscription = await dashboard.subscribe("jointops.jinqiao.>")
        await dashboard.flush()

        await service.publish(SUBJECT, b"one")

        assert (await subscription.next_msg(TIMEOUT_SECONDS)).data == b"one"


@pytest.mark.parametrize("subject", [SUBJECT, "$JS.API.STREAM.LIST", "_INBOX.x", "other"])
async def test_dashboard_may_not_publish(server: Nats, subject: str) -> None:
    async with connection(server, DASHBOARD_USER) as (dashboard, refusals):
        await dashboard.publish(subject, b"forged")

        refusal = await asyncio.wait_for(refusals.get(), TIMEOUT_SECONDS)

    assert "permissions violation for publish" in refusal


@pytest.mark.parametrize("subject", [">", "_INBOX.>", "$JS.>", "$SYS.>"])
async def test_dashboard_may_not_listen_elsewhere(server: Nats, subject: str) -> None:
    async with connection(server, DASHBOARD_USER) as (dashboard, refusals):
        await dashboard.subscribe(subject)

        refusal = await asyncio.wait_for(refusals.get(), TIMEOUT_SECONDS)

    assert "permissions violation for subscription" in refusal


async def test_wrong_password_is_refused(server: Nats) -> None:
    reader, writer = await asyncio.open_connection(LOOPBACK, server.port)
    greeting = {"user": SERVICE_USER, "pass": "wrong", "verbose": False, "pedantic": False}

    writer.write(f"CONNECT {json.dumps(greeting)}\r\nPING\r\n".encode())
    answer = await asyncio.wait_for(reader.read(), TIMEOUT_SECONDS)

    assert b"-ERR 'Authorization Violation'" in answer
    writer.close()
    await writer.wait_closed()


def test_configuration_and_passwords_are_readable_by_their_owner_only(server: Nats) -> None:
    files = [server.folder / "nats.conf", server.password_file(), server.password_file("dashboard")]

    assert [file.stat().st_mode & 0o777 for file in files] == [0o600, 0o600, 0o600]


def test_second_server_on_the_folder_is_refused(server: Nats) -> None:
    with pytest.raises(FolderInUseError):
        Nats(server.folder).start()

    assert server.is_ready()


async def stored_count(server: Nats) -> int:
    """Publish once and return how many messages the stream holds now."""
    async with connection(server, SERVICE_USER) as (service, _):
        stream = service.jetstream()
        await stream.add_stream(StreamConfig(name="STATION", subjects=["jointops.>"]))
        await stream.publish(SUBJECT, b"one")
        return (await stream.stream_info("STATION")).state.messages


def test_stream_survives_a_kill(tmp_path: Path) -> None:
    server = Nats(tmp_path)
    server.start()
    assert asyncio.run(stored_count(server)) == 1
    assert server.child is not None
    os.kill(server.child.pid, signal.SIGKILL)
    server.stop()

    with Nats(tmp_path) as again:
        assert asyncio.run(stored_count(again)) == 2

    assert not named_in(tmp_path)
