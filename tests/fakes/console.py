"""A client and a station that answer from memory, and a platform that is only a folder."""

import base64
import json
import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

import grpc
from google.protobuf.message import Message
from grpc_status import rpc_status

from chassis.errors import DomainError, Kind
from chassis.status import refusal_to_status
from chassis.traceparent import TraceParent
from jointops.station.v1 import alarm_pb2 as pb
from services.console.people import Person


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


class FakeStation:
    """A station as the replay sees it: alarms by record number, in the order they came."""

    def __init__(self, *, serious: frozenset[str] = frozenset()) -> None:
        self.seed = "seed"
        self.alarms: dict[str, pb.Alarm] = {}
        self.keys: list[tuple[str, ...]] = []
        self._serious = serious

    async def write(
        self,
        person: Person,
        request: Any,
        kind: Any,
        *,
        key: tuple[str, ...],
        place: TraceParent,
    ) -> Any:
        del person, place
        self.keys.append(key)
        match request:
            case pb.ReportAlarmRequest():
                alarm = self._report(request)
            case pb.DispatchAlarmRequest():
                alarm = self._move(request, pb.ALARM_STATE_DISPATCHED, unit_id=request.unit_id)
            case pb.RecordArrivalRequest():
                alarm = self._move(request, pb.ALARM_STATE_ARRIVED)
            case _:
                alarm = self._move(request, pb.ALARM_STATE_ESCALATED, case_id="c-1")
        return kind(alarm=alarm)

    async def read(self, person: Person, request: Any, kind: Any) -> Any:
        del person
        return kind(alarm=self._find(request.alarm_id))

    def _report(self, request: pb.ReportAlarmRequest) -> pb.Alarm:
        known = self.alarms.get(request.source_record_id)
        if known is not None:
            raise refused(AlreadyReportedError("Known.", alarm_id=known.alarm_id))
        alarm = pb.Alarm(
            alarm_id=f"alarm of {request.source_record_id}",
            state=pb.ALARM_STATE_REPORTED,
            source_record_id=request.source_record_id,
            call_type=request.call_type,
            is_serious=request.call_type in self._serious,
            etag="1",
        )
        self.alarms[request.source_record_id] = alarm
        return alarm

    def _move(self, request: Any, state: "pb.AlarmState.ValueType", **fields: Any) -> pb.Alarm:
        alarm = self._find(request.alarm_id)
        assert request.etag == alarm.etag
        alarm.MergeFrom(pb.Alarm(state=state, etag=str(int(alarm.etag) + 1), **fields))
        return alarm

    def _find(self, alarm_id: str) -> pb.Alarm:
        return next(each for each in self.alarms.values() if each.alarm_id == alarm_id)


class AlreadyReportedError(DomainError, kind=Kind.EXISTS, reason="ALARM_ALREADY_REPORTED"):
    """The station holds the call."""
