"""`jointops events`: what happens, as it happens."""

import asyncio
from typing import Annotated

import typer

from services.console.cli.command import command
from services.console.cli.invocation import Invocation
from services.console.tail import tail as follow

app = typer.Typer(name="events", help="事件 Events, live.", no_args_is_help=True)


@command(app, "tail", example="--case 01992f00-5a10-7c3e-9b1d-2f0f6a1c0002")
def tail(
    invocation: Invocation,
    *,
    station: Annotated[
        str, typer.Option(help="Station 派出所; your platform's when left out.", show_default=False)
    ] = "",
    case_id: Annotated[
        str,
        typer.Option(
            "--case", metavar="CASE_ID", help="Only events of this case 案件.", show_default=False
        ),
    ] = "",
) -> None:
    """实时事件 Follow events, one line each, until Ctrl-C."""
    platform = invocation.find_platform()
    asyncio.run(
        follow(
            platform,
            station=station or platform.station,
            case_id=case_id,
            as_json=invocation.is_json,
        )
    )
