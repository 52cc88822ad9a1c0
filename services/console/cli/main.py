"""`jointops`: the groups of commands, and the one place where a run of the program ends."""

import os
import sys
from types import ModuleType

import typer

from services.console import terminal
from services.console.cli import sessions
from services.console.cli.groups import (
    alarms,
    arrests,
    cases,
    demo,
    events,
    examinations,
    exhibits,
    leads,
    operations,
    products,
    requests,
    reviews,
    taskings,
    trace,
)
from services.console.errors import Exit

DEBUG_VARIABLE = "JOINTOPS_DEBUG"

app = typer.Typer(
    name="",
    help="联合作战指挥平台命令行 The joint operations platform at the command line.\n\n"
    "Sign in with `jointops login PERSON_ID`, or act as a demonstration person with --as.",
    epilog="例 Example: jointops cases list --as commander",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

GROUPS: tuple[ModuleType, ...] = (
    alarms,
    cases,
    requests,
    taskings,
    leads,
    products,
    exhibits,
    examinations,
    operations,
    arrests,
    reviews,
    events,
    trace,
)

sessions.add_to(app)
demo.add_to(app)
for group in GROUPS:
    app.add_typer(group.app)


def main() -> None:
    """Run the program; nobody at a terminal reads a stack trace."""
    _leave_loopback_alone()
    try:
        app(prog_name="jointops")
    except Exception as fault:
        if os.environ.get(DEBUG_VARIABLE):
            raise
        sentence = (
            f"This program failed: {type(fault).__name__}. Set {DEBUG_VARIABLE}=1 to see where."
        )
        terminal.asides().print(f"程序出错 {sentence}", style="red")
        sys.exit(Exit.UNAVAILABLE)


def _leave_loopback_alone() -> None:
    """Keep a proxy of the environment out of the way to a platform on this machine."""
    for name in ("no_proxy", "NO_PROXY"):
        os.environ[name] = ",".join(filter(None, [os.environ.get(name), "127.0.0.1", "localhost"]))


if __name__ == "__main__":
    main()
