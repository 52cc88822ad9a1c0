"""gRPC in: hands each request and its call to the use case."""

from typing import Any

from chassis.call import current_call
from jointops.station.v1 import review_pb2 as pb
from jointops.station.v1 import review_pb2_grpc
from services.station.review.usecases import ReviewUseCases


class ReviewServicer(review_pb2_grpc.ReviewServiceServicer):
    """Serves `jointops.station.v1.ReviewService`."""

    def __init__(self, reviews: ReviewUseCases) -> None:
        self._reviews = reviews

    async def OpenReview(
        self, request: pb.OpenReviewRequest, _context: Any
    ) -> pb.OpenReviewResponse:
        """Open the review of a case."""
        return await self._reviews.open(request, current_call())

    async def GetReview(self, request: pb.GetReviewRequest, _context: Any) -> pb.GetReviewResponse:
        """Return one review."""
        return await self._reviews.get(request, current_call())

    async def ListReviews(
        self, request: pb.ListReviewsRequest, _context: Any
    ) -> pb.ListReviewsResponse:
        """List the reviews of a case."""
        return await self._reviews.list(request, current_call())

    async def ScoreReview(
        self, request: pb.ScoreReviewRequest, _context: Any
    ) -> pb.ScoreReviewResponse:
        """Score one criterion."""
        return await self._reviews.score(request, current_call())

    async def PublishReview(
        self, request: pb.PublishReviewRequest, _context: Any
    ) -> pb.PublishReviewResponse:
        """Publish a review."""
        return await self._reviews.publish(request, current_call())

    async def OpenLesson(
        self, request: pb.OpenLessonRequest, _context: Any
    ) -> pb.OpenLessonResponse:
        """Open a lesson."""
        return await self._reviews.open_lesson(request, current_call())

    async def ListLessons(
        self, request: pb.ListLessonsRequest, _context: Any
    ) -> pb.ListLessonsResponse:
        """List the lessons of a review."""
        return await self._reviews.list_lessons(request, current_call())

    async def CloseLesson(
        self, request: pb.CloseLessonRequest, _context: Any
    ) -> pb.CloseLessonResponse:
        """Close a lesson."""
        return await self._reviews.close_lesson(request, current_call())

    async def GetTimeline(
        self, request: pb.GetTimelineRequest, _context: Any
    ) -> pb.GetTimelineResponse:
        """Return a page of the timeline of a case."""
        return await self._reviews.get_timeline(request, current_call())
