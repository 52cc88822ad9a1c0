"""One child process: started on a leash, logged to a file, stopped in order.

A child never outlives the thread that started it: start children from a thread that lives as long
as they should, normally the main thread. Each child leads its own session, so that Ctrl-C reaches
the supervisor alone.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from deploy.local import leash
from deploy.local.errors import StartFailedError

POLL_SECONDS = 0.01
TAIL_LINES = 20


@dataclass(frozen=True, slots=True)
class Program:
    """What to run: absolute program and arguments, its surroundings, and how it ends.

    Attributes:
        environment: The whole environment of the child; None inherits ours.
        uid: User to become when we are root; None stays who we are.
        stop_signal: Asks for an orderly end.
        orphan_signal: Sent by the kernel when we die without a stop.
    """

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] | None = None
    folder: Path | None = None
    uid: int | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    orphan_signal: signal.Signals = signal.SIGKILL


@dataclass(slots=True)
class Child:
    """A running program and the end of its log."""

    program: Program
    log: Path | None
    _process: subprocess.Popen[bytes] = field(repr=False)
    _is_asked: bool = False

    @classmethod
    def start(cls, program: Program, *, log: Path | None) -> Self:
        """Start a program; its output goes to the end of `log`, or to our own output if None."""
        with contextlib.ExitStack() as stack:
            output = None if log is None else stack.enter_context(log.open("ab"))
            process = subprocess.Popen(  # noqa: S603 - the command is ours, no shell is involved
                _leashed(program),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=None if output is None else subprocess.STDOUT,
                env=program.environment,
                cwd=program.folder,
                start_new_session=True,
            )
        return cls(program, log, process)

    @property
    def pid(self) -> int:
        """Return the process id, the same before and after the leash."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """Return the exit code (negative: killed by that signal), or None while it runs."""
        return self._process.poll()

    def wait_until(self, is_ready: Callable[[], bool], *, timeout_seconds: float) -> None:
        """Wait until the program is ready.

        Raises:
            StartFailedError: It died, or was not ready in time; the message ends with its log.
        """
        deadline = time.monotonic() + timeout_seconds
        while not is_ready():
            if self.exit_code is not None:
                raise StartFailedError(self.report(self.ending()))
            if time.monotonic() > deadline:
                raise StartFailedError(self.report(f"was not ready in {timeout_seconds:g} s"))
            time.sleep(POLL_SECONDS)

    def wait(self, *, timeout_seconds: float) -> int:
        """Wait for the end of a program that ends by itself and return its exit code.

        Raises:
            subprocess.TimeoutExpired: It still runs.
        """
        return self._process.wait(timeout_seconds)

    def ask_to_stop(self) -> None:
        """Ask the program to end, once: many take a second signal as impatience."""
        if self.exit_code is None and not self._is_asked:
            self._is_asked = True
            self._process.send_signal(self.program.stop_signal)

    def stop(self, *, timeout_seconds: float = 10) -> None:
        """Ask the program to end, and kill its whole session when it has not done so in time."""
        self.ask_to_stop()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout_seconds)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()

    def ending(self) -> str:
        """Say in words how the program ended."""
        code = self.exit_code
        if code is None:
            return "still runs"
        return f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with {code}"

    def report(self, what: str) -> str:
        """Return a sentence about the program, followed by the end of its log."""
        return f"{self.program.name} {what}.\n{self.tail()}"

    def tail(self) -> str:
        """Return the last lines of the log, indented."""
        if self.log is None or not self.log.exists():
            return ""
        with self.log.open(encoding="utf-8", errors="replace") as lines:
            return "".join(f"    {line.rstrip()}\n" for line in deque(lines, TAIL_LINES))


def run(program: Program, *, log: Path, timeout_seconds: float) -> None:
    """Run a program to its end.

    Raises:
        StartFailedError: It failed or took too long; the message ends with its log.
    """
    child = Child.start(program, log=log)
    try:
        code = child.wait(timeout_seconds=timeout_seconds)
    except subprocess.TimeoutExpired:
        child.stop(timeout_seconds=0)
        raise StartFailedError(child.report(f"did not end in {timeout_seconds:g} s")) from None
    if code != 0:
        raise StartFailedError(child.report(child.ending()))


def _leashed(program: Program) -> Sequence[str]:
    options = [f"--parent={os.getpid()}", f"--signal={program.orphan_signal.name}"]
    if program.uid is not None:
        options.append(f"--uid={program.uid}")
    # -I and -S keep the environment of the child from reaching the leash, and make it start fast.
    return [sys.executable, "-I", "-S", str(leash.__file__), *options, "--", *program.command]
