"""The client: a deadline on every call, retries only where they are safe."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc
import pytest

from chassis.client import open_channel

METHOD = "/test.Service/Call"


class Peer:
    """A server that fails as told before it answers, and notes what it was sent."""

    def __init__(self, *failures: grpc.StatusCode) -> None:
        self._failures = list(failures)
        self.deadlines: list[float] = []
        self.metadata: list[dict[str, Any]] = []
        self.address = ""

    async def serve(self, _body: bytes, context: Any) -> bytes:
        """Fail or answer."""
        self.deadlines.append(context.time_remaining())
        self.metadata.append(dict(context.invocation_metadata()))
        if self._failures:
            await context.abort(self._failures.pop(0), "as told")
        return b"answer"


@asynccontextmanager
async def serving(peer: Peer) -> AsyncIterator[Peer]:
    """Serve on a free port."""
    server = grpc.aio.server()
    handler: Any = grpc.unary_unary_rpc_method_handler(peer.serve)
    server.add_generic_rpc_handlers(
        (grpc.method_handlers_generic_handler("test.Service", {"Call": handler}),)
    )
    peer.address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    await server.start()
    yield peer
    await server.stop(0)


async def call(peer: Peer, **options: Any) -> bytes:
    """Call the peer once."""
    channel = open_channel(peer.address, token=lambda: "token", traceparent=lambda: "trace")
    async with channel:
        method: Any = channel.unary_unary(METHOD)
        answer: bytes = await method(b"", **options)
    return answer


async def test_call_carries_a_deadline_the_token_and_the_trace() -> None:
    async with serving(Peer()) as peer:
        await call(peer)

    # The peer rounds what is left up by some milliseconds.
    assert 4.0 < peer.deadlines[0] < 5.1
    assert peer.metadata[0]["authorization"] == "Bearer token"
    assert peer.metadata[0]["traceparent"] == "trace"


async def test_what_the_caller_gives_is_kept() -> None:
    metadata = (("authorization", "Bearer mine"), ("traceparent", "my-trace"))
    async with serving(Peer()) as peer:
        await call(peer, timeout=2.0, metadata=metadata)

    assert peer.deadlines[0] < 2.1
    assert peer.metadata[0]["authorization"] == "Bearer mine"
    assert peer.metadata[0]["traceparent"] == "my-trace"


async def test_call_is_tried_again_when_the_service_was_away() -> None:
    async with serving(Peer(*[grpc.StatusCode.UNAVAILABLE] * 2)) as peer:
        answer = await call(peer)

    assert (answer, len(peer.deadlines)) == (b"answer", 3)


async def test_call_is_tried_four_times_at_most() -> None:
    async with serving(Peer(*[grpc.StatusCode.UNAVAILABLE] * 9)) as peer:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await call(peer)

    assert (caught.value.code(), len(peer.deadlines)) == (grpc.StatusCode.UNAVAILABLE, 4)


@pytest.mark.parametrize(
    "code",
    [
        grpc.StatusCode.ABORTED,
        grpc.StatusCode.FAILED_PRECONDITION,
        grpc.StatusCode.DEADLINE_EXCEEDED,
        grpc.StatusCode.RESOURCE_EXHAUSTED,
        grpc.StatusCode.INTERNAL,
    ],
)
async def test_no_other_refusal_is_tried_again(code: grpc.StatusCode) -> None:
    async with serving(Peer(code)) as peer:
        with pytest.raises(grpc.aio.AioRpcError):
            await call(peer)

    assert len(peer.deadlines) == 1
