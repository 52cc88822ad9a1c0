"""The supervisor of `make run` while everything is well."""

import signal
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from deploy.local.addresses import Addresses, read_addresses
from deploy.local.errors import LocalError
from deploy.local.folder import SECRET_BYTES
from deploy.local.health import is_serving
from deploy.local.people import load_people
from deploy.local.ports import pick_port
from tests.integration.local.processes import named_in, wait_until
from tests.integration.local.stack_run import StackRun, running

pytestmark = pytest.mark.integration


@pytest.fixture(name="stack", scope="module")
def running_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StackRun]:
    """Run a platform of two services."""
    with running(tmp_path_factory.mktemp("stack"), services=("station", "intel")) as stack:
        yield stack.wait_until_up()


@pytest.fixture(name="used_folder", scope="module")
def folder_of_an_earlier_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder in which a platform ran: starting there takes half the time."""
    folder = tmp_path_factory.mktemp("used")
    with running(folder) as stack:
        stack.wait_until_up()
    return folder


def port_of(addresses: Addresses, service: str) -> int:
    """Return the port of a service."""
    return int(addresses.services[service].rpartition(":")[2])


def secrets_in(folder: Path) -> list[str]:
    """Return every generated secret of a run folder."""
    files = [*folder.glob("secrets/*"), *folder.glob("*/*password")]
    return [file.read_text() for file in files] + [one.secret for one in load_people(folder)]


def test_every_service_serves(stack: StackRun) -> None:
    addresses = read_addresses(stack.folder)

    assert set(addresses.services) == {"station", "intel"}
    assert is_serving(port_of(addresses, "station"))
    assert is_serving(port_of(addresses, "intel"))


def test_addresses_are_for_their_owner_and_hold_no_secret(stack: StackRun) -> None:
    file = stack.folder / "stack.json"

    text = file.read_text()

    assert file.stat().st_mode & 0o777 == 0o600
    assert not [secret for secret in secrets_in(stack.folder) if secret in text]


def test_secrets_are_in_no_environment_and_no_command_line(stack: StackRun) -> None:
    secrets = secrets_in(stack.folder)
    texts = [
        " ".join([*process.cmdline(), *process.environ().values()])
        for process in psutil.Process(stack.child.pid).children(recursive=True)
    ]

    assert len(secrets) == 21
    assert min(len(secret) for secret in secrets) >= SECRET_BYTES
    assert len(texts) >= 5
    assert not [secret for secret in secrets if any(secret in text for text in texts)]


def test_everything_listens_on_the_loopback_address_only(stack: StackRun) -> None:
    processes = psutil.Process(stack.child.pid).children(recursive=True)

    hosts = {
        # How a socket for both families shows an address of the older one.
        entry.laddr.ip.removeprefix("::ffff:")
        for process in processes
        for entry in process.net_connections(kind="tcp")
        if entry.status == psutil.CONN_LISTEN
    }

    assert hosts == {"127.0.0.1"}


def test_secrets_of_people_are_shown_at_the_first_start(stack: StackRun) -> None:
    shown = [one for one in load_people(stack.folder) if one.secret in stack.output]

    assert len(shown) == 16
    assert "which only you can read" in stack.output


def test_output_without_a_terminal_is_one_line_a_change(stack: StackRun) -> None:
    lines = [line for line in stack.output.splitlines() if line.startswith("intel")]

    assert lines[:2] == ["intel migrating", "intel starting"]
    assert lines[2].startswith("intel ready after ")
    assert "\x1b" not in stack.output


def test_second_platform_in_the_folder_is_refused_in_one_line(
    stack: StackRun, tmp_path: Path
) -> None:
    (tmp_path / "run").symlink_to(stack.folder)

    with running(tmp_path) as second:
        assert second.wait() == 1

    assert second.output.count("\n") == 1
    assert f"in use by process {stack.child.pid}." in second.output
    assert is_serving(port_of(read_addresses(stack.folder), "station"))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stop_is_orderly_and_leaves_nothing(used_folder: Path, number: signal.Signals) -> None:
    with running(used_folder) as stack:
        assert stack.wait_until_up().stop(number) == 0

    stopped = [line.split()[0] for line in stack.output.splitlines() if line.endswith("stopped")]
    assert stopped == ["station", "issuer", "nats", "postgres"]
    assert "ended in order" in (stack.folder / "logs" / "station.log").read_text()
    assert not (stack.folder / "stack.json").exists()
    assert not named_in(used_folder)


def test_stop_during_the_start_is_orderly(used_folder: Path) -> None:
    with running(used_folder) as stack:
        assert wait_until(lambda: "nats ready" in stack.output)
        assert stack.stop() == 0

    assert "The platform is up" not in stack.output
    assert not named_in(used_folder)


def test_second_run_continues_where_the_first_one_stopped(tmp_path: Path) -> None:
    with running(tmp_path) as first:
        before = read_addresses(first.wait_until_up().folder)
        people = load_people(first.folder)
        first.stop()

    with running(tmp_path) as second:
        after = read_addresses(second.wait_until_up().folder)

    assert "migrated 2 times" in (second.folder / "logs" / "station.log").read_text()
    assert "migrated 1 times" in (second.folder / "logs" / "station.previous.log").read_text()
    assert load_people(second.folder) == people
    assert people[0].secret not in second.output
    assert (after.services, after.issuer) == (before.services, before.issuer)


def test_given_ports_are_used(used_folder: Path) -> None:
    port = pick_port()

    with running(used_folder, f"--port=station={port}") as stack:
        addresses = read_addresses(stack.wait_until_up().folder)

    assert port_of(addresses, "station") == port


def test_follow_up_sees_the_platform_and_decides_the_exit_code(used_folder: Path) -> None:
    script = used_folder / "follow_up.py"
    script.write_text(
        "import os, sys\n"
        "print('found', os.path.exists(os.environ['JOINTOPS_RUN_FOLDER'] + '/stack.json'))\n"
        "sys.exit(7)\n"
    )

    with running(used_folder, f"--then=python {script}", "--stop-after") as stack:
        assert stack.wait() == 7

    assert "found True" in stack.output
    assert not named_in(used_folder)


def test_follow_up_is_stopped_with_the_platform(used_folder: Path) -> None:
    with running(used_folder, "--then=sleep 600") as stack:
        supervisor = psutil.Process(stack.wait_until_up().child.pid)
        assert wait_until(lambda: "sleep" in {child.name() for child in supervisor.children()})
        children = supervisor.children()
        assert stack.stop() == 0

    assert not [child for child in children if child.is_running()]


def test_addresses_of_a_platform_that_is_down_are_refused(tmp_path: Path) -> None:
    with pytest.raises(LocalError, match="not up"):
        read_addresses(tmp_path)
