"""What may be done to a review and its lessons: each step refuses or returns one event. Pure.

Which state allows which step stands in two tables, `ALLOWED` and `LESSON_ALLOWED`; what an event
changes, in `aggregate.py`. Clock and ids are arguments. What a step means for the case is decided
in `casefile.domain`, in the same transaction.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from chassis.errors import DomainError, Kind
from services.station.casefile.aggregate import Case
from services.station.casefile.domain import DueTimePastError
from services.station.review import aggregate
from services.station.review.aggregate import (
    Lesson,
    LessonState,
    Review,
    ReviewCriterion,
    ReviewState,
    Score,
)


class Step(StrEnum):
    """What may be asked of a review."""

    SCORE = "score"
    PUBLISH = "publish"
    OPEN_LESSON = "open_lesson"


class LessonStep(StrEnum):
    """What may be asked of a lesson."""

    CLOSE = "close"


ALLOWED: dict[Step, frozenset[ReviewState]] = {
    Step.SCORE: frozenset({ReviewState.OPEN}),
    Step.PUBLISH: frozenset({ReviewState.OPEN}),
    Step.OPEN_LESSON: frozenset({ReviewState.OPEN}),
}

LESSON_ALLOWED: dict[LessonStep, frozenset[LessonState]] = {
    LessonStep.CLOSE: frozenset({LessonState.OPEN}),
}


class ReviewStateForbidsError(DomainError, kind=Kind.PRECONDITION, reason="REVIEW_STATE_FORBIDS"):
    """The state of the review does not allow the step."""


class ReviewIncompleteError(DomainError, kind=Kind.PRECONDITION, reason="REVIEW_INCOMPLETE"):
    """Criteria are not scored yet."""


class LessonStateForbidsError(DomainError, kind=Kind.PRECONDITION, reason="LESSON_STATE_FORBIDS"):
    """The state of the lesson does not allow the step."""


class LessonProofMissingError(DomainError, kind=Kind.INVALID, reason="LESSON_PROOF_MISSING"):
    """A lesson closes only with proof."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a lesson wants changed, by whom and until when."""

    title: str
    owner_id: str
    due_at: datetime


def check_state(review: Review, step: Step) -> None:
    """Refuse a step that the state of the review does not allow.

    Raises:
        ReviewStateForbidsError: The state is not in `ALLOWED[step]`.
    """
    if review.state not in ALLOWED[step]:
        sentence = f"A review that is {review.state} does not allow {step}."
        raise ReviewStateForbidsError(
            sentence, review_id=review.review_id, state=review.state, step=step
        )


def check_lesson_state(lesson: Lesson, step: LessonStep) -> None:
    """Refuse a step that the state of the lesson does not allow.

    Raises:
        LessonStateForbidsError: The state is not in `LESSON_ALLOWED[step]`.
    """
    if lesson.state not in LESSON_ALLOWED[step]:
        sentence = f"A lesson that is {lesson.state} does not allow {step}."
        raise LessonStateForbidsError(
            sentence, lesson_id=lesson.lesson_id, state=lesson.state, step=step
        )


def missing_criteria(review: Review) -> tuple[ReviewCriterion, ...]:
    """Name the criteria that are not scored yet, in their order."""
    scored = {score.criterion for score in review.scores}
    return tuple(criterion for criterion in ReviewCriterion if criterion not in scored)


def open_review(case: Case, *, review_id: str, by: str, now: datetime) -> aggregate.ReviewOpened:
    """Open the review of a case; `casefile.domain.start_evaluation` says when, and only once."""
    return aggregate.ReviewOpened(now, review_id, case.case_id, case.station, by)


def score(
    review: Review, *, criterion: ReviewCriterion, mark: int, note: str, by: str, now: datetime
) -> aggregate.ReviewScored:
    """Score one criterion of an open review, or score it anew."""
    check_state(review, Step.SCORE)
    return aggregate.ReviewScored(now, Score(criterion, mark, note, by, now))


def publish(review: Review, *, now: datetime) -> aggregate.ReviewPublished:
    """Publish a review whose every criterion is scored."""
    check_state(review, Step.PUBLISH)
    missing = missing_criteria(review)
    if missing:
        raise ReviewIncompleteError(
            "The review is published once every criterion is scored.",
            review_id=review.review_id,
            missing=",".join(missing),
        )
    return aggregate.ReviewPublished(now)


def open_lesson(
    review: Review, plan: Plan, *, lesson_id: str, now: datetime
) -> aggregate.LessonOpened:
    """Open a lesson of an open review."""
    check_state(review, Step.OPEN_LESSON)
    if plan.due_at <= now:
        raise DueTimePastError("The deadline is not in the future.", field="due_time")
    return aggregate.LessonOpened(
        decided_at=now,
        lesson_id=lesson_id,
        review_id=review.review_id,
        case_id=review.case_id,
        station=review.station,
        title=plan.title,
        owner_id=plan.owner_id,
        due_at=plan.due_at,
    )


def close_lesson(lesson: Lesson, *, proof: str, now: datetime) -> aggregate.LessonClosed:
    """Close a lesson with the proof that something changed."""
    check_lesson_state(lesson, LessonStep.CLOSE)
    if not proof.strip():
        raise LessonProofMissingError("A lesson closes only with proof.", field="proof")
    return aggregate.LessonClosed(now, proof)
