"""Runs a command of one service against the platform on this machine, such as `quarantine`.

A service reads its configuration from its environment, which on this machine only the supervisor
knows; here an operator gets the same. Elsewhere the command is run where the service runs.
"""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from deploy.local.child import Program
from deploy.local.errors import LocalError
from deploy.local.plan import SERVICES, load_plan

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def main(
    name: Annotated[str, typer.Argument(metavar="SERVICE", help="station, intel, tech or ops.")],
    command: Annotated[str, typer.Argument(help="Command of the service, as `quarantine`.")],
    *,
    redrive: Annotated[
        str | None, typer.Option(metavar="EVENT_ID", help="Try this event again.")
    ] = None,
    folder: Annotated[Path, typer.Option(help="Where the platform's state lives.")] = Path(".run"),
) -> None:
    """Run a command of a service with the configuration of the platform on this machine."""
    try:
        program = find_program(folder, name, command)
    except LocalError as error:
        sys.exit(str(error))
    options = ("--redrive", redrive) if redrive else ()
    words = [*program.command, *options]
    os.execve(words[0], words, dict(program.environment or {}))  # noqa: S606  # our own program


def find_program(folder: Path, name: str, command: str) -> Program:
    """Return how to run a command of a service.

    Raises:
        LocalError: There is no such service, or the platform never ran in the folder.
    """
    plan = load_plan(folder)
    for service in SERVICES:
        if service.name == name:
            return plan.service_program(service, command)
    known = ", ".join(service.name for service in SERVICES)
    sentence = f"There is no service {name!r}; there are {known}."
    raise LocalError(sentence)


if __name__ == "__main__":
    app(prog_name="python -m deploy.local.admin")
