"""Puts taskings, leads and products into a running service, as commands and events would."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import grpc

from chassis.ids import new_id
from chassis.roles import Role
from chassis.unit_of_work import UnitOfWork
from jointops.intel.v1 import lead_pb2
from services.intel.leads import convert as lead_messages
from services.intel.leads.domain import Lead, LeadState
from services.intel.leads.store import Leads
from services.intel.products import convert as product_messages
from services.intel.products.domain import Product
from services.intel.products.store import Products
from services.intel.taskings import convert as tasking_messages
from services.intel.taskings.domain import Tasking, TaskingState
from services.intel.taskings.store import Taskings
from tests.integration.intel.conftest import assign_person
from tests.integration.stage import STATION, Stage
from tests.unit.intel.builders import (
    ANALYST,
    CASE_ID,
    DRAFTED,
    RECEIVED,
    RECORDED,
    SECOND_ANALYST,
    make_call,
    make_lead,
    make_product,
    make_tasking,
)

STRANGER = "intel-0000"
COMMANDER = "commander-1"
# A moment that PostgreSQL and protobuf keep exactly.
TOMORROW = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)
YESTERDAY = TOMORROW - timedelta(days=2)


class Scene:
    """One case with two analysts on it."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self._begin = partial(UnitOfWork, stage.database)

    async def open(self) -> None:
        """Let both analysts see the case."""
        await assign_person(self._begin, case_id=CASE_ID, person_id=ANALYST)
        await assign_person(self._begin, case_id=CASE_ID, person_id=SECOND_ANALYST)

    def channel(
        self, person_id: str = ANALYST, role: Role = Role.INTEL_ANALYST, station: str = STATION
    ) -> grpc.aio.Channel:
        """Open a channel on which a person calls; the first analyst unless said otherwise."""
        return self.stage.channel(person_id, role, station=station)

    async def tasking(self, **changes: Any) -> Tasking:
        """Put a tasking in work into the case."""
        usual = {"tasking_id": new_id(), "squad_request_id": new_id()}
        tasking = make_tasking(**usual | {"state": TaskingState.SIGNED_FOR} | changes)
        async with self._begin(make_call()) as uow:
            Taskings(uow).add(tasking)
            uow.emit(tasking_messages.event_to_row(RECEIVED, tasking))
            uow.record(tasking.tasking_id, tasking.case_id)
            await uow.commit(lead_pb2.GetLeadResponse())
        return tasking

    async def lead(self, **changes: Any) -> Lead:
        """Put an open lead into the case."""
        lead = make_lead(**{"lead_id": new_id(), "expires_at": TOMORROW} | changes)
        async with self._begin(make_call()) as uow:
            Leads(uow).add(lead)
            uow.emit(lead_messages.event_to_row(RECORDED, lead))
            uow.record(lead.lead_id, lead.case_id)
            await uow.commit(lead_pb2.GetLeadResponse())
        return lead

    async def confirmed(self, **changes: Any) -> Lead:
        """Put a confirmed lead into the case."""
        return await self.lead(**{"state": LeadState.CONFIRMED} | changes)

    async def product(self, tasking: Tasking, *leads: Lead, **changes: Any) -> Product:
        """Put a drafted product that rests on these leads into the case."""
        lead_ids = tuple(lead.lead_id for lead in leads)
        usual = {"product_id": new_id(), "tasking_id": tasking.tasking_id, "lead_ids": lead_ids}
        product = make_product(**usual | changes)
        async with self._begin(make_call()) as uow:
            Products(uow).add(product)
            uow.emit(product_messages.event_to_row(DRAFTED, product))
            uow.record(product.product_id, product.case_id)
            await uow.commit(lead_pb2.GetLeadResponse())
        return product

    async def event_types(self, aggregate_id: str) -> list[str]:
        """Return the short names of the events of an aggregate, in order."""
        rows = await self.stage.fetch(
            "SELECT event_type FROM outbox WHERE aggregate_id = $1 ORDER BY aggregate_version",
            aggregate_id,
        )
        return [row["event_type"].rpartition(".")[2] for row in rows]

    async def cost(self, method: Callable[[Any], Awaitable[Any]], request: Any) -> int:
        """Call a method and return how many statements it sent on the one connection in use."""
        before = await self._statement_count()
        await method(request)
        return await self._statement_count() - before

    async def _statement_count(self) -> int:
        connection = await self.stage.database.acquire()
        self.stage.database.release(connection)
        return connection.statement_count
