"""Reviews and lessons as data: their states, their events and what each event changes. Pure.

The decisions, which refuse or return one of these events, stand in `domain.py`. A lesson is an
aggregate of its own: it is worked on long after the review it came from is published.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any


class ReviewState(StrEnum):
    """Where a review stands. Source: docs/lifecycle.md."""

    OPEN = "open"
    PUBLISHED = "published"


class ReviewCriterion(StrEnum):
    """What is scored: process and rights. Fines and arrest counts have no value and no way in."""

    TIMELINESS = "timeliness"
    COORDINATION = "coordination"
    EVIDENCE_CUSTODY = "evidence_custody"
    RECORD_QUALITY = "record_quality"
    LEGAL_BASIS = "legal_basis"
    CUSTODY_LIMITS = "custody_limits"
    USE_OF_FORCE = "use_of_force"
    NOTIFICATION = "notification"
    VULNERABLE_PEOPLE = "vulnerable_people"
    DATA_PROTECTION = "data_protection"


class LessonState(StrEnum):
    """Where a lesson stands. Source: docs/lifecycle.md."""

    OPEN = "open"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Score:
    """The score of one criterion; `mark` is 1 (failed) to 5 (exemplary)."""

    criterion: ReviewCriterion
    mark: int
    note: str
    scored_by: str
    scored_at: datetime


@dataclass(frozen=True, slots=True)
class Review:
    """The review of one case; `version` counts its changes, each of which is one event."""

    review_id: str
    case_id: str
    station: str
    state: ReviewState
    opened_by: str
    scores: tuple[Score, ...]
    created_at: datetime
    updated_at: datetime
    version: int


@dataclass(frozen=True, slots=True)
class Lesson:
    """One lesson; `version` counts its changes, each of which is one event."""

    lesson_id: str
    review_id: str
    case_id: str
    station: str
    state: LessonState
    title: str
    owner_id: str
    due_at: datetime
    proof: str
    created_at: datetime
    updated_at: datetime
    version: int


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One event of a case as any service told it; the timeline holds nothing else."""

    event_id: str
    case_id: str
    event_type: str
    happened_at: datetime
    service: str
    aggregate_id: str
    aggregate_version: int


@dataclass(frozen=True, slots=True)
class ReviewEvent:
    """Something that happened to a review, and when (UTC)."""

    decided_at: datetime


@dataclass(frozen=True, slots=True)
class ReviewOpened(ReviewEvent):
    """The review of a case was opened."""

    review_id: str
    case_id: str
    station: str
    opened_by: str


@dataclass(frozen=True, slots=True)
class ReviewScored(ReviewEvent):
    """One criterion was scored."""

    score: Score


@dataclass(frozen=True, slots=True)
class ReviewPublished(ReviewEvent):
    """The review was published."""


@dataclass(frozen=True, slots=True)
class LessonEvent:
    """Something that happened to a lesson, and when (UTC)."""

    decided_at: datetime


@dataclass(frozen=True, slots=True)
class LessonOpened(LessonEvent):
    """A lesson was opened."""

    lesson_id: str
    review_id: str
    case_id: str
    station: str
    title: str
    owner_id: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class LessonClosed(LessonEvent):
    """A lesson was closed with proof."""

    proof: str


def open_review(event: ReviewOpened) -> Review:
    """Make the first version of a review."""
    return Review(
        review_id=event.review_id,
        case_id=event.case_id,
        station=event.station,
        state=ReviewState.OPEN,
        opened_by=event.opened_by,
        scores=(),
        created_at=event.decided_at,
        updated_at=event.decided_at,
        version=1,
    )


def open_lesson(event: LessonOpened) -> Lesson:
    """Make the first version of a lesson."""
    return Lesson(
        lesson_id=event.lesson_id,
        review_id=event.review_id,
        case_id=event.case_id,
        station=event.station,
        state=LessonState.OPEN,
        title=event.title,
        owner_id=event.owner_id,
        due_at=event.due_at,
        proof="",
        created_at=event.decided_at,
        updated_at=event.decided_at,
        version=1,
    )


def apply(review: Review, event: ReviewEvent) -> Review:
    """Make the next version of a review."""
    changed = _CHANGES[type(event)](review, event)
    return replace(review, **changed, updated_at=event.decided_at, version=review.version + 1)


def apply_to_lesson(lesson: Lesson, event: LessonClosed) -> Lesson:
    """Make the next version of a lesson."""
    return replace(
        lesson,
        state=LessonState.CLOSED,
        proof=event.proof,
        updated_at=event.decided_at,
        version=lesson.version + 1,
    )


_CHANGES: dict[type[ReviewEvent], Callable[[Review, Any], dict[str, Any]]] = {
    ReviewScored: lambda review, e: {"scores": _with(review.scores, e.score)},
    ReviewPublished: lambda _, __: {"state": ReviewState.PUBLISHED},
}


def _with(scores: tuple[Score, ...], new: Score) -> tuple[Score, ...]:
    """Keep one score a criterion, the last, in the order of the criteria."""
    by_criterion = {score.criterion: score for score in (*scores, new)}
    return tuple(by_criterion[each] for each in ReviewCriterion if each in by_criterion)
