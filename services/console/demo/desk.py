"""Calls made for somebody: reads that leave no trace, and writes that can be repeated."""

import asyncio
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import grpc
from google.protobuf.message import Message

from chassis.status import reason_of
from chassis.traceparent import TraceParent, format_traceparent, new_span_id, new_trace_id
from services.console import sign_in
from services.console.client import Client
from services.console.demo.names import request_id
from services.console.errors import ConsoleError, Exit
from services.console.methods import etag_field, find_etag, reader_of
from services.console.people import Person

# How long an event may take from one service into another before that is a failure. Four services
# on two busy cores take well under a second.
PATIENCE_SECONDS = 30.0
# How often to look; each look is one read.
POLL_SECONDS = 0.05
PAGE_SIZE = 100
STALE_TRIES = 5
# A squad service that has not heard of the case yet answers as it would to a stranger.
_NOT_YET = frozenset({"NOT_ASSIGNED", "NOT_FOUND"})

Answer = TypeVar("Answer", bound=Message)


class LateError(ConsoleError):
    """What an event should have brought did not come in time."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"Waited {PATIENCE_SECONDS:.0f} s in vain: {what}.",
            advice="See the logs in the run folder, and `jointops trace ls`.",
            code=Exit.REFUSED,
        )


class Desk:
    """Sends requests for the people of the demonstration."""

    def __init__(self, client: Client, tokens: sign_in.Desk, seed: str) -> None:
        self._client = client
        self._tokens = tokens
        self.seed = seed

    async def read(self, person: Person, request: Message, kind: type[Answer]) -> Answer:
        """Ask as somebody, in no trace: a look is nothing that happened."""
        unsampled = TraceParent(new_trace_id(), new_span_id(), is_sampled=False)
        return await self._send(person, request, unsampled, kind)

    async def read_all(self, person: Person, request: Any, kind: type[Answer]) -> Answer:
        """Ask for every page of a list, as one answer."""
        request.page_size, request.page_token = PAGE_SIZE, ""
        whole = page = await self.read(person, request, kind)
        while token := getattr(page, "next_page_token", ""):
            request.page_token = token
            page = await self.read(person, request, kind)
            whole.ClearField("next_page_token")
            whole.MergeFrom(page)
        return whole

    async def write(
        self,
        person: Person,
        request: Any,
        kind: type[Answer],
        *,
        key: Iterable[str],
        place: TraceParent,
    ) -> Answer:
        """Change something as somebody.

        Args:
            person: Who acts.
            request: What is asked; its version is read when it has none.
            kind: The answer expected.
            key: What names the step; the same in every run.
            place: The place in the trace that the service continues.
        """
        request.request_id = request_id(self.seed, *key)
        name = etag_field(type(request))
        if name is None or getattr(request, name):
            return await self._send(person, request, place, kind)
        for _ in range(STALE_TRIES):
            setattr(request, name, await self._etag(person, request))
            try:
                return await self._send(person, request, place, kind)
            except grpc.aio.AioRpcError as error:
                if reason_of(error)[0] != "ETAG_STALE":
                    raise
        return await self._send(person, request, place, kind)

    async def until(
        self,
        person: Person,
        request: Message,
        kind: type[Answer],
        is_so: Callable[[Any], Any],
        what: str,
    ) -> Answer:
        """Look until something is so, and return the answer that said it.

        Raises:
            LateError: It does not come true in time.
        """
        deadline = asyncio.get_running_loop().time() + PATIENCE_SECONDS
        while asyncio.get_running_loop().time() < deadline:
            answer = await self._look(person, request, kind)
            if answer is not None and is_so(answer):
                return answer
            await asyncio.sleep(POLL_SECONDS)
        raise LateError(what)

    async def _look(self, person: Person, request: Message, kind: type[Answer]) -> Answer | None:
        try:
            return await self.read(person, request, kind)
        except grpc.aio.AioRpcError as error:
            if reason_of(error)[0] not in _NOT_YET:
                raise
            return None

    async def _etag(self, person: Person, request: Message) -> str:
        reader = reader_of(request)
        if reader is None:
            raise TypeError(type(request).__name__)
        unsampled = TraceParent(new_trace_id(), new_span_id(), is_sampled=False)
        return find_etag(await self._send(person, reader, unsampled, Message), request)

    async def _send(
        self, person: Person, request: Message, place: TraceParent, kind: type[Answer]
    ) -> Answer:
        response = await self._client.send(
            request,
            token=self._tokens.sign_in(person).token,
            traceparent=format_traceparent(place),
        )
        if not isinstance(response, kind):
            raise TypeError(type(response).__name__)
        return response
