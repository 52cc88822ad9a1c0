"""Every command explains itself, has an example that can be typed, and no method is left out."""

import inspect
import re
import shlex
from functools import cache
from pathlib import Path
from typing import Any, get_type_hints

import pytest
import typer
from click.testing import CliRunner

from services.console.cli.main import app
from services.console.methods import all_methods
from tests.unit.console.commands import COMMANDS

# Made once: making it anew for every command would take most of the time of these tests.
PROGRAM = typer.main.get_command(app)
WIDE = {"COLUMNS": "400", "TERM": "dumb", "NO_COLOR": "1"}
EXAMPLE = re.compile(r"Example: jointops (.+?)\s*$", re.MULTILINE)

each_command = pytest.mark.parametrize("words", COMMANDS, ids=" ".join)


@cache
def help_of(*words: str) -> str:
    """Return what `--help` prints."""
    result = CliRunner().invoke(PROGRAM, [*words, "--help"], env=WIDE)  # type: ignore[arg-type]  # Typer brings its own Click
    assert result.exit_code == 0, result.output
    return result.output


@each_command
def test_help_of_a_command_has_an_example_of_that_command(words: tuple[str, ...]) -> None:
    found = EXAMPLE.search(help_of(*words))

    assert found is not None
    assert tuple(shlex.split(found[1]))[: len(words)] == words


@each_command
def test_the_example_of_a_command_can_be_typed(
    words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "knife.jpg").write_bytes(b"photograph")
    monkeypatch.chdir(tmp_path)
    found = EXAMPLE.search(help_of(*words))

    assert found is not None
    typed = shlex.split(found[1])[len(words) :]

    assert COMMANDS[words].make_context(" ".join(words), typed)


@each_command
def test_help_of_a_command_speaks_chinese_and_english(words: tuple[str, ...]) -> None:
    summary = str(COMMANDS[words].help).splitlines()[0]

    assert re.search(r"[\u4e00-\u9fff]", summary)
    assert re.search(r"[A-Za-z]{3}", summary)


@each_command
def test_a_command_takes_an_output(words: tuple[str, ...]) -> None:
    assert "--output" in help_of(*words)


def test_every_public_method_has_a_command() -> None:
    bodies = [inspect.unwrap(command.callback) for command in COMMANDS.values()]
    returned: list[Any] = [get_type_hints(body).get("return") for body in bodies]
    requests = {kind.DESCRIPTOR.full_name for kind in returned if hasattr(kind, "DESCRIPTOR")}

    assert requests == {method.input_type.full_name for method in all_methods()}


def test_top_help_names_every_group_in_both_languages() -> None:
    shown = help_of()

    assert "案件 Cases" in shown
    assert "警情 Alarms" in shown
    assert "物证 Exhibits" in shown
