"""Nothing that a caller sends makes a service fail: no bug answers, whatever the bytes."""

import asyncio
import math
import random
from collections.abc import AsyncIterator, Iterator
from typing import Any

import grpc
import pytest
from google.protobuf.descriptor import FieldDescriptor, MethodDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from chassis.ids import new_id, new_request_id
from chassis.policy import method_name
from chassis.roles import Role
from chassis.service import Service
from chassis.status import reason_of
from chassis.telemetry import Telemetry
from tests.contract.platform_parts import served, wired
from tests.integration.conftest import MakeDatabase
from tests.integration.stage import STATION, Issuer, Stage, serve

CASE_ID = "0198c2f4-8a1b-7c3d-9e4f-a0b1c2d3e4f5"
BUGS = {grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN, grpc.StatusCode.UNAVAILABLE}
TRIES = 25
TEXTS = ("", "\0", "a", "tech-7f3a", "a" * 64, "谁" * 300, "'; DROP TABLE outbox; --", "x" * 70_000)
NUMBERS = (0, 1, 2, 3, 4, 26, -1, 2**31 - 1, -(2**31))
WIDE_NUMBERS = (*NUMBERS, 2**63 - 1, -(2**63))
FLOATS = (0.0, 1.5, -1.0, 1e308, -1e308, math.nan, math.inf, -math.inf)
VALUES: dict[int, tuple[object, ...]] = {
    FieldDescriptor.CPPTYPE_ENUM: (0, 1, 2, 3, 99, -1),
    FieldDescriptor.CPPTYPE_DOUBLE: FLOATS,
    FieldDescriptor.CPPTYPE_FLOAT: FLOATS,
    FieldDescriptor.CPPTYPE_BOOL: (True, False),
    FieldDescriptor.CPPTYPE_INT64: WIDE_NUMBERS,
    FieldDescriptor.CPPTYPE_INT32: NUMBERS,
    FieldDescriptor.CPPTYPE_UINT64: (0, 1, 2**64 - 1),
    FieldDescriptor.CPPTYPE_UINT32: (0, 1, 2**32 - 1),
}
SECONDS = (0, 1_800_000_000, 4_000_000_000, -62_135_596_800, 253_402_300_799, 2**62, -(2**62))


class Filler:
    """Fills requests with what fits, what nearly fits and what does not fit at all."""

    def __init__(self, seed: str) -> None:
        self._choose = random.Random(seed)  # noqa: S311  # the same requests in every run

    def fill(self, message: Message, *, depth: int = 0) -> Message:
        """Fill most of the fields of a message."""
        for field in message.DESCRIPTOR.fields:
            if self._choose.random() < 0.9 and depth < 4:
                self._set(message, field, depth)
        return message

    def _set(self, message: Message, field: Any, depth: int) -> None:
        if field.message_type is not None and not field.is_repeated:
            self._fill_inner(getattr(message, field.name), depth)
        elif field.message_type is not None:
            for _ in range(self._choose.choice((0, 1, 3))):
                self._fill_inner(getattr(message, field.name).add(), depth)
        elif field.is_repeated:
            count = self._choose.choice((0, 1, 2, 300))
            getattr(message, field.name).extend(self._value(field) for _ in range(count))
        else:
            setattr(message, field.name, self._value(field))

    def _fill_inner(self, message: Message, depth: int) -> None:
        message.SetInParent()
        if message.DESCRIPTOR.full_name == "google.protobuf.Timestamp":
            setattr(message, "seconds", self._choose.choice(SECONDS))  # noqa: B010  # untyped
            setattr(message, "nanos", self._choose.choice((0, 0, 5, -1)))  # noqa: B010  # untyped
        else:
            self.fill(message, depth=depth + 1)

    def _value(self, field: FieldDescriptor) -> Any:
        if field.cpp_type == field.CPPTYPE_STRING:
            return self._text(field)
        return self._choose.choice(VALUES[field.cpp_type])

    def _text(self, field: FieldDescriptor) -> str | bytes:
        if field.type == field.TYPE_BYTES:
            return self._choose.randbytes(40)
        fitting = (
            ("request_id", new_request_id()),
            ("case_id", CASE_ID),
            ("_id", new_id()),
            ("sha256", "0f" * 32),
            ("etag", "1"),
        )
        fits = [text for ending, text in fitting if field.name.endswith(ending)]
        if fits and self._choose.random() < 0.9:
            return fits[0]
        return self._choose.choice((*TEXTS, "a fine text", "a fine text"))


@pytest.fixture(params=sorted(wired()))
async def stage(
    request: pytest.FixtureRequest,
    make_database: MakeDatabase,
    telemetry: Telemetry,
    issuer: Issuer,
) -> AsyncIterator[Stage]:
    """Each service, with a case that the caller belongs to."""
    service: Service = wired()[request.param]
    async with serve(service, await make_database(service), telemetry, issuer) as running:
        await running.fetch("INSERT INTO known_case VALUES ($1, $2)", CASE_ID, STATION)
        await running.fetch("INSERT INTO assignment VALUES ($1, 'caller')", CASE_ID)
        yield running


def requests_for(method: MethodDescriptor) -> Iterator[bytes]:
    """Make hostile requests for a method: well-formed ones, spoiled ones, and noise."""
    filler = Filler(method.full_name)
    noise = random.Random(method.full_name)  # noqa: S311  # the same requests in every run
    for _ in range(TRIES):
        body = filler.fill(GetMessageClass(method.input_type)()).SerializeToString()
        yield body
        yield body[: noise.randrange(len(body) + 1)]
    yield noise.randbytes(200)


async def answer(call: Any, body: bytes, token: str) -> str:
    """Return what a bug answered, or nothing."""
    try:
        await call(body, timeout=20.0, metadata=(("authorization", f"Bearer {token}"),))
    except grpc.aio.AioRpcError as error:
        if error.code() in BUGS:
            return f"{error.code().name} {reason_of(error)} {error.details()}"
    return ""


async def test_no_request_is_answered_by_a_bug(
    stage: Stage, capfd: pytest.CaptureFixture[str]
) -> None:
    token = stage.issuer.token("caller", *(role for role in Role))
    failed = []

    async with grpc.aio.insecure_channel(stage.address) as channel:
        for method in (each for part in served(stage.service.name) for each in part.methods):
            call: Any = channel.unary_unary(f"/{method_name(method)}")
            answers = [answer(call, body, token) for body in requests_for(method)]
            failed += [f"{method.name}: {each}" for each in await asyncio.gather(*answers) if each]

    faults = [line for line in capfd.readouterr().err.splitlines() if "call_failed" in line]
    assert (failed, faults) == ([], [])
