"""Where the program writes: answers to standard output, everything beside them to the other one."""

import os
import sys
from typing import TextIO

from rich.console import Console

# Nobody folds the lines of a file or a pipe: there a table is as wide as it needs.
UNFOLDED_WIDTH = 200


def answers() -> Console:
    """Return where answers go."""
    return _console(sys.stdout)


def asides() -> Console:
    """Return where refusals, and progress beside an answer for a program, go."""
    return _console(sys.stderr)


def _console(stream: TextIO) -> Console:
    is_folded = stream.isatty() or "COLUMNS" in os.environ
    return Console(file=stream, highlight=False, width=None if is_folded else UNFOLDED_WIDTH)
