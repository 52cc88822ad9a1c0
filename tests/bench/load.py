"""One round of load, in a process of its own: `python -m tests.bench.load SPEC.json`.

Every call is a command on another lead than the call before it in flight: each worker owns one
lead, knows its `etag`, and sends the next command when the last one is answered.
"""

import asyncio
import json
import sys
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvloop

from jointops.intel.v1 import lead_pb2 as pb
from tests.bench.http2 import Http2, encode_headers

REPRIORITISE = "/jointops.intel.v1.LeadService/ReprioritiseLead"


@dataclass
class Round:
    """What a round measured; latencies in milliseconds, in order of arrival."""

    answered: int
    refused: int
    seconds: float
    cpu_seconds: float
    latencies_ms: list[float]


class Worker:
    """One caller with one lead."""

    def __init__(
        self, connection: Http2, headers: bytes, lead: dict[str, Any], until: float
    ) -> None:
        self.lead = lead
        self.done = asyncio.Event()
        self.latencies: list[float] = []
        self.refused = 0
        self._connection = connection
        self._headers = headers
        self._until = until
        self._sent_at = 0.0
        self._priority = 1

    def send(self) -> None:
        """Send the next command, or stop when time is up."""
        self._sent_at = time.perf_counter()
        if self._sent_at > self._until:
            self.done.set()
            return
        self._priority = self._priority % 4 + 1
        request = pb.ReprioritiseLeadRequest(
            lead_id=self.lead["lead_id"],
            etag=self.lead["etag"],
            request_id=str(uuid.uuid4()),
            priority=self._priority,
        )
        self._connection.call(self._headers, request.SerializeToString(), self._answered)

    def _answered(self, message: bytes | None) -> None:
        self.latencies.append((time.perf_counter() - self._sent_at) * 1000)
        if message is None:
            self.refused += 1
            self.done.set()
            return
        self.lead["etag"] = pb.ReprioritiseLeadResponse.FromString(message).lead.etag
        self.send()


async def run(spec: dict[str, Any]) -> Round:
    """Send commands for so many seconds and wait for the last answers."""
    host, port = spec["address"].split(":")
    loop = asyncio.get_running_loop()
    headers = encode_headers(
        REPRIORITISE, {"authorization": f"Bearer {spec['token']}", "grpc-timeout": "10S"}
    )
    connections = [
        (await loop.create_connection(Http2, host, int(port)))[1]
        for _ in range(spec["connections"])
    ]
    started_at, cpu = time.perf_counter(), time.process_time()
    until = started_at + spec["seconds"]
    workers = [
        Worker(connections[number % len(connections)], headers, lead, until)
        for number, lead in enumerate(spec["leads"])
    ]
    for worker in workers:
        worker.send()
    await asyncio.gather(*(worker.done.wait() for worker in workers))
    seconds = time.perf_counter() - started_at
    for connection in connections:
        connection.close()
    refused = sum(worker.refused for worker in workers)
    latencies = [each for worker in workers for each in worker.latencies]
    return Round(len(latencies) - refused, refused, seconds, time.process_time() - cpu, latencies)


def main() -> None:
    """Run the round that the file describes; write leads and figures back into it."""
    path = Path(sys.argv[1])
    spec = json.loads(path.read_text())
    measured = uvloop.run(run(spec))
    path.write_text(json.dumps({**spec, **vars(measured)}))


if __name__ == "__main__":
    main()
