"""What becomes of the servers when the process that started them is killed."""

import os
import shutil
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from deploy.local.child import Child, Program
from deploy.local.nats import Nats
from deploy.local.postgres import NOBODY, Durability, Postgres
from tests.integration.local.processes import named_in, wait_until

pytestmark = pytest.mark.integration
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
HOLDER = "tests.integration.local.holder"


def start_holder(folder: Path, *, uid: int | None = None) -> Child:
    """Start PostgreSQL and NATS in a process of their own."""
    command = (sys.executable, "-m", HOLDER, str(folder))
    holder = Child.start(Program("holder", command, uid=uid), log=folder / "holder.log")
    holder.wait_until((folder / "started").exists, timeout_seconds=20)
    return holder


@pytest.fixture(name="holder")
def running_holder(tmp_path: Path) -> Iterator[Child]:
    """Run PostgreSQL and NATS in a process that a test may kill."""
    holder = start_holder(tmp_path)
    yield holder
    holder.stop(timeout_seconds=0)


def test_servers_end_when_their_holder_is_killed(holder: Child, tmp_path: Path) -> None:
    running = {process.name() for process in named_in(tmp_path)}

    os.kill(holder.pid, signal.SIGKILL)

    assert running >= {"postgres", "nats-server"}
    assert wait_until(lambda: not named_in(tmp_path))


def test_servers_start_at_once_after_their_holder_was_killed(holder: Child, tmp_path: Path) -> None:
    os.kill(holder.pid, signal.SIGKILL)
    holder.wait(timeout_seconds=5)

    with (
        Postgres(tmp_path / "postgres", durability=Durability.NONE) as postgres,
        Nats(tmp_path / "nats") as nats,
    ):
        assert postgres.is_ready()
        assert nats.is_ready()


def test_server_left_behind_is_ended_before_the_next_one_starts(tmp_path: Path) -> None:
    server = Postgres(tmp_path, durability=Durability.NONE)
    server.start()
    assert server.child is not None
    left_behind = server.child.pid
    # As after a crash of the holder, but without the kernel's signal to its children.
    server._held.close()

    with Postgres(tmp_path, durability=Durability.NONE) as again:
        assert again.is_ready()
        assert again.child is not None
        assert again.child.pid != left_behind

    assert not psutil.pid_exists(left_behind) or server.child.exit_code is not None


@as_root
def test_servers_of_an_ordinary_user_run_as_that_user(tmp_path: Path) -> None:
    shutil.chown(tmp_path, NOBODY, NOBODY)
    holder = start_holder(tmp_path, uid=NOBODY)

    user_ids = {process.uids().real for process in named_in(tmp_path)}

    assert user_ids == {NOBODY}
    holder.stop()
    assert wait_until(lambda: not named_in(tmp_path))
