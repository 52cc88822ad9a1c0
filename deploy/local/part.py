"""The parts of the platform as the supervisor sees them: begun, stepped until ready, stopped.

Nothing here waits, except for a server that is up within a second: the supervisor steps all parts
in turn from one thread, the one that the children's leashes are tied to.
"""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from deploy.local.child import Child, Program
from deploy.local.errors import StartFailedError

# Only for one that hangs: a process that dies is noticed at once, and four services that start
# together on two busy cores take their time.
READY_TIMEOUT_SECONDS = 120.0
MIGRATE_TIMEOUT_SECONDS = 120.0
# Longer than a service takes to drain.
STOP_TIMEOUT_SECONDS = 15.0


class PartState(StrEnum):
    """Where a part stands."""

    WAITING = "waiting"
    MIGRATING = "migrating"
    STARTING = "starting"
    READY = "ready"
    STOPPING = "stopping"
    STOPPED = "stopped"
    FAILED = "failed"


class Part(ABC):
    """One part: its name, port and state, and how long it took to be ready."""

    def __init__(self, name: str, port: int) -> None:
        self.name = name
        self.port = port
        self.state = PartState.WAITING
        self.ready_after_seconds: float | None = None
        self._began_at = 0.0

    @property
    @abstractmethod
    def child(self) -> Child | None:
        """Return the process of the part, or None."""

    @property
    def is_ready(self) -> bool:
        """Tell whether the part was ready when it was last stepped."""
        return self.state is PartState.READY

    def begin(self) -> None:
        """Start the part; `step` brings it on."""
        self._began_at = time.monotonic()
        self._guard(self._begin)

    def step(self) -> None:
        """Bring the part on, or notice that it died.

        Raises:
            StartFailedError: It died or was too slow; the message ends with its log.
        """
        self._guard(self._step)

    def ask_to_stop(self) -> None:
        """Ask a running part to end, without waiting."""
        if self.state not in {PartState.WAITING, PartState.FAILED}:
            self.state = PartState.STOPPING
        if self.child is not None:
            self.child.ask_to_stop()

    def stop(self) -> None:
        """End the part, by force when it has not ended in time."""
        self._stop()
        if self.state is PartState.STOPPING:
            self.state = PartState.STOPPED

    @abstractmethod
    def _begin(self) -> None: ...

    @abstractmethod
    def _step(self) -> None: ...

    @abstractmethod
    def _stop(self) -> None: ...

    def _guard(self, act: Callable[[], None]) -> None:
        try:
            act()
        except BaseException:
            self.state = PartState.FAILED
            raise

    def _become_ready(self) -> None:
        self.state = PartState.READY
        self.ready_after_seconds = time.monotonic() - self._began_at


class StartStop(Protocol):
    """A server that starts and stops by itself: `Postgres` and `Nats`."""

    @property
    def child(self) -> Child | None:
        """Return the running process, or None."""

    def start(self) -> None:
        """Start and wait until ready."""

    def stop(self) -> None:
        """Stop."""


class ServerPart(Part):
    """PostgreSQL or NATS, and what is to be done once it is up."""

    def __init__(
        self, name: str, port: int, server: StartStop, *, once_up: Callable[[], None] = lambda: None
    ) -> None:
        super().__init__(name, port)
        self._server = server
        self._once_up = once_up

    @property
    def child(self) -> Child | None:
        """Return the server's process, or None."""
        return self._server.child

    def _begin(self) -> None:
        self.state = PartState.STARTING
        self._server.start()
        self._once_up()
        self._become_ready()

    def _step(self) -> None:
        child = self._server.child
        if child is not None and child.exit_code is not None:
            raise StartFailedError(child.report(child.ending()))

    def _stop(self) -> None:
        self._server.stop()


class ProgramPart(Part):
    """A program of ours, after the one that migrates its database."""

    def __init__(
        self,
        port: int,
        program: Program,
        *,
        log: Path,
        is_ready: Callable[[int], bool],
        migration: Program | None = None,
    ) -> None:
        super().__init__(program.name, port)
        self._programs = [program] if migration is None else [migration, program]
        self._log = log
        self._is_ready = is_ready
        self._child: Child | None = None
        self._deadline = 0.0

    @property
    def child(self) -> Child | None:
        """Return the running process, or None."""
        return self._child

    def _begin(self) -> None:
        self._start_next()

    def _start_next(self) -> None:
        self._child = Child.start(self._programs.pop(0), log=self._log)
        is_last = not self._programs
        self.state = PartState.STARTING if is_last else PartState.MIGRATING
        limit = READY_TIMEOUT_SECONDS if is_last else MIGRATE_TIMEOUT_SECONDS
        self._deadline = time.monotonic() + limit

    def _step(self) -> None:
        if self._child is None or self.state is PartState.FAILED:
            return
        code = self._child.exit_code
        if self.state is PartState.MIGRATING and code == 0:
            self._start_next()
        elif code is not None:
            raise StartFailedError(self._child.report(self._child.ending()))
        elif self.state is PartState.READY:
            return
        elif self.state is PartState.STARTING and self._is_ready(self.port):
            self._become_ready()
        elif time.monotonic() > self._deadline:
            raise StartFailedError(self._child.report(f"took too long while {self.state}"))

    def _stop(self) -> None:
        if self._child is not None:
            self._child.stop(timeout_seconds=STOP_TIMEOUT_SECONDS)
