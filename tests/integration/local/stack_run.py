"""One run of the supervisor, as a person at a terminal would start it."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.local.addresses import read_addresses
from deploy.local.child import Child, Program
from deploy.local.errors import LocalError
from deploy.local.plan import ROOT

FAKE_SERVICE = "tests.integration.local.fake_service"
UP_TIMEOUT_SECONDS = 40
DOWN_TIMEOUT_SECONDS = 30


class StackRun:
    """A supervisor over fake services in one folder, and what it prints."""

    def __init__(
        self, folder: Path, *options: str, services: tuple[str, ...] = ("station",)
    ) -> None:
        self.folder = folder / "run"
        self.faults = folder / "faults"
        self.faults.mkdir(exist_ok=True)
        named = [f"--service={name}={FAKE_SERVICE}" for name in services]
        command = (sys.executable, "-m", "deploy.local.stack", "--folder", str(self.folder))
        environment = os.environ | {"JOINTOPS_TEST_FAULTS": str(self.faults)}
        program = Program("stack", (*command, *named, *options), environment, ROOT)
        self._output = folder / "output.txt"
        self._output.write_bytes(b"")
        self.child = Child.start(program, log=self._output)

    @property
    def output(self) -> str:
        """Return what was printed so far."""
        return self._output.read_text()

    def wait_until_up(self) -> "StackRun":
        """Wait until every part is ready."""
        self.child.wait_until(self._is_up, timeout_seconds=UP_TIMEOUT_SECONDS)
        return self

    def wait(self) -> int:
        """Wait for the end and return the exit code."""
        return self.child.wait(timeout_seconds=DOWN_TIMEOUT_SECONDS)

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        """Ask for the end, wait for it and return the exit code."""
        os.kill(self.child.pid, number)
        return self.wait()

    def _is_up(self) -> bool:
        try:
            read_addresses(self.folder)
        except LocalError:
            return False
        return "The platform is up" in self.output


@contextmanager
def running(
    folder: Path, *options: str, services: tuple[str, ...] = ("station",)
) -> Iterator[StackRun]:
    """Run a supervisor and end it whatever the test does."""
    run = StackRun(folder, *options, services=services)
    try:
        yield run
    finally:
        run.child.stop(timeout_seconds=DOWN_TIMEOUT_SECONDS)
