"""Calls the services of a platform: one channel a service, a person and a trace a call."""

from types import TracebackType
from typing import Any, Self

import grpc
from google.protobuf.message import Message

from chassis.client import open_channel
from services.console.methods import method_of
from services.console.platform import Platform


class Client:
    """A context manager; channels are opened when first needed."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._channels: dict[str, grpc.aio.Channel] = {}
        self._calls: dict[str, Any] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for channel in self._channels.values():
            await channel.close()

    async def send(
        self, request: Message, *, token: str, traceparent: str, seconds: float | None = None
    ) -> Message:
        """Call the method that takes such a request.

        Args:
            request: What is asked; its type names the method.
            token: Who asks.
            traceparent: The place in the trace that the service continues.
            seconds: Deadline; a default one otherwise.

        Raises:
            grpc.aio.AioRpcError: The service refused or could not be reached.
        """
        metadata = (("authorization", f"Bearer {token}"), ("traceparent", traceparent))
        call = self._call(type(request))
        response: Message = await call(request, metadata=metadata, timeout=seconds)
        return response

    def _call(self, request: type[Message]) -> Any:
        method = method_of(request)
        if method.path not in self._calls:
            self._calls[method.path] = self._channel(method.service).unary_unary(
                method.path,
                request_serializer=request.SerializeToString,
                response_deserializer=method.response.FromString,
            )
        return self._calls[method.path]

    def _channel(self, service: str) -> grpc.aio.Channel:
        if service not in self._channels:
            self._channels[service] = open_channel(self._platform.address(service))
        return self._channels[service]
