"""The stores of the intelligence service in memory."""

from collections.abc import Sequence
from typing import Any

from chassis.paging import Page
from chassis.unit_of_work import hidden
from services.intel.leads.domain import Lead
from services.intel.products.convert import supports_of
from services.intel.products.domain import Product, ProductState, Support
from services.intel.taskings.domain import Tasking
from tests.fakes.unit import FakeStore, FakeUnit


class FakeTaskings(FakeStore[Tasking]):
    """The taskings in memory."""

    kind = "tasking"

    async def load_newest(self, key: str) -> Tasking:
        tasking = await self.read(key)
        self.unit.refuse_repeat()
        return tasking

    async def list_own(self, page: Page, *, sees_station: bool) -> tuple[list[Tasking], str]:
        del sees_station
        return self.page_of(page, self.all())

    async def list_of_case(self, case_id: str, page: Page) -> tuple[list[Tasking], str]:
        return self.page_of(page, _of_case(self, case_id))

    async def lock_of_request(self, squad_request_id: str) -> Tasking | None:
        kept = self.unit.database.aggregates.items()
        taskings = [each for (kind, _), each in kept if kind == self.kind]
        found = [each for each in taskings if each.squad_request_id == squad_request_id]
        return found[0] if found else None


class FakeLeads(FakeStore[Lead]):
    """The leads in memory."""

    kind = "lead"

    async def list_of_case(self, case_id: str, page: Page) -> tuple[list[Lead], str]:
        return self.page_of(page, _of_case(self, case_id))

    async def find_in_case(self, case_id: str, lead_ids: Sequence[str]) -> list[Lead]:
        return [lead for lead in _of_case(self, case_id) if lead.lead_id in lead_ids]


class FakeProducts(FakeStore[Product]):
    """The products in memory."""

    kind = "product"

    async def load_with_supports(
        self, key: str, *, etag: str
    ) -> tuple[Product, tuple[Support, ...]]:
        product = await self.load(key, etag=etag)
        leads = await FakeLeads(self.unit).find_in_case(product.case_id, product.lead_ids)
        return product, supports_of(leads)

    async def list_of_case(self, case_id: str, page: Page) -> tuple[list[Product], str]:
        return self.page_of(page, _of_case(self, case_id))

    async def list_published(self, case_id: str, page: Page) -> tuple[list[Product], str]:
        products = _of_case(self, case_id)
        published = [each for each in products if each.state is ProductState.PUBLISHED]
        return self.page_of(page, published)


def _of_case(store: FakeStore[Any], case_id: str) -> list[Any]:
    """Return what belongs to a case; refuse whoever may not see it."""
    unit: FakeUnit = store.unit
    station = unit.database.case_stations.get(case_id)
    if station is None or not unit.sees(station, case_id):
        raise hidden(unit.call)
    return [each for each in store.all() if each.case_id == case_id]
