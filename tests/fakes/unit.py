"""A unit of work without a database; keeps the promises that the real one's tests check."""

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, Self, TypeVar

from chassis.call import AlreadyAnsweredError, Call, Event
from chassis.errors import DomainError, EtagStaleError, NotFoundError, RequestIdReusedError
from chassis.paging import Page
from chassis.unit_of_work import hidden


class Aggregate(Protocol):
    """What every aggregate has."""

    @property
    def station(self) -> str: ...

    @property
    def version(self) -> int: ...


T = TypeVar("T", bound=Aggregate)


@dataclass
class FakeDatabase:
    """What was committed: aggregates by kind and id, assignments, events, audit, answers."""

    aggregates: dict[tuple[str, str], Any] = field(default_factory=dict)
    assignments: set[tuple[str, str]] = field(default_factory=set)
    case_stations: dict[str, str] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    audit: list[tuple[str, str, str]] = field(default_factory=list)
    answers: dict[tuple[str, str], tuple[bytes, bytes]] = field(default_factory=dict)

    def begin(self, call: Call) -> "FakeUnit":
        """Begin a unit of work."""
        return FakeUnit(self, call)


class FakeUnit:
    """One unit of work; nothing of it stays without `commit`."""

    def __init__(self, database: FakeDatabase, call: Call) -> None:
        self.call = call
        self.database = database
        self.saves: list[tuple[tuple[str, str], Any]] = []
        self.assigned: set[tuple[str, str]] = set()
        self.released: set[tuple[str, str]] = set()
        self.events: list[Event] = []
        self._resource: tuple[str, str] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_exception: object) -> None:
        self.saves.clear()

    async def admit_to_case(self, case_id: str) -> str:
        """Check that the caller may add to a case; return the station that owns it."""
        station = self.database.case_stations.get(case_id)
        if station is None or not self.sees(station, case_id):
            raise hidden(self.call)
        self.refuse_repeat()
        return station

    def sees(self, station: str, case_id: str) -> bool:
        """Tell whether the caller may see what belongs to a case."""
        commands = self.call.sees_station and station == self.call.station
        return commands or (case_id, self.call.person_id) in self.database.assignments

    def refuse_repeat(self) -> None:
        """Refuse a request that was answered before."""
        answer = self.database.answers.get((self.call.person_id, self.call.request_id))
        if answer is None:
            return
        if answer[0] != self.call.request_hash:
            raise RequestIdReusedError("reused", request_id=self.call.request_id)
        raise AlreadyAnsweredError(answer[1])

    def emit(self, event: Event) -> None:
        self.events.append(event)

    def record(self, resource: str, case_id: str = "") -> None:
        self._resource = (resource, case_id)

    async def answer(self, response: Any) -> Any:
        """Note a read."""
        self._note()
        return response

    async def commit(self, response: Any, clashes: Mapping[str, DomainError] | None = None) -> Any:
        """Keep everything or nothing; a unique clash is for a fake store to raise."""
        del clashes
        assert len(self.saves) == len(self.events)
        self.refuse_repeat()
        for key, aggregate in self.saves:
            stored = self.database.aggregates.get(key)
            if (stored.version if stored else 0) != aggregate.version - 1:
                raise EtagStaleError("stale")
        self._note()
        self.database.aggregates.update(copy(self.saves))
        self.database.assignments |= self.assigned
        self.database.assignments -= self.released
        self.database.events += self.events
        key = (self.call.person_id, self.call.request_id)
        self.database.answers[key] = (self.call.request_hash, response.SerializeToString())
        return response

    def _note(self) -> None:
        assert self._resource is not None
        self.database.audit.append((self.call.permission, *self._resource))


class FakeStore(Generic[T]):
    """A store of one kind of aggregate; subclasses say its kind, its id and its case."""

    kind = ""

    def __init__(self, unit: Any) -> None:
        self.unit: FakeUnit = unit

    def id_of(self, aggregate: T) -> str:
        return str(getattr(aggregate, f"{self.kind}_id"))

    def is_admitted(self, aggregate: T) -> bool:
        """Tell whether the caller may see it; what belongs to no case, by station."""
        case_id = getattr(aggregate, "case_id", "")
        if not case_id:
            return aggregate.station == self.unit.call.station
        return self.unit.sees(aggregate.station, case_id)

    async def read(self, key: str) -> T:
        found: T | None = self.unit.database.aggregates.get((self.kind, key))
        if found is None or not self.is_admitted(found):
            raise hidden(self.unit.call)
        return found

    async def load(self, key: str, *, etag: str) -> T:
        found = await self.read(key)
        self.unit.refuse_repeat()
        if str(found.version) != etag:
            raise EtagStaleError("stale")
        return found

    async def lock(self, key: str) -> T:
        found: T | None = self.unit.database.aggregates.get((self.kind, key))
        if found is None:
            raise NotFoundError("none")
        return found

    def add(self, aggregate: T) -> None:
        self.put(aggregate)

    def put(self, aggregate: T) -> None:
        self.unit.saves.append(((self.kind, self.id_of(aggregate)), aggregate))

    def page_of(self, page: Page, aggregates: list[T]) -> tuple[list[T], str]:
        """Cut a page out of the aggregates, newest first."""
        below = [each for each in aggregates if self.id_of(each) < page.before]
        newest = sorted(below, key=self.id_of, reverse=True)[: page.limit]
        rows = [{"id": self.id_of(each), "aggregate": each} for each in newest]
        shown, token = page.cut(rows, "id")
        return [row["aggregate"] for row in shown], token

    def all(self) -> list[T]:
        """Return every aggregate of this kind that the caller may see."""
        kept = self.unit.database.aggregates.items()
        of_kind = [each for (kind, _), each in kept if kind == self.kind]
        return [each for each in of_kind if self.is_admitted(each)]
