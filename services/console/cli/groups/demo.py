"""`jointops demo`: the main job on real input, checked at its end."""

import asyncio
import sys
from typing import Annotated

import typer

from services.console import terminal
from services.console.cli.command import command
from services.console.cli.invocation import Invocation
from services.console.demo.board import Board
from services.console.demo.calls import FIRST_DAY
from services.console.demo.run import Wish, report_file, run
from services.console.errors import Exit


def add_to(app: typer.Typer) -> None:
    """Add the command to the program."""
    command(app, "demo", example="--day 2019-01-02 --limit 100")(demo)


def demo(
    invocation: Invocation,
    *,
    day: Annotated[
        str, typer.Option(metavar="DAY", help="Day to replay 日期, 2019-01-01 to 2019-01-14.")
    ] = FIRST_DAY,
    limit: Annotated[
        int | None, typer.Option(min=1, help="Only so many calls; all of the day when left out.")
    ] = None,
    speed: Annotated[
        float, typer.Option(min=0, help="Calls a second; 0 is as fast as it goes.")
    ] = 0.0,
) -> None:
    """演示 Replay a real day, lead one case to its closing, and check that everything is there.

    A second run continues where the first one stopped, and changes nothing when it is complete.
    """
    platform = invocation.find_platform()
    # A program reads the result alone; a person may still watch.
    board = Board(terminal.asides() if invocation.is_json else terminal.answers())
    is_met = asyncio.run(run(platform, board, Wish(day, limit, speed)))
    if invocation.is_json:
        sys.stdout.write(report_file(platform).read_text(encoding="utf-8"))
    if not is_met:
        sys.exit(Exit.REFUSED)
