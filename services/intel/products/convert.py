"""Where protobuf meets the product: requests in, responses and events out."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from google.protobuf.message import Message

from chassis.call import Event
from chassis.emission import Origin, make_event
from chassis.timestamps import to_timestamp
from jointops.intel.v1 import product_events_pb2 as events
from jointops.intel.v1 import product_pb2 as pb
from services.intel.leads.domain import Lead, LeadState
from services.intel.products import domain
from services.intel.products.domain import (
    InformationGrade,
    Product,
    ProductEvent,
    ProductState,
    SourceGrade,
    Support,
)
from services.intel.taskings.domain import Tasking

STATES = {state: pb.ProductState.Value(f"PRODUCT_STATE_{state.name}") for state in ProductState}
SOURCE_GRADES = {
    grade: pb.SourceGrade.Value(f"SOURCE_GRADE_{grade.value}") for grade in SourceGrade
}
INFORMATION_GRADES = {
    grade: pb.InformationGrade.Value(f"INFORMATION_GRADE_{grade.value}")
    for grade in InformationGrade
}
_SOURCE_GRADES_OF = {number: grade for grade, number in SOURCE_GRADES.items()}
_INFORMATION_GRADES_OF = {number: grade for grade, number in INFORMATION_GRADES.items()}


def product_to_message(product: Product) -> pb.Product:
    """Show a product to a member of its case."""
    source, information = product.source_grade, product.information_grade
    return pb.Product(
        product_id=product.product_id,
        station=product.station,
        case_id=product.case_id,
        tasking_id=product.tasking_id,
        state=STATES[product.state],
        title=product.title,
        assessment=product.assessment,
        lead_ids=product.lead_ids,
        drafted_by=product.drafted_by,
        graded_by=product.graded_by or "",
        source_grade=SOURCE_GRADES[source] if source else pb.SOURCE_GRADE_UNSPECIFIED,
        information_grade=(
            INFORMATION_GRADES[information] if information else pb.INFORMATION_GRADE_UNSPECIFIED
        ),
        published_by=product.published_by or "",
        create_time=to_timestamp(product.created_at),
        update_time=to_timestamp(product.updated_at),
        etag=str(product.version),
    )


def lead_ids_of(request: pb.DraftProductRequest) -> tuple[str, ...]:
    """Read the leads a draft rests on, each once and written as we write identifiers."""
    return tuple(dict.fromkeys(lead_id.lower() for lead_id in request.lead_ids))


def supports_of(leads: Iterable[Lead]) -> tuple[Support, ...]:
    """Read of leads what a product needs to know of them."""
    return tuple(
        Support(
            lead.lead_id,
            is_confirmed=lead.state is LeadState.CONFIRMED,
            expires_at=lead.expires_at,
        )
        for lead in leads
    )


def drafted(
    request: pb.DraftProductRequest, tasking: Tasking, *, product_id: str, by: str, now: datetime
) -> domain.ProductDrafted:
    """Read what an analyst drafts under a tasking."""
    return domain.ProductDrafted(
        decided_at=now,
        product_id=product_id,
        station=tasking.station,
        case_id=tasking.case_id,
        tasking_id=tasking.tasking_id,
        title=request.title,
        assessment=request.assessment,
        lead_ids=lead_ids_of(request),
        drafted_by=by,
    )


def grades_of(request: pb.GradeProductRequest) -> tuple[SourceGrade, InformationGrade]:
    """Read the grades of source and information."""
    return (
        _SOURCE_GRADES_OF[request.source_grade],
        _INFORMATION_GRADES_OF[request.information_grade],
    )


def event_to_row(event: ProductEvent, product: Product) -> Event:
    """Wrap an event of the product, which it has just made, as it will travel."""
    origin = Origin(
        "product", product.product_id, product.version, product.station, product.case_id
    )
    return make_event(_MESSAGES[type(event)](product, event), origin, at=event.decided_at)


_MESSAGES: dict[type[ProductEvent], Callable[[Product, Any], Message]] = {
    domain.ProductDrafted: lambda product, _: events.ProductDrafted(
        product_id=product.product_id,
        case_id=product.case_id,
        tasking_id=product.tasking_id,
        lead_ids=product.lead_ids,
    ),
    domain.ProductGraded: lambda product, event: events.ProductGraded(
        product_id=product.product_id,
        case_id=product.case_id,
        source_grade=SOURCE_GRADES[event.source_grade],
        information_grade=INFORMATION_GRADES[event.information_grade],
    ),
    domain.ProductPublished: lambda product, _: events.ProductPublished(
        product_id=product.product_id,
        case_id=product.case_id,
        tasking_id=product.tasking_id,
    ),
}
