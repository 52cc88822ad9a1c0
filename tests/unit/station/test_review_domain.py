"""What may be done to a review and its lessons, over every state and step."""

from collections.abc import Callable

import pytest

from chassis.errors import DomainError, Kind
from services.station.review import aggregate, domain
from services.station.review.aggregate import (
    LessonEvent,
    LessonState,
    Review,
    ReviewCriterion,
    ReviewEvent,
    ReviewState,
)
from services.station.review.domain import LessonStep, Plan, Step
from tests.unit.station.builders import (
    EARLIER,
    LATER,
    NOW,
    make_case,
    make_lesson,
    make_review,
    make_score,
)

C = ReviewCriterion

TAKE: dict[Step, Callable[[Review], ReviewEvent | LessonEvent]] = {
    Step.SCORE: lambda review: domain.score(
        review, criterion=C.LEGAL_BASIS, mark=5, note="Valid.", by="reviewer-1", now=NOW
    ),
    Step.PUBLISH: lambda review: domain.publish(review, now=NOW),
    Step.OPEN_LESSON: lambda review: domain.open_lesson(
        review, Plan("Sign sooner", "officer-1", LATER), lesson_id="lesson-1", now=NOW
    ),
}


def refuse(take: Callable[[], object]) -> tuple[Kind, str, dict[str, str]]:
    """Return what the refusal says."""
    with pytest.raises(DomainError) as caught:
        take()
    return caught.value.kind, caught.value.reason, caught.value.metadata


@pytest.mark.parametrize(
    ("step", "after"),
    [(Step.SCORE, ReviewState.OPEN), (Step.PUBLISH, ReviewState.PUBLISHED)],
)
def test_step_leads_to_its_state_when_the_review_is_open(step: Step, after: ReviewState) -> None:
    review = make_review(version=11)
    event = TAKE[step](review)

    assert isinstance(event, ReviewEvent)
    changed = aggregate.apply(review, event)

    assert (changed.state, changed.version) == (after, 12)
    assert (changed.created_at, changed.updated_at) == (EARLIER, NOW)


@pytest.mark.parametrize("step", list(Step))
def test_step_is_refused_when_the_review_is_published(step: Step) -> None:
    review = make_review(state=ReviewState.PUBLISHED)

    refusal = refuse(lambda: TAKE[step](review))

    assert refusal == (
        Kind.PRECONDITION,
        "REVIEW_STATE_FORBIDS",
        {"review_id": "review-1", "state": "published", "step": step},
    )


def test_review_opens_for_a_case_without_a_score() -> None:
    event = domain.open_review(make_case(), review_id="review-9", by="chief-1", now=NOW)

    assert aggregate.open_review(event) == make_review(
        review_id="review-9", scores=(), created_at=NOW, updated_at=NOW, version=1
    )


def test_criteria_are_process_and_rights_alone() -> None:
    assert list(ReviewCriterion) == [
        "timeliness",
        "coordination",
        "evidence_custody",
        "record_quality",
        "legal_basis",
        "custody_limits",
        "use_of_force",
        "notification",
        "vulnerable_people",
        "data_protection",
    ]


def test_score_keeps_mark_note_person_and_time() -> None:
    review = make_review(scores=())

    event = domain.score(
        review, criterion=C.LEGAL_BASIS, mark=5, note="Valid.", by="reviewer-1", now=NOW
    )

    assert aggregate.apply(review, event).scores == (
        make_score(criterion=C.LEGAL_BASIS, mark=5, note="Valid.", scored_at=NOW),
    )


def test_last_score_of_a_criterion_counts() -> None:
    review = make_review(scores=(make_score(criterion=C.TIMELINESS, mark=2),))
    again = make_score(criterion=C.TIMELINESS, mark=4)

    changed = aggregate.apply(review, aggregate.ReviewScored(NOW, again))

    assert changed.scores == (again,)


def test_scores_stand_in_the_order_of_the_criteria() -> None:
    last = make_score(criterion=C.DATA_PROTECTION)
    first = make_score(criterion=C.TIMELINESS)
    review = make_review(scores=(last,))

    changed = aggregate.apply(review, aggregate.ReviewScored(NOW, first))

    assert changed.scores == (first, last)


def test_publishing_is_refused_when_criteria_are_not_scored() -> None:
    scores = tuple(
        score
        for score in make_review().scores
        if score.criterion not in {C.USE_OF_FORCE, C.TIMELINESS}
    )

    refusal = refuse(lambda: domain.publish(make_review(scores=scores), now=NOW))

    assert refusal == (
        Kind.PRECONDITION,
        "REVIEW_INCOMPLETE",
        {"review_id": "review-1", "missing": "timeliness,use_of_force"},
    )


def test_opened_lesson_starts_at_version_one() -> None:
    event = domain.open_lesson(
        make_review(),
        Plan("Sign for requests within the hour", "officer-1", LATER),
        lesson_id="lesson-9",
        now=NOW,
    )

    assert aggregate.open_lesson(event) == make_lesson(
        lesson_id="lesson-9", created_at=NOW, updated_at=NOW, version=1
    )


def test_lesson_is_refused_when_its_deadline_is_now() -> None:
    plan = Plan("Sign sooner", "officer-1", NOW)

    refusal = refuse(lambda: domain.open_lesson(make_review(), plan, lesson_id="lesson-1", now=NOW))

    assert refusal == (Kind.INVALID, "DUE_TIME_PAST", {"field": "due_time"})


def test_lesson_closes_with_its_proof() -> None:
    lesson = make_lesson(version=1)

    event = domain.close_lesson(lesson, proof="Order 2026-31 amended", now=NOW)
    changed = aggregate.apply_to_lesson(lesson, event)

    assert (changed.state, changed.proof) == (LessonState.CLOSED, "Order 2026-31 amended")
    assert (changed.version, changed.updated_at) == (2, NOW)


@pytest.mark.parametrize("step", list(LessonStep))
def test_lesson_step_is_refused_when_the_lesson_is_closed(step: LessonStep) -> None:
    lesson = make_lesson(state=LessonState.CLOSED)

    refusal = refuse(lambda: domain.close_lesson(lesson, proof="Again", now=NOW))

    assert refusal == (
        Kind.PRECONDITION,
        "LESSON_STATE_FORBIDS",
        {"lesson_id": "lesson-1", "state": "closed", "step": step},
    )


@pytest.mark.parametrize("proof", ["", " \t\n"])
def test_lesson_stays_open_when_its_proof_is_blank(proof: str) -> None:
    refusal = refuse(lambda: domain.close_lesson(make_lesson(), proof=proof, now=NOW))

    assert refusal == (Kind.INVALID, "LESSON_PROOF_MISSING", {"field": "proof"})
