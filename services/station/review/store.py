"""The tables of reviews and lessons and their queries; the timeline's stand in `timeline.py`."""

from datetime import datetime
from typing import Any

import orjson
import sqlalchemy as sa

from chassis.database import Row
from chassis.listings import page_of_case
from chassis.paging import Page
from chassis.statements import (
    Statement,
    admission_to,
    bind,
    insert_row,
    load_for_reading,
    load_with_answer,
    on_case,
    update_row,
)
from chassis.tables import ID, TIME
from chassis.unit import Unit
from chassis.unit_of_work import check_etag
from services.station.review.aggregate import (
    Lesson,
    LessonState,
    Review,
    ReviewCriterion,
    ReviewState,
    Score,
)
from services.station.tables import METADATA

# The scores are read and written with their review only, hence one column of JSON.
REVIEW = sa.Table(
    "review",
    METADATA,
    sa.Column("review_id", ID, primary_key=True),
    sa.Column("case_id", ID, nullable=False),
    sa.Column("station", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("opened_by", sa.Text, nullable=False),
    sa.Column("scores", sa.Text, nullable=False),
    sa.Column("create_time", TIME, nullable=False),
    sa.Column("update_time", TIME, nullable=False),
    sa.Column("version", sa.BigInteger, nullable=False),
)
LESSON = sa.Table(
    "lesson",
    METADATA,
    sa.Column("lesson_id", ID, primary_key=True),
    sa.Column("review_id", ID, nullable=False),
    sa.Column("case_id", ID, nullable=False),
    sa.Column("station", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("owner_id", sa.Text, nullable=False),
    sa.Column("due_time", TIME, nullable=False),
    sa.Column("proof", sa.Text, nullable=False),
    sa.Column("create_time", TIME, nullable=False),
    sa.Column("update_time", TIME, nullable=False),
    sa.Column("version", sa.BigInteger, nullable=False),
)
_R, _L = REVIEW.c, LESSON.c
sa.Index("review_case", _R.case_id, _R.review_id)
sa.Index("lesson_review", _L.review_id, _L.lesson_id)

_REVIEW_KEY = _R.review_id == bind(_R.review_id, "key")
_REVIEW_ADMITTED = on_case(_R.case_id, _R.station)
_LESSON_KEY = _L.lesson_id == bind(_L.lesson_id, "key")
_LESSON_ADMITTED = on_case(_L.case_id, _L.station)
_LIMIT = sa.bindparam("limit", type_=sa.Integer)

ADMIT_TO_REVIEW = Statement(admission_to(_R.review_id, _REVIEW_ADMITTED))
ADMIT_TO_LESSON = Statement(admission_to(_L.lesson_id, _LESSON_ADMITTED))
_LOAD_REVIEW = Statement(load_with_answer(REVIEW, _REVIEW_KEY, _REVIEW_ADMITTED))
_READ_REVIEW = Statement(load_for_reading(REVIEW, _REVIEW_KEY, _REVIEW_ADMITTED))
_INSERT_REVIEW = insert_row(REVIEW)
_UPDATE_REVIEW = update_row(REVIEW, _R.review_id)
_LIST_REVIEWS = Statement(page_of_case(REVIEW, _R.review_id))
_LOAD_LESSON = Statement(load_with_answer(LESSON, _LESSON_KEY, _LESSON_ADMITTED))
_INSERT_LESSON = insert_row(LESSON)
_UPDATE_LESSON = update_row(LESSON, _L.lesson_id)
_LIST_LESSONS = Statement(
    sa.select(LESSON)
    .where(
        _L.review_id == bind(_L.review_id, "review_id"),
        _L.lesson_id < bind(_L.lesson_id, "before"),
    )
    .order_by(_L.lesson_id.desc())
    .limit(_LIMIT)
)


class Reviews:
    """The reviews, as one unit of work changes them."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    async def load(self, review_id: str, *, etag: str) -> Review:
        """Load the review that the caller has seen and wants to change."""
        row = await self._unit.load(_LOAD_REVIEW, key=review_id)
        check_etag(row, etag)
        return row_to_review(row)

    async def load_newest(self, review_id: str) -> Review:
        """Load a review to add something below it, in whatever version it is."""
        return row_to_review(await self._unit.load(_LOAD_REVIEW, key=review_id))

    async def read(self, review_id: str) -> Review:
        """Load a review to show it."""
        return row_to_review(await self._unit.read(_READ_REVIEW, key=review_id))

    async def list(self, page: Page, *, case_id: str) -> tuple[list[Review], str]:
        """Load a page of the reviews of a case, newest first, and the next page's token."""
        rows = await self._unit.page_of_case(_LIST_REVIEWS, case_id, page)
        shown, token = page.cut(rows, "review_id")
        return [row_to_review(row) for row in shown], token

    def add(self, review: Review) -> None:
        """Save a new review."""
        self._unit.save(_INSERT_REVIEW, _review_to_values(review))

    def put(self, review: Review) -> None:
        """Save the next version of a review."""
        self._unit.save(_UPDATE_REVIEW, _review_to_values(review))


class Lessons:
    """The lessons, as one unit of work changes them."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    async def load(self, lesson_id: str, *, etag: str) -> Lesson:
        """Load the lesson that the caller has seen and wants to change."""
        row = await self._unit.load(_LOAD_LESSON, key=lesson_id)
        check_etag(row, etag)
        return row_to_lesson(row)

    async def list(self, page: Page, *, review_id: str) -> tuple[list[Lesson], str]:
        """Load a page of the lessons of a review, newest first, and the next page's token.

        Whether the caller may see the review is checked before, with the review.
        """
        rows = await self._unit.page(
            _LIST_LESSONS, review_id=review_id, before=page.before, limit=page.limit
        )
        shown, token = page.cut(rows, "lesson_id")
        return [row_to_lesson(row) for row in shown], token

    def add(self, lesson: Lesson) -> None:
        """Save a new lesson."""
        self._unit.save(_INSERT_LESSON, _lesson_to_values(lesson))

    def put(self, lesson: Lesson) -> None:
        """Save the next version of a lesson."""
        self._unit.save(_UPDATE_LESSON, _lesson_to_values(lesson))


def row_to_review(row: Row) -> Review:
    """Make a review of its row."""
    return Review(
        review_id=str(row["review_id"]),
        case_id=str(row["case_id"]),
        station=row["station"],
        state=ReviewState(row["state"]),
        opened_by=row["opened_by"],
        scores=tuple(_make_score(score) for score in orjson.loads(row["scores"])),
        created_at=row["create_time"],
        updated_at=row["update_time"],
        version=row["version"],
    )


def row_to_lesson(row: Row) -> Lesson:
    """Make a lesson of its row."""
    return Lesson(
        lesson_id=str(row["lesson_id"]),
        review_id=str(row["review_id"]),
        case_id=str(row["case_id"]),
        station=row["station"],
        state=LessonState(row["state"]),
        title=row["title"],
        owner_id=row["owner_id"],
        due_at=row["due_time"],
        proof=row["proof"],
        created_at=row["create_time"],
        updated_at=row["update_time"],
        version=row["version"],
    )


def _make_score(score: dict[str, Any]) -> Score:
    return Score(
        criterion=ReviewCriterion(score["criterion"]),
        mark=score["mark"],
        note=score["note"],
        scored_by=score["scored_by"],
        scored_at=datetime.fromisoformat(score["scored_at"]),
    )


def _review_to_values(review: Review) -> dict[str, Any]:
    return {
        "key": review.review_id,
        "new_review_id": review.review_id,
        "new_case_id": review.case_id,
        "new_station": review.station,
        "new_state": review.state,
        "new_opened_by": review.opened_by,
        "new_scores": orjson.dumps(review.scores).decode(),
        "new_create_time": review.created_at,
        "new_update_time": review.updated_at,
        "new_version": review.version,
    }


def _lesson_to_values(lesson: Lesson) -> dict[str, Any]:
    return {
        "key": lesson.lesson_id,
        "new_lesson_id": lesson.lesson_id,
        "new_review_id": lesson.review_id,
        "new_case_id": lesson.case_id,
        "new_station": lesson.station,
        "new_state": lesson.state,
        "new_title": lesson.title,
        "new_owner_id": lesson.owner_id,
        "new_due_time": lesson.due_at,
        "new_proof": lesson.proof,
        "new_create_time": lesson.created_at,
        "new_update_time": lesson.updated_at,
        "new_version": lesson.version,
    }
