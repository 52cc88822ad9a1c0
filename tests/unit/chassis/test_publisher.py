"""A batch on its way out: what was stored, what was not, and what must not be sent later."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from nats.aio.msg import Msg
from nats.errors import ConnectionClosedError, MaxPayloadError

from chassis.bus import Bus
from chassis.publisher import Outgoing, Publisher, Stored

Answer = Callable[[str, bytes], bytes | None]


class FakeClient:
    """A connection whose server answers as the test says; None is no answer."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._listener: Callable[[Msg], Awaitable[None]] | None = None
        self.is_connected = True
        self.sent: list[str] = []

    def new_inbox(self) -> str:
        return "_INBOX.x"

    async def subscribe(self, _subject: str, cb: Callable[[Msg], Awaitable[None]]) -> None:
        self._listener = cb

    async def publish(self, subject: str, payload: bytes, reply: str, _headers: Any) -> None:
        if subject == "large":
            raise MaxPayloadError
        self.sent.append(subject)
        answer = self._answer(subject, payload)
        if answer is not None:
            await self.receive(reply, answer)
        if subject == "last":
            self.is_connected = False

    async def receive(self, reply: str, data: bytes) -> None:
        assert self._listener is not None
        client: Any = self
        await self._listener(Msg(_client=client, subject=reply, data=data))


def publisher(answer: Answer) -> tuple[Publisher, FakeClient]:
    """Make a publisher whose server answers so."""
    client: Any = FakeClient(answer)
    bus = Bus("station")
    bus.client = client
    return Publisher(bus), client


def messages(*subjects: str) -> list[Outgoing]:
    return [Outgoing(subject, b"", {}) for subject in subjects]


def stored(subject: str, _payload: bytes) -> bytes:
    """Answer with the number that the subject is."""
    return b'{"stream": "S", "seq": %d}' % int(subject)


async def test_batch_is_stored_where_the_server_says() -> None:
    publishing, _ = publisher(stored)

    answers = await publishing.publish(messages("7", "8"), 1.0)

    assert answers == [Stored(7, False), Stored(8, False)]


async def test_repetition_is_told() -> None:
    publishing, _ = publisher(lambda _subject, _payload: b'{"seq": 7, "duplicate": true}')

    assert await publishing.publish(messages("a"), 1.0) == [Stored(7, True)]


@pytest.mark.parametrize(
    "answer", [b"", b'{"error": {"code": 503, "description": "no space"}, "stream": "S"}']
)
async def test_message_that_was_refused_is_not_stored(answer: bytes) -> None:
    publishing, _ = publisher(lambda _subject, _payload: answer)

    assert await publishing.publish(messages("a"), 1.0) == [None]


async def test_message_that_is_too_large_does_not_stop_the_others() -> None:
    publishing, client = publisher(stored)

    answers = await publishing.publish(messages("large", "8", "large"), 1.0)

    assert answers == [None, Stored(8, False), None]
    assert client.sent == ["8"]


async def test_message_without_answer_is_not_waited_for_longer_than_told() -> None:
    publishing, _ = publisher(lambda subject, _payload: None if subject == "a" else b'{"seq": 8}')

    async with asyncio.timeout(1):
        answers = await publishing.publish(messages("a", "b"), 0.01)

    assert answers == [None, Stored(8, False)]


async def test_answer_that_comes_too_late_is_not_taken_for_one_of_the_next_batch() -> None:
    publishing, client = publisher(lambda _subject, _payload: None)
    await publishing.publish(messages("a"), 0.001)

    second = asyncio.create_task(publishing.publish(messages("b"), 0.05))
    await asyncio.sleep(0)
    await client.receive("_INBOX.x.1.0", b'{"seq": 7}')

    assert await second == [None]


async def test_nothing_is_given_to_a_client_that_lost_its_server() -> None:
    publishing, client = publisher(lambda _subject, _payload: b'{"seq": 1}')

    with pytest.raises(ConnectionClosedError):
        await publishing.publish(messages("first", "last", "later"), 1.0)

    assert client.sent == ["first", "last"]
