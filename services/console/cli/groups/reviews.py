"""`jointops reviews`: evaluation after the operation, lessons, and the timeline of a case."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from jointops.station.v1 import review_pb2 as pb
from services.console.cli.command import verb
from services.console.cli.options import Due, OfCase, ReviewId
from services.console.cli.values import one_of

app = typer.Typer(name="reviews", help="评估 Reviews, lessons and timelines.", no_args_is_help=True)

_ID = "01992f00-5a10-7c3e-9b1d-2f0f6a1c0050"
_LESSON = "01992f00-5a10-7c3e-9b1d-2f0f6a1c0051"
_CASE = "01992f00-5a10-7c3e-9b1d-2f0f6a1c0002"
# More lessons than one review has ever had; the list is only read to find one of them.
_LESSON_COUNT = 100


def _lessons_of(given: Mapping[str, Any]) -> pb.ListLessonsRequest:
    return pb.ListLessonsRequest(review_id=given["review_id"], page_size=_LESSON_COUNT)


@verb(app, "open", example=f"--case {_CASE}")
def open_(*, case_id: OfCase) -> pb.OpenReviewRequest:
    """启动评估 Open the review of a case whose operation ended."""
    return pb.OpenReviewRequest(case_id=case_id)


@verb(app, "get", example=_ID)
def get(review_id: ReviewId) -> pb.GetReviewRequest:
    """查看评估 Show one review with its scores."""
    return pb.GetReviewRequest(review_id=review_id)


@verb(app, "list", example=f"--case {_CASE}")
def list_(*, case_id: OfCase) -> pb.ListReviewsRequest:
    """评估列表 List the reviews of a case, newest first."""
    return pb.ListReviewsRequest(case_id=case_id)


@verb(app, "score", example=f"{_ID} --criterion timeliness --mark 4 --note 'Signed in 6 minutes'")
def score(
    review_id: ReviewId,
    *,
    criterion: Annotated[Any, one_of(pb.ReviewCriterion, "What is scored 指标.")],
    mark: Annotated[int, typer.Option(min=1, max=5, help="1 (failed) to 5 (exemplary) 分数.")],
    note: Annotated[str, typer.Option(help="Why 理由.")],
) -> pb.ScoreReviewRequest:
    """评分 Score one criterion."""
    return pb.ScoreReviewRequest(review_id=review_id, criterion=criterion, mark=mark, note=note)


@verb(app, "publish", example=_ID)
def publish(review_id: ReviewId) -> pb.PublishReviewRequest:
    """发布评估 Publish a review once every criterion is scored."""
    return pb.PublishReviewRequest(review_id=review_id)


@verb(
    app,
    "open-lesson",
    example=f"{_ID} --title 'Name the method' --owner tech-examiner-7f3a --due +30d",
)
def open_lesson(
    review_id: ReviewId,
    *,
    title: Annotated[str, typer.Option(help="What is to change 整改事项.")],
    owner: Annotated[str, typer.Option(metavar="PERSON_ID", help="Who sees to it 责任人.")],
    due: Due,
) -> pb.OpenLessonRequest:
    """提出经验 Open a lesson: something to change."""
    return pb.OpenLessonRequest(review_id=review_id, title=title, owner_id=owner, due_time=due)


@verb(app, "lessons", example=_ID)
def lessons(review_id: ReviewId) -> pb.ListLessonsRequest:
    """经验列表 List the lessons of a review, newest first."""
    return pb.ListLessonsRequest(review_id=review_id)


@verb(
    app,
    "close-lesson",
    example=f"{_LESSON} --review {_ID} --proof 'Order 2026-31, section 4'",
    etag_from=_lessons_of,
)
def close_lesson(
    lesson_id: Annotated[str, typer.Argument(metavar="LESSON_ID", help="Lesson 经验.")],
    *,
    review_id: Annotated[
        str,
        typer.Option("--review", metavar="REVIEW_ID", help="Review it came from 评估."),
    ],
    proof: Annotated[str, typer.Option(help="What proves the change 整改证据.")],
) -> pb.CloseLessonRequest:
    """办结经验 Close a lesson with the proof that something changed."""
    # The review says where the version of the lesson is read.
    del review_id
    return pb.CloseLessonRequest(lesson_id=lesson_id, proof=proof)


@verb(app, "timeline", example=f"--case {_CASE} --all")
def timeline(*, case_id: OfCase) -> pb.GetTimelineRequest:
    """时间线 Show what happened in a case, oldest first, from the events of every service."""
    return pb.GetTimelineRequest(case_id=case_id)
