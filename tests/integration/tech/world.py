"""Where the store suites run: in memory and on PostgreSQL, the same questions to both."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

from chassis import assignments
from chassis.call import Call, Event
from chassis.database import Database
from chassis.ids import new_id, new_request_id
from chassis.unit_of_work import UnitOfWork
from jointops.tech.v1 import exhibit_pb2 as pb
from services.tech.exhibits.store import Exhibits
from services.tech.lab.store import Examinations
from tests.fakes.tech import FakeExaminations, FakeExhibits
from tests.fakes.unit import FakeDatabase
from tests.integration.stage import STATION
from tests.unit.tech.builders import NOW, make_call


class Kept(Protocol):
    """An aggregate that is to be saved."""

    @property
    def version(self) -> int: ...

    @property
    def case_id(self) -> str: ...


@dataclass
class World:
    """One set of stores and what begins a unit of work on them."""

    begin: Callable[[Call], Any]
    exhibits: Any
    examinations: Any

    async def know(self, case_id: str, *person_ids: str, station: str = STATION) -> None:
        """Let a case be known, with these people assigned to it."""
        async with self.begin(make_call("station")) as unit:
            if isinstance(unit, UnitOfWork):
                know_case(unit, case_id, *person_ids, station=station)
            else:
                unit.database.case_stations[case_id] = station
                unit.assigned |= {(case_id, person_id) for person_id in person_ids}
            unit.record(case_id, case_id)
            await unit.commit(pb.GetExhibitResponse())

    async def save(self, store: Any, kept: Kept, key: str, call: Call | None = None) -> None:
        """Add or put an aggregate, with the event that its version needs."""
        async with self.begin(call or make_call("examiner")) as unit:
            write = store(unit).add if kept.version == 1 else store(unit).put
            write(kept)
            await self.commit(unit, kept, key)

    async def commit(self, unit: Any, kept: Kept, key: str) -> None:
        """Commit a unit that has saved one aggregate."""
        unit.emit(Event(new_id(), "t", "s", key, kept.version, kept.case_id, NOW, b""))
        unit.record(key, kept.case_id)
        await unit.commit(pb.GetExhibitResponse(exhibit=pb.Exhibit(exhibit_id=key)))


def in_memory() -> World:
    """Make a world on fakes."""
    return World(FakeDatabase().begin, FakeExhibits, FakeExaminations)


def on_postgresql(database: Database) -> World:
    """Make a world on a real database."""
    return World(partial(UnitOfWork, database), Exhibits, Examinations)


def know_case(unit: UnitOfWork, case_id: str, *person_ids: str, station: str = STATION) -> None:
    """Write what an event of the station would: the case and who is assigned to it."""
    assignments.know_case(unit, case_id=case_id, station=station)
    for person_id in person_ids:
        assignments.assign(unit, case_id=case_id, person_id=person_id)


def fresh_call(person_id: str, **changes: Any) -> Call:
    """Make the call of a person, its request never seen before."""
    return make_call(person_id, new_request_id(), **changes)
