"""Where the store suites run: in memory and on PostgreSQL, the same questions to both."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

from chassis import assignments
from chassis.call import Call, Event
from chassis.database import Database
from chassis.ids import new_id
from chassis.unit_of_work import UnitOfWork
from jointops.station.v1 import case_pb2 as pb
from services.station.casefile.store import Cases
from services.station.circulation.store import SquadRequests
from services.station.dispatch.store import Alarms
from services.station.review.store import Lessons, Reviews
from tests.fakes.station import FakeAlarms, FakeCases, FakeLessons, FakeReviews, FakeSquadRequests
from tests.fakes.unit import FakeDatabase
from tests.integration.stage import STATION
from tests.unit.station.builders import NOW, call_of


class Kept(Protocol):
    """An aggregate that is to be saved."""

    @property
    def version(self) -> int: ...

    @property
    def station(self) -> str: ...


@dataclass
class World:
    """One set of stores and what begins a unit of work on them."""

    begin: Callable[[Call], Any]
    alarms: Any
    cases: Any
    requests: Any
    reviews: Any
    lessons: Any

    async def know(self, case_id: str, *person_ids: str, station: str = STATION) -> None:
        """Let a case be known, with these people assigned to it."""
        async with self.begin(call_of("station")) as unit:
            if isinstance(unit, UnitOfWork):
                _know(unit, case_id, *person_ids, station=station)
            else:
                unit.database.case_stations[case_id] = station
                unit.assigned |= {(case_id, person_id) for person_id in person_ids}
            unit.record(case_id, case_id)
            await unit.commit(pb.GetCaseResponse())

    async def save(self, store: Any, kept: Kept, key: str, call: Call | None = None) -> None:
        """Add or put an aggregate, with an event for its version."""
        async with self.begin(call or call_of("station")) as unit:
            write = store(unit).add if kept.version == 1 else store(unit).put
            write(kept)
            await self.commit(unit, kept, key)

    async def commit(self, unit: Any, kept: Kept, key: str) -> None:
        """Commit a unit that has saved one aggregate; the event could travel."""
        subject = f"jointops.{kept.station}.station.v1.kept.kept"
        case_id = getattr(kept, "case_id", None) or ""
        event_type = "jointops.station.v1.Kept"
        unit.emit(Event(new_id(), event_type, subject, key, kept.version, case_id, NOW, b""))
        unit.record(key, case_id)
        await unit.commit(pb.GetCaseResponse(case=pb.Case(case_id=key)))


def in_memory() -> World:
    """Make a world on fakes."""
    begin = FakeDatabase().begin
    return World(begin, FakeAlarms, FakeCases, FakeSquadRequests, FakeReviews, FakeLessons)


def on_postgresql(database: Database) -> World:
    """Make a world on a real database."""
    return World(partial(UnitOfWork, database), Alarms, Cases, SquadRequests, Reviews, Lessons)


def _know(unit: UnitOfWork, case_id: str, *person_ids: str, station: str) -> None:
    assignments.know_case(unit, case_id=case_id, station=station)
    for person_id in person_ids:
        assignments.assign(unit, case_id=case_id, person_id=person_id)
