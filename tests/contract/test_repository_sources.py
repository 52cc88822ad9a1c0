"""The shape of the sources: short modules, reasons for exceptions, the same files in every area."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.repository import ROOT, SERVICES, area_folders, area_name, read, tracked_files

MOST_LINES_OF_A_MODULE = 300
MOST_LINES_OF_A_FUNCTION = 60
FILES_OF_AN_AREA = {
    "__init__.py",
    "convert.py",
    "domain.py",
    "servicer.py",
    "store.py",
    "usecases.py",
}
FILES_OF_A_SERVICE = {"README.md", "__init__.py", "main.py", "policy.py", "tables.py"}
# A suppression names its rule and says why.
SUPPRESSION = re.compile(r"#\s*(noqa|type:\s*ignore)")
REASONED = re.compile(
    r"#\s*(noqa: [A-Z]+[0-9]+(, ?[A-Z]+[0-9]+)*|type: ignore\[[a-z-]+(, ?[a-z-]+)*\])\s+[-#] \S"
)
IGNORED_RULE = re.compile(r'  "[A-Z]+[0-9]*",')
# Written in parts, so that this file does not name them either.
HOSTS = re.compile("py" + r"pi\.|python" + r"hosted|npm" + r"js\.|crates" + r"\.io|-pro" + r"xy\.")
PATHS = re.compile(r"(^|[\s\"'`(=:])/(ho" + "me|ro" + "ot|wo" + "rk|Us" + r"ers)/\w")
VAGUE_NAMES = {"utils.py", "util.py", "helpers.py", "helper.py", "manager.py", "base.py"}


def modules() -> list[str]:
    """Return every module that is written by hand; revisions of a database are frozen copies."""
    return [name for name in tracked_files(".py") if "/migrations/versions/" not in name]


def functions(name: str) -> Iterator[tuple[str, int]]:
    """Return the functions of a module with their length in lines."""
    for node in ast.walk(ast.parse(read(name))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{name}:{node.lineno} {node.name}", (node.end_lineno or 0) - node.lineno + 1


def comments(name: str) -> Iterator[str]:
    """Return the comments of a module; a string that looks like one is none."""
    for token in tokenize.generate_tokens(io.StringIO(read(name)).readline):
        if token.type == tokenize.COMMENT:
            yield f"{name}:{token.start[0]} {token.string}"


def lines_with(pattern: re.Pattern[str], *suffixes: str) -> list[str]:
    """Return every line of the repository in which a pattern is found."""
    return [
        f"{name}: {line.strip()}"
        for name in tracked_files(*suffixes)
        for line in read(name).splitlines()
        if pattern.search(line)
    ]


def test_modules_are_short() -> None:
    lengths = {name: read(name).count("\n") for name in modules()}

    assert {name: n for name, n in lengths.items() if n > MOST_LINES_OF_A_MODULE} == {}


def test_functions_are_short() -> None:
    lengths = dict(each for name in modules() for each in functions(name))

    assert {name: n for name, n in lengths.items() if n > MOST_LINES_OF_A_FUNCTION} == {}


def test_every_suppression_names_its_rule_and_its_reason() -> None:
    found = [
        comment for name in modules() for comment in comments(name) if SUPPRESSION.search(comment)
    ]

    assert [comment for comment in found if not REASONED.search(comment)] == []


def test_every_ignored_rule_of_the_linter_has_a_reason() -> None:
    rules = [line for line in read("pyproject.toml").splitlines() if IGNORED_RULE.match(line)]

    assert len(rules) > 0
    assert [line for line in rules if not re.search(r",\s+# \S", line)] == []


def test_no_file_names_a_package_registry() -> None:
    assert lines_with(HOSTS) == []


def test_no_file_names_a_path_of_somebodys_machine() -> None:
    assert lines_with(PATHS) == []


def test_no_module_has_a_vague_name() -> None:
    assert [name for name in modules() if name.rpartition("/")[2] in VAGUE_NAMES] == []


def test_every_package_says_what_it_is() -> None:
    folders = {name.rpartition("/")[0] for name in modules() if "/" in name}
    silent = {"docs", "proto", "proto/third_party"}

    assert {f for f in folders - silent if not (ROOT / f / "__init__.py").exists()} == set()


@pytest.mark.parametrize("folder", area_folders(), ids=area_name)
def test_every_area_has_the_same_files(folder: Path) -> None:
    names = {file.name for file in folder.iterdir()}

    assert names >= FILES_OF_AN_AREA


@pytest.mark.parametrize("folder", area_folders(), ids=area_name)
def test_every_area_has_its_tests(folder: Path) -> None:
    service, area = area_name(folder).split(".")

    assert list((ROOT / "tests/unit" / service).glob(f"test_{area}_*.py"))
    assert list((ROOT / "tests/integration" / service).glob(f"test_{area}_*.py"))


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_has_the_same_files(service: str) -> None:
    folder = ROOT / "services" / service

    assert {file.name for file in folder.iterdir()} >= FILES_OF_A_SERVICE
    assert list((folder / "migrations/versions").glob("0*.py"))
