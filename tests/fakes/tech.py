"""The stores of the technical service in memory."""

from collections.abc import Sequence

from chassis.errors import EtagStaleError
from chassis.paging import Page
from chassis.unit_of_work import hidden
from services.tech.exhibits.aggregate import Exhibit
from services.tech.lab.aggregate import Examination
from tests.fakes.unit import FakeStore, FakeUnit


class FakeExhibits(FakeStore[Exhibit]):
    """The exhibits in memory."""

    kind = "exhibit"

    async def named(self, exhibit_ids: Sequence[str]) -> tuple[Exhibit, ...]:
        kept = self.unit.database.aggregates
        found = (kept.get((self.kind, exhibit_id)) for exhibit_id in exhibit_ids)
        return tuple(exhibit for exhibit in found if exhibit is not None)

    async def is_assigned(self, case_id: str, person_id: str) -> bool:
        return (case_id, person_id) in self.unit.database.assignments

    async def list(self, page: Page, *, case_id: str) -> tuple[list[Exhibit], str]:
        _admit_to_case(self.unit, case_id)
        return self.page_of(page, [each for each in self.all() if each.case_id == case_id])


class FakeExaminations(FakeStore[Examination]):
    """The examinations in memory."""

    kind = "examination"

    async def list_of_case(self, page: Page, *, case_id: str) -> tuple[list[Examination], str]:
        _admit_to_case(self.unit, case_id)
        return self.page_of(page, [each for each in self.all() if each.case_id == case_id])

    async def list(self, page: Page, *, sees_station: bool) -> tuple[list[Examination], str]:
        del sees_station
        return self.page_of(page, self.all())

    async def lock_of_request(self, squad_request_id: str) -> Examination | None:
        kept = self.unit.database.aggregates.values()
        of_request = (each for each in kept if isinstance(each, Examination))
        same = (each for each in of_request if each.squad_request_id == squad_request_id)
        return next(same, None)

    def put_result(self, examination: Examination) -> None:
        newest = examination.results[-1]
        kept = self.unit.database.aggregates
        held = (kept.get(("exhibit", each)) for each in newest.draft.exhibit_ids)
        if not all(each and each.holder_id == newest.recorded_by for each in held):
            raise EtagStaleError("An exhibit has left the examiner's hands.")
        self.put(examination)


def _admit_to_case(unit: FakeUnit, case_id: str) -> None:
    station = unit.database.case_stations.get(case_id)
    if station is None or not unit.sees(station, case_id):
        raise hidden(unit.call)
