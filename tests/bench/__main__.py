"""`make bench`: figures beside their limits, measured in one run on this machine.

    python -m tests.bench [command] [events] [growth]

Prints a table and writes `.run/bench.json`; exits 1 when a figure misses its target.
"""

import json
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.bench.command import ROUNDS, CommandBench, measure_command
from tests.bench.events import EventBench
from tests.bench.growth import measure_growth
from tests.bench.stage import BenchStage, bench_stage

RESULT = Path(".run/bench.json")
# Source of every target: docs/benchmark.md.
_console = Console()


@dataclass(frozen=True)
class Figure:
    """One measured figure beside its target."""

    name: str
    found: float
    target: float
    unit: str
    is_at_least: bool = False

    @property
    def is_met(self) -> bool:
        """Whether the figure reaches its target."""
        return self.found >= self.target if self.is_at_least else self.found <= self.target


def main() -> int:
    """Measure what is named, or everything; return the exit code."""
    wanted = sys.argv[1:] or list(SECTIONS)
    figures: list[Figure] = []
    _console.print(
        f"load of this machine before: {os.getloadavg()[0]:.2f} on {os.cpu_count()} cores"
    )
    with bench_stage() as stage:
        for name in wanted:
            _console.print(f"measuring: {name} …")
            figures += SECTIONS[name](stage)
    _console.print(_table(figures))
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps([{**asdict(each), "met": each.is_met} for each in figures]))
    return 0 if all(each.is_met for each in figures) else 1


def _command(stage: BenchStage) -> list[Figure]:
    """The command path with one process, with two, and beside relay and consumer."""
    bench = CommandBench.make(stage, "intel_command")
    one = measure_command(stage, bench, processes=1)
    two = measure_command(stage, bench, processes=2)
    for name, measured in (("one process", one), ("two processes", two)):
        _console.print(
            f"  {name}: {measured.rate:.0f} commands/s of {measured.yardstick_rate:.0f} raw, "
            f"p50 {measured.p50_ms:.1f} ms, p99 {measured.p99_ms:.1f} ms; CPU per command: service "
            f"{measured.service_us:.0f} µs, PostgreSQL {measured.postgres_us:.0f} µs, load "
            f"{measured.load_us:.0f} µs; {ROUNDS} rounds, {measured.refused} refused"
        )
    return [
        Figure("commands, one process / raw", one.ratio, 0.30, "x", is_at_least=True),
        Figure("commands, two processes / raw", two.ratio, 0.40, "x", is_at_least=True),
        Figure("commands refused", one.refused + two.refused, 0, ""),
    ]


def _events(stage: BenchStage) -> list[Figure]:
    """From commit to applied, alone and saturated, and what it costs the commands."""
    bench = CommandBench.make(stage, "intel_events")
    events = EventBench(stage, bench)
    alone = events.measure(in_flight=1, rounds=1)
    busy, share = events.measure_beside_commands()
    _console.print(
        f"  saturated: {busy.rate:.0f} commands/s, {busy.event_count} events; CPU per event: relay "
        f"{busy.relay_us:.0f} µs, consumer {busy.consumer_us:.0f} µs"
    )
    return [
        Figure("commit to applied, one at a time, p50", alone.p50_ms, 3, "ms"),
        Figure("commit to applied, one at a time, p99", alone.p99_ms, 15, "ms"),
        Figure("commit to applied, saturated, p50", busy.p50_ms, 10, "ms"),
        Figure("commit to applied, saturated, p99", busy.p99_ms, 100, "ms"),
        Figure("relay and consumer, CPU per event", busy.relay_us + busy.consumer_us, 200, "µs"),
        Figure("commands beside relay and consumer / alone", share, 0.6, "x", is_at_least=True),
    ]


def _growth(stage: BenchStage) -> list[Figure]:
    """A get and a list page in a small table and in a large one."""
    grown = measure_growth(stage)
    _console.print(
        f"  p95 at 10,000 and 1,000,000 rows: get {grown.get_small_ms:.2f} and "
        f"{grown.get_large_ms:.2f} ms, list {grown.list_small_ms:.2f} and "
        f"{grown.list_large_ms:.2f} ms"
    )
    return [
        Figure("get, 1,000,000 rows / 10,000", grown.get_ratio, 1.5, "x"),
        Figure("list newest 25, 1,000,000 rows / 10,000", grown.list_ratio, 1.5, "x"),
    ]


SECTIONS: dict[str, Callable[[BenchStage], list[Figure]]] = {
    "command": _command,
    "events": _events,
    "growth": _growth,
}


def _table(figures: Sequence[Figure]) -> Table:
    table = Table("figure", "found", "target", "", title="Benchmark")
    for each in figures:
        sign = "≥" if each.is_at_least else "≤"
        row: list[Any] = [
            each.name,
            f"{each.found:.2f} {each.unit}",
            f"{sign} {each.target:g} {each.unit}",
            "[green]met[/]" if each.is_met else "[red]missed[/]",
        ]
        table.add_row(*row)
    return table


if __name__ == "__main__":
    sys.exit(main())
