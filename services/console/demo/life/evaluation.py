"""After the operation: the review, its scores, a lesson with proof, and the closing."""

from jointops.station.v1 import case_pb2 as cases
from jointops.station.v1 import review_pb2 as pb
from services.console.demo.life.scene import Scene, later

LESSON = "Name minutiae count and control sample in every print report"
PROOF = "Laboratory order 2026-31, section 4, in force since the day of the review"
LESSON_DAYS = 30
_CRITERIA = tuple(
    (criterion, pb.ReviewCriterion.Name(criterion).removeprefix("REVIEW_CRITERION_").lower())
    for criterion in pb.ReviewCriterion.values()
    if criterion
)
# The answer that had to come back costs a point; everything else was as it should be.
_LOWERED = pb.REVIEW_CRITERION_RECORD_QUALITY
_GOOD, _LOWER = 5, 4


async def evaluate(scene: Scene) -> None:
    """Lead the case from custody to closed."""
    review = await _open(scene)
    for criterion, word in _CRITERIA:
        await _score(scene, review.review_id, criterion, word)
    lesson = await _open_lesson(scene, review.review_id)
    await _publish(scene, review.review_id)
    await _close_lesson(scene, lesson)
    await _close(scene)


async def _open(scene: Scene) -> pb.Review:
    known = await scene.read(
        scene.cast.legal_reviewer,
        pb.ListReviewsRequest(case_id=scene.case_id),
        pb.ListReviewsResponse,
    )
    if known.reviews:
        return known.reviews[0]
    answer = await scene.act(
        scene.cast.legal_reviewer,
        "open-review",
        pb.OpenReviewRequest(case_id=scene.case_id),
        pb.OpenReviewResponse,
        "启动评估 opens the review",
    )
    return answer.review


async def _score(
    scene: Scene, review_id: str, criterion: "pb.ReviewCriterion.ValueType", word: str
) -> None:
    review = await _read(scene, review_id)
    if review.state != pb.REVIEW_STATE_OPEN or criterion not in review.missing_criteria:
        return
    mark = _LOWER if criterion == _LOWERED else _GOOD
    await scene.act(
        scene.cast.legal_reviewer,
        f"score-{word}",
        pb.ScoreReviewRequest(
            review_id=review_id,
            criterion=criterion,
            mark=mark,
            note=f"Read from the timeline of the case: {word.replace('_', ' ')}.",
        ),
        pb.ScoreReviewResponse,
        f"评分 scores {word.replace('_', ' ')}: {mark} of 5",
    )


async def _open_lesson(scene: Scene, review_id: str) -> pb.Lesson:
    known = await _lessons(scene, review_id)
    if known.lessons:
        return known.lessons[0]
    answer = await scene.act(
        scene.cast.legal_reviewer,
        "open-lesson",
        pb.OpenLessonRequest(
            review_id=review_id,
            title=LESSON,
            owner_id=scene.cast.examiner.person_id,
            due_time=later(days=LESSON_DAYS),
        ),
        pb.OpenLessonResponse,
        "提出经验 opens a lesson",
    )
    return answer.lesson


async def _publish(scene: Scene, review_id: str) -> None:
    if (await _read(scene, review_id)).state != pb.REVIEW_STATE_OPEN:
        return
    await scene.act(
        scene.cast.commander,
        "publish-review",
        pb.PublishReviewRequest(review_id=review_id),
        pb.PublishReviewResponse,
        "发布评估 publishes the review",
    )


async def _close_lesson(scene: Scene, lesson: pb.Lesson) -> None:
    if lesson.state != pb.LESSON_STATE_OPEN:
        return
    await scene.act(
        scene.cast.case_officer,
        "close-lesson",
        pb.CloseLessonRequest(lesson_id=lesson.lesson_id, etag=lesson.etag, proof=PROOF),
        pb.CloseLessonResponse,
        "办结经验 closes the lesson with proof",
    )


async def _close(scene: Scene) -> None:
    if (await scene.case()).state == cases.CASE_STATE_CLOSED:
        return
    await scene.act(
        scene.cast.commander,
        "close-case",
        cases.CloseCaseRequest(case_id=scene.case_id),
        cases.CloseCaseResponse,
        "办结案件 closes the case",
    )


async def _read(scene: Scene, review_id: str) -> pb.Review:
    request = pb.GetReviewRequest(review_id=review_id)
    return (await scene.read(scene.cast.legal_reviewer, request, pb.GetReviewResponse)).review


async def _lessons(scene: Scene, review_id: str) -> pb.ListLessonsResponse:
    request = pb.ListLessonsRequest(review_id=review_id)
    return await scene.read(scene.cast.legal_reviewer, request, pb.ListLessonsResponse)
