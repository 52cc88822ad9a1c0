"""How the wire tests of the station speak to it: who calls, about what, with which request."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
import pytest
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from chassis.ids import new_id, new_request_id
from chassis.policy import method_name
from chassis.roles import Role
from chassis.status import reason_of
from chassis.timestamps import to_timestamp
from jointops.station.v1 import alarm_pb2, case_pb2, review_pb2, squad_request_pb2
from services.station.casefile.aggregate import Case, CaseState
from services.station.circulation.aggregate import SquadRequest, SquadRequestState
from services.station.dispatch.aggregate import Alarm
from services.station.review.aggregate import Lesson, Review
from tests.integration.stage import STATION, Stage
from tests.integration.station.world import on_postgresql
from tests.unit.station.builders import (
    make_alarm,
    make_call,
    make_case,
    make_lesson,
    make_review,
    make_squad_request,
)

Refusal = tuple[grpc.StatusCode, str, dict[str, str]]

SERVICES = (
    case_pb2.DESCRIPTOR.services_by_name["CaseService"],
    alarm_pb2.DESCRIPTOR.services_by_name["AlarmService"],
    squad_request_pb2.DESCRIPTOR.services_by_name["CirculationService"],
    review_pb2.DESCRIPTOR.services_by_name["ReviewService"],
)
METHODS = {method.input_type.name: method for each in SERVICES for method in each.methods}


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who calls."""

    person_id: str
    roles: tuple[Role, ...]
    station: str = STATION


COMMANDER = Person("commander-1", (Role.COMMANDER,))
OFFICER = Person("case_officer-1", (Role.CASE_OFFICER,))
DISPATCHER = Person("dispatcher-1", (Role.DISPATCHER,))
PATROL = Person("patrol_officer-1", (Role.PATROL_OFFICER,))
REVIEWER = Person("legal_reviewer-1", (Role.LEGAL_REVIEWER,))
EXAMINER = Person("tech_examiner-1", (Role.TECH_EXAMINER,))
# The commander sees the cases of the station without being assigned.
MEMBERS = (OFFICER.person_id, REVIEWER.person_id, EXAMINER.person_id)


@dataclass
class Known:
    """One of each, to be named in requests."""

    case: Case = field(default_factory=lambda: make_case(case_id=new_id(), version=1))
    alarm: Alarm = field(
        default_factory=lambda: make_alarm(
            alarm_id=new_id(), call=make_call(source_record_id=new_id())
        )
    )
    request: SquadRequest = field(default_factory=make_squad_request)
    review: Review = field(default_factory=make_review)
    lesson: Lesson = field(default_factory=make_lesson)


async def send(stage: Stage, person: Person | None, request: Message) -> Any:
    """Call the method that takes this request; nobody means without a token."""
    method = METHODS[request.DESCRIPTOR.name]
    channel = stage.open() if person is None else _channel(stage, person)
    call = channel.unary_unary(
        f"/{method_name(method)}",
        request_serializer=type(request).SerializeToString,
        response_deserializer=GetMessageClass(method.output_type).FromString,
    )
    return await call(request)


async def refusal(stage: Stage, person: Person | None, request: Message) -> Refusal:
    """Return how a call is refused."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await send(stage, person, request)
    return (caught.value.code(), *reason_of(caught.value))


async def put_case(stage: Stage, **changes: Any) -> Case:
    """Put a case into the database, with everybody on it."""
    fresh = {"case_id": new_id(), "alarm_id": new_id(), "version": 1, "gate_met_ids": ()}
    case = make_case(**(fresh | {"case_officer_id": OFFICER.person_id} | changes))
    world = on_postgresql(stage.database)
    await world.save(world.cases, case, case.case_id)
    await world.know(case.case_id, *MEMBERS, station=case.station)
    return case


async def put_alarm(stage: Stage, **changes: Any) -> Alarm:
    """Put an alarm into the database."""
    alarm_id = new_id()
    fresh = {"alarm_id": alarm_id, "call": make_call(source_record_id=alarm_id)}
    alarm = make_alarm(**(fresh | changes))
    world = on_postgresql(stage.database)
    await world.save(world.alarms, alarm, alarm.alarm_id)
    return alarm


async def put_request(stage: Stage, case: Case, **changes: Any) -> SquadRequest:
    """Put a squad request of a case into the database."""
    fresh = {"squad_request_id": new_id(), "case_id": case.case_id, "station": case.station}
    request = make_squad_request(**(fresh | changes))
    world = on_postgresql(stage.database)
    await world.save(world.requests, request, request.squad_request_id)
    return request


async def put_review(stage: Stage, case: Case, **changes: Any) -> Review:
    """Put a review of a case, every criterion scored, into the database."""
    fresh = {"review_id": new_id(), "case_id": case.case_id, "version": 1}
    review = make_review(**(fresh | {"station": case.station} | changes))
    world = on_postgresql(stage.database)
    await world.save(world.reviews, review, review.review_id)
    return review


async def put_lesson(stage: Stage, review: Review, **changes: Any) -> Lesson:
    """Put a lesson of a review into the database."""
    fresh = {"lesson_id": new_id(), "review_id": review.review_id, "case_id": review.case_id}
    lesson = make_lesson(**(fresh | {"station": review.station} | changes))
    world = on_postgresql(stage.database)
    await world.save(world.lessons, lesson, lesson.lesson_id)
    return lesson


async def put_all(stage: Stage) -> Known:
    """Put one of each into the database, all of one case but for the alarm."""
    case = await put_case(stage, state=CaseState.UNDER_EVALUATION)
    review = await put_review(stage, case)
    return Known(
        case=case,
        alarm=await put_alarm(stage),
        request=await put_request(stage, case, state=SquadRequestState.ANSWERED),
        review=review,
        lesson=await put_lesson(stage, review),
    )


async def statement_count(stage: Stage) -> int:
    """Count what was sent to the database so far on connections that are idle now."""
    return sum(connection.statement_count for connection in stage.database._idle)


async def event_names(stage: Stage, *aggregate_ids: str) -> list[str]:
    """Return the names of the events of these aggregates, in the order of the outbox."""
    query = "SELECT event_type FROM outbox WHERE aggregate_id = any($1) ORDER BY position"
    rows = await stage.fetch(query, list(aggregate_ids))
    return [row["event_type"].rpartition(".")[2] for row in rows]


def tomorrow() -> Any:
    """Return this time tomorrow as a request says it."""
    return to_timestamp(datetime.now(UTC) + timedelta(days=1))


def of_case(case: Case, **fields: Any) -> dict[str, Any]:
    """Return the fields of a request that changes a case."""
    named = {"case_id": case.case_id, "etag": str(case.version), "request_id": new_request_id()}
    return named | fields


def of_alarm(alarm: Alarm, **fields: Any) -> dict[str, Any]:
    """Return the fields of a request that changes an alarm."""
    named = {"alarm_id": alarm.alarm_id, "etag": str(alarm.version)}
    return named | {"request_id": new_request_id()} | fields


def of_request(request: SquadRequest, **fields: Any) -> dict[str, Any]:
    """Return the fields of a request that changes a squad request."""
    named = {"squad_request_id": request.squad_request_id, "etag": str(request.version)}
    return named | {"request_id": new_request_id()} | fields


def of_review(review: Review, **fields: Any) -> dict[str, Any]:
    """Return the fields of a request that changes a review."""
    named = {"review_id": review.review_id, "etag": str(review.version)}
    return named | {"request_id": new_request_id()} | fields


def order(case: Case, **fields: Any) -> squad_request_pb2.OrderSquadRequestRequest:
    """Ask to order an examination."""
    sound: dict[str, Any] = {
        "case_id": case.case_id,
        "case_etag": str(case.version),
        "request_id": new_request_id(),
        "kind": squad_request_pb2.SQUAD_REQUEST_KIND_EXAMINATION,
        "question": "Whose print is it?",
        "due_time": tomorrow(),
    }
    return squad_request_pb2.OrderSquadRequestRequest(**(sound | fields))


def report(**fields: Any) -> alarm_pb2.ReportAlarmRequest:
    """Ask to take a call in."""
    sound: dict[str, Any] = {
        "request_id": new_request_id(),
        "source": alarm_pb2.ALARM_SOURCE_OPERATOR,
        "source_record_id": new_id(),
        "call_type": "415E",
        "description": "Loud music",
        "district": "3",
        "beat": "3A",
        "longitude": -121.494,
        "latitude": 38.579,
        "receive_time": to_timestamp(datetime.now(UTC)),
    }
    return alarm_pb2.ReportAlarmRequest(**(sound | fields))


def _channel(stage: Stage, person: Person) -> grpc.aio.Channel:
    return stage.channel(person.person_id, *person.roles, station=person.station)
