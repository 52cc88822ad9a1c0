"""Reviews, lessons and timelines over the wire, on PostgreSQL."""

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from chassis.ids import new_request_id
from jointops.station.v1 import case_pb2
from jointops.station.v1 import review_pb2 as pb
from services.station.casefile.aggregate import Case, CaseState
from services.station.review.aggregate import Lesson, LessonState, Review, ReviewState
from tests.integration.stage import Stage
from tests.integration.station import wire
from tests.integration.station.wire import COMMANDER, EXAMINER, OFFICER, REVIEWER, of_review

pytestmark = pytest.mark.asyncio(loop_scope="module")

PRECONDITION = grpc.StatusCode.FAILED_PRECONDITION
INVALID = grpc.StatusCode.INVALID_ARGUMENT
CRITERIA = [number for number in pb.ReviewCriterion.values() if number]


def open_review(case: Case) -> pb.OpenReviewRequest:
    """Ask to open the review of a case."""
    return pb.OpenReviewRequest(
        case_id=case.case_id, case_etag=str(case.version), request_id=new_request_id()
    )


def score(review: Review, etag: str, criterion: int) -> pb.ScoreReviewRequest:
    """Ask to score one criterion."""
    scored = {"criterion": criterion, "mark": 4, "note": "One receipt came late."}
    return pb.ScoreReviewRequest(**of_review(review, etag=etag, **scored))


def open_lesson(review: Review, due_time: Timestamp | None = None) -> pb.OpenLessonRequest:
    """Ask to open a lesson."""
    return pb.OpenLessonRequest(
        review_id=review.review_id,
        request_id=new_request_id(),
        title="Sign sooner",
        owner_id=OFFICER.person_id,
        due_time=due_time or wire.tomorrow(),
    )


def close_lesson(lesson: Lesson, proof: str = "Order 31") -> pb.CloseLessonRequest:
    """Ask to close a lesson."""
    return pb.CloseLessonRequest(
        lesson_id=lesson.lesson_id,
        etag=str(lesson.version),
        request_id=new_request_id(),
        proof=proof,
    )


async def test_review_opens_when_the_operation_ended(shared_stage: Stage) -> None:
    case = await wire.put_case(shared_stage, state=CaseState.STOOD_DOWN)

    opened = await wire.send(shared_stage, REVIEWER, open_review(case))
    got = await wire.send(
        shared_stage, EXAMINER, pb.GetReviewRequest(review_id=opened.review.review_id)
    )
    listed = await wire.send(shared_stage, EXAMINER, pb.ListReviewsRequest(case_id=case.case_id))

    assert got.review == opened.review == listed.reviews[0]
    assert list(got.review.missing_criteria) == CRITERIA
    assert await wire.event_names(shared_stage, case.case_id, got.review.review_id) == [
        "Kept",
        "ReviewOpened",
        "CaseEvaluationStarted",
    ]


async def test_case_closes_once_every_criterion_is_scored_and_published(
    shared_stage: Stage,
) -> None:
    case = await wire.put_case(shared_stage, state=CaseState.UNDER_EVALUATION)
    scores = (await wire.put_review(shared_stage, case)).scores[:-1]
    review = await wire.put_review(shared_stage, case, scores=scores)

    await wire.send(shared_stage, REVIEWER, score(review, "1", CRITERIA[-1]))
    publication = pb.PublishReviewRequest(**of_review(review, etag="2"))
    published = await wire.send(shared_stage, COMMANDER, publication)
    closing = case_pb2.CloseCaseRequest(**wire.of_case(case, etag="2"))
    closed = await wire.send(shared_stage, COMMANDER, closing)

    assert [each.criterion for each in published.review.scores] == CRITERIA
    assert (published.review.state, closed.case.state) == (
        pb.REVIEW_STATE_PUBLISHED,
        case_pb2.CASE_STATE_CLOSED,
    )


async def test_lesson_is_opened_listed_and_closed_with_proof(shared_stage: Stage) -> None:
    case = await wire.put_case(shared_stage, state=CaseState.UNDER_EVALUATION)
    review = await wire.put_review(shared_stage, case)

    opened = (await wire.send(shared_stage, REVIEWER, open_lesson(review))).lesson
    listed = await wire.send(
        shared_stage, OFFICER, pb.ListLessonsRequest(review_id=review.review_id)
    )
    closing = pb.CloseLessonRequest(
        lesson_id=opened.lesson_id, etag="1", request_id=new_request_id(), proof="Order 31"
    )
    closed = (await wire.send(shared_stage, OFFICER, closing)).lesson

    assert list(listed.lessons) == [opened]
    assert (closed.state, closed.proof, closed.etag) == (pb.LESSON_STATE_CLOSED, "Order 31", "2")


async def test_review_is_refused_when_the_operation_goes_on(shared_stage: Stage) -> None:
    case = await wire.put_case(shared_stage, state=CaseState.ARREST_UNDER_WAY)

    refused = await wire.refusal(shared_stage, REVIEWER, open_review(case))

    metadata = {"case_id": case.case_id, "state": "arrest_under_way", "step": "start_evaluation"}
    assert refused == (PRECONDITION, "CASE_STATE_FORBIDS", metadata)


async def test_case_gets_one_review(shared_stage: Stage) -> None:
    case = await wire.put_case(shared_stage, state=CaseState.IN_CUSTODY)
    await wire.send(shared_stage, REVIEWER, open_review(case))

    again = await wire.refusal(shared_stage, REVIEWER, open_review(case))

    assert again == (grpc.StatusCode.ABORTED, "ETAG_STALE", {})


async def test_publishing_is_refused_when_criteria_are_missing(shared_stage: Stage) -> None:
    case = await wire.put_case(shared_stage, state=CaseState.UNDER_EVALUATION)
    scores = (await wire.put_review(shared_stage, case)).scores[2:]
    review = await wire.put_review(shared_stage, case, scores=scores)

    refused = await wire.refusal(
        shared_stage, COMMANDER, pb.PublishReviewRequest(**of_review(review))
    )

    metadata = {"review_id": review.review_id, "missing": "timeliness,coordination"}
    assert refused == (PRECONDITION, "REVIEW_INCOMPLETE", metadata)


async def test_published_review_is_not_scored(shared_stage: Stage) -> None:
    case = await wire.put_case(shared_stage, state=CaseState.UNDER_EVALUATION)
    review = await wire.put_review(shared_stage, case, state=ReviewState.PUBLISHED)

    refused = await wire.refusal(shared_stage, REVIEWER, score(review, "1", CRITERIA[0]))

    metadata = {"review_id": review.review_id, "state": "published", "step": "score"}
    assert refused == (PRECONDITION, "REVIEW_STATE_FORBIDS", metadata)


async def test_criterion_that_does_not_exist_is_refused(shared_stage: Stage) -> None:
    case = await wire.put_case(shared_stage, state=CaseState.UNDER_EVALUATION)
    review = await wire.put_review(shared_stage, case)

    refused = await wire.refusal(shared_stage, REVIEWER, score(review, "1", 11))

    assert refused == (INVALID, "REQUEST_INVALID", {})


async def test_closed_lesson_is_not_closed_again(shared_stage: Stage) -> None:
    case = await wire.put_case(shared_stage)
    review = await wire.put_review(shared_stage, case)
    lesson = await wire.put_lesson(shared_stage, review, state=LessonState.CLOSED)

    refused = await wire.refusal(shared_stage, OFFICER, close_lesson(lesson))

    metadata = {"lesson_id": lesson.lesson_id, "state": "closed", "step": "close"}
    assert refused == (PRECONDITION, "LESSON_STATE_FORBIDS", metadata)


async def test_lesson_stays_open_when_its_proof_is_blank(shared_stage: Stage) -> None:
    case = await wire.put_case(shared_stage)
    lesson = await wire.put_lesson(shared_stage, await wire.put_review(shared_stage, case))

    refused = await wire.refusal(shared_stage, OFFICER, close_lesson(lesson, proof=" \n"))

    assert refused == (INVALID, "LESSON_PROOF_MISSING", {"field": "proof"})


async def test_lesson_is_refused_when_its_deadline_is_past(shared_stage: Stage) -> None:
    case = await wire.put_case(shared_stage, state=CaseState.UNDER_EVALUATION)
    review = await wire.put_review(shared_stage, case)

    refused = await wire.refusal(shared_stage, REVIEWER, open_lesson(review, Timestamp(seconds=1)))

    assert refused == (INVALID, "DUE_TIME_PAST", {"field": "due_time"})


async def test_same_request_twice_is_one_lesson_even_after_the_review_is_published(
    shared_stage: Stage,
) -> None:
    case = await wire.put_case(shared_stage, state=CaseState.UNDER_EVALUATION)
    review = await wire.put_review(shared_stage, case)
    request = open_lesson(review)

    first = await wire.send(shared_stage, REVIEWER, request)
    await wire.send(shared_stage, COMMANDER, pb.PublishReviewRequest(**of_review(review)))
    second = await wire.send(shared_stage, REVIEWER, request)

    assert first == second
    assert await wire.event_names(shared_stage, first.lesson.lesson_id) == ["LessonOpened"]


async def test_timeline_is_empty_before_an_event_came_back(shared_stage: Stage) -> None:
    case = await wire.put_case(shared_stage)

    response = await wire.send(shared_stage, OFFICER, pb.GetTimelineRequest(case_id=case.case_id))

    assert (list(response.entries), response.next_page_token) == ([], "")


@pytest.mark.parametrize(
    ("name", "count"), [("Score", 2), ("Get", 2), ("List", 2), ("Lessons", 3), ("Timeline", 3)]
)
async def test_method_sends_few_statements(shared_stage: Stage, name: str, count: int) -> None:
    case = await wire.put_case(shared_stage, state=CaseState.UNDER_EVALUATION)
    review = await wire.put_review(shared_stage, case)
    request = {
        "Score": score(review, "1", CRITERIA[0]),
        "Get": pb.GetReviewRequest(review_id=review.review_id),
        "List": pb.ListReviewsRequest(case_id=case.case_id),
        "Lessons": pb.ListLessonsRequest(review_id=review.review_id),
        "Timeline": pb.GetTimelineRequest(case_id=case.case_id),
    }[name]
    before = await wire.statement_count(shared_stage)

    await wire.send(shared_stage, REVIEWER, request)

    assert await wire.statement_count(shared_stage) - before == count
