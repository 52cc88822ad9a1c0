"""The whole platform in a folder of its own, and the program that a person types."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy.local.addresses import read_addresses
from deploy.local.child import Child, Program
from deploy.local.errors import LocalError
from deploy.local.plan import ROOT

# PostgreSQL, NATS, issuer and four services, each a process, on two cores that others use too.
UP_SECONDS = 90.0
DOWN_SECONDS = 30.0
COMMAND_SECONDS = 90.0
JOINTOPS = str(Path(sys.executable).with_name("jointops"))


@dataclass(frozen=True, slots=True)
class Ended:
    """What a command of `jointops` printed, and how it ended."""

    code: int
    out: str
    err: str


class Stack:
    """A platform that runs in one folder on free ports."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "run"
        command = (sys.executable, "-m", "deploy.local.stack", "--folder", str(self.folder))
        program = Program("stack", command, dict(os.environ), ROOT)
        self._child = Child.start(program, log=folder / "stack.txt")

    def wait_until_up(self) -> None:
        """Wait until every service is ready."""
        self._child.wait_until(self._is_up, timeout_seconds=UP_SECONDS)

    def stop(self) -> None:
        """Stop everything in order."""
        self._child.stop(timeout_seconds=DOWN_SECONDS)

    def jointops(self, *arguments: str) -> Ended:
        """Run a command to its end."""
        done = subprocess.run(  # noqa: S603  # our own program with a test's words
            [JOINTOPS, *arguments],
            env=self.environment(),
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
            check=False,
        )
        return Ended(done.returncode, done.stdout, done.stderr)

    @contextmanager
    def running(self, *arguments: str) -> Iterator["subprocess.Popen[str]"]:
        """Run a command beside the test; it is killed at the end if it still runs."""
        with subprocess.Popen(  # noqa: S603  # same
            [JOINTOPS, *arguments],
            env=self.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            try:
                yield process
            finally:
                process.send_signal(signal.SIGKILL)

    def environment(self) -> dict[str, str]:
        """Return the environment of a terminal that works with this platform."""
        return os.environ | {"JOINTOPS_RUN_FOLDER": str(self.folder), "PYTHONUNBUFFERED": "1"}

    def _is_up(self) -> bool:
        try:
            read_addresses(self.folder)
        except LocalError:
            return False
        return True
