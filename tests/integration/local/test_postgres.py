"""The private PostgreSQL: who may enter it, what survives, and that nothing is left behind."""

import asyncio
import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import psutil
import pytest

from deploy.local.errors import FolderInUseError, LocalError, PortInUseError
from deploy.local.ports import LOOPBACK, pick_port
from deploy.local.postgres import Durability, Postgres
from tests.integration.local.processes import named_in, wait_until

pytestmark = pytest.mark.integration
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has privileges to drop")


@pytest.fixture(name="server", scope="module")
def running_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """Run a server below a folder that is closed to everybody else."""
    closed = tmp_path_factory.mktemp("postgres") / "closed"
    closed.mkdir(mode=0o700)
    with Postgres(closed / "postgres", durability=Durability.NONE) as server:
        yield server


def fetch(dsn: str, query: str) -> str:
    """Return the one value of a query."""

    async def ask() -> str:
        connection = await asyncpg.connect(dsn)
        try:
            return str(await connection.fetchval(query))
        finally:
            await connection.close()

    return asyncio.run(ask())


def test_server_answers_with_its_generated_password(server: Postgres) -> None:
    assert fetch(server.dsn(), "SELECT 6 * 7") == "42"


def test_server_refuses_a_wrong_password(server: Postgres) -> None:
    dsn = server.dsn().replace(server.password, "wrong")

    with pytest.raises(asyncpg.InvalidPasswordError):
        fetch(dsn, "SELECT 1")


def test_password_is_readable_by_its_owner_only(server: Postgres) -> None:
    assert server.password_file.stat().st_mode & 0o777 == 0o600


def test_password_is_in_no_command_line(server: Postgres) -> None:
    server.create_role("station", password=server.password)

    commands = [" ".join(process.cmdline()) for process in named_in(server.folder)]

    assert commands
    assert not [command for command in commands if server.password in command]


def test_server_listens_on_the_loopback_address_only(server: Postgres) -> None:
    assert server.child is not None

    listening = psutil.Process(server.child.pid).net_connections(kind="all")

    assert {entry.laddr for entry in listening if entry.status == "LISTEN"} == {
        (LOOPBACK, server.port)
    }
    assert not [entry for entry in listening if entry.family is socket.AF_UNIX]


@as_root
def test_server_of_root_runs_as_nobody_behind_a_closed_folder(server: Postgres) -> None:
    assert server.child is not None

    user_ids = psutil.Process(server.child.pid).uids()

    assert set(user_ids) == {65534}
    assert server.folder.parent.stat().st_mode & 0o777 == 0o700


def test_database_is_created_once_and_kept(server: Postgres) -> None:
    server.create_database("kept")
    server.create_database("kept")

    assert fetch(server.dsn("kept"), "SELECT current_database()") == "kept"


def test_role_may_enter_its_own_database_only(server: Postgres) -> None:
    server.create_role("station", password="one")  # noqa: S106 - a literal of the test
    server.create_database("station", owner="station")
    server.create_database("intel")
    dsn = f"postgresql://station:one@127.0.0.1:{server.port}"

    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        fetch(f"{dsn}/intel", "SELECT 1")

    assert fetch(f"{dsn}/station", "CREATE TABLE cases ()") == "None"


def test_database_is_dropped_although_somebody_is_in_it(server: Postgres) -> None:
    server.create_database("dropped")

    async def drop() -> None:
        connection = await asyncpg.connect(server.dsn("dropped"))
        server.drop_database("dropped")
        connection.terminate()

    asyncio.run(drop())

    with pytest.raises(asyncpg.InvalidCatalogNameError):
        fetch(server.dsn("dropped"), "SELECT 1")


@pytest.mark.parametrize("name", ["Station", "a-b", "", "x'; --", "é"])
def test_database_name_that_needs_quoting_is_refused(server: Postgres, name: str) -> None:
    with pytest.raises(LocalError):
        server.create_database(name)


def test_data_survives_a_restart(tmp_path: Path) -> None:
    with Postgres(tmp_path, durability=Durability.NONE) as server:
        server.create_database("station")

    with Postgres(tmp_path, durability=Durability.NONE) as server:
        assert fetch(server.dsn("station"), "SELECT 1") == "1"


def test_stop_leaves_no_process(tmp_path: Path) -> None:
    with Postgres(tmp_path, durability=Durability.NONE):
        assert named_in(tmp_path)

    assert not named_in(tmp_path)


def test_server_starts_after_it_was_killed(tmp_path: Path) -> None:
    server = Postgres(tmp_path, durability=Durability.NONE)
    server.start()
    assert server.child is not None
    os.kill(server.child.pid, signal.SIGKILL)
    server.stop()
    assert (tmp_path / "data" / "postmaster.pid").exists()

    with Postgres(tmp_path, durability=Durability.NONE) as again:
        assert fetch(again.dsn(), "SELECT 1") == "1"


def test_server_starts_when_a_stranger_got_the_process_id_of_its_lock(tmp_path: Path) -> None:
    with Postgres(tmp_path, durability=Durability.NONE) as server:
        lock = (tmp_path / "data" / "postmaster.pid").read_text()
        assert server.child is not None
        stranger = lock.replace(str(server.child.pid), str(os.getpid()))
    (tmp_path / "data" / "postmaster.pid").write_text(stranger)

    with Postgres(tmp_path, durability=Durability.NONE) as again:
        assert again.is_ready()


def test_half_made_data_is_made_again(tmp_path: Path) -> None:
    draft = tmp_path / "data.draft"
    draft.mkdir()
    (draft / "PG_VERSION").write_text("18\n")

    with Postgres(tmp_path, durability=Durability.NONE) as server:
        assert server.is_ready()


def test_second_server_on_the_folder_is_refused(server: Postgres) -> None:
    with pytest.raises(FolderInUseError):
        Postgres(server.folder).start()

    assert server.is_ready()


def test_given_port_in_use_is_refused(tmp_path: Path) -> None:
    with socket.create_server((LOOPBACK, pick_port())) as listener:
        port = listener.getsockname()[1]

        with pytest.raises(PortInUseError, match=str(port)):
            Postgres(tmp_path, port=port, durability=Durability.NONE).start()

    assert wait_until(lambda: not named_in(tmp_path))
