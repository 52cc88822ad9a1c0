"""`jointops login` and `jointops whoami`: who is at the terminal."""

import json
import sys
from typing import Annotated

import typer

from services.console import terminal
from services.console.cli.command import command
from services.console.cli.invocation import Invocation
from services.console.people import load_people
from services.console.sign_in import Session, ask_token, keep_session, read_token


def add_to(app: typer.Typer) -> None:
    """Add both commands to the program."""
    command(app, "login", example="commander-7f3a")(login)
    command(app, "whoami", example="--as commander", signs_in=True)(whoami)


def login(
    invocation: Invocation,
    *,
    person_id: Annotated[str, typer.Argument(metavar="PERSON_ID", help="Who you are 人员编号.")],
) -> None:
    """登录 Sign in and keep the token, never the secret, in the run folder for this user only."""
    platform = invocation.find_platform()
    secrets = {person.person_id: person.secret for person in load_people(platform.people_file)}
    # A demonstration person's secret lies in the run folder; everybody else types theirs.
    secret = secrets.get(person_id) or typer.prompt("secret 密码", hide_input=True)
    session = read_token(ask_token(platform.issuer, person_id, secret))
    keep_session(platform.run_folder, session)
    _show(invocation, session)


def whoami(invocation: Invocation) -> None:
    """我是谁 Show who is signed in, with which roles, and until when."""
    _show(invocation, invocation.session(invocation.find_platform()))


def _show(invocation: Invocation, session: Session) -> None:
    facts = {
        "person": session.person_id,
        "roles": ", ".join(session.roles),
        "station": session.station,
        "until": f"{session.expires_at:%Y-%m-%d %H:%M:%SZ}",
    }
    if invocation.is_json:
        sys.stdout.write(json.dumps(facts | {"roles": list(session.roles)}, indent=2) + "\n")
        return
    for label, fact in facts.items():
        terminal.answers().print(f"[dim]{label:<8}[/]{fact}")
