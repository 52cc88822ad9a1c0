"""A process that is killed: it works until a certain point, says so, and goes no further.

    python -m tests.integration.chassis.worker < orders.json

The points are put in from here; the product knows none of them.
"""

import asyncio
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from chassis import relay
from chassis.bus import Bus
from chassis.database import Connection, Database, Row
from chassis.relay import Relay
from chassis.service import Service
from chassis.statements import Statement
from chassis.telemetry import Telemetry, setup_telemetry
from services.station.main import SERVICE as STATION_SERVICE
from tests.integration.chassis.acts import add_case, assign, assign_request
from tests.integration.chassis.mirror import make_mirror


@dataclass(frozen=True)
class Orders:
    """What the worker is told by its parent, on standard input."""

    task: str
    service: str
    database_url: str
    database_password: str
    nats_url: str
    nats_password: str
    folder: str
    case_id: str = ""


class StoppingConnection(Connection):
    """Stops for ever at the point it is told."""

    __slots__ = ("stops_after", "stops_before")

    def __init__(self, raw: object) -> None:
        super().__init__(raw)
        self.stops_before: Statement | None = None
        self.stops_after = ""

    async def fetch_all(self, statement: Statement, values: Mapping[str, object]) -> list[Row]:
        """Run a statement, or stop before it if it would mark what was published."""
        if statement is self.stops_before and values["positions"]:
            await reached()
        return await super().fetch_all(statement, values)

    async def execute(self, command: str) -> None:
        """Run a command, and stop after it."""
        await super().execute(command)
        if command == self.stops_after:
            await reached()


class StoppingDatabase(Database):
    """A database whose leaders' connections stop at a point."""

    stops_before: Statement | None = None
    stops_after = ""

    async def connect(self) -> Connection:
        """Open a connection that stops."""
        connection = StoppingConnection((await super().connect())._raw)
        connection.stops_before, connection.stops_after = self.stops_before, self.stops_after
        return connection


async def reached() -> None:
    """Say that the point is reached, and stay there."""
    sys.stdout.write("reached\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


async def commit_and_stop(database: Database) -> None:
    """Commit a command; its event is in the outbox and nowhere else."""
    await add_case(database)
    await reached()


async def change_for_ever(database: Database, case_id: str) -> None:
    """Assign one person after the other to a case, as fast as it goes."""
    sys.stdout.write("reached\n")
    sys.stdout.flush()
    while True:
        rows = await look(database, f"SELECT version FROM case_file WHERE case_id = '{case_id}'")  # noqa: S608  # a test's own word
        version = rows[0]["version"]
        await assign(database, assign_request(case_id, f"analyst-{version}", str(version)))


async def look(database: Database, query: str) -> list[Row]:
    """Ask past every store."""
    connection = await database.acquire()
    try:
        rows: list[Row] = await connection._raw.fetch(query)
    finally:
        database.release(connection)
    return rows


async def relay_for_ever(database: Database, bus: Bus, telemetry: Telemetry) -> None:
    """Publish the outbox."""
    await Relay(database, bus, telemetry).run(asyncio.Event())


async def consume_for_ever(
    service: Service, database: Database, bus: Bus, telemetry: Telemetry
) -> None:
    """Apply events."""
    for consumer in service.consumers:
        await consumer.run(database, bus, telemetry, asyncio.Event())


async def work(orders: Orders) -> None:
    """Carry out the orders."""
    service = STATION_SERVICE if orders.service == "station" else make_mirror()
    database = StoppingDatabase(orders.database_url, password=orders.database_password)
    telemetry = setup_telemetry(service.name, "0", "local", Path(orders.folder), 0.0)
    bus = Bus(service.name)
    await bus.connect(orders.nats_url, "service", orders.nats_password)
    match orders.task:
        case "commit":
            await commit_and_stop(database)
        case "change":
            await change_for_ever(database, orders.case_id)
        case "publish":
            database.stops_before = relay._NEXT
            await relay_for_ever(database, bus, telemetry)
        case "apply":
            database.stops_after = "COMMIT"
            await consume_for_ever(service, database, bus, telemetry)


if __name__ == "__main__":
    asyncio.run(work(Orders(**json.load(sys.stdin))))
