"""Products over the wire, on PostgreSQL."""

from __future__ import annotations

import asyncio

import grpc
import pytest

from chassis.ids import new_request_id
from chassis.roles import Role
from chassis.status import reason_of
from jointops.intel.v1 import product_pb2 as pb
from jointops.intel.v1 import product_pb2_grpc
from jointops.intel.v1 import tasking_events_pb2 as events
from services.intel.leads.domain import Lead
from services.intel.products.domain import Product, ProductState
from services.intel.taskings.domain import Tasking, TaskingState
from tests.integration.intel.scene import YESTERDAY, Scene
from tests.integration.stage import Stage
from tests.unit.intel.builders import ANALYST, CASE_ID, SECOND_ANALYST, UNKNOWN_ID


@pytest.fixture
async def scene(stage: Stage) -> Scene:
    """A case with two analysts on it."""
    scene = Scene(stage)
    await scene.open()
    return scene


def analyst(scene: Scene) -> product_pb2_grpc.ProductServiceAsyncStub:
    return product_pb2_grpc.ProductServiceStub(scene.channel())


def second(scene: Scene) -> product_pb2_grpc.ProductServiceAsyncStub:
    return product_pb2_grpc.ProductServiceStub(scene.channel(SECOND_ANALYST))


def officer(scene: Scene) -> product_pb2_grpc.ProductServiceAsyncStub:
    """A member of the case who is not of the squad."""
    channel = scene.channel(SECOND_ANALYST, Role.CASE_OFFICER)
    return product_pb2_grpc.ProductServiceStub(channel)


def draft(tasking: Tasking, *leads: Lead) -> pb.DraftProductRequest:
    return pb.DraftProductRequest(
        request_id=new_request_id(),
        tasking_id=tasking.tasking_id,
        title="Where the van stands",
        assessment="The van stands in the goods yard at night.",
        lead_ids=[lead.lead_id.upper() for lead in leads],
    )


def grade(product: Product) -> pb.GradeProductRequest:
    return pb.GradeProductRequest(
        product_id=product.product_id,
        etag="1",
        request_id=new_request_id(),
        source_grade=pb.SOURCE_GRADE_B,
        information_grade=pb.INFORMATION_GRADE_2,
    )


def publish(product: Product) -> pb.PublishProductRequest:
    return pb.PublishProductRequest(
        product_id=product.product_id, etag="1", request_id=new_request_id()
    )


async def graded(scene: Scene, tasking: Tasking, **changes: object) -> Product:
    """Put a graded product on a confirmed lead into the case."""
    lead = await scene.confirmed(**changes)
    return await scene.product(tasking, lead, state=ProductState.GRADED)


async def test_a_product_is_drafted_from_confirmed_leads(scene: Scene) -> None:
    tasking, lead = await scene.tasking(), await scene.confirmed()

    response = await analyst(scene).DraftProduct(draft(tasking, lead))

    product = response.product
    assert (product.state, product.drafted_by) == (pb.PRODUCT_STATE_DRAFTED, ANALYST)
    assert (product.case_id, product.tasking_id) == (CASE_ID, tasking.tasking_id)
    assert list(product.lead_ids) == [lead.lead_id]


async def test_a_product_is_graded_by_a_second_analyst(scene: Scene) -> None:
    product = await scene.product(await scene.tasking(), await scene.confirmed())

    response = await second(scene).GradeProduct(grade(product))

    assert response.product.state == pb.PRODUCT_STATE_GRADED
    assert response.product.graded_by == SECOND_ANALYST
    assert response.product.source_grade == pb.SOURCE_GRADE_B
    assert response.product.information_grade == pb.INFORMATION_GRADE_2


async def test_a_published_product_answers_its_tasking(scene: Scene) -> None:
    tasking = await scene.tasking()
    product = await graded(scene, tasking)

    response = await analyst(scene).PublishProduct(publish(product))

    assert response.product.state == pb.PRODUCT_STATE_PUBLISHED
    assert await scene.event_types(product.product_id) == ["ProductDrafted", "ProductPublished"]
    assert await scene.event_types(tasking.tasking_id) == ["TaskingReceived", "TaskingAnswered"]


async def test_the_event_of_an_answer_names_squad_request_and_product(scene: Scene) -> None:
    tasking = await scene.tasking()
    product = await graded(scene, tasking)

    await analyst(scene).PublishProduct(publish(product))

    rows = await scene.stage.fetch(
        "SELECT payload FROM outbox WHERE event_type LIKE '%TaskingAnswered'"
    )
    assert events.TaskingAnswered.FromString(rows[0]["payload"]) == events.TaskingAnswered(
        tasking_id=tasking.tasking_id,
        case_id=CASE_ID,
        squad_request_id=tasking.squad_request_id,
        product_id=product.product_id,
    )


async def test_publishing_twice_at_once_answers_alike_and_is_done_once(scene: Scene) -> None:
    product = await graded(scene, await scene.tasking())
    request, stub = publish(product), analyst(scene)

    first, again = await asyncio.gather(stub.PublishProduct(request), stub.PublishProduct(request))

    assert first == again
    assert await scene.event_types(product.product_id) == ["ProductDrafted", "ProductPublished"]


async def test_one_of_two_products_published_at_once_answers_the_tasking(scene: Scene) -> None:
    tasking = await scene.tasking()
    one, other = await graded(scene, tasking), await graded(scene, tasking)
    stub = analyst(scene)

    outcomes = await asyncio.gather(
        stub.PublishProduct(publish(one)),
        stub.PublishProduct(publish(other)),
        return_exceptions=True,
    )

    assert sorted(isinstance(outcome, Exception) for outcome in outcomes) == [False, True]
    assert await scene.event_types(tasking.tasking_id) == ["TaskingReceived", "TaskingAnswered"]


async def test_nothing_is_published_when_the_tasking_was_withdrawn(scene: Scene) -> None:
    tasking = await scene.tasking(state=TaskingState.WITHDRAWN)
    product = await graded(scene, tasking)

    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await analyst(scene).PublishProduct(publish(product))

    assert reason_of(caught.value) == (
        "TASKING_STATE_FORBIDS",
        {"tasking_id": tasking.tasking_id, "state": "withdrawn", "step": "answer"},
    )
    assert await scene.event_types(product.product_id) == ["ProductDrafted"]


async def test_publishing_is_refused_when_a_lead_has_expired(scene: Scene) -> None:
    product = await graded(scene, await scene.tasking(), expires_at=YESTERDAY)

    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await analyst(scene).PublishProduct(publish(product))

    assert caught.value.code() is grpc.StatusCode.FAILED_PRECONDITION
    assert reason_of(caught.value) == (
        "PRODUCT_LEAD_EXPIRED",
        {"lead_ids": product.lead_ids[0]},
    )


async def test_publishing_is_refused_when_the_product_is_not_graded(scene: Scene) -> None:
    product = await scene.product(await scene.tasking(), await scene.confirmed())

    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await analyst(scene).PublishProduct(publish(product))

    assert caught.value.code() is grpc.StatusCode.FAILED_PRECONDITION
    assert reason_of(caught.value) == (
        "PRODUCT_STATE_FORBIDS",
        {"product_id": product.product_id, "state": "drafted", "step": "publish"},
    )


async def test_grading_is_refused_when_the_grader_is_the_author(scene: Scene) -> None:
    product = await scene.product(await scene.tasking(), await scene.confirmed())

    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await analyst(scene).GradeProduct(grade(product))

    assert caught.value.code() is grpc.StatusCode.FAILED_PRECONDITION
    assert reason_of(caught.value) == ("GRADER_IS_AUTHOR", {"product_id": product.product_id})


async def test_drafting_is_refused_alike_for_an_open_lead_and_one_of_another_case(
    scene: Scene,
) -> None:
    tasking = await scene.tasking()
    is_open, foreign = await scene.lead(), await scene.confirmed(case_id=UNKNOWN_ID)

    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await analyst(scene).DraftProduct(draft(tasking, is_open, foreign))

    assert caught.value.code() is grpc.StatusCode.FAILED_PRECONDITION
    assert reason_of(caught.value) == (
        "PRODUCT_LEAD_UNCONFIRMED",
        {"lead_ids": f"{is_open.lead_id},{foreign.lead_id}"},
    )


async def test_drafting_is_refused_when_nobody_signed_for_the_tasking(scene: Scene) -> None:
    tasking = await scene.tasking(state=TaskingState.RECEIVED)

    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await analyst(scene).DraftProduct(draft(tasking, await scene.confirmed()))

    assert reason_of(caught.value) == (
        "TASKING_STATE_FORBIDS",
        {"tasking_id": tasking.tasking_id, "state": "received", "step": "draft_product"},
    )


async def test_a_product_is_shown_and_listed_to_its_squad(scene: Scene) -> None:
    product = await scene.product(await scene.tasking(), await scene.confirmed())

    shown = await second(scene).GetProduct(pb.GetProductRequest(product_id=product.product_id))
    listed = await second(scene).ListProducts(pb.ListProductsRequest(case_id=CASE_ID))

    assert shown.product.title == "Where the van stands"
    assert list(listed.products) == [shown.product]


async def test_a_draft_is_hidden_from_members_outside_of_the_squad(scene: Scene) -> None:
    product = await scene.product(await scene.tasking(), await scene.confirmed())

    listed = await officer(scene).ListProducts(pb.ListProductsRequest(case_id=CASE_ID))
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await officer(scene).GetProduct(pb.GetProductRequest(product_id=product.product_id))

    assert list(listed.products) == []
    assert reason_of(caught.value) == ("NOT_ASSIGNED", {"permission": "intel.product.get"})


async def test_what_was_published_is_shown_to_members_outside_of_the_squad(scene: Scene) -> None:
    tasking, lead = await scene.tasking(), await scene.confirmed()
    product = await scene.product(tasking, lead, state=ProductState.PUBLISHED)

    shown = await officer(scene).GetProduct(pb.GetProductRequest(product_id=product.product_id))
    listed = await officer(scene).ListProducts(pb.ListProductsRequest(case_id=CASE_ID))

    assert list(listed.products) == [shown.product]


async def test_commands_cost_no_more_statements_than_they_need(scene: Scene) -> None:
    tasking, lead = await scene.tasking(), await scene.confirmed()
    product = await scene.product(tasking, lead, state=ProductState.GRADED)
    ungraded = await scene.product(tasking, lead)

    costs = [
        await scene.cost(analyst(scene).DraftProduct, draft(tasking, lead)),
        await scene.cost(second(scene).GradeProduct, grade(ungraded)),
        # Product, tasking and leads are read; both aggregates are saved between BEGIN and COMMIT.
        await scene.cost(analyst(scene).PublishProduct, publish(product)),
    ]

    assert costs == [3, 2, 3]
