"""The stores of operations in memory."""

from chassis.errors import EtagStaleError
from chassis.paging import Page
from chassis.unit_of_work import hidden
from services.ops.custody.domain import Arrest, ArrestState
from services.ops.operations.aggregate import Operation, OperationState
from tests.fakes.unit import FakeStore


class FakeOperations(FakeStore[Operation]):
    """The operations in memory."""

    kind = "operation"

    async def list_of_case(self, page: Page, case_id: str) -> tuple[list[Operation], str]:
        station = self.unit.database.case_stations.get(case_id)
        if station is None or not self.unit.sees(station, case_id):
            raise hidden(self.unit.call)
        return self.page_of(page, [each for each in self.all() if each.case_id == case_id])

    async def list(self, page: Page, *, sees_station: bool) -> tuple[list[Operation], str]:
        del sees_station
        return self.page_of(page, self.all())

    async def lock_answering(self, squad_request_id: str) -> Operation | None:
        kept = self.unit.database.aggregates.values()
        operations = [each for each in kept if isinstance(each, Operation)]
        found = (each for each in operations if each.squad_request_id == squad_request_id)
        return next(found, None)


class FakeArrests(FakeStore[Arrest]):
    """The arrests in memory."""

    kind = "arrest"

    async def load_operation(self, operation_id: str, target_id: str) -> tuple[Operation, bool]:
        operation = await FakeOperations(self.unit).read(operation_id)
        self.unit.refuse_repeat()
        arrested = {each.report.target_id for each in self._of(operation_id)}
        return operation, target_id in arrested

    def add(self, aggregate: Arrest) -> None:
        kept = self.unit.database.aggregates
        if kept["operation", aggregate.operation_id].state is not OperationState.UNDER_WAY:
            raise EtagStaleError("stale")
        super().add(aggregate)

    async def handed_over_ids(self, operation_id: str) -> frozenset[str]:
        arrests = self._of(operation_id)
        over = [each for each in arrests if each.state is ArrestState.HANDED_OVER]
        return frozenset(each.report.target_id for each in over)

    async def list(self, page: Page, operation_id: str) -> tuple[list[Arrest], str]:
        await FakeOperations(self.unit).read(operation_id)
        return self.page_of(page, list(self._of(operation_id)))

    def _of(self, operation_id: str) -> tuple[Arrest, ...]:
        kept = self.unit.database.aggregates.values()
        arrests = (each for each in kept if isinstance(each, Arrest))
        return tuple(each for each in arrests if each.operation_id == operation_id)
