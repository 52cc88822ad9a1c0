"""Everything the services declare: their wiring, their refusals, their protos."""

import importlib
import pkgutil
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor

import chassis
import services
from chassis.errors import DomainError
from chassis.service import Service
from tests.contract.repository import ROOT, SERVICES

_PROTOS = ROOT / "proto" / "jointops"
_VALUE = re.compile(r"((?:^ +//.*\n)+)^ +ERROR_REASON_(\w+) = \d+;", re.MULTILINE)
_COMMENT = re.compile(
    r"^(?P<code>[A-Z_]+)\. (?P<sentence>.+?\.) Metadata: (?P<metadata>.+)\.$", re.DOTALL
)


@dataclass(frozen=True)
class Reason:
    """One value of an `error_reason.proto`, without its prefix, and what its comment says."""

    service: str
    name: str
    code: str
    metadata: tuple[str, ...]


@cache
def wired() -> dict[str, Service]:
    """Return the services that can be started."""
    return {
        name: importlib.import_module(f"services.{name}.main").SERVICE
        for name in SERVICES
        if (ROOT / "services" / name / "main.py").exists()
    }


@cache
def served(name: str) -> tuple[ServiceDescriptor, ...]:
    """Return the gRPC services that a service serves."""
    # Wiring opens no connection, so none is needed.
    return tuple(each.descriptor for each in wired()[name].serve(None))  # type: ignore[arg-type]  # see above


def methods() -> list[tuple[str, MethodDescriptor]]:
    """Return every method of the platform with the service that serves it."""
    return [
        (name, method)
        for name in wired()
        for descriptor in served(name)
        for method in descriptor.methods
    ]


@cache
def refusals() -> tuple[type[DomainError], ...]:
    """Return every refusal that the chassis and the services define."""
    for package in (chassis, services):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if ".migrations." not in module.name and ".console" not in module.name:
                importlib.import_module(module.name)
    return tuple(
        sorted(
            (
                each
                for each in _below(DomainError)
                if each.__module__.partition(".")[0] in {"chassis", "services"}
            ),
            key=lambda each: each.__qualname__,
        )
    )


@cache
def documented() -> tuple[Reason, ...]:
    """Return every documented reason, the one that is never sent left out."""
    return tuple(
        reason
        for file in sorted(_PROTOS.glob("*/v1/error_reason.proto"))
        for reason in _reasons(file)
        if reason.name != "UNSPECIFIED"
    )


def owner(refusal: type[DomainError]) -> str:
    """Return whose `error_reason.proto` documents a refusal."""
    parts = refusal.__module__.split(".")
    return "platform" if parts[0] == "chassis" else parts[1]


def _below(kind: type[DomainError]) -> Iterator[type[DomainError]]:
    for each in kind.__subclasses__():
        yield each
        yield from _below(each)


def _reasons(file: Path) -> Iterator[Reason]:
    for comment, name in _VALUE.findall(file.read_text()):
        text = " ".join(line.strip().removeprefix("//").strip() for line in comment.splitlines())
        found = _COMMENT.match(text)
        code, metadata = (found["code"], found["metadata"]) if found else ("", text)
        keys = tuple(re.findall(r"`(\w+)`", metadata))
        yield Reason(file.parent.parent.name, name, code, keys)
