"""Where the stores of the intelligence service keep things: in memory and in PostgreSQL."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest

from chassis import assignments
from chassis.call import Call
from chassis.telemetry import Telemetry
from chassis.unit_of_work import UnitOfWork
from jointops.intel.v1 import lead_pb2
from services.intel.leads.store import Leads
from services.intel.main import SERVICE
from services.intel.products.store import Products
from services.intel.taskings.store import Taskings
from tests.fakes.intel import FakeLeads, FakeProducts, FakeTaskings
from tests.fakes.unit import FakeDatabase
from tests.integration.conftest import MakeDatabase
from tests.integration.stage import Issuer, Stage, serve
from tests.unit.intel.builders import make_call


@dataclass(frozen=True, slots=True)
class Keeping:
    """One way to keep taskings, leads and products; both ways must behave alike."""

    begin: Callable[[Call], Any]
    taskings: Callable[[Any], Any]
    leads: Callable[[Any], Any]
    products: Callable[[Any], Any]
    assign: Callable[..., Any]


@pytest.fixture(params=["memory", "postgres"])
async def keeping(request: pytest.FixtureRequest, make_database: MakeDatabase) -> Keeping:
    """Both ways, one after the other."""
    if request.param == "memory":
        return _in_memory()
    return _in_postgres(partial(UnitOfWork, await make_database(SERVICE)))


@pytest.fixture
async def stage(
    make_database: MakeDatabase, telemetry: Telemetry, issuer: Issuer
) -> AsyncIterator[Stage]:
    """The intelligence service on an empty database."""
    async with serve(SERVICE, await make_database(SERVICE), telemetry, issuer) as running:
        yield running


def _in_memory() -> Keeping:
    database = FakeDatabase()

    async def assign(*, case_id: str, person_id: str, station: str = "jinqiao") -> None:
        database.case_stations[case_id] = station
        database.assignments.add((case_id, person_id))

    return Keeping(database.begin, FakeTaskings, FakeLeads, FakeProducts, assign)


def _in_postgres(begin: Callable[[Call], UnitOfWork]) -> Keeping:
    async def assign(*, case_id: str, person_id: str, station: str = "jinqiao") -> None:
        await assign_person(begin, case_id=case_id, person_id=person_id, station=station)

    return Keeping(begin, Taskings, Leads, Products, assign)


async def assign_person(
    begin: Callable[[Call], UnitOfWork], *, case_id: str, person_id: str, station: str = "jinqiao"
) -> None:
    """Let a person see a case, as the events of the station do."""
    async with begin(make_call()) as uow:
        assignments.know_case(uow, case_id=case_id, station=station)
        assignments.assign(uow, case_id=case_id, person_id=person_id)
        uow.record(case_id, case_id)
        await uow.commit(lead_pb2.GetLeadResponse())
