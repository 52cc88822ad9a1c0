"""Builds the station's aggregates for tests; every field has a plain default."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from chassis.call import Call as ServedCall
from chassis.ids import new_request_id
from chassis.roles import Role
from services.station.casefile.aggregate import Case, CaseState, Squad
from services.station.circulation.aggregate import (
    Order,
    SquadRequest,
    SquadRequestKind,
    SquadRequestState,
)
from services.station.dispatch.aggregate import (
    Alarm,
    AlarmSource,
    AlarmState,
    Call,
    CallType,
    Location,
)
from services.station.dispatch.intake import Area, Desk, Report
from services.station.review.aggregate import (
    Lesson,
    LessonState,
    Review,
    ReviewCriterion,
    ReviewState,
    Score,
)

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
EARLIER = NOW - timedelta(hours=1)
LATER = NOW + timedelta(days=3)

ROBBERY = CallType("211P", "ROBBERY-IN PROGRESS", 1, is_serious=True, source="statute")
NOISE = CallType("415E", "DISTURBANCE-NOISE", 4, is_serious=False, source="statute")
AREA = Area(west=-121.56, south=38.43, east=-121.36, north=38.69, margin=0.1)
DESK = Desk({"211P": ROBBERY, "415E": NOISE}, AREA)


def call_of(person_id: str, *roles: Role, **changes: Any) -> ServedCall:
    """Build the call of a person; each has a request_id of its own."""
    call = ServedCall(
        person_id=person_id,
        station="jinqiao",
        sees_station=Role.COMMANDER in roles,
        method="method",
        permission="permission",
        request_id=new_request_id(),
        request_hash=b"hash",
        traceparent="",
        roles=frozenset(roles),
    )
    return replace(call, **changes)


def make_case(**changes: Any) -> Case:
    """Build a case under investigation whose evidence gate was passed."""
    case = Case(
        case_id="case-1",
        station="jinqiao",
        state=CaseState.INVESTIGATING,
        alarm_id="alarm-1",
        call_type="211P",
        case_officer_id="officer-1",
        member_ids=("officer-1", "analyst-1"),
        accepted_by="officer-1",
        legal_basis="CPL art. 112",
        objective="Find who did it.",
        squads=(Squad.INTELLIGENCE, Squad.TECHNICAL, Squad.OPERATIONS),
        due_at=LATER,
        gate_missing_ids=(),
        gate_met_ids=("request-0",),
        is_gate_passed=True,
        is_reviewed=False,
        suspended_from=None,
        suspend_reason="",
        transferred_to="",
        merged_into_id=None,
        created_at=EARLIER,
        updated_at=EARLIER,
        version=7,
    )
    return replace(case, **changes)


def make_report(**changes: Any) -> Report:
    """Build a report that leaves nothing to flag."""
    report = Report(
        source=AlarmSource.OPERATOR,
        source_record_id="7303184",
        call_type="211P",
        description="Robbery in progress",
        district="3",
        beat="3A",
        longitude=-121.494,
        latitude=38.579,
        received_at=EARLIER,
    )
    return replace(report, **changes)


def make_call(**changes: Any) -> Call:
    """Build a call that is not serious."""
    call = Call(
        source=AlarmSource.OPERATOR,
        source_record_id="7303184",
        call_type="415E",
        description="Loud music",
        district="3",
        beat="3A",
        location=Location(-121.494, 38.579),
        received_at=EARLIER,
        priority=4,
        is_serious=False,
        flags=(),
    )
    return replace(call, **changes)


def make_alarm(**changes: Any) -> Alarm:
    """Build an alarm to which no unit was sent."""
    alarm = Alarm(
        alarm_id="alarm-1",
        station="jinqiao",
        state=AlarmState.REPORTED,
        call=make_call(),
        unit_id=None,
        dispatched_at=None,
        arrived_at=None,
        case_id=None,
        disposition=None,
        created_at=EARLIER,
        updated_at=EARLIER,
        version=1,
    )
    return replace(alarm, **changes)


def make_order(**changes: Any) -> Order:
    """Build an order of an examination that the evidence gate does not wait for."""
    order = Order(
        kind=SquadRequestKind.EXAMINATION,
        question="Whose print is it?",
        due_at=LATER,
        is_gating=False,
    )
    return replace(order, **changes)


def make_squad_request(**changes: Any) -> SquadRequest:
    """Build a request to the technical squad that nobody has signed for."""
    request = SquadRequest(
        squad_request_id="request-1",
        case_id="case-1",
        station="jinqiao",
        state=SquadRequestState.ORDERED,
        squad=Squad.TECHNICAL,
        order=make_order(),
        ordered_by="chief-1",
        signed_for_at=None,
        answer_id=None,
        send_back_reason="",
        rating=None,
        verified_by=None,
        created_at=EARLIER,
        updated_at=EARLIER,
        version=1,
    )
    return replace(request, **changes)


def make_joint_arrest(**changes: Any) -> SquadRequest:
    """Build a joint arrest that nobody has signed for."""
    arrest = make_squad_request(
        squad=Squad.OPERATIONS, order=make_order(kind=SquadRequestKind.JOINT_ARREST)
    )
    return replace(arrest, **changes)


def make_score(**changes: Any) -> Score:
    """Build the score of one criterion."""
    score = Score(
        criterion=ReviewCriterion.TIMELINESS,
        mark=4,
        note="One receipt came late.",
        scored_by="reviewer-1",
        scored_at=EARLIER,
    )
    return replace(score, **changes)


def make_review(**changes: Any) -> Review:
    """Build an open review whose every criterion is scored."""
    review = Review(
        review_id="review-1",
        case_id="case-1",
        station="jinqiao",
        state=ReviewState.OPEN,
        opened_by="chief-1",
        scores=tuple(make_score(criterion=criterion) for criterion in ReviewCriterion),
        created_at=EARLIER,
        updated_at=EARLIER,
        version=11,
    )
    return replace(review, **changes)


def make_lesson(**changes: Any) -> Lesson:
    """Build an open lesson."""
    lesson = Lesson(
        lesson_id="lesson-1",
        review_id="review-1",
        case_id="case-1",
        station="jinqiao",
        state=LessonState.OPEN,
        title="Sign for requests within the hour",
        owner_id="officer-1",
        due_at=LATER,
        proof="",
        created_at=EARLIER,
        updated_at=EARLIER,
        version=1,
    )
    return replace(lesson, **changes)
