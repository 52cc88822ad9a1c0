"""One method a command: open, load, decide, save, emit, record, commit."""

from collections.abc import Callable

from chassis.call import Call
from chassis.clock import Clock
from chassis.ids import Ids
from chassis.paging import read_page
from chassis.roles import Role
from chassis.unit import Unit
from chassis.unit_of_work import Begin, hidden
from jointops.intel.v1 import product_pb2 as pb
from services.intel.leads.store import Leads
from services.intel.products import convert, domain
from services.intel.products.domain import Product, ProductEvent, ProductState
from services.intel.products.store import Products
from services.intel.taskings import domain as taskings
from services.intel.taskings import usecases as tasking_usecases
from services.intel.taskings.store import Taskings

# Who works on a product or answers for it; others see what was published, the result alone.
_DRAFT_READERS = frozenset({Role.INTEL_ANALYST, Role.COMMANDER})


class ProductUseCases:
    """What may be asked of products."""

    def __init__(
        self,
        begin: Begin,
        clock: Clock,
        ids: Ids,
        products: Callable[[Unit], Products] = Products,
        leads: Callable[[Unit], Leads] = Leads,
        taskings: Callable[[Unit], Taskings] = Taskings,
    ) -> None:
        self._begin = begin
        self._clock = clock
        self._ids = ids
        self._products = products
        self._leads = leads
        self._taskings = taskings

    async def get(self, request: pb.GetProductRequest, call: Call) -> pb.GetProductResponse:
        """Show one product."""
        async with self._begin(call) as uow:
            product = await self._products(uow).read(request.product_id)
            if not (_sees_drafts(call) or product.state is ProductState.PUBLISHED):
                raise hidden(call)
            uow.record(product.product_id, product.case_id)
            message = convert.product_to_message(product)
            return await uow.answer(pb.GetProductResponse(product=message))

    async def list(self, request: pb.ListProductsRequest, call: Call) -> pb.ListProductsResponse:
        """Show a page of the products of a case."""
        page = read_page(request, request.case_id)
        async with self._begin(call) as uow:
            products = self._products(uow)
            list_page = products.list_of_case if _sees_drafts(call) else products.list_published
            listed, token = await list_page(request.case_id, page)
            uow.record("products", request.case_id)
            shown = [convert.product_to_message(product) for product in listed]
            return await uow.answer(pb.ListProductsResponse(products=shown, next_page_token=token))

    async def draft(self, request: pb.DraftProductRequest, call: Call) -> pb.DraftProductResponse:
        """Draft a product from confirmed leads, under a tasking in work."""
        async with self._begin(call) as uow:
            tasking = await self._taskings(uow).load_newest(request.tasking_id)
            taskings.check_state(tasking, taskings.Step.DRAFT_PRODUCT)
            event = convert.drafted(
                request, tasking, product_id=self._ids(), by=call.person_id, now=self._clock()
            )
            leads = await self._leads(uow).find_in_case(event.case_id, event.lead_ids)
            product = domain.draft(event, supports=convert.supports_of(leads))
            self._products(uow).add(product)
            _tell(uow, product, event)
            message = convert.product_to_message(product)
            return await uow.commit(pb.DraftProductResponse(product=message))

    async def grade(self, request: pb.GradeProductRequest, call: Call) -> pb.GradeProductResponse:
        """Grade a drafted product as its second analyst."""
        source, information = convert.grades_of(request)
        async with self._begin(call) as uow:
            products = self._products(uow)
            product = await products.load(request.product_id, etag=request.etag)
            event = domain.grade(
                product,
                source=source,
                information=information,
                by=call.person_id,
                now=self._clock(),
            )
            product = _write(uow, products, product, event)
            message = convert.product_to_message(product)
            return await uow.commit(pb.GradeProductResponse(product=message))

    async def publish(
        self, request: pb.PublishProductRequest, call: Call
    ) -> pb.PublishProductResponse:
        """Publish a graded product and answer its tasking with it, in one transaction."""
        now = self._clock()
        async with self._begin(call) as uow:
            products, requested = self._products(uow), self._taskings(uow)
            product, supports = await products.load_with_supports(
                request.product_id, etag=request.etag
            )
            tasking = await requested.read(product.tasking_id)
            event = domain.publish(product, supports=supports, by=call.person_id, now=now)
            answered = taskings.answer(tasking, product_id=product.product_id, now=now)
            tasking_usecases.write(uow, requested, tasking, answered)
            product = _write(uow, products, product, event)
            message = convert.product_to_message(product)
            return await uow.commit(pb.PublishProductResponse(product=message))


def _sees_drafts(call: Call) -> bool:
    return not _DRAFT_READERS.isdisjoint(call.roles)


def _write(unit: Unit, products: Products, product: Product, event: ProductEvent) -> Product:
    """Save what an event makes of a product, emit it and record it; returns the new product."""
    product = domain.apply(product, event)
    products.put(product)
    _tell(unit, product, event)
    return product


def _tell(unit: Unit, product: Product, event: ProductEvent) -> None:
    unit.emit(convert.event_to_row(event, product))
    unit.record(product.product_id, product.case_id)
