"""An intelligence product: its states, its events and what may be done to it. Pure.

A product rests on confirmed leads and is graded by a second analyst. Which state allows which step
stands in one table, `ALLOWED`. Clock and ids are arguments.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from chassis.errors import DomainError, Kind


class ProductState(StrEnum):
    """Where a product stands. Source: docs/lifecycle.md."""

    DRAFTED = "drafted"
    GRADED = "graded"
    PUBLISHED = "published"


class SourceGrade(StrEnum):
    """Trust in the source, A (completely reliable) to F (cannot be judged).

    Source: Admiralty code, NATO AJP-2.1.
    """

    A = "A"
    B = "B"
    C = "C"
    D = "D"
    E = "E"
    F = "F"


class InformationGrade(StrEnum):
    """Belief in the information, 1 (confirmed by other sources) to 6 (cannot be judged).

    Source: Admiralty code, NATO AJP-2.1.
    """

    ONE = "1"
    TWO = "2"
    THREE = "3"
    FOUR = "4"
    FIVE = "5"
    SIX = "6"


class Step(StrEnum):
    """What may be asked of a product."""

    GRADE = "grade"
    PUBLISH = "publish"


ALLOWED: dict[Step, frozenset[ProductState]] = {
    Step.GRADE: frozenset({ProductState.DRAFTED}),
    Step.PUBLISH: frozenset({ProductState.GRADED}),
}


class ProductStateForbidsError(DomainError, kind=Kind.PRECONDITION, reason="PRODUCT_STATE_FORBIDS"):
    """The state of the product does not allow the step."""


class GraderIsAuthorError(DomainError, kind=Kind.PRECONDITION, reason="GRADER_IS_AUTHOR"):
    """Whoever drafted the product may not grade it."""


class ProductLeadUnconfirmedError(
    DomainError, kind=Kind.PRECONDITION, reason="PRODUCT_LEAD_UNCONFIRMED"
):
    """The product rests on leads nobody confirmed in its case."""


class ProductLeadExpiredError(DomainError, kind=Kind.PRECONDITION, reason="PRODUCT_LEAD_EXPIRED"):
    """The product rests on leads that have expired."""


@dataclass(frozen=True, slots=True)
class Product:
    """One product; `version` counts its changes, each of which is one event."""

    product_id: str
    station: str
    case_id: str
    tasking_id: str
    state: ProductState
    title: str
    assessment: str
    lead_ids: tuple[str, ...]
    drafted_by: str
    graded_by: str | None
    source_grade: SourceGrade | None
    information_grade: InformationGrade | None
    published_by: str | None
    created_at: datetime
    updated_at: datetime
    version: int


@dataclass(frozen=True, slots=True)
class Support:
    """What a product needs to know of a lead of its case; one without it counts as unconfirmed."""

    lead_id: str
    is_confirmed: bool
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class ProductEvent:
    """Something that happened to a product, and when (UTC)."""

    decided_at: datetime


@dataclass(frozen=True, slots=True)
class ProductDrafted(ProductEvent):
    """An analyst drafted a product."""

    product_id: str
    station: str
    case_id: str
    tasking_id: str
    title: str
    assessment: str
    lead_ids: tuple[str, ...]
    drafted_by: str


@dataclass(frozen=True, slots=True)
class ProductGraded(ProductEvent):
    """A second analyst graded the product."""

    graded_by: str
    source_grade: SourceGrade
    information_grade: InformationGrade


@dataclass(frozen=True, slots=True)
class ProductPublished(ProductEvent):
    """The product was published."""

    published_by: str


def draft(event: ProductDrafted, *, supports: tuple[Support, ...]) -> Product:
    """Make the first version of a product.

    Raises:
        ProductLeadUnconfirmedError: A lead is not confirmed, or not of the case.
        ProductLeadExpiredError: A lead has expired.
    """
    _check_supports(event.lead_ids, supports, event.decided_at)
    return Product(
        product_id=event.product_id,
        station=event.station,
        case_id=event.case_id,
        tasking_id=event.tasking_id,
        state=ProductState.DRAFTED,
        title=event.title,
        assessment=event.assessment,
        lead_ids=event.lead_ids,
        drafted_by=event.drafted_by,
        graded_by=None,
        source_grade=None,
        information_grade=None,
        published_by=None,
        created_at=event.decided_at,
        updated_at=event.decided_at,
        version=1,
    )


def check_state(product: Product, step: Step) -> None:
    """Refuse a step that the state of the product does not allow.

    Raises:
        ProductStateForbidsError: The state is not in `ALLOWED[step]`.
    """
    if product.state not in ALLOWED[step]:
        sentence = f"A product that is {product.state} does not allow {step}."
        raise ProductStateForbidsError(
            sentence, product_id=product.product_id, state=product.state, step=step
        )


def grade(
    product: Product, *, source: SourceGrade, information: InformationGrade, by: str, now: datetime
) -> ProductGraded:
    """Grade a drafted product; the grader is never its author."""
    check_state(product, Step.GRADE)
    if by == product.drafted_by:
        raise GraderIsAuthorError(
            "Whoever drafted a product may not grade it.", product_id=product.product_id
        )
    return ProductGraded(now, by, source, information)


def publish(
    product: Product, *, supports: tuple[Support, ...], by: str, now: datetime
) -> ProductPublished:
    """Publish a graded product while every lead it rests on holds.

    Raises:
        ProductLeadUnconfirmedError: A lead is not confirmed, or not of the case.
        ProductLeadExpiredError: A lead has expired since it was confirmed.
    """
    check_state(product, Step.PUBLISH)
    _check_supports(product.lead_ids, supports, now)
    return ProductPublished(now, by)


def apply(product: Product, event: ProductEvent) -> Product:
    """Make the next version of a product."""
    changed = _CHANGES[type(event)](event)
    return replace(product, **changed, updated_at=event.decided_at, version=product.version + 1)


_CHANGES: dict[type[ProductEvent], Callable[[Any], dict[str, Any]]] = {
    ProductGraded: lambda e: {
        "state": ProductState.GRADED,
        "graded_by": e.graded_by,
        "source_grade": e.source_grade,
        "information_grade": e.information_grade,
    },
    ProductPublished: lambda e: {
        "state": ProductState.PUBLISHED,
        "published_by": e.published_by,
    },
}


def _check_supports(
    lead_ids: tuple[str, ...], supports: tuple[Support, ...], now: datetime
) -> None:
    confirmed = {each.lead_id for each in supports if each.is_confirmed}
    unconfirmed = [lead_id for lead_id in lead_ids if lead_id not in confirmed]
    if unconfirmed:
        raise ProductLeadUnconfirmedError(
            "The product rests on leads nobody confirmed in its case.",
            lead_ids=",".join(unconfirmed),
        )
    expired = [each.lead_id for each in supports if each.expires_at <= now]
    if expired:
        raise ProductLeadExpiredError(
            "The product rests on leads that have expired.", lead_ids=",".join(expired)
        )
