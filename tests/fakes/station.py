"""The stores of the station in memory."""

from chassis.paging import Page
from services.station.casefile.aggregate import Case
from tests.fakes.unit import FakeStore


class FakeCases(FakeStore[Case]):
    """The cases in memory."""

    kind = "case"

    def add(self, aggregate: Case) -> None:
        super().add(aggregate)
        self.unit.database.case_stations[aggregate.case_id] = aggregate.station
        self.assign(aggregate.case_id, aggregate.case_officer_id)

    def assign(self, case_id: str, person_id: str) -> None:
        self.unit.assigned.add((case_id, person_id))

    def release(self, case_id: str, person_id: str) -> None:
        self.unit.released.add((case_id, person_id))

    async def list(self, page: Page, *, sees_station: bool) -> tuple[list[Case], str]:
        del sees_station
        return self.page_of(page, self.all())
