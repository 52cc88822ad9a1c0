"""Where protobuf meets reviews and lessons: requests in, responses and events out."""

from collections.abc import Callable
from typing import Any

from google.protobuf.message import Message

from chassis.call import Event
from chassis.emission import Origin, make_event
from chassis.timestamps import to_datetime, to_timestamp
from jointops.station.v1 import review_events_pb2 as events
from jointops.station.v1 import review_pb2 as pb
from services.station.review import aggregate
from services.station.review.aggregate import (
    Lesson,
    LessonEvent,
    LessonState,
    Review,
    ReviewCriterion,
    ReviewEvent,
    ReviewState,
    Score,
    TimelineEntry,
)
from services.station.review.domain import Plan, missing_criteria

STATES = {state: pb.ReviewState.Value(f"REVIEW_STATE_{state.name}") for state in ReviewState}
LESSON_STATES = {state: pb.LessonState.Value(f"LESSON_STATE_{state.name}") for state in LessonState}
CRITERIA = {
    each: pb.ReviewCriterion.Value(f"REVIEW_CRITERION_{each.name}") for each in ReviewCriterion
}
_CRITERIA_OF = {number: each for each, number in CRITERIA.items()}


def review_to_message(review: Review) -> pb.Review:
    """Show a review to a member of its case."""
    return pb.Review(
        review_id=review.review_id,
        case_id=review.case_id,
        station=review.station,
        state=STATES[review.state],
        opener_id=review.opened_by,
        scores=[_score_to_message(score) for score in review.scores],
        missing_criteria=[CRITERIA[each] for each in missing_criteria(review)],
        create_time=to_timestamp(review.created_at),
        update_time=to_timestamp(review.updated_at),
        etag=str(review.version),
    )


def lesson_to_message(lesson: Lesson) -> pb.Lesson:
    """Show a lesson to a member of its case."""
    return pb.Lesson(
        lesson_id=lesson.lesson_id,
        review_id=lesson.review_id,
        case_id=lesson.case_id,
        station=lesson.station,
        state=LESSON_STATES[lesson.state],
        title=lesson.title,
        owner_id=lesson.owner_id,
        due_time=to_timestamp(lesson.due_at),
        proof=lesson.proof,
        create_time=to_timestamp(lesson.created_at),
        update_time=to_timestamp(lesson.updated_at),
        etag=str(lesson.version),
    )


def entry_to_message(entry: TimelineEntry) -> pb.TimelineEntry:
    """Show one event of a case."""
    return pb.TimelineEntry(
        event_id=entry.event_id,
        event_type=entry.event_type,
        event_time=to_timestamp(entry.happened_at),
        service=entry.service,
        aggregate_id=entry.aggregate_id,
        aggregate_version=entry.aggregate_version,
    )


def criterion_of(request: pb.ScoreReviewRequest) -> ReviewCriterion:
    """Read what is scored."""
    return _CRITERIA_OF[request.criterion]


def plan_of(request: pb.OpenLessonRequest) -> Plan:
    """Read what a lesson wants changed."""
    return Plan(request.title, request.owner_id, to_datetime(request.due_time))


def event_to_row(event: ReviewEvent, review: Review) -> Event:
    """Wrap an event of the review, which it has just made, as it will travel."""
    origin = Origin("review", review.review_id, review.version, review.station, review.case_id)
    return make_event(_MESSAGES[type(event)](review, event), origin, at=event.decided_at)


def lesson_event_to_row(event: LessonEvent, lesson: Lesson) -> Event:
    """Wrap an event of the lesson, which it has just made, as it will travel."""
    origin = Origin("lesson", lesson.lesson_id, lesson.version, lesson.station, lesson.case_id)
    return make_event(_LESSON_MESSAGES[type(event)](lesson), origin, at=event.decided_at)


def _score_to_message(score: Score) -> pb.ReviewScore:
    return pb.ReviewScore(
        criterion=CRITERIA[score.criterion],
        mark=score.mark,
        note=score.note,
        scorer_id=score.scored_by,
        score_time=to_timestamp(score.scored_at),
    )


_MESSAGES: dict[type[ReviewEvent], Callable[[Review, Any], Message]] = {
    aggregate.ReviewOpened: lambda review, _: events.ReviewOpened(
        review_id=review.review_id, case_id=review.case_id
    ),
    aggregate.ReviewScored: lambda review, event: events.ReviewScored(
        review_id=review.review_id,
        case_id=review.case_id,
        criterion=CRITERIA[event.score.criterion],
        mark=event.score.mark,
    ),
    aggregate.ReviewPublished: lambda review, _: events.ReviewPublished(
        review_id=review.review_id, case_id=review.case_id
    ),
}
_LESSON_MESSAGES: dict[type[LessonEvent], Callable[[Lesson], Message]] = {
    aggregate.LessonOpened: lambda lesson: events.LessonOpened(
        lesson_id=lesson.lesson_id,
        review_id=lesson.review_id,
        case_id=lesson.case_id,
        owner_id=lesson.owner_id,
        due_time=to_timestamp(lesson.due_at),
    ),
    aggregate.LessonClosed: lambda lesson: events.LessonClosed(
        lesson_id=lesson.lesson_id, review_id=lesson.review_id, case_id=lesson.case_id
    ),
}
