"""From commit in one service to applied in another, and what relay and consumer cost on the way.

Both databases are on one server, which notes when each transaction was committed
(`track_commit_timestamp`): the latency is the difference of two of its clock readings, taken from
the audit row of the command and the inbox row of the consumer.
"""

import asyncio
import statistics
import time
from contextlib import ExitStack
from dataclasses import dataclass

import asyncpg
import psutil
import uvloop

from services.station.main import SERVICE as STATION
from tests.bench.command import IN_FLIGHT, ROUNDS, SECONDS, CommandBench
from tests.bench.stage import BenchStage, cpu_seconds, free_address, wait_until_serving

CATCH_UP_SECONDS = 60.0
_COMMITTED = """
    SELECT outbox.event_id, pg_xact_commit_timestamp(audit.xmin) AS moment
    FROM outbox JOIN audit ON audit.request_id = outbox.request_id
"""
_APPLIED = """
    SELECT event_id, pg_xact_commit_timestamp(xmin) AS moment FROM inbox
    WHERE consumer = 'station-on-intel'
"""


@dataclass(frozen=True)
class Delivered:
    """What a run of events measured; latency in milliseconds, CPU in microseconds an event."""

    rate: float
    event_count: int
    p50_ms: float
    p99_ms: float
    relay_us: float
    consumer_us: float


class EventBench:
    """The intelligence service relays, the station consumes, each part a process of its own."""

    def __init__(self, stage: BenchStage, command: CommandBench) -> None:
        self._stage = stage
        self._command = command
        self._station_url = stage.make_database(STATION, "station")
        self._known: set[str] = set()

    def measure(self, *, in_flight: int, rounds: int) -> Delivered:
        """Send commands, wait until every event is applied, and compare the moments."""
        bench, stage = self._command, self._stage
        with ExitStack() as running:
            enter = running.enter_context
            enter(stage.process("intel", bench.url, listen=bench.address, parts="serve"))
            relay = enter(stage.process("intel", bench.url, listen=free_address(), parts="relay"))
            consumer = enter(
                stage.process("station", self._station_url, listen=free_address(), parts="consume")
            )
            wait_until_serving(bench.address)
            bench.load(1.0, in_flight=in_flight)
            self._catch_up()
            self._known = set(self._last[0])
            before = cpu_seconds(relay), cpu_seconds(consumer)
            rates = [self._round(in_flight) for _ in range(rounds)]
            self._catch_up()
            return self._summary(rates, (relay, consumer), before)

    def measure_beside_commands(self) -> tuple[Delivered, float]:
        """Measure saturated, and the rate of commands as a share of what it is without events."""
        with self._stage.process(
            "intel", self._command.url, listen=self._command.address, parts="serve"
        ):
            wait_until_serving(self._command.address)
            self._command.load(1.0)
            alone = statistics.median(self._round(IN_FLIGHT) for _ in range(ROUNDS))
        busy = self.measure(in_flight=IN_FLIGHT, rounds=ROUNDS)
        return busy, busy.rate / alone

    def _round(self, in_flight: int) -> float:
        load = self._command.load(SECONDS, in_flight=in_flight)
        return float(load["answered"] / load["seconds"])

    def _catch_up(self) -> None:
        """Wait until the consumer has applied all that was committed."""
        deadline = time.monotonic() + CATCH_UP_SECONDS
        while time.monotonic() < deadline:
            committed, applied = uvloop.run(self._moments())
            if committed.keys() <= applied.keys():
                self._last = committed, applied
                return
            time.sleep(0.2)
        raise TimeoutError("The consumer did not catch up.")

    def _summary(
        self,
        rates: list[float],
        processes: tuple[psutil.Process, psutil.Process],
        before: tuple[float, float],
    ) -> Delivered:
        committed, applied = self._last
        fresh = sorted(
            (applied[event] - committed[event]) * 1000 for event in committed.keys() - self._known
        )
        spent = [cpu_seconds(each) - start for each, start in zip(processes, before, strict=True)]
        return Delivered(
            rate=statistics.median(rates),
            event_count=len(fresh),
            p50_ms=fresh[len(fresh) // 2],
            p99_ms=fresh[int(len(fresh) * 0.99)],
            relay_us=spent[0] / len(fresh) * 1e6,
            consumer_us=spent[1] / len(fresh) * 1e6,
        )

    async def _moments(self) -> tuple[dict[str, float], dict[str, float]]:
        return await asyncio.gather(
            self._fetch(self._command.url, _COMMITTED), self._fetch(self._station_url, _APPLIED)
        )

    async def _fetch(self, url: str, query: str) -> dict[str, float]:
        connection = await asyncpg.connect(url, password=self._stage.postgres.password)
        try:
            rows = await connection.fetch(query)
        finally:
            await connection.close()
        return {str(row["event_id"]): row["moment"].timestamp() for row in rows}
