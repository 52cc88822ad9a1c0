"""A client that answers from memory, and a platform that is only a folder."""

import base64
import json
import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

import grpc
from google.protobuf.message import Message
from grpc_status import rpc_status

from chassis.errors import DomainError
from chassis.status import refusal_to_status


class FakeClient:
    """Gives prepared answers in order and keeps what was asked."""

    def __init__(self, answers: Sequence[Message | Exception]) -> None:
        self._answers = list(answers)
        self.asked: list[Message] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        return None

    async def send(
        self, request: Message, *, token: str, traceparent: str, seconds: float | None = None
    ) -> Message:
        del token, traceparent, seconds
        copy = type(request)()
        copy.CopyFrom(request)
        self.asked.append(copy)
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def make_run_folder(folder: Path, person_id: str = "commander-7f3a") -> Path:
    """Make a run folder in which somebody is signed in."""
    stack = {
        "pid": os.getpid(),
        "station": "jinqiao",
        "services": {"station": "127.0.0.1:1"},
        "issuer": "http://127.0.0.1:2",
    }
    (folder / "stack.json").write_text(json.dumps(stack))
    session = {"person_id": person_id, "token": make_token(person_id)}
    (folder / "session.json").write_text(json.dumps(session))
    return folder


def make_token(person_id: str, lifetime: timedelta = timedelta(hours=1)) -> str:
    """Make a token that only the console would believe: nobody signed it."""
    expires_at = datetime.now(UTC) + lifetime
    claims = {
        "sub": person_id,
        "roles": ["commander"],
        "station": "jinqiao",
        "exp": int(expires_at.timestamp()),
    }
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"head.{payload}.signature"


def refused(refusal: DomainError) -> grpc.aio.AioRpcError:
    """Make the error of a call that a service refused."""
    described = rpc_status.to_status(refusal_to_status(refusal))
    return grpc.aio.AioRpcError(
        described.code,
        grpc.aio.Metadata(),
        grpc.aio.Metadata(*described.trailing_metadata),
        described.details,
    )


def unreachable() -> grpc.aio.AioRpcError:
    """Make the error of a call that reached nobody."""
    return grpc.aio.AioRpcError(
        grpc.StatusCode.UNAVAILABLE, grpc.aio.Metadata(), grpc.aio.Metadata(), "connect: refused"
    )
