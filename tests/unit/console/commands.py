"""Every command of the program, found by walking it."""

from collections.abc import Iterator
from typing import Any

from typer.main import get_command

from services.console.cli.main import app


def walk(command: Any = None, words: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Give the words and the command of everything that can be typed."""
    command = command or get_command(app)
    children = getattr(command, "commands", {})
    if not children:
        yield words, command
    for name, child in children.items():
        yield from walk(child, (*words, name))


COMMANDS = dict(walk())
