"""What is installed is locked by hash, names no address, and is what the code imports."""

import ast
import re
import sys
from importlib.metadata import packages_distributions

import pytest

from tests.contract.repository import read, tracked_files

LOCKS = ("bootstrap", "run", "dev")
OWN = {"chassis", "deploy", "jointops", "services", "buf", "tests"}
# Comes with a package of another name: namespace packages name everybody who shares them.
NAMESPACES = {"google": "protobuf", "opentelemetry": "opentelemetry-sdk"}


def normal(name: str) -> str:
    """Write a name as a lock does."""
    return re.sub(r"[-_.]+", "-", name).lower()


def requirements(name: str) -> dict[str, str]:
    """Return what a lock says of each distribution: version, marker and hashes."""
    entries = read(f"requirements/{name}.lock").replace("\\\n", " ").splitlines()
    return {normal(entry.partition("==")[0]): entry for entry in entries}


def versions(name: str) -> dict[str, str]:
    """Return the version of each distribution of a lock."""
    return {each: entry.split()[0] for each, entry in requirements(name).items()}


def wanted(name: str) -> set[str]:
    """Return what a file asks for by name."""
    lines = read(f"requirements/{name}.in").splitlines()
    return {normal(line.partition("[")[0]) for line in lines if line and not line.startswith("-r")}


def imported_packages() -> set[str]:
    """Return the top-level packages that the platform itself imports."""
    names: set[str] = set()
    for file in tracked_files(".py"):
        if file.startswith(("chassis/", "services/", "deploy/")):
            names |= imports_of(file)
    return names - OWN - sys.stdlib_module_names


def imports_of(file: str) -> set[str]:
    """Return the top-level packages that a module imports."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(read(file))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(str(node.module).partition(".")[0])
    return found


@pytest.mark.parametrize("name", LOCKS)
def test_lock_names_no_address(name: str) -> None:
    assert "://" not in read(f"requirements/{name}.lock")


@pytest.mark.parametrize("name", LOCKS)
def test_lock_pins_each_requirement_by_hash(name: str) -> None:
    pinned = re.compile(r"[a-z0-9-]+==\S+( ; .+?)?(\s+--hash=sha256:[0-9a-f]{64})+\s*")

    assert [each for each in requirements(name).values() if not pinned.fullmatch(each)] == []


@pytest.mark.parametrize("name", LOCKS)
def test_lock_holds_what_is_asked_for(name: str) -> None:
    assert wanted(name) <= requirements(name).keys()


def test_development_runs_on_the_versions_of_production() -> None:
    assert versions("run").items() <= versions("dev").items()


def test_platform_imports_only_what_production_installs() -> None:
    distributions = packages_distributions()

    unlocked = {
        package
        for package in imported_packages()
        if normal(NAMESPACES.get(package, distributions[package][0])) not in versions("run")
    }

    assert unlocked == set()
