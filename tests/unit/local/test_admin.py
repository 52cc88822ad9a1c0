"""An operator runs a command of a service with the configuration of this machine's platform."""

from pathlib import Path

import pytest

from deploy.local.admin import find_program
from deploy.local.errors import LocalError
from deploy.local.plan import SERVICES, Layout, Plan

NAMES = ("postgres", "nats", "issuer", "station", "intel", "tech", "ops")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder in which the platform ran."""
    ports = {name: port for port, name in enumerate(NAMES, start=1)}
    Plan(SERVICES, Layout(tmp_path), ports).remember_ports()
    return tmp_path


def test_command_gets_the_database_of_its_service(folder: Path) -> None:
    program = find_program(folder, "intel", "quarantine")

    assert program.command[1:] == ("-m", "services.intel.main", "quarantine")
    assert program.environment is not None
    assert program.environment["JOINTOPS_DATABASE_URL"] == "postgresql://intel@127.0.0.1:1/intel"


def test_command_is_refused_when_there_is_no_such_service(folder: Path) -> None:
    with pytest.raises(LocalError, match="there are station, intel, tech, ops"):
        find_program(folder, "dispatch", "quarantine")


def test_command_is_refused_when_the_platform_never_ran(tmp_path: Path) -> None:
    with pytest.raises(LocalError, match="start the platform first"):
        find_program(tmp_path, "intel", "quarantine")
