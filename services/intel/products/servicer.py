"""gRPC in: hands each request and its call to the use case."""

from typing import Any

from chassis.call import current_call
from jointops.intel.v1 import product_pb2 as pb
from jointops.intel.v1 import product_pb2_grpc
from services.intel.products.usecases import ProductUseCases


class ProductServicer(product_pb2_grpc.ProductServiceServicer):
    """Serves `jointops.intel.v1.ProductService`."""

    def __init__(self, products: ProductUseCases) -> None:
        self._products = products

    async def GetProduct(
        self, request: pb.GetProductRequest, _context: Any
    ) -> pb.GetProductResponse:
        """Return one product."""
        return await self._products.get(request, current_call())

    async def ListProducts(
        self, request: pb.ListProductsRequest, _context: Any
    ) -> pb.ListProductsResponse:
        """List the products of a case."""
        return await self._products.list(request, current_call())

    async def DraftProduct(
        self, request: pb.DraftProductRequest, _context: Any
    ) -> pb.DraftProductResponse:
        """Draft a product."""
        return await self._products.draft(request, current_call())

    async def GradeProduct(
        self, request: pb.GradeProductRequest, _context: Any
    ) -> pb.GradeProductResponse:
        """Grade a product."""
        return await self._products.grade(request, current_call())

    async def PublishProduct(
        self, request: pb.PublishProductRequest, _context: Any
    ) -> pb.PublishProductResponse:
        """Publish a product."""
        return await self._products.publish(request, current_call())
