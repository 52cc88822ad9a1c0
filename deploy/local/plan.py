"""What the platform on one machine consists of: its services, folders, ports and environment."""

import os
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from deploy.local import issuer
from deploy.local.child import Program
from deploy.local.errors import LocalError
from deploy.local.nats import SERVICE_USER
from deploy.local.ports import LOOPBACK, check_free, is_free, pick_port
from deploy.local.signing import AUDIENCE
from deploy.local.sql import checked

ROOT = Path(__file__).resolve().parents[2]
INFRASTRUCTURE = ("postgres", "nats", "issuer")
LAST_PORT = 65_535


@dataclass(frozen=True, slots=True)
class Service:
    """One service: its name, which is also that of its database and role, and its module."""

    name: str
    module: str


SERVICES = tuple(
    Service(name, f"services.{name}.main") for name in ("station", "intel", "tech", "ops")
)


@dataclass(frozen=True, slots=True)
class Layout:
    """Where everything lives below the run folder, which survives a stop."""

    folder: Path

    @property
    def logs(self) -> Path:
        """Return the folder of the logs."""
        return self.folder / "logs"

    @property
    def traces(self) -> Path:
        """Return the folder of the spans."""
        return self.folder / "traces"

    @property
    def issuer(self) -> Path:
        """Return the folder of the issuer's key and accounts."""
        return self.folder / "issuer"

    @property
    def ports_file(self) -> Path:
        """Return the file with the ports of the last run."""
        return self.folder / "ports"

    def password_file(self, service: Service) -> Path:
        """Return the file with the database password of a service."""
        return self.folder / "secrets" / f"{service.name}-database"

    def make(self) -> None:
        """Make the folders that are written to before anything starts."""
        for folder in (self.logs, self.traces, self.folder / "secrets"):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def log(self, name: str) -> Path:
        """Return a fresh log file; the one of the run before is kept beside it."""
        file = self.logs / f"{name}.log"
        if file.exists():
            file.replace(self.logs / f"{name}.previous.log")
        file.touch(mode=0o600)
        return file


@dataclass(frozen=True, slots=True)
class Plan:
    """What to start, where, and on which ports."""

    services: tuple[Service, ...]
    layout: Layout
    ports: Mapping[str, int]

    def address(self, name: str) -> str:
        """Return host and port of a part."""
        return f"{LOOPBACK}:{self.ports[name]}"

    @property
    def issuer_url(self) -> str:
        """Return the address of the issuer, which is also its name in tokens."""
        return issuer.address(self.ports["issuer"])

    @property
    def nats_url(self) -> str:
        """Return the address of NATS."""
        return f"nats://{self.address('nats')}"

    def remember_ports(self) -> None:
        """Keep the ports for the next run, so that addresses and tokens stay valid."""
        lines = [f"{name}={port}\n" for name, port in self.ports.items()]
        self.layout.ports_file.write_text("".join(lines), encoding="utf-8")

    def issuer_program(self) -> Program:
        """Return how to run the issuer."""
        options = ("--folder", str(self.layout.issuer), "--port", str(self.ports["issuer"]))
        return Program("issuer", _python("deploy.local.issuer", *options), surroundings(), ROOT)

    def service_program(self, service: Service, command: str) -> Program:
        """Return how to run a command of a service: `migrate` or `serve`."""
        environment = surroundings() | self.service_environment(service)
        return Program(service.name, _python(service.module, command), environment, ROOT)

    def service_environment(self, service: Service) -> dict[str, str]:
        """Return the configuration of a service; secrets are only named, never passed."""
        database = f"postgresql://{service.name}@{self.address('postgres')}/{service.name}"
        passwords = self.layout.folder / "nats" / f"{SERVICE_USER}-password"
        return {
            "JOINTOPS_ENVIRONMENT": "local",
            "JOINTOPS_LISTEN": self.address(service.name),
            "JOINTOPS_DATABASE_URL": database,
            "JOINTOPS_DATABASE_PASSWORD_FILE": str(self.layout.password_file(service)),
            "JOINTOPS_NATS_URL": self.nats_url,
            "JOINTOPS_NATS_USER": SERVICE_USER,
            "JOINTOPS_NATS_PASSWORD_FILE": str(passwords),
            "JOINTOPS_JWKS_URL": f"{self.issuer_url}/.well-known/jwks.json",
            "JOINTOPS_ISSUER": self.issuer_url,
            "JOINTOPS_AUDIENCE": AUDIENCE,
            "JOINTOPS_TRACE_FOLDER": str(self.layout.traces),
        }


def make_plan(
    folder: Path, *, services: Iterable[Service] = SERVICES, given: Mapping[str, int]
) -> Plan:
    """Plan a run: every part gets the port given, the one it had last time, or a free one.

    Raises:
        LocalError: A port is given for a part that does not exist, or is in use.
    """
    chosen = tuple(services)
    layout = Layout(folder.absolute())
    names = [*INFRASTRUCTURE, *(service.name for service in chosen)]
    for name in given:
        if name not in names:
            sentence = f"There is no {name!r}; ports can be given for {', '.join(names)}."
            raise LocalError(sentence)
    return Plan(chosen, layout, _choose_ports(names, given, layout.ports_file))


def load_plan(folder: Path) -> Plan:
    """Return the plan of the run that uses the folder now, or that used it last.

    Raises:
        LocalError: The platform never ran in this folder.
    """
    layout = Layout(folder.absolute())
    ports = _remembered_ports(layout.ports_file)
    if not ports:
        sentence = f"Nothing ran in {folder} yet: start the platform first."
        raise LocalError(sentence)
    return Plan(SERVICES, layout, ports)


def parse_ports(assignments: Iterable[str]) -> dict[str, int]:
    """Read assignments like `station=50051`.

    Raises:
        LocalError: One is not of this form.
    """
    ports: dict[str, int] = {}
    for assignment in assignments:
        name, _, digits = assignment.strip().partition("=")
        if not (digits.isascii() and digits.isdigit() and 0 < int(digits) <= LAST_PORT):
            sentence = f"{assignment!r} is no port; write NAME=PORT, as station=50051."
            raise LocalError(sentence)
        ports[name] = int(digits)
    return ports


def parse_services(assignments: Iterable[str]) -> tuple[Service, ...]:
    """Read assignments like `station=services.station.main`; none means every service.

    Raises:
        LocalError: One is not of this form.
    """
    services = []
    for assignment in assignments:
        name, _, module = assignment.partition("=")
        if not module:
            sentence = f"{assignment!r} is no service; write NAME=MODULE."
            raise LocalError(sentence)
        services.append(Service(checked(name), module))
    return tuple(services) or SERVICES


def surroundings() -> dict[str, str]:
    """Return our environment for a child: unbuffered, our programs first, no proxy to ourselves."""
    environment = dict(os.environ)
    programs = str(Path(sys.executable).parent)
    environment["PATH"] = os.pathsep.join([programs, environment.get("PATH", os.defpath)])
    # The last words of a process that dies are the ones that matter.
    environment["PYTHONUNBUFFERED"] = "1"
    for name in ("no_proxy", "NO_PROXY"):
        environment[name] = ",".join(filter(None, [environment.get(name), LOOPBACK, "localhost"]))
    return environment


def _choose_ports(names: list[str], given: Mapping[str, int], memory: Path) -> dict[str, int]:
    remembered = _remembered_ports(memory)
    ports: dict[str, int] = {}
    for name in names:
        port = given.get(name)
        if port is not None:
            check_free(port)
        elif _is_usable(remembered.get(name), {*ports.values(), *given.values()}):
            port = remembered[name]
        ports[name] = port or pick_port(taken={*ports.values(), *given.values()})
    if len(set(ports.values())) < len(ports):
        raise LocalError("The same port is given twice.")
    return ports


def _is_usable(port: int | None, taken: set[int]) -> bool:
    return port is not None and port not in taken and is_free(port)


def _remembered_ports(memory: Path) -> dict[str, int]:
    try:
        return parse_ports(memory.read_text(encoding="utf-8").splitlines())
    except (OSError, UnicodeDecodeError, LocalError):
        # Only a convenience: without it the next run takes other ports.
        return {}


def _python(module: str, *options: str) -> tuple[str, ...]:
    return (sys.executable, "-m", module, *options)
