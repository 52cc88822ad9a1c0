"""The stores of reviews and lessons, in memory and on PostgreSQL."""

from dataclasses import replace
from typing import Any

import pytest

from chassis.call import AlreadyAnsweredError
from chassis.errors import EtagStaleError, NotAssignedError
from chassis.ids import new_id
from chassis.paging import LAST_ID, Page
from services.station.review.aggregate import (
    Lesson,
    LessonState,
    Review,
    ReviewCriterion,
    ReviewState,
)
from tests.integration.station.world import World
from tests.unit.station.builders import NOW, call_of, make_lesson, make_review, make_score

pytestmark = pytest.mark.asyncio(loop_scope="module")

MEMBER = "legal_reviewer-1"


async def known_case(world: World) -> str:
    """Let a case be known with MEMBER assigned to it."""
    case_id = new_id()
    await world.know(case_id, MEMBER)
    return case_id


async def add_review(world: World, case_id: str, **changes: Any) -> Review:
    """Keep a review of a case without a score."""
    fresh = {"review_id": new_id(), "case_id": case_id, "scores": (), "version": 1}
    review = make_review(**(fresh | changes))
    await world.save(world.reviews, review, review.review_id)
    return review


async def add_lesson(world: World, review: Review, **changes: Any) -> Lesson:
    """Keep a lesson of a review."""
    fresh = {"lesson_id": new_id(), "review_id": review.review_id, "case_id": review.case_id}
    lesson = make_lesson(**(fresh | changes))
    await world.save(world.lessons, lesson, lesson.lesson_id)
    return lesson


async def read(world: World, review_id: str, person_id: str = MEMBER) -> Review:
    """Read a review as a person."""
    async with world.begin(call_of(person_id)) as unit:
        found: Review = await world.reviews(unit).read(review_id)
        return found


async def load_lesson(world: World, lesson: Lesson, person_id: str = MEMBER) -> Lesson:
    """Load a lesson as a person who has seen it."""
    async with world.begin(call_of(person_id)) as unit:
        found: Lesson = await world.lessons(unit).load(lesson.lesson_id, etag=str(lesson.version))
        return found


async def test_review_comes_back_with_its_scores(world: World) -> None:
    review = await add_review(world, await known_case(world))
    scores = (
        make_score(criterion=ReviewCriterion.TIMELINESS, note='晚了 "1" \\ h', scored_at=NOW),
        make_score(criterion=ReviewCriterion.DATA_PROTECTION, mark=1),
    )
    published = replace(
        review, state=ReviewState.PUBLISHED, scores=scores, updated_at=NOW, version=2
    )

    await world.save(world.reviews, published, review.review_id)

    assert await read(world, review.review_id) == published


async def test_lesson_comes_back_as_it_was_closed(world: World) -> None:
    review = await add_review(world, await known_case(world))
    lesson = await add_lesson(world, review, title="先签收")
    closed = replace(lesson, state=LessonState.CLOSED, proof="Order 31", updated_at=NOW, version=2)

    before = await load_lesson(world, lesson)
    await world.save(world.lessons, closed, lesson.lesson_id)

    assert before == lesson
    assert await load_lesson(world, closed) == closed


async def test_load_is_refused_when_the_etag_is_stale(world: World) -> None:
    review = await add_review(world, await known_case(world))
    lesson = await add_lesson(world, review)

    async with world.begin(call_of(MEMBER)) as unit:
        with pytest.raises(EtagStaleError):
            await world.reviews(unit).load(review.review_id, etag="2")
        with pytest.raises(EtagStaleError):
            await world.lessons(unit).load(lesson.lesson_id, etag="2")


async def test_newest_review_is_loaded_whatever_its_version(world: World) -> None:
    review = await add_review(world, await known_case(world))
    moved = replace(review, version=2)
    await world.save(world.reviews, moved, review.review_id)

    async with world.begin(call_of(MEMBER)) as unit:
        assert await world.reviews(unit).load_newest(review.review_id) == moved


async def test_stranger_is_refused_alike_whether_the_object_exists(world: World) -> None:
    review = await add_review(world, await known_case(world))
    lesson = await add_lesson(world, review)

    with pytest.raises(NotAssignedError) as foreign:
        await read(world, review.review_id, "stranger")
    with pytest.raises(NotAssignedError) as missing:
        await read(world, new_id(), "stranger")
    with pytest.raises(NotAssignedError):
        await load_lesson(world, lesson, "stranger")

    assert foreign.value.message == missing.value.message


async def test_put_is_refused_when_the_version_has_moved(world: World) -> None:
    review = await add_review(world, await known_case(world))
    lesson = await add_lesson(world, review)
    await world.save(world.reviews, replace(review, version=2), review.review_id)
    await world.save(world.lessons, replace(lesson, version=2), lesson.lesson_id)

    with pytest.raises(EtagStaleError):
        await world.save(world.reviews, replace(review, version=2), review.review_id)
    with pytest.raises(EtagStaleError):
        await world.save(world.lessons, replace(lesson, version=2), lesson.lesson_id)


async def test_repeated_request_gets_its_first_answer(world: World) -> None:
    review = await add_review(world, await known_case(world))
    call = call_of(MEMBER)
    await world.save(world.reviews, replace(review, version=2), review.review_id, call)

    async with world.begin(call) as unit:
        with pytest.raises(AlreadyAnsweredError):
            await world.reviews(unit).load_newest(review.review_id)


async def test_reviews_of_a_case_are_listed_newest_first(world: World) -> None:
    case_id = await known_case(world)
    older, newer = sorted((new_id(), new_id()))
    await add_review(world, case_id, review_id=newer)
    await add_review(world, case_id, review_id=older)
    await add_review(world, await known_case(world))

    async with world.begin(call_of(MEMBER)) as unit:
        found, token = await world.reviews(unit).list(Page(1, LAST_ID, "s"), case_id=case_id)

    assert [review.review_id for review in found] == [newer]
    assert token


async def test_lessons_of_a_review_are_listed_newest_first(world: World) -> None:
    case_id = await known_case(world)
    review = await add_review(world, case_id)
    older, newer = sorted((new_id(), new_id()))
    await add_lesson(world, review, lesson_id=newer)
    await add_lesson(world, review, lesson_id=older)
    await add_lesson(world, await add_review(world, case_id))

    async with world.begin(call_of(MEMBER)) as unit:
        lessons = world.lessons(unit)
        found, token = await lessons.list(Page(25, LAST_ID, "s"), review_id=review.review_id)

    assert [lesson.lesson_id for lesson in found] == [newer, older]
    assert token == ""


async def test_list_of_reviews_is_refused_to_a_stranger(world: World) -> None:
    case_id = await known_case(world)

    async with world.begin(call_of("stranger")) as unit:
        with pytest.raises(NotAssignedError):
            await world.reviews(unit).list(Page(25, LAST_ID, "s"), case_id=case_id)
