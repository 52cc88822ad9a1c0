"""`jointops demo`: the main job on real input."""

import typer


def add_to(app: typer.Typer) -> None:
    """Add the command."""
