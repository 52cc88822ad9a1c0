"""Finds the platform: its run folder, or addresses given in the environment.

The run folder is written by the platform on one machine. `stack.json` in it is there while the
platform is up and holds, as an object: `pid`, `station`, `services` (a name to host and port),
`issuer`, `nats_url`, `nats_dashboard_user`, `nats_dashboard_password_file`, `nats_monitoring_url`,
`trace_folder`, `people_folder`. A platform elsewhere is named by `JOINTOPS_SERVICES`
(`station=host:port,intel=host:port,...`), `JOINTOPS_ISSUER` and, for events, `JOINTOPS_NATS_URL`;
each given value goes before the file's.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.console.errors import PlatformDownError, UsageError

RUN_FOLDER = Path(".run")
RUN_FOLDER_VARIABLE = "JOINTOPS_RUN_FOLDER"
SERVICES_VARIABLE = "JOINTOPS_SERVICES"
ISSUER_VARIABLE = "JOINTOPS_ISSUER"
NATS_VARIABLE = "JOINTOPS_NATS_URL"


@dataclass(frozen=True, slots=True)
class Platform:
    """Where everything is; what is empty is not there for this console."""

    run_folder: Path
    station: str
    services: Mapping[str, str]
    issuer: str
    nats_url: str
    nats_user: str
    nats_password_file: Path | None
    nats_monitoring_url: str
    trace_folder: Path
    people_file: Path

    def address(self, service: str) -> str:
        """Return host and port of a service.

        Raises:
            PlatformDownError: It is not among those that run.
        """
        try:
            return self.services[service]
        except KeyError:
            raise PlatformDownError(
                f"The service {service} is not part of the platform that runs."
            ) from None


def run_folder_of(given: Path | None, environment: Mapping[str, str]) -> Path:
    """Return the run folder: as given, from the environment, or `.run` here."""
    return (given or Path(environment.get(RUN_FOLDER_VARIABLE) or RUN_FOLDER)).absolute()


def find_platform(given: Path | None, environment: Mapping[str, str]) -> Platform:
    """Find the platform that runs.

    Args:
        given: The run folder, when one was named.
        environment: Variables of this process.

    Raises:
        PlatformDownError: None runs there.
        UsageError: A variable cannot be read.
    """
    folder = run_folder_of(given, environment)
    services = _parse_services(environment.get(SERVICES_VARIABLE, ""))
    stack = _read_stack(folder, is_needed=not services)
    password_file = stack.get("nats_dashboard_password_file")
    return Platform(
        run_folder=folder,
        station=stack.get("station", ""),
        services=stack.get("services", {}) | services,
        issuer=environment.get(ISSUER_VARIABLE) or stack.get("issuer", ""),
        nats_url=environment.get(NATS_VARIABLE) or stack.get("nats_url", ""),
        nats_user=stack.get("nats_dashboard_user", ""),
        nats_password_file=Path(password_file) if password_file else None,
        nats_monitoring_url=stack.get("nats_monitoring_url", ""),
        trace_folder=Path(stack.get("trace_folder") or folder / "traces"),
        people_file=Path(stack.get("people_folder") or folder) / "people.json",
    )


def _read_stack(folder: Path, *, is_needed: bool) -> dict[str, Any]:
    """Read `stack.json`; what a killed run left behind does not count."""
    try:
        stack: dict[str, Any] = json.loads((folder / "stack.json").read_text(encoding="utf-8"))
        is_up = _is_alive(int(stack["pid"]))
    except (OSError, ValueError, KeyError, TypeError):
        is_up = False
    if is_up:
        return stack
    if is_needed:
        raise PlatformDownError(f"The platform is not running: nothing is up in {folder}.")
    return {}


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        # Somebody else's process, but a process.
        return True
    return True


def _parse_services(text: str) -> dict[str, str]:
    services = {}
    for assignment in filter(None, map(str.strip, text.split(","))):
        name, _, address = assignment.partition("=")
        if not address:
            raise UsageError(
                f"{SERVICES_VARIABLE} holds {assignment!r}, which is no address.",
                advice="Write station=host:port,intel=host:port,...",
            )
        services[name.strip()] = address.strip()
    return services
