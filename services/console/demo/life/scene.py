"""One case as the demonstration works it: who acts, in which trace, and what was said about it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from chassis.timestamps import to_timestamp
from chassis.traceparent import TraceParent
from jointops.station.v1 import case_pb2
from jointops.station.v1 import squad_request_pb2 as requests
from services.console.demo.cast import Cast
from services.console.demo.desk import Answer, Desk
from services.console.people import Person

Tell = Callable[[str, str], None]


class Scene:
    """What every part of a case's life works with."""

    def __init__(
        self, desk: Desk, cast: Cast, *, case_id: str, root: TraceParent, tell: Tell
    ) -> None:
        self.cast = cast
        self.case_id = case_id
        self.step_count = 0
        self._desk = desk
        self.root = root
        self._tell = tell

    async def act(
        self, person: Person, step: str, request: Message, kind: type[Answer], sentence: str
    ) -> Answer:
        """Take one step as somebody: a line on the screen, and a request_id of its own."""
        self.step_count += 1
        self._tell(person.person_id, sentence)
        return await self._desk.write(
            person, request, kind, key=(self.case_id, step), place=self.root
        )

    async def read(self, person: Person, request: Message, kind: type[Answer]) -> Answer:
        """Look at something as somebody."""
        return await self._desk.read(person, request, kind)

    async def until(
        self,
        person: Person,
        request: Message,
        kind: type[Answer],
        is_so: Callable[[Any], Any],
        what: str,
    ) -> Answer:
        """Wait until an event has brought something about."""
        return await self._desk.until(person, request, kind, is_so, what)

    async def case(self) -> case_pb2.Case:
        """Look at the case as its commander sees it."""
        request = case_pb2.GetCaseRequest(case_id=self.case_id)
        return (await self.read(self.cast.commander, request, case_pb2.GetCaseResponse)).case

    async def until_case(self, state: "case_pb2.CaseState.ValueType") -> case_pb2.Case:
        """Wait until the case stands where an event of a squad should have brought it."""
        answer = await self.until(
            self.cast.commander,
            case_pb2.GetCaseRequest(case_id=self.case_id),
            case_pb2.GetCaseResponse,
            lambda answer: answer.case.state >= state,
            f"the case did not become {case_pb2.CaseState.Name(state)}",
        )
        return answer.case

    async def squad_request(
        self, kind: "requests.SquadRequestKind.ValueType"
    ) -> requests.SquadRequest | None:
        """Look for the squad request of a kind."""
        answer = await self.read(
            self.cast.commander,
            requests.ListSquadRequestsRequest(case_id=self.case_id),
            requests.ListSquadRequestsResponse,
        )
        return next((each for each in answer.squad_requests if each.kind == kind), None)

    async def until_squad_request(
        self, squad_request_id: str, *states: "requests.SquadRequestState.ValueType"
    ) -> requests.SquadRequest:
        """Wait until a squad request stands in one of these states."""
        answer = await self.until(
            self.cast.commander,
            requests.GetSquadRequestRequest(squad_request_id=squad_request_id),
            requests.GetSquadRequestResponse,
            lambda answer: answer.squad_request.state in states,
            f"the squad request {squad_request_id} did not move on",
        )
        return answer.squad_request


def later(**delay: float) -> Timestamp:
    """Return a moment that lies so far ahead."""
    return to_timestamp(datetime.now(UTC) + timedelta(**delay))
