"""The stores of the station in memory."""

from chassis.call import Event
from chassis.paging import LAST_ID, Page
from chassis.unit_of_work import hidden
from services.station.casefile.aggregate import Case
from services.station.circulation.aggregate import SquadRequest, SquadRequestKind
from services.station.dispatch.aggregate import Alarm, AlarmState
from services.station.review.aggregate import Lesson, Review, TimelineEntry
from tests.fakes.unit import FakeStore, FakeUnit


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


class FakeAlarms(FakeStore[Alarm]):
    """The alarms in memory."""

    kind = "alarm"

    def is_admitted(self, aggregate: Alarm) -> bool:
        return aggregate.station == self.unit.call.station

    async def find_holder(self, record_id: str | None) -> str | None:
        self.unit.refuse_repeat()
        held = {each.call.source_record_id: each.alarm_id for each in self.all()}
        return held.get(record_id) if record_id is not None else None

    async def list(self, page: Page, *, state: AlarmState | None) -> tuple[list[Alarm], str]:
        return self.page_of(page, [each for each in self.all() if state in {None, each.state}])


class FakeSquadRequests(FakeStore[SquadRequest]):
    """The squad requests in memory."""

    kind = "squad_request"

    async def list(self, page: Page, *, case_id: str) -> tuple[list[SquadRequest], str]:
        _admit(self.unit, case_id)
        return self.page_of(page, [each for each in self.all() if each.case_id == case_id])

    async def find_arrests(self, case_id: str) -> tuple[SquadRequest, ...]:
        arrest = SquadRequestKind.JOINT_ARREST
        found = (each for each in self.all() if each.order.kind is arrest)
        return tuple(each for each in found if each.case_id == case_id)


class FakeReviews(FakeStore[Review]):
    """The reviews in memory."""

    kind = "review"

    async def load_newest(self, review_id: str) -> Review:
        review = await self.read(review_id)
        self.unit.refuse_repeat()
        return review

    async def list(self, page: Page, *, case_id: str) -> tuple[list[Review], str]:
        _admit(self.unit, case_id)
        return self.page_of(page, [each for each in self.all() if each.case_id == case_id])


class FakeLessons(FakeStore[Lesson]):
    """The lessons in memory."""

    kind = "lesson"

    async def list(self, page: Page, *, review_id: str) -> tuple[list[Lesson], str]:
        return self.page_of(page, [each for each in self.all() if each.review_id == review_id])


class FakeTimeline:
    """The timelines in memory: the events of the stores themselves."""

    def __init__(self, unit: FakeUnit) -> None:
        self.unit = unit

    async def list(self, page: Page, *, case_id: str) -> tuple[list[TimelineEntry], str]:
        after = "" if page.before == LAST_ID else page.before
        events = [each for each in self.unit.database.events if each.case_id == case_id]
        rows = [
            {"event_id": each.event_id, "entry": _entry(each)}
            for each in sorted(events, key=lambda event: event.event_id)
            if each.event_id > after
        ]
        shown, token = page.cut(rows[: page.limit], "event_id")
        return [row["entry"] for row in shown], token


def _admit(unit: FakeUnit, case_id: str) -> None:
    station = unit.database.case_stations.get(case_id)
    if station is None or not unit.sees(station, case_id):
        raise hidden(unit.call)


def _entry(event: Event) -> TimelineEntry:
    return TimelineEntry(
        event_id=event.event_id,
        case_id=event.case_id,
        event_type=event.event_type,
        happened_at=event.event_time,
        service=event.event_type.split(".")[1],
        aggregate_id=event.aggregate_id,
        aggregate_version=event.aggregate_version,
    )
