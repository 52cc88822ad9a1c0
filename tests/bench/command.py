"""The command path with everything on, beside its limit, round by round in one run."""

import json
import statistics
import subprocess
import sys
import uuid
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import psutil
import uvloop

from chassis.roles import Role
from services.intel.main import SERVICE
from tests.bench.leads import ANALYST, add_leads
from tests.bench.stage import BenchStage, cpu_seconds, free_address, wait_until_serving

IN_FLIGHT = 32
CONNECTIONS = 4
SECONDS = 3.0
ROUNDS = 5
WARM_UP_SECONDS = 1.5


@dataclass(frozen=True)
class Measured:
    """Medians over the rounds; CPU in microseconds a command."""

    yardstick_rate: float
    rate: float
    ratio: float
    service_us: float
    postgres_us: float
    load_us: float
    p50_ms: float
    p99_ms: float
    refused: int


class CommandBench:
    """Service processes with their database, and the leads that are worked on."""

    def __init__(self, stage: BenchStage, url: str, leads: list[dict[str, str]]) -> None:
        self._stage = stage
        self._leads = leads
        self.url = url
        self.address = free_address()

    @classmethod
    def make(cls, stage: BenchStage, name: str) -> "CommandBench":
        """Make the database with its leads."""
        url = stage.make_database(SERVICE, name)
        leads = uvloop.run(add_leads(url, stage.postgres.password, IN_FLIGHT))
        stage.postgres.create_database("yardstick")
        return cls(stage, url, leads)

    def load(self, seconds: float, *, in_flight: int = IN_FLIGHT) -> dict[str, Any]:
        """Run one round of load and return what it measured."""
        spec = self._stage.folder / f"load-{uuid.uuid4()}.json"
        leads = self._leads[:in_flight]
        token = self._stage.issuer.token(ANALYST, Role.INTEL_ANALYST)
        spec.write_text(
            json.dumps(
                {
                    "address": self.address,
                    "token": token,
                    "connections": min(CONNECTIONS, in_flight),
                    "seconds": seconds,
                    "leads": leads,
                }
            )
        )
        subprocess.run([sys.executable, "-m", "tests.bench.load", str(spec)], check=True)  # noqa: S603  # our own
        measured: dict[str, Any] = json.loads(spec.read_text())
        self._leads[:in_flight] = measured["leads"]
        return measured

    def yardstick(self) -> float:
        """Measure the limit of this machine at this moment."""
        postgres = self._stage.postgres
        command = ["-m", "tests.bench.yardstick", postgres.url("yardstick")]
        done = subprocess.run(  # noqa: S603  # our own program
            [sys.executable, *command, str(postgres.password_file), str(SECONDS)],
            check=True,
            capture_output=True,
            text=True,
        )
        return float(done.stdout)


def measure_command(
    stage: BenchStage, bench: CommandBench, *, processes: int, parts: str = "serve"
) -> Measured:
    """Measure so many service processes on one address against the yardstick."""
    with ExitStack() as running:
        services = [
            running.enter_context(
                stage.process("intel", bench.url, listen=bench.address, parts=parts)
            )
            for _ in range(processes)
        ]
        wait_until_serving(bench.address)
        bench.load(WARM_UP_SECONDS)
        return _summary([_round(stage, bench, services) for _ in range(ROUNDS)])


def _round(
    stage: BenchStage, bench: CommandBench, services: Sequence[psutil.Process]
) -> dict[str, float]:
    yardstick = bench.yardstick()
    service, postgres = sum(map(cpu_seconds, services)), stage.postgres_cpu_seconds()
    load = bench.load(SECONDS)
    count = max(load["answered"], 1)
    latencies = sorted(load["latencies_ms"])
    rate = load["answered"] / load["seconds"]
    return {
        "yardstick_rate": yardstick,
        "rate": rate,
        "ratio": rate / yardstick,
        "service_us": (sum(map(cpu_seconds, services)) - service) / count * 1e6,
        "postgres_us": (stage.postgres_cpu_seconds() - postgres) / count * 1e6,
        "load_us": load["cpu_seconds"] / count * 1e6,
        "p50_ms": latencies[len(latencies) // 2],
        "p99_ms": latencies[int(len(latencies) * 0.99)],
        "refused": load["refused"],
    }


def _summary(rounds: list[dict[str, float]]) -> Measured:
    medians = {name: statistics.median(each[name] for each in rounds) for name in rounds[0]}
    refused = sum(int(each["refused"]) for each in rounds)
    return Measured(**{**medians, "refused": refused})  # type: ignore[arg-type]  # the names are the fields
