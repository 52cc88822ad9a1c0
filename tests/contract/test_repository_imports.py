"""Imports go one way, and a change that turns one round is caught."""

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.contract.repository import ROOT, area_folders, area_name, read

PROGRAM = str(Path(sys.executable).parent / "lint-imports")
ROOTS = ("chassis", "services", "deploy", "proto/gen/jointops")

BREAKS = [
    pytest.param(
        "Within an area imports go from the wire to the domain",
        "services/station/casefile/store.py",
        "from services.station.casefile import usecases",
        id="store-imports-use-cases",
    ),
    pytest.param(
        "Within an area imports go from the wire to the domain",
        "services/intel/taskings/convert.py",
        "from services.intel.taskings import store",
        id="convert-imports-store",
    ),
    pytest.param(
        "Station areas build on each other in one direction",
        "services/station/casefile/usecases.py",
        "from services.station.circulation import store",
        id="casefile-imports-circulation",
    ),
    pytest.param(
        "Services know nothing of each other",
        "services/intel/leads/domain.py",
        "from services.station.casefile.aggregate import CaseState",
        id="intel-imports-station",
    ),
    pytest.param(
        "Domains are pure",
        "services/ops/operations/aggregate.py",
        "import sqlalchemy",
        id="domain-imports-sqlalchemy",
    ),
    pytest.param(
        "Domains are pure",
        "services/tech/lab/domain.py",
        "from chassis.clock import utc_now",
        id="domain-imports-clock",
    ),
    pytest.param(
        "Domains are pure",
        "services/station/casefile/domain.py",
        "from jointops.station.v1 import case_pb2",
        id="domain-imports-protobuf",
    ),
    pytest.param(
        "Stores know no protobuf",
        "services/station/casefile/store.py",
        "from jointops.station.v1 import case_pb2",
        id="store-imports-protobuf",
    ),
    pytest.param(
        "Only stores know SQL",
        "services/station/casefile/usecases.py",
        "import sqlalchemy",
        id="use-cases-import-sqlalchemy",
    ),
    pytest.param(
        "The chassis knows no service",
        "chassis/clock.py",
        "from jointops.ops.v1 import arrest_pb2",
        id="chassis-imports-protos-of-a-service",
    ),
    pytest.param(
        "The console is a client: it knows no service and no deployment",
        "services/console/__init__.py",
        "from deploy.local import people",
        id="console-imports-deploy",
    ),
    pytest.param(
        "Deployment runs services as programs and imports none",
        "deploy/local/errors.py",
        "from services.station import policy",
        id="deploy-imports-station",
    ),
]


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    """Check the imports of a tree; its own packages come before the installed ones."""
    path = os.pathsep.join([str(folder), str(folder / "proto/gen")])
    return subprocess.run(  # noqa: S603  # our own tool on our own tree
        [PROGRAM, "--no-logo", "--no-cache"],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": path, "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of all packages, to be broken."""
    ignored = shutil.ignore_patterns("__pycache__")
    for name in ROOTS:
        shutil.copytree(ROOT / name, tmp_path / name, ignore=ignored)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def contracts() -> list[dict[str, Any]]:
    """Return the contracts as they are written down."""
    tool = tomllib.loads(read("pyproject.toml"))["tool"]
    found: list[dict[str, Any]] = tool["importlinter"]["contracts"]
    return found


def test_imports_keep_every_contract() -> None:
    checked = lint(ROOT)

    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.parametrize(("contract", "file", "line"), BREAKS)
def test_contract_fails_when_an_import_breaks_it(
    tree: Path, contract: str, file: str, line: str
) -> None:
    with (tree / file).open("a", encoding="utf-8") as module:
        module.write(f"\n{line}\n")

    checked = lint(tree)

    assert checked.returncode == 1
    assert f"{contract} BROKEN" in checked.stdout


def test_every_contract_is_shown_to_fail() -> None:
    shown = {str(each.values[0]) for each in BREAKS}

    assert {contract["name"] for contract in contracts()} == shown


def test_every_area_stands_in_the_contract_about_layers() -> None:
    layers = next(each for each in contracts() if each["id"] == "layers")

    areas = {f"services.{area_name(folder)}" for folder in area_folders()}
    assert set(layers["containers"]) == areas
