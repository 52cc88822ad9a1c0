"""Starts the platform in order, watches it, and stops it in reverse order.

One thread does everything, because a child's leash is tied to the thread that started it. The
first part that dies stops the rest: a platform with a hole would only look as if it worked.
"""

import shlex
import shutil
import signal
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, Self

from rich.console import Console

from deploy.local import people
from deploy.local.addresses import remove_addresses, write_addresses
from deploy.local.board import Board
from deploy.local.child import Child, Program
from deploy.local.errors import LocalError
from deploy.local.folder import keep_secret
from deploy.local.health import is_answering, is_serving
from deploy.local.nats import Nats
from deploy.local.part import Part, PartState, ProgramPart, ServerPart
from deploy.local.plan import Plan, Service, surroundings
from deploy.local.postgres import Postgres

TICK_SECONDS = 0.05
FOLLOW_UP_STOP_SECONDS = 5.0


class StopRequest:
    """Notes SIGINT, SIGTERM and SIGHUP instead of dying from them; a context manager."""

    def __init__(self) -> None:
        self.is_made = False
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _note(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        self.is_made = True


class Supervisor:
    """The platform of one run folder, from its first part to an orderly end."""

    def __init__(self, plan: Plan, console: Console) -> None:
        self._plan = plan
        self._layout = plan.layout
        self._stopping = StopRequest()
        self._follow_up: Child | None = None
        self._infrastructure: Sequence[Part] = ()
        self._services: Sequence[Part] = ()
        self._bus: Nats
        self._console = console
        self._board = Board(console, ())

    def run(self, *, then: str | None = None, ends_with_then: bool = False) -> int:
        """Run until a stop is requested; returns the exit code.

        Args:
            then: Command to run once everything is ready.
            ends_with_then: Stop when that command ends, with its exit code.
        """
        with self._stopping:
            try:
                follow_up = None if then is None else self._follow_up_program(then)
                self._prepare()
                self._start()
                return self._stay_up(follow_up, ends_with_then=ends_with_then)
            except LocalError as error:
                self._board.show_report(str(error), self._layout.logs)
                return 1
            finally:
                self._stop()

    def _prepare(self) -> None:
        self._layout.make()
        self._plan.remember_ports()
        self._infrastructure = (self._postgres(), self._nats(), self._issuer())
        self._services = tuple(self._service(service) for service in self._plan.services)
        self._board = Board(self._console, [*self._infrastructure, *self._services])
        if not people.has_people(self._layout.folder):
            made = people.make_people(self._layout.folder)
            self._board.show_secrets(made, self._layout.folder / "people.json")

    def _start(self) -> None:
        with self._board:
            for part in self._infrastructure:
                self._bring_up([part])
            self._bring_up(self._services)

    def _bring_up(self, parts: Sequence[Part]) -> None:
        for part in parts:
            if not self._stopping.is_made:
                part.begin()
        while not self._stopping.is_made and not all(part.is_ready for part in parts):
            self._tick()

    def _tick(self) -> None:
        for part in (*self._infrastructure, *self._services):
            if part.state is not PartState.WAITING:
                part.step()
        self._board.show()
        time.sleep(TICK_SECONDS)

    def _stay_up(self, follow_up: Program | None, *, ends_with_then: bool) -> int:
        if self._stopping.is_made:
            return 0
        addresses = write_addresses(self._plan, nats_monitoring_url=self._bus.monitoring_url)
        self._board.show_addresses(addresses)
        if follow_up is not None:
            self._follow_up = Child.start(follow_up, log=None)
        while not self._stopping.is_made:
            self._tick()
            code = self._follow_up_code()
            if code is not None and ends_with_then:
                return code
        return 0

    def _follow_up_code(self) -> int | None:
        """Return the exit code of the follow-up the first time that it is seen to have ended."""
        if self._follow_up is None or self._follow_up.exit_code is None:
            return None
        code = self._follow_up.exit_code
        self._board.say(f"{self._follow_up.program.name} {self._follow_up.ending()}")
        self._follow_up = None
        return code

    def _stop(self) -> None:
        """Stop in reverse order: follow-up, services at once, then what they stand on."""
        remove_addresses(self._layout.folder)
        if self._follow_up is not None:
            self._follow_up.stop(timeout_seconds=FOLLOW_UP_STOP_SECONDS)
        with self._board:
            for part in reversed(self._services):
                part.ask_to_stop()
            for part in (*reversed(self._services), *reversed(self._infrastructure)):
                self._board.show()
                part.ask_to_stop()
                part.stop()
                self._board.show()

    def _postgres(self) -> Part:
        port, log = self._plan.ports["postgres"], self._layout.log("postgres")
        server = Postgres(self._layout.folder / "postgres", port=port, log=log)

        def make_databases() -> None:
            for service in self._plan.services:
                password = keep_secret(self._layout.password_file(service))
                server.create_role(service.name, password=password)
                server.create_database(service.name, owner=service.name)

        return ServerPart("postgres", port, server, once_up=make_databases)

    def _nats(self) -> Part:
        port, log = self._plan.ports["nats"], self._layout.log("nats")
        self._bus = Nats(self._layout.folder / "nats", port=port, log=log)
        return ServerPart("nats", port, self._bus)

    def _issuer(self) -> Part:
        program, log = self._plan.issuer_program(), self._layout.log("issuer")
        return ProgramPart(self._plan.ports["issuer"], program, log=log, is_ready=is_answering)

    def _service(self, service: Service) -> Part:
        return ProgramPart(
            self._plan.ports[service.name],
            self._plan.service_program(service, "serve"),
            log=self._layout.log(service.name),
            is_ready=is_serving,
            migration=self._plan.service_program(service, "migrate"),
        )

    def _follow_up_program(self, command: str) -> Program:
        words = shlex.split(command)
        environment = surroundings() | {"JOINTOPS_RUN_FOLDER": str(self._layout.folder)}
        program = shutil.which(words[0], path=environment["PATH"]) if words else None
        if program is None:
            sentence = f"The follow-up command {command!r} is not a program."
            raise LocalError(sentence)
        path = str(Path(program).absolute())
        return Program(words[0], (path, *words[1:]), environment)
