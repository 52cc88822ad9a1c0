"""The store of products, in memory and in PostgreSQL: both keep the same promises."""

import pytest

from chassis.call import AlreadyAnsweredError, Call
from chassis.errors import EtagStaleError, NotAssignedError
from chassis.paging import Page, read_page
from jointops.intel.v1 import product_pb2 as pb
from services.intel.products import convert
from services.intel.products.domain import InformationGrade, Product, ProductState, SourceGrade
from tests.integration.intel.conftest import Keeping
from tests.unit.intel.builders import (
    ANALYST,
    CASE_ID,
    DRAFTED,
    LATER,
    PRODUCT_ID,
    SECOND_ANALYST,
    UNKNOWN_ID,
    make_call,
    make_product,
)

OTHER_CASE_ID = "0198c2f4-0000-7000-8000-0000000000ff"
NEWER_ID = "0198c2f4-0000-7000-8000-0000000000fe"


async def keep(
    keeping: Keeping, product: Product, call: Call | None = None, verb: str = "add"
) -> None:
    """Save a product with an event of its version."""
    async with keeping.begin(call or make_call()) as uow:
        getattr(keeping.products(uow), verb)(product)
        uow.emit(convert.event_to_row(DRAFTED, product))
        uow.record(product.product_id, product.case_id)
        message = convert.product_to_message(product)
        await uow.commit(pb.DraftProductResponse(product=message))


def page_of(size: int = 25, token: str = "") -> Page:
    return read_page(pb.ListProductsRequest(page_size=size, page_token=token), CASE_ID)


@pytest.fixture(autouse=True)
async def member(keeping: Keeping) -> None:
    """The analyst is assigned to the case."""
    await keeping.assign(case_id=CASE_ID, person_id=ANALYST)


@pytest.mark.parametrize(
    "product",
    [
        pytest.param(make_product(), id="drafted"),
        pytest.param(
            make_product(
                state=ProductState.PUBLISHED,
                assessment="面包车夜间停在货场。",
                graded_by=SECOND_ANALYST,
                source_grade=SourceGrade.F,
                information_grade=InformationGrade.SIX,
                published_by=ANALYST,
                updated_at=LATER,
            ),
            id="published",
        ),
    ],
)
async def test_a_product_is_read_as_it_was_kept(keeping: Keeping, product: Product) -> None:
    await keep(keeping, product)

    async with keeping.begin(make_call()) as uow:
        assert await keeping.products(uow).read(PRODUCT_ID) == product


async def test_load_is_refused_when_the_etag_is_stale(keeping: Keeping) -> None:
    await keep(keeping, make_product())

    async with keeping.begin(make_call()) as uow:
        with pytest.raises(EtagStaleError):
            await keeping.products(uow).load(PRODUCT_ID, etag="2")


async def test_put_is_refused_when_the_version_has_moved(keeping: Keeping) -> None:
    await keep(keeping, make_product())
    await keep(keeping, make_product(version=2), verb="put")

    with pytest.raises(EtagStaleError):
        await keep(keeping, make_product(version=2, graded_by=SECOND_ANALYST), verb="put")


@pytest.mark.parametrize("product_id", [PRODUCT_ID, UNKNOWN_ID])
async def test_a_stranger_is_refused_alike_whether_the_product_exists(
    keeping: Keeping, product_id: str
) -> None:
    await keep(keeping, make_product())

    async with keeping.begin(make_call(person_id="intel-0000")) as uow:
        with pytest.raises(NotAssignedError):
            await keeping.products(uow).read(product_id)


async def test_a_repeated_request_is_answered_as_before(keeping: Keeping) -> None:
    call = make_call()
    await keep(keeping, make_product(), call)

    async with keeping.begin(call) as uow:
        with pytest.raises(AlreadyAnsweredError) as caught:
            await keeping.products(uow).load(PRODUCT_ID, etag="1")

    assert pb.DraftProductResponse.FromString(caught.value.response).product.etag == "1"


async def test_a_list_shows_the_newest_first_and_goes_on_where_it_stopped(
    keeping: Keeping,
) -> None:
    await keep(keeping, make_product())
    await keep(keeping, make_product(product_id=NEWER_ID))

    async with keeping.begin(make_call()) as uow:
        products = keeping.products(uow)
        shown, token = await products.list_of_case(CASE_ID, page_of(1))
        rest, last_token = await products.list_of_case(CASE_ID, page_of(1, token))

    assert [product.product_id for product in shown] == [NEWER_ID]
    assert [product.product_id for product in rest] == [PRODUCT_ID]
    assert last_token == ""


async def test_a_list_holds_no_product_of_another_case(keeping: Keeping) -> None:
    await keeping.assign(case_id=OTHER_CASE_ID, person_id=ANALYST)
    await keep(keeping, make_product())
    await keep(keeping, make_product(product_id=NEWER_ID, case_id=OTHER_CASE_ID))

    async with keeping.begin(make_call()) as uow:
        shown, _token = await keeping.products(uow).list_of_case(CASE_ID, page_of())

    assert shown == [make_product()]


async def test_the_list_of_what_was_published_leaves_out_drafts(keeping: Keeping) -> None:
    published = make_product(product_id=NEWER_ID, state=ProductState.PUBLISHED)
    await keep(keeping, make_product())
    await keep(keeping, published)

    async with keeping.begin(make_call()) as uow:
        shown, _token = await keeping.products(uow).list_published(CASE_ID, page_of())

    assert shown == [published]


@pytest.mark.parametrize("case_id", [CASE_ID, OTHER_CASE_ID])
async def test_a_list_is_refused_alike_to_a_stranger_whether_the_case_exists(
    keeping: Keeping, case_id: str
) -> None:
    async with keeping.begin(make_call(person_id="intel-0000")) as uow:
        with pytest.raises(NotAssignedError):
            await keeping.products(uow).list_published(case_id, page_of())
