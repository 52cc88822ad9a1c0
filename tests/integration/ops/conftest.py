"""The stores in memory and on PostgreSQL, and the service as it is served."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest

from chassis.database import Database
from chassis.telemetry import Telemetry
from chassis.unit_of_work import Begin, UnitOfWork
from services.ops.custody.domain import Arrest
from services.ops.custody.store import Arrests
from services.ops.main import SERVICE
from services.ops.operations.aggregate import Operation
from services.ops.operations.store import Operations
from tests.fakes.ops import FakeArrests, FakeOperations
from tests.fakes.unit import FakeDatabase
from tests.integration.conftest import MakeDatabase
from tests.integration.ops import acts
from tests.integration.stage import STATION, Issuer, Stage, serve


@dataclass
class Bench:
    """Stores of one kind, and ways to fill them."""

    begin: Begin
    operations: Callable[[Any], Operations]
    arrests: Callable[[Any], Arrests]
    assign: Callable[..., Awaitable[None]]

    async def put(self, operation: Operation, *person_ids: str) -> Operation:
        """Put an operation into the store and assign people to its case."""
        await self.assign(operation.case_id, *person_ids, station=operation.station)
        return await acts.put_operation(self.begin, operation, self.operations)

    async def put_arrest(self, arrest: Arrest) -> Arrest:
        """Put an arrest into the store."""
        return await acts.put_arrest(self.begin, arrest, self.arrests)


@pytest.fixture(params=["fake", "postgres"])
async def bench(request: pytest.FixtureRequest, make_database: MakeDatabase) -> Bench:
    """The stores in memory, and the real ones."""
    if request.param == "fake":
        return _on_fakes(FakeDatabase())
    return _on_postgres(await make_database(SERVICE))


@pytest.fixture
async def stage(
    make_database: MakeDatabase, telemetry: Telemetry, issuer: Issuer
) -> AsyncIterator[Stage]:
    """The operations service on an empty database."""
    async with serve(SERVICE, await make_database(SERVICE), telemetry, issuer) as running:
        yield running


def _on_fakes(database: FakeDatabase) -> Bench:
    async def assign(case_id: str, *person_ids: str, station: str = STATION) -> None:
        database.case_stations[case_id] = station
        database.assignments |= {(case_id, person_id) for person_id in person_ids}

    begin: Any = database.begin
    operations: Any = FakeOperations
    arrests: Any = FakeArrests
    return Bench(begin, operations, arrests, assign)


def _on_postgres(database: Database) -> Bench:
    assign = partial(acts.assign, database)
    return Bench(partial(UnitOfWork, database), Operations, Arrests, assign)
