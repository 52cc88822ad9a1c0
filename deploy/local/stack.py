"""`make run`: the platform on one machine, from the command line."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from deploy.local.errors import LocalError
from deploy.local.folder import hold
from deploy.local.plan import make_plan, parse_ports, parse_services
from deploy.local.supervisor import Supervisor

PORTS_VARIABLE = "JOINTOPS_PORTS"

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def main(
    *,
    folder: Annotated[
        Path, typer.Option(help="Where its state lives; kept when the platform stops.")
    ] = Path(".run"),
    port: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=PORT",
            help="Port of a part, as station=50051; repeat for more. Others keep the port they "
            f"had last time or get a free one. {PORTS_VARIABLE} takes a list with commas.",
        ),
    ] = None,
    then: Annotated[
        str | None,
        typer.Option(metavar="COMMAND", help="Run this once everything is ready."),
    ] = None,
    stop_after: Annotated[
        bool,
        typer.Option("--stop-after", help="Stop when that command ends, with its exit code."),
    ] = False,
    service: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=MODULE", help="Run these services instead of all; for tests."),
    ] = None,
) -> None:
    """Run PostgreSQL, NATS, the token issuer and every service on this machine until Ctrl-C.

    Everything listens on the loopback address only.
    A second run continues where the first one stopped.
    When a part dies the rest stops, and the command exits with 1.
    """
    listed = os.environ.get(PORTS_VARIABLE, "").split(",")
    try:
        given = parse_ports([*filter(None, listed), *(port or ())])
        services = parse_services(service or ())
        with hold(folder.absolute()):
            plan = make_plan(folder, services=services, given=given)
            code = Supervisor(plan, Console()).run(then=then, ends_with_then=stop_after)
    except (LocalError, PermissionError) as error:
        sys.exit(str(error))
    sys.exit(code)


if __name__ == "__main__":
    app(prog_name="python -m deploy.local.stack")
