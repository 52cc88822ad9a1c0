"""What a get and a list page cost at 10,000 rows and at 1,000,000: keyset paging, no totals.

Both sizes are measured alternately in one run, each from its own database and service process.
"""

import asyncio
import time
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import asyncpg
import uvloop

from chassis.client import open_channel
from chassis.roles import Role
from jointops.intel.v1 import lead_pb2 as pb
from jointops.intel.v1 import lead_pb2_grpc
from services.intel.main import SERVICE
from tests.bench.leads import ANALYST
from tests.bench.stage import BenchStage, free_address, wait_until_serving
from tests.integration.stage import STATION

SMALL = 10_000
LARGE = 1_000_000
LEADS_PER_CASE = 100
CALLS = 400
ROUNDS = 3
WARM_UP_CALLS = 200

# Cases and their leads as the service would have stored them; the analyst is assigned to each.
_FILL = """
WITH cases AS (
    INSERT INTO known_case SELECT uuidv7(), $2 FROM generate_series(1, $1::int) RETURNING case_id
), assigned AS (
    INSERT INTO assignment SELECT case_id, $3 FROM cases
)
INSERT INTO lead (lead_id, station, case_id, tasking_id, state, priority, summary, purpose,
                  legal_basis, expire_time, recorded_by, create_time, update_time, version)
SELECT uuidv7(), $2, case_id, uuidv7(), 'open', 2, repeat('summary ', 12), 'case investigation',
       'CPL art. 115', now() + interval '30 days', $3, now(), now(), 1
FROM cases, generate_series(1, $4::int)
"""
_PICK = "SELECT lead_id::text, case_id::text FROM lead ORDER BY random() LIMIT $1"


@dataclass(frozen=True)
class Grown:
    """95th percentiles in milliseconds at both sizes."""

    get_small_ms: float
    get_large_ms: float
    list_small_ms: float
    list_large_ms: float

    @property
    def get_ratio(self) -> float:
        """How much more a get costs in the large table."""
        return self.get_large_ms / self.get_small_ms

    @property
    def list_ratio(self) -> float:
        """How much more a list page costs in the large table."""
        return self.list_large_ms / self.list_small_ms


def measure_growth(stage: BenchStage) -> Grown:
    """Fill both databases and measure them in turns."""
    small, large = (_fill(stage, count) for count in (SMALL, LARGE))
    with ExitStack() as running:
        sites = []
        for url, picked in (small, large):
            address = free_address()
            running.enter_context(
                stage.process("intel", url, listen=address, parts="serve", trace_read_ratio="0.05")
            )
            wait_until_serving(address)
            sites.append((address, picked))
        token = stage.issuer.token(ANALYST, Role.INTEL_ANALYST)
        figures = uvloop.run(_measure(sites, token))
    return Grown(*figures)


def _fill(stage: BenchStage, count: int) -> tuple[str, list[tuple[str, str]]]:
    name = f"leads_{count}"
    url = stage.make_database(SERVICE, name)
    return url, asyncio.run(_insert(stage.postgres.dsn(name), count))


async def _insert(dsn: str, count: int) -> list[tuple[str, str]]:
    connection = await asyncpg.connect(dsn, command_timeout=600)
    try:
        await connection.execute(_FILL, count // LEADS_PER_CASE, STATION, ANALYST, LEADS_PER_CASE)
        await connection.execute("VACUUM ANALYZE")
        rows = await connection.fetch(_PICK, CALLS)
    finally:
        await connection.close()
    return [(row["lead_id"], row["case_id"]) for row in rows]


async def _measure(
    sites: list[tuple[str, list[tuple[str, str]]]], token: str
) -> tuple[float, float, float, float]:
    channels = [open_channel(address, token=lambda: token) for address, _ in sites]
    stubs = [lead_pb2_grpc.LeadServiceStub(channel) for channel in channels]
    gets: list[list[float]] = [[], []]
    lists: list[list[float]] = [[], []]
    for stub, (_, picked) in zip(stubs, sites, strict=True):
        await _get(stub, picked[:WARM_UP_CALLS])
        await _list(stub, picked[:WARM_UP_CALLS])
    for _ in range(ROUNDS):
        for number, (stub, (_, picked)) in enumerate(zip(stubs, sites, strict=True)):
            gets[number] += await _get(stub, picked)
            lists[number] += await _list(stub, picked)
    for channel in channels:
        await channel.close()
    return _p95(gets[0]), _p95(gets[1]), _p95(lists[0]), _p95(lists[1])


async def _get(stub: Any, picked: list[tuple[str, str]]) -> list[float]:
    return [await _timed(stub.GetLead, pb.GetLeadRequest(lead_id=lead)) for lead, _ in picked]


async def _list(stub: Any, picked: list[tuple[str, str]]) -> list[float]:
    requests = (pb.ListLeadsRequest(case_id=case, page_size=25) for _, case in picked)
    return [await _timed(stub.ListLeads, request) for request in requests]


async def _timed(method: Any, request: Any) -> float:
    started_at = time.perf_counter()
    await method(request)
    return (time.perf_counter() - started_at) * 1000


def _p95(latencies: list[float]) -> float:
    return sorted(latencies)[int(len(latencies) * 0.95)]
