"""One method a command: open, load, decide, save, emit, record, commit.

What moves the case moves it in the same transaction, always after the review.
"""

from collections.abc import Callable
from dataclasses import dataclass

from chassis.call import Call
from chassis.clock import Clock
from chassis.ids import Ids
from chassis.paging import read_page
from chassis.unit import Unit
from chassis.unit_of_work import Begin
from jointops.station.v1 import review_pb2 as pb
from services.station.casefile import domain as casefile
from services.station.casefile.store import Cases
from services.station.casefile.usecases import write as write_case
from services.station.review import aggregate, convert, domain
from services.station.review.aggregate import Review, ReviewEvent
from services.station.review.store import Lessons, Reviews
from services.station.review.timeline import Timeline


@dataclass(frozen=True, slots=True)
class Stores:
    """Where the use cases of the review find what they work on."""

    reviews: Callable[[Unit], Reviews] = Reviews
    lessons: Callable[[Unit], Lessons] = Lessons
    timeline: Callable[[Unit], Timeline] = Timeline
    cases: Callable[[Unit], Cases] = Cases


class ReviewUseCases:
    """What may be asked of reviews, lessons and timelines."""

    def __init__(self, begin: Begin, clock: Clock, ids: Ids, stores: Stores | None = None) -> None:
        self._begin = begin
        self._clock = clock
        self._ids = ids
        self._stores = stores or Stores()

    async def open(self, request: pb.OpenReviewRequest, call: Call) -> pb.OpenReviewResponse:
        """Open the review of a case."""
        async with self._begin(call) as uow:
            reviews, cases = self._stores.reviews(uow), self._stores.cases(uow)
            case = await cases.load(request.case_id, etag=request.case_etag)
            now = self._clock()
            started = casefile.start_evaluation(case, now=now)
            event = domain.open_review(case, review_id=self._ids(), by=call.person_id, now=now)
            review = aggregate.open_review(event)
            reviews.add(review)
            uow.emit(convert.event_to_row(event, review))
            write_case(uow, cases, case, started)
            uow.record(review.review_id, review.case_id)
            message = convert.review_to_message(review)
            return await uow.commit(pb.OpenReviewResponse(review=message))

    async def get(self, request: pb.GetReviewRequest, call: Call) -> pb.GetReviewResponse:
        """Show one review."""
        async with self._begin(call) as uow:
            review = await self._stores.reviews(uow).read(request.review_id)
            uow.record(review.review_id, review.case_id)
            message = convert.review_to_message(review)
            return await uow.answer(pb.GetReviewResponse(review=message))

    async def list(self, request: pb.ListReviewsRequest, call: Call) -> pb.ListReviewsResponse:
        """Show a page of the reviews of a case that the caller may see."""
        page = read_page(request, request.case_id)
        async with self._begin(call) as uow:
            reviews, token = await self._stores.reviews(uow).list(page, case_id=request.case_id)
            uow.record("reviews", request.case_id)
            shown = [convert.review_to_message(review) for review in reviews]
            return await uow.answer(pb.ListReviewsResponse(reviews=shown, next_page_token=token))

    async def score(self, request: pb.ScoreReviewRequest, call: Call) -> pb.ScoreReviewResponse:
        """Score one criterion."""
        async with self._begin(call) as uow:
            reviews = self._stores.reviews(uow)
            review = await reviews.load(request.review_id, etag=request.etag)
            event = domain.score(
                review,
                criterion=convert.criterion_of(request),
                mark=request.mark,
                note=request.note,
                by=call.person_id,
                now=self._clock(),
            )
            review = write(uow, reviews, review, event)
            message = convert.review_to_message(review)
            return await uow.commit(pb.ScoreReviewResponse(review=message))

    async def publish(
        self, request: pb.PublishReviewRequest, call: Call
    ) -> pb.PublishReviewResponse:
        """Publish a review; its case may then be closed."""
        async with self._begin(call) as uow:
            reviews, cases = self._stores.reviews(uow), self._stores.cases(uow)
            review = await reviews.load(request.review_id, etag=request.etag)
            now = self._clock()
            event = domain.publish(review, now=now)
            case = await cases.read(review.case_id)
            reviewed = casefile.publish_review(case, now=now)
            review = write(uow, reviews, review, event)
            write_case(uow, cases, case, reviewed)
            uow.record(review.review_id, review.case_id)
            message = convert.review_to_message(review)
            return await uow.commit(pb.PublishReviewResponse(review=message))

    async def open_lesson(self, request: pb.OpenLessonRequest, call: Call) -> pb.OpenLessonResponse:
        """Open a lesson of a review."""
        async with self._begin(call) as uow:
            review = await self._stores.reviews(uow).load_newest(request.review_id)
            plan = convert.plan_of(request)
            event = domain.open_lesson(review, plan, lesson_id=self._ids(), now=self._clock())
            lesson = aggregate.open_lesson(event)
            self._stores.lessons(uow).add(lesson)
            uow.emit(convert.lesson_event_to_row(event, lesson))
            uow.record(lesson.lesson_id, lesson.case_id)
            message = convert.lesson_to_message(lesson)
            return await uow.commit(pb.OpenLessonResponse(lesson=message))

    async def list_lessons(
        self, request: pb.ListLessonsRequest, call: Call
    ) -> pb.ListLessonsResponse:
        """Show a page of the lessons of a review that the caller may see."""
        page = read_page(request, request.review_id)
        async with self._begin(call) as uow:
            review = await self._stores.reviews(uow).read(request.review_id)
            lessons = self._stores.lessons(uow)
            found, token = await lessons.list(page, review_id=review.review_id)
            uow.record("lessons", review.case_id)
            shown = [convert.lesson_to_message(lesson) for lesson in found]
            return await uow.answer(pb.ListLessonsResponse(lessons=shown, next_page_token=token))

    async def close_lesson(
        self, request: pb.CloseLessonRequest, call: Call
    ) -> pb.CloseLessonResponse:
        """Close a lesson with its proof."""
        async with self._begin(call) as uow:
            lessons = self._stores.lessons(uow)
            lesson = await lessons.load(request.lesson_id, etag=request.etag)
            event = domain.close_lesson(lesson, proof=request.proof, now=self._clock())
            lesson = aggregate.apply_to_lesson(lesson, event)
            lessons.put(lesson)
            uow.emit(convert.lesson_event_to_row(event, lesson))
            uow.record(lesson.lesson_id, lesson.case_id)
            message = convert.lesson_to_message(lesson)
            return await uow.commit(pb.CloseLessonResponse(lesson=message))

    async def get_timeline(
        self, request: pb.GetTimelineRequest, call: Call
    ) -> pb.GetTimelineResponse:
        """Show a page of the timeline of a case that the caller may see."""
        page = read_page(request, request.case_id)
        async with self._begin(call) as uow:
            case = await self._stores.cases(uow).read(request.case_id)
            entries, token = await self._stores.timeline(uow).list(page, case_id=case.case_id)
            uow.record("timeline", case.case_id)
            shown = [convert.entry_to_message(entry) for entry in entries]
            return await uow.answer(pb.GetTimelineResponse(entries=shown, next_page_token=token))


def write(unit: Unit, reviews: Reviews, review: Review, event: ReviewEvent) -> Review:
    """Save what an event makes of a review, emit it and record it; returns the new review."""
    review = aggregate.apply(review, event)
    reviews.put(review)
    unit.emit(convert.event_to_row(event, review))
    unit.record(review.review_id, review.case_id)
    return review
