"""What the documents say exists: commands, links, terms, states and decisions."""

import importlib
import re
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import typer
from google.protobuf.descriptor import Descriptor, EnumDescriptor, FileDescriptor

from chassis.roles import Role
from chassis.status import CODES
from services.console.cli.main import app
from tests.contract.repository import ROOT, area_folders, read, tracked_files

DOCUMENTS = tracked_files(".md")
PROTOS = [name for name in tracked_files(".proto") if name.startswith("proto/jointops/")]
# Letters and digits are the names of the grades themselves; AJP-2.1 says what they mean.
SELF_EXPLAINED = {"SourceGrade", "InformationGrade"}
SECTIONS_OF_A_DECISION = ("## Context", "## Decision", "## Consequences")
_SHELL = re.compile(r"^```sh\n(.*?)^```", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_PATH = re.compile(r"`((?:chassis|deploy|docs|proto|requirements|services|tests)/[\w./-]+)`")
_TARGET = re.compile(r"^([a-z0-9]+):.*", re.MULTILINE)
_HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)


def commands() -> list[tuple[str, str]]:
    """Return every line of every shell block, with the document it stands in."""
    return [
        (name, line)
        for name in DOCUMENTS
        for block in _SHELL.findall(read(name))
        for line in block.splitlines()
        if line.strip()
    ]


def links() -> list[tuple[str, str]]:
    """Return every link that stays in the repository."""
    return [
        (name, link)
        for name in DOCUMENTS
        for link in _LINK.findall(read(name))
        if not link.startswith("https://")
    ]


def anchor(heading: str) -> str:
    """Write a heading as the anchor that hosts of repositories make of it."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def leads_somewhere(document: str, link: str) -> bool:
    """Tell whether a link names a file, and a heading of it if it names one."""
    path, _, fragment = link.partition("#")
    target = (ROOT / document).parent / path if path else ROOT / document
    if not target.exists():
        return False
    headings = _HEADING.findall(target.read_text(encoding="utf-8")) if fragment else []
    return not fragment or fragment in {anchor(heading) for heading in headings}


def exists(line: str) -> bool:
    """Tell whether a command is a target of the Makefile or a command of `jointops`."""
    program, *words = line.split()
    if program == "make":
        targets = set(_TARGET.findall(read("Makefile")))
        return {word for word in words if "=" not in word} <= targets
    return program == ".venv/bin/jointops" and is_command(words)


def is_command(words: list[str]) -> bool:
    """Walk down the commands of the console; options must be those of the last one."""
    here: Any = typer.main.get_command(app)
    rest = list(words)
    while hasattr(here, "commands"):
        if not rest or rest[0] not in here.commands:
            return False
        here = here.commands[rest.pop(0)]
    known = {option for parameter in here.params for option in parameter.opts}
    return {word.partition("=")[0] for word in rest if word.startswith("-")} <= known


def terms() -> set[str]:
    """Return the first column of every table of the glossary."""
    rows = re.findall(r"^\| ([^|]+) \|", read("docs/glossary.md"), re.MULTILINE)
    return {row.strip().replace("-", " ") for row in rows}


def proto_files() -> Iterator[FileDescriptor]:
    """Return the files of our protos that hold no events."""
    for name in PROTOS:
        if not name.endswith(("_events.proto", "error_reason.proto")):
            module = name.removeprefix("proto/").removesuffix(".proto").replace("/", ".")
            yield importlib.import_module(f"{module}_pb2").DESCRIPTOR


def words_of(name: str) -> str:
    """Write `SquadRequest` and `SIGNED_FOR` as words."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])|_", " ", name).lower()


def message_terms(message: Descriptor) -> list[str]:
    """Return the term a message stands for; what goes over the wire around it is none."""
    name = str(message.name)
    is_envelope = name.endswith(("Request", "Response")) and name != "SquadRequest"
    return [] if is_envelope else [words_of(name)]


def enum_terms(enum: EnumDescriptor) -> list[str]:
    """Return the term of an enum and of its values."""
    prefix = words_of(enum.name).upper().replace(" ", "_") + "_"
    values = [words_of(value.name.removeprefix(prefix)) for value in enum.values if value.number]
    own = [] if enum.name.endswith("State") else [words_of(enum.name)]
    return own if enum.name in SELF_EXPLAINED else own + values


def proto_terms() -> set[str]:
    """Return every noun and state of the protos."""
    found: set[str] = set()
    for file in proto_files():
        for message in file.message_types_by_name.values():
            found.update(message_terms(message))
        for enum in file.enum_types_by_name.values():
            found.update(enum_terms(enum))
    return found


def domains() -> list[ModuleType]:
    """Return the domain of every area."""
    return [
        importlib.import_module(f"services.{folder.parent.name}.{folder.name}.domain")
        for folder in area_folders()
    ]


def step_tables() -> dict[str, tuple[set[str], set[tuple[str, str]]]]:
    """Return for each kind of aggregate its states, and which step is allowed in which."""
    tables: dict[str, tuple[set[str], set[tuple[str, str]]]] = {}
    for domain in domains():
        for name in (each for each in vars(domain) if each.endswith("ALLOWED")):
            allowed: dict[StrEnum, frozenset[StrEnum]] = getattr(domain, name)
            kind = type(next(iter(next(iter(allowed.values())))))
            aggregate = words_of(kind.__name__.removesuffix("State"))
            pairs = {
                (words_of(step), words_of(state)) for step in allowed for state in allowed[step]
            }
            tables[aggregate] = ({words_of(state) for state in kind}, pairs)
    return tables


def documented_steps(aggregate: str, states: set[str]) -> set[tuple[str, str]]:
    """Return what docs/lifecycle.md says an aggregate allows in which of its states."""
    section = re.search(
        rf"^### {aggregate} .*?\n(.*?)(?=^#|\Z)",
        read("docs/lifecycle.md"),
        re.DOTALL | re.MULTILINE | re.IGNORECASE,
    )
    text = section[1] if section else ""
    rows = re.findall(r"^\| ([a-z ]+) \| ([a-z ,]+) \|", text, re.MULTILINE)
    return {(step, state) for step, cell in rows for state in states_of(cell, states)}


def states_of(cell: str, states: set[str]) -> set[str]:
    """Read a cell like `open, closed` or `all but closed`."""
    named = {state.strip() for state in cell.removeprefix("all but ").split(",")}
    return states - named if cell.startswith("all but ") else named


def test_every_command_of_the_documents_exists() -> None:
    assert [(name, line) for name, line in commands() if not exists(line)] == []


def test_every_link_of_the_documents_leads_somewhere() -> None:
    assert [each for each in links() if not leads_somewhere(*each)] == []


def test_every_path_that_the_documents_name_exists() -> None:
    named = {(name, path) for name in DOCUMENTS for path in _PATH.findall(read(name))}

    assert len(named) > 0
    assert {each for each in named if not (ROOT / each[1]).exists()} == set()


def test_every_target_of_the_makefile_says_what_it_does() -> None:
    makefile = read("Makefile")
    phony = set(re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)[1].split())  # type: ignore[index]  # it is there

    described = set(re.findall(r"^([a-z0-9]+):.*## \S", makefile, re.MULTILINE))
    assert described == phony == set(_TARGET.findall(makefile))


def test_continuous_integration_runs_the_command_of_the_readme() -> None:
    assert "exec make test" in read(".ci/run")
    assert ("README.md", "make test") in commands()


def test_glossary_holds_every_noun_and_state_of_the_protos() -> None:
    assert proto_terms() - terms() == set()


def test_glossary_holds_every_role() -> None:
    assert {words_of(role) for role in Role} - terms() == set()


@pytest.mark.parametrize("aggregate", step_tables(), ids=str)
def test_lifecycle_tells_which_state_allows_which_step(aggregate: str) -> None:
    states, allowed = step_tables()[aggregate]

    assert documented_steps(aggregate, states) == allowed


def test_readme_maps_every_folder() -> None:
    folders = {name.partition("/")[0] for name in tracked_files() if "/" in name}

    assert {each for each in folders if f"{each}/" not in read("README.md")} == set()


@pytest.mark.parametrize("file", sorted((ROOT / "docs/adr").glob("0*.md")), ids=lambda f: f.stem)
def test_decision_has_its_sections_and_its_state(file: Path) -> None:
    text = file.read_text(encoding="utf-8")

    assert re.match(rf"# {file.stem[:4]} \S", text)
    assert re.search(r"^State: (accepted|superseded by \[\d{4}\])", text, re.MULTILINE)
    assert [title for title in SECTIONS_OF_A_DECISION if f"\n{title}\n" not in text] == []


def test_architecture_tells_the_limits_of_the_code() -> None:
    limits = re.findall(r"`(chassis\.\w+)\.(\w+) = ([\d.]+)`", read("docs/architecture.md"))

    assert len(limits) > 0
    assert {
        (module, name, float(value))
        for module, name, value in limits
        if getattr(importlib.import_module(module), name) != float(value)
    } == set()


def test_architecture_tells_the_code_of_each_kind_of_refusal() -> None:
    rows = re.findall(r"^\| (\w+) \| ([A-Z_]+) \|", read("docs/architecture.md"), re.MULTILINE)

    assert dict(rows) == {kind.value: code.name for kind, code in CODES.items()}


def test_lifecycle_names_every_command() -> None:
    text = read("docs/lifecycle.md")

    assert [name for name in command_names() if f"`{name}`" not in text] == []


def command_names() -> list[str]:
    """Return the RPCs that change something."""
    services = [service for file in proto_files() for service in file.services_by_name.values()]
    names = [str(method.name) for service in services for method in service.methods]
    return [name for name in names if not name.startswith(("Get", "List"))]
