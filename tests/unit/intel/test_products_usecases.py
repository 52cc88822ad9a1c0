"""Use cases of products on a database in memory."""

from typing import Any

import pytest

from chassis.errors import NotAssignedError
from chassis.roles import Role
from jointops.intel.v1 import product_pb2 as pb
from services.intel.leads.domain import LeadState
from services.intel.products.domain import (
    ProductLeadExpiredError,
    ProductLeadUnconfirmedError,
    ProductState,
)
from services.intel.products.usecases import ProductUseCases
from services.intel.taskings.domain import TaskingState, TaskingStateForbidsError
from tests.fakes.intel import FakeLeads, FakeProducts, FakeTaskings
from tests.fakes.unit import FakeDatabase
from tests.unit.intel.builders import (
    ANALYST,
    CASE_ID,
    LATER,
    LEAD_ID,
    OTHER_LEAD_ID,
    PRODUCT_ID,
    TASKING_ID,
    UNKNOWN_ID,
    make_call,
    make_lead,
    make_product,
    make_tasking,
)


@pytest.fixture
def database() -> FakeDatabase:
    """A graded product on two confirmed leads, under a tasking in work."""
    made = FakeDatabase()
    made.case_stations[CASE_ID] = "jinqiao"
    made.assignments.add((CASE_ID, ANALYST))
    made.aggregates["tasking", TASKING_ID] = make_tasking(state=TaskingState.SIGNED_FOR)
    made.aggregates["lead", LEAD_ID] = make_lead(state=LeadState.CONFIRMED)
    other = make_lead(lead_id=OTHER_LEAD_ID, state=LeadState.CONFIRMED)
    made.aggregates["lead", OTHER_LEAD_ID] = other
    made.aggregates["product", PRODUCT_ID] = make_product(state=ProductState.GRADED)
    return made


def usecases(database: FakeDatabase) -> ProductUseCases:
    fakes = (FakeProducts, FakeLeads, FakeTaskings)
    parts: Any = (database.begin, lambda: LATER, lambda: UNKNOWN_ID, *fakes)
    return ProductUseCases(*parts)


def draft() -> pb.DraftProductRequest:
    return pb.DraftProductRequest(
        tasking_id=TASKING_ID,
        title="Where the van stands",
        assessment="In the goods yard.",
        lead_ids=[LEAD_ID, LEAD_ID.upper(), OTHER_LEAD_ID],
    )


def publish() -> pb.PublishProductRequest:
    return pb.PublishProductRequest(product_id=PRODUCT_ID, etag="1")


async def test_a_draft_names_each_of_its_leads_once(database: FakeDatabase) -> None:
    response = await usecases(database).draft(draft(), make_call())

    assert list(response.product.lead_ids) == [LEAD_ID, OTHER_LEAD_ID]
    assert database.aggregates["product", UNKNOWN_ID].drafted_by == ANALYST
    assert database.audit == [("intel.test", UNKNOWN_ID, CASE_ID)]


async def test_drafting_is_refused_when_a_lead_is_open(database: FakeDatabase) -> None:
    database.aggregates["lead", LEAD_ID] = make_lead()

    with pytest.raises(ProductLeadUnconfirmedError):
        await usecases(database).draft(draft(), make_call())

    assert database.events == []


async def test_publishing_changes_product_and_tasking_with_one_event_each(
    database: FakeDatabase,
) -> None:
    call = make_call()

    await usecases(database).publish(publish(), call)

    tasking = database.aggregates["tasking", TASKING_ID]
    assert database.aggregates["product", PRODUCT_ID].state is ProductState.PUBLISHED
    assert (tasking.state, tasking.product_id) == (TaskingState.ANSWERED, PRODUCT_ID)
    assert [event.event_type for event in database.events] == [
        "jointops.intel.v1.TaskingAnswered",
        "jointops.intel.v1.ProductPublished",
    ]
    assert database.audit == [("intel.test", PRODUCT_ID, CASE_ID)]
    assert list(database.answers) == [(ANALYST, call.request_id)]


async def test_nothing_is_published_when_a_lead_has_expired(database: FakeDatabase) -> None:
    expired = make_lead(state=LeadState.CONFIRMED, expires_at=LATER)
    database.aggregates["lead", LEAD_ID] = expired

    with pytest.raises(ProductLeadExpiredError):
        await usecases(database).publish(publish(), make_call())

    assert (database.events, database.audit, database.answers) == ([], [], {})


async def test_nothing_is_published_when_the_tasking_is_answered(database: FakeDatabase) -> None:
    answered = make_tasking(state=TaskingState.ANSWERED)
    database.aggregates["tasking", TASKING_ID] = answered

    with pytest.raises(TaskingStateForbidsError):
        await usecases(database).publish(publish(), make_call())

    assert database.aggregates["product", PRODUCT_ID].state is ProductState.GRADED
    assert database.events == []


async def test_a_product_is_graded_by_whoever_calls(database: FakeDatabase) -> None:
    database.aggregates["product", PRODUCT_ID] = make_product(drafted_by="intel-19bc")
    request = pb.GradeProductRequest(
        product_id=PRODUCT_ID,
        etag="1",
        source_grade=pb.SOURCE_GRADE_A,
        information_grade=pb.INFORMATION_GRADE_6,
    )

    response = await usecases(database).grade(request, make_call())

    kept = database.aggregates["product", PRODUCT_ID]
    assert (kept.graded_by, kept.source_grade, kept.information_grade) == (ANALYST, "A", "6")
    assert response.product.etag == "2"


@pytest.mark.parametrize("role", [Role.CASE_OFFICER, Role.OPS_LEADER, Role.LEGAL_REVIEWER])
async def test_a_product_is_hidden_from_other_roles_until_it_is_published(
    database: FakeDatabase, role: Role
) -> None:
    call = make_call(roles=frozenset({role}))

    with pytest.raises(NotAssignedError):
        await usecases(database).get(pb.GetProductRequest(product_id=PRODUCT_ID), call)
    listed = await usecases(database).list(pb.ListProductsRequest(case_id=CASE_ID), call)

    assert list(listed.products) == []


@pytest.mark.parametrize("role", [Role.INTEL_ANALYST, Role.COMMANDER])
async def test_a_product_is_shown_to_squad_and_commander_before_it_is_published(
    database: FakeDatabase, role: Role
) -> None:
    call = make_call(roles=frozenset({role}))

    shown = await usecases(database).get(pb.GetProductRequest(product_id=PRODUCT_ID), call)
    listed = await usecases(database).list(pb.ListProductsRequest(case_id=CASE_ID), call)

    assert list(listed.products) == [shown.product]
