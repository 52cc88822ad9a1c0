"""What commands on reviews and lessons leave behind, on stores in memory."""

from typing import Any

import pytest

from chassis.errors import EtagStaleError
from chassis.roles import Role
from chassis.timestamps import to_timestamp
from jointops.station.v1 import review_events_pb2 as events
from jointops.station.v1 import review_pb2 as pb
from services.station.casefile.aggregate import CaseState
from services.station.casefile.domain import CaseStateForbidsError
from services.station.review.usecases import ReviewUseCases, Stores
from tests.fakes.station import FakeCases, FakeLessons, FakeReviews, FakeTimeline
from tests.fakes.unit import FakeDatabase
from tests.unit.station.builders import (
    LATER,
    NOW,
    call_of,
    make_case,
    make_lesson,
    make_review,
    make_score,
)

REVIEWER = ("reviewer-1", Role.LEGAL_REVIEWER)


def make_use_cases(database: FakeDatabase) -> ReviewUseCases:
    """Make the use cases on a clock that stands still; the next id is new-1."""
    begin: Any = database.begin
    stores: dict[str, Any] = {
        "reviews": FakeReviews,
        "lessons": FakeLessons,
        "timeline": FakeTimeline,
        "cases": FakeCases,
    }
    return ReviewUseCases(begin, lambda: NOW, lambda: "new-1", Stores(**stores))


def make_database(state: CaseState, **kept: Any) -> FakeDatabase:
    """Make a database with a case in a state, its reviewer assigned, and what else is kept."""
    aggregates: dict[tuple[str, str], Any] = {("case", "case-1"): make_case(state=state)}
    aggregates |= {(kind, f"{kind}-1"): each for kind, each in kept.items()}
    return FakeDatabase(
        aggregates=aggregates,
        assignments={("case-1", "reviewer-1")},
        case_stations={"case-1": "jinqiao"},
    )


def names(database: FakeDatabase) -> list[str]:
    """Return the names of the events, in order."""
    return [event.event_type.rpartition(".")[2] for event in database.events]


async def test_opening_a_review_starts_the_evaluation_of_the_case() -> None:
    database = make_database(CaseState.IN_CUSTODY)
    request = pb.OpenReviewRequest(case_id="case-1", case_etag="7")

    response = await make_use_cases(database).open(request, call_of(*REVIEWER))

    assert (response.review.review_id, response.review.opener_id) == ("new-1", "reviewer-1")
    assert len(response.review.missing_criteria) == 10
    assert database.aggregates["case", "case-1"].state is CaseState.UNDER_EVALUATION
    assert names(database) == ["ReviewOpened", "CaseEvaluationStarted"]
    assert database.audit == [("permission", "new-1", "case-1")]


async def test_opening_a_review_is_refused_when_the_operation_goes_on() -> None:
    database = make_database(CaseState.ARREST_UNDER_WAY)
    request = pb.OpenReviewRequest(case_id="case-1", case_etag="7")

    with pytest.raises(CaseStateForbidsError) as caught:
        await make_use_cases(database).open(request, call_of(*REVIEWER))

    assert caught.value.metadata["step"] == "start_evaluation"


async def test_score_keeps_its_note_out_of_the_event() -> None:
    database = make_database(CaseState.UNDER_EVALUATION, review=make_review(scores=()))
    request = pb.ScoreReviewRequest(
        review_id="review-1",
        etag="11",
        criterion=pb.REVIEW_CRITERION_USE_OF_FORCE,
        mark=3,
        note="One shot was not recorded.",
    )

    response = await make_use_cases(database).score(request, call_of(*REVIEWER))

    event = events.ReviewScored.FromString(database.events[0].payload)
    assert (event.criterion, event.mark) == (pb.REVIEW_CRITERION_USE_OF_FORCE, 3)
    assert b"shot" not in database.events[0].payload
    assert response.review.scores[0].note == "One shot was not recorded."


async def test_publishing_marks_the_case_reviewed() -> None:
    database = make_database(CaseState.UNDER_EVALUATION, review=make_review())
    request = pb.PublishReviewRequest(review_id="review-1", etag="11")

    response = await make_use_cases(database).publish(request, call_of(*REVIEWER))

    assert response.review.state == pb.REVIEW_STATE_PUBLISHED
    assert database.aggregates["case", "case-1"].is_reviewed
    assert names(database) == ["ReviewPublished", "CaseReviewed"]


async def test_publishing_is_refused_when_the_review_has_moved() -> None:
    database = make_database(CaseState.UNDER_EVALUATION, review=make_review(version=12))
    request = pb.PublishReviewRequest(review_id="review-1", etag="11")

    with pytest.raises(EtagStaleError):
        await make_use_cases(database).publish(request, call_of(*REVIEWER))


async def test_lesson_is_opened_and_closed_without_moving_the_review() -> None:
    database = make_database(CaseState.UNDER_EVALUATION, review=make_review())
    use_cases = make_use_cases(database)
    opening = pb.OpenLessonRequest(
        review_id="review-1",
        title="Sign sooner",
        owner_id="officer-1",
        due_time=to_timestamp(LATER),
    )

    opened = await use_cases.open_lesson(opening, call_of(*REVIEWER))
    closing = pb.CloseLessonRequest(lesson_id="new-1", etag="1", proof="Order 31 amended")
    closed = await use_cases.close_lesson(closing, call_of(*REVIEWER))

    assert (opened.lesson.lesson_id, closed.lesson.proof) == ("new-1", "Order 31 amended")
    assert closed.lesson.state == pb.LESSON_STATE_CLOSED
    assert names(database) == ["LessonOpened", "LessonClosed"]
    assert database.aggregates["review", "review-1"].version == 11


async def test_reviews_and_lessons_of_the_case_are_shown() -> None:
    database = make_database(
        CaseState.UNDER_EVALUATION,
        review=make_review(review_id="a", scores=(make_score(),)),
        lesson=make_lesson(lesson_id="b", review_id="a"),
    )
    database.aggregates["review", "a"] = database.aggregates.pop(("review", "review-1"))
    use_cases = make_use_cases(database)

    reviews = await use_cases.list(pb.ListReviewsRequest(case_id="case-1"), call_of(*REVIEWER))
    review = await use_cases.get(pb.GetReviewRequest(review_id="a"), call_of(*REVIEWER))
    lessons = await use_cases.list_lessons(pb.ListLessonsRequest(review_id="a"), call_of(*REVIEWER))

    assert list(reviews.reviews) == [review.review]
    assert [lesson.lesson_id for lesson in lessons.lessons] == ["b"]


async def test_timeline_shows_what_events_said_of_the_case() -> None:
    database = make_database(CaseState.IN_CUSTODY)
    use_cases = make_use_cases(database)
    await use_cases.open(pb.OpenReviewRequest(case_id="case-1", case_etag="7"), call_of(*REVIEWER))

    response = await use_cases.get_timeline(
        pb.GetTimelineRequest(case_id="case-1", page_size=1), call_of(*REVIEWER)
    )

    assert [entry.event_type for entry in response.entries] == ["jointops.station.v1.ReviewOpened"]
    assert (response.entries[0].service, response.entries[0].aggregate_id) == ("station", "new-1")
    assert response.next_page_token
