"""Where the running platform is: `stack.json` in the run folder, for clients on the same machine.

It is there while the platform is up, readable by its owner only, and names files of secrets but
holds none.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from deploy.local.errors import LocalError
from deploy.local.folder import write_secret
from deploy.local.nats import DASHBOARD_USER
from deploy.local.people import STATION
from deploy.local.plan import Plan
from deploy.local.signing import AUDIENCE


@dataclass(frozen=True, slots=True)
class Addresses:
    """What a client needs to find the platform; `services` maps a name to host and port."""

    pid: int
    started_at: str
    station: str
    services: Mapping[str, str]
    issuer: str
    audience: str
    nats_url: str
    nats_dashboard_user: str
    nats_dashboard_password_file: str
    nats_monitoring_url: str
    people_folder: str
    log_folder: str
    trace_folder: str


def write_addresses(plan: Plan, *, nats_monitoring_url: str) -> Addresses:
    """Tell clients where the platform is; the monitoring port alone is known only at the start."""
    folder = plan.layout.folder
    addresses = Addresses(
        pid=os.getpid(),
        started_at=datetime.now(UTC).isoformat(timespec="seconds"),
        station=STATION,
        services={service.name: plan.address(service.name) for service in plan.services},
        issuer=plan.issuer_url,
        audience=AUDIENCE,
        nats_url=plan.nats_url,
        nats_dashboard_user=DASHBOARD_USER,
        nats_dashboard_password_file=str(folder / "nats" / f"{DASHBOARD_USER}-password"),
        nats_monitoring_url=nats_monitoring_url,
        people_folder=str(folder),
        log_folder=str(plan.layout.logs),
        trace_folder=str(plan.layout.traces),
    )
    write_secret(_file(folder), json.dumps(asdict(addresses), indent=2))
    return addresses


def read_addresses(folder: Path) -> Addresses:
    """Return where the platform of a run folder is.

    Raises:
        LocalError: It is not up. A file that a killed run left behind does not count.
    """
    try:
        addresses = Addresses(**json.loads(_file(folder).read_text(encoding="utf-8")))
        os.kill(addresses.pid, 0)
    except (FileNotFoundError, ProcessLookupError):
        sentence = f"The platform of {folder} is not up."
        raise LocalError(sentence) from None
    except PermissionError:
        sentence = f"The platform of {folder} belongs to another user."
        raise LocalError(sentence) from None
    return addresses


def remove_addresses(folder: Path) -> None:
    """Tell clients that the platform is down."""
    _file(folder).unlink(missing_ok=True)


def _file(folder: Path) -> Path:
    return folder / "stack.json"
