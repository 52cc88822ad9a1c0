"""Rules of the product: every state against every step, two people, leads that hold, versions."""

from collections.abc import Callable
from itertools import product

import pytest

from chassis.errors import Kind
from services.intel.products import domain
from services.intel.products.domain import (
    InformationGrade,
    Product,
    ProductEvent,
    ProductState,
    SourceGrade,
    Step,
    Support,
)
from tests.unit.intel.builders import (
    DRAFTED,
    EXPIRY,
    LATER,
    LEAD_ID,
    NOW,
    OTHER_LEAD_ID,
    PRODUCT_ID,
    make_product,
    make_support,
    make_supports,
)

GRADED = domain.ProductGraded(LATER, "intel-19bc", SourceGrade.B, InformationGrade.TWO)
DECIDE: dict[Step, Callable[[Product], ProductEvent]] = {
    Step.GRADE: lambda each: domain.grade(
        each, source=SourceGrade.B, information=InformationGrade.TWO, by="intel-19bc", now=LATER
    ),
    Step.PUBLISH: lambda each: domain.publish(
        each, supports=make_supports(), by="intel-7f3a", now=LATER
    ),
}
LEADS_TO: dict[tuple[ProductState, Step], ProductState] = {
    (ProductState.DRAFTED, Step.GRADE): ProductState.GRADED,
    (ProductState.GRADED, Step.PUBLISH): ProductState.PUBLISHED,
}
FORBIDDEN = sorted(set(product(ProductState, Step)) - set(LEADS_TO))
UNCONFIRMED = pytest.param(
    (make_support(is_confirmed=False), make_support(lead_id=OTHER_LEAD_ID)), id="open-lead"
)
FOREIGN = pytest.param((make_support(lead_id=OTHER_LEAD_ID),), id="lead-of-another-case")


@pytest.mark.parametrize(("state", "step"), sorted(LEADS_TO))
def test_a_step_leads_to_its_state_when_the_state_allows_it(
    state: ProductState, step: Step
) -> None:
    draft = make_product(state=state)

    changed = domain.apply(draft, DECIDE[step](draft))

    assert changed.state is LEADS_TO[state, step]


@pytest.mark.parametrize(("state", "step"), FORBIDDEN)
def test_a_step_is_refused_when_the_state_forbids_it(state: ProductState, step: Step) -> None:
    draft = make_product(state=state)

    with pytest.raises(domain.ProductStateForbidsError) as caught:
        DECIDE[step](draft)

    assert caught.value.kind is Kind.PRECONDITION
    assert caught.value.reason == "PRODUCT_STATE_FORBIDS"
    assert caught.value.metadata == {"product_id": PRODUCT_ID, "state": state, "step": step}


def test_a_drafted_product_is_the_first_version() -> None:
    draft = domain.draft(DRAFTED, supports=make_supports())

    assert (draft.state, draft.version) == (ProductState.DRAFTED, 1)
    assert (draft.created_at, draft.updated_at) == (NOW, NOW)
    assert (draft.graded_by, draft.published_by) == (None, None)


@pytest.mark.parametrize("supports", [UNCONFIRMED, FOREIGN])
def test_drafting_is_refused_when_a_lead_is_not_confirmed(supports: tuple[Support, ...]) -> None:
    with pytest.raises(domain.ProductLeadUnconfirmedError) as caught:
        domain.draft(DRAFTED, supports=supports)

    assert caught.value.kind is Kind.PRECONDITION
    assert caught.value.reason == "PRODUCT_LEAD_UNCONFIRMED"
    assert caught.value.metadata == {"lead_ids": LEAD_ID}


def test_drafting_is_refused_when_a_lead_has_expired() -> None:
    supports = (make_support(expires_at=NOW), make_support(lead_id=OTHER_LEAD_ID))

    with pytest.raises(domain.ProductLeadExpiredError) as caught:
        domain.draft(DRAFTED, supports=supports)

    assert caught.value.metadata == {"lead_ids": LEAD_ID}


def test_grading_is_refused_when_the_grader_is_the_author() -> None:
    draft = make_product(drafted_by="intel-19bc")

    with pytest.raises(domain.GraderIsAuthorError) as caught:
        DECIDE[Step.GRADE](draft)

    assert caught.value.kind is Kind.PRECONDITION
    assert caught.value.reason == "GRADER_IS_AUTHOR"
    assert caught.value.metadata == {"product_id": PRODUCT_ID}


@pytest.mark.parametrize("supports", [UNCONFIRMED, FOREIGN, pytest.param((), id="none")])
def test_publishing_is_refused_when_a_lead_is_not_confirmed(supports: tuple[Support, ...]) -> None:
    graded = make_product(state=ProductState.GRADED, lead_ids=(LEAD_ID,))

    with pytest.raises(domain.ProductLeadUnconfirmedError) as caught:
        domain.publish(graded, supports=supports, by="intel-7f3a", now=LATER)

    assert caught.value.metadata == {"lead_ids": LEAD_ID}


def test_publishing_is_refused_when_leads_have_expired_since() -> None:
    graded = make_product(state=ProductState.GRADED)

    with pytest.raises(domain.ProductLeadExpiredError) as caught:
        domain.publish(graded, supports=make_supports(), by="intel-7f3a", now=EXPIRY)

    assert caught.value.kind is Kind.PRECONDITION
    assert caught.value.reason == "PRODUCT_LEAD_EXPIRED"
    assert caught.value.metadata == {"lead_ids": f"{LEAD_ID},{OTHER_LEAD_ID}"}


def test_a_graded_product_keeps_its_grades_and_its_grader() -> None:
    draft = make_product()

    graded = domain.apply(draft, GRADED)

    assert (graded.graded_by, graded.version) == ("intel-19bc", 2)
    assert (graded.source_grade, graded.information_grade) == ("B", "2")


def test_a_published_product_keeps_who_published_it_and_makes_the_next_version() -> None:
    graded = domain.apply(make_product(), GRADED)

    published = domain.apply(graded, DECIDE[Step.PUBLISH](graded))

    assert (published.published_by, published.version) == ("intel-7f3a", 3)
    assert published.updated_at == LATER
