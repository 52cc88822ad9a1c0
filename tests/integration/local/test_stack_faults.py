"""The supervisor of `make run` when something goes wrong."""

import os
import signal
import socket
from pathlib import Path

import psutil
import pytest

from deploy.local.addresses import read_addresses
from deploy.local.errors import LocalError
from deploy.local.ports import LOOPBACK, pick_port
from tests.integration.local.processes import named_in, wait_until
from tests.integration.local.stack_run import FAKE_SERVICE, StackRun, running

pytestmark = pytest.mark.integration


@pytest.fixture(name="used_folder", scope="module")
def folder_of_an_earlier_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder in which a platform ran: starting there takes half the time."""
    folder = tmp_path_factory.mktemp("used")
    with running(folder) as stack:
        stack.wait_until_up()
    return folder


def process_of(stack: StackRun, word: str) -> psutil.Process:
    """Return the child of the supervisor whose command contains a word."""
    children = psutil.Process(stack.child.pid).children()
    return next(child for child in children if word in " ".join(child.cmdline()))


def test_kill_of_the_supervisor_leaves_nothing(used_folder: Path) -> None:
    with running(used_folder, "--then=sleep 600") as stack:
        stack.wait_until_up()
        children = psutil.Process(stack.child.pid).children(recursive=True)

        os.kill(stack.child.pid, signal.SIGKILL)

        assert len(children) >= 5
        assert wait_until(lambda: not named_in(used_folder))
        assert wait_until(lambda: not [child for child in children if child.is_running()])


def test_platform_starts_again_at_once_after_a_kill(tmp_path: Path) -> None:
    with running(tmp_path) as first:
        first.wait_until_up()
        os.kill(first.child.pid, signal.SIGKILL)
        first.wait()

    assert (first.folder / "stack.json").exists()
    with pytest.raises(LocalError, match="not up"):
        read_addresses(first.folder)
    with running(tmp_path) as second:
        assert second.wait_until_up().stop() == 0

    assert "migrated 2 times" in (second.folder / "logs" / "station.log").read_text()


@pytest.mark.parametrize(
    ("word", "name"),
    [(f"{FAKE_SERVICE} serve", "station"), ("bin/postgres", "postgres")],
    ids=["service", "postgres"],
)
def test_part_that_dies_stops_the_rest_with_a_report(
    used_folder: Path, word: str, name: str
) -> None:
    with running(used_folder) as stack:
        process_of(stack.wait_until_up(), word).kill()
        assert stack.wait() == 1

    assert f"{name} was killed by SIGKILL." in stack.output
    assert f"{name} failed" in stack.output
    assert f"Logs: {stack.folder}/logs" in stack.output
    assert "Traceback" not in stack.output
    assert not named_in(used_folder)


@pytest.mark.parametrize("command", ["migrate", "serve"])
def test_service_that_does_not_start_is_reported_with_the_end_of_its_log(
    used_folder: Path, command: str
) -> None:
    fault = used_folder / "faults" / f"station-{command}"
    fault.touch()

    with running(used_folder) as stack:
        assert stack.wait() == 1

    fault.unlink()

    assert "station ended with 1." in stack.output
    assert f"    station cannot {command}" in stack.output
    assert not named_in(used_folder)


def test_follow_up_that_is_no_program_is_refused_before_anything_starts(tmp_path: Path) -> None:
    with running(tmp_path, "--then=no-such-program") as stack:
        assert stack.wait() == 1

    assert "'no-such-program' is not a program" in stack.output
    assert "ready" not in stack.output


def test_wrong_option_is_refused_in_one_line(tmp_path: Path) -> None:
    with running(tmp_path, "--port=sation=50051") as stack:
        assert stack.wait() == 1

    assert "There is no 'sation'" in stack.output
    assert stack.output.count("\n") == 1


def test_given_port_in_use_is_refused_in_one_line(tmp_path: Path) -> None:
    with socket.create_server((LOOPBACK, pick_port())) as listener:
        port = listener.getsockname()[1]

        with running(tmp_path, f"--port=station={port}") as stack:
            assert stack.wait() == 1

    assert stack.output == f"Port {port} is in use by another program.\n"


def test_service_of_a_module_that_does_not_exist_is_reported(used_folder: Path) -> None:
    with running(used_folder, f"--service=intel={FAKE_SERVICE}_missing") as stack:
        assert stack.wait() == 1

    assert "No module named" in stack.output
    assert not named_in(used_folder)
