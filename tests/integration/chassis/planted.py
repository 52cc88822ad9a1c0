"""A service with a bug and a call that takes its time, and how tests call it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import grpc
import pytest

from chassis.clock import utc_now
from chassis.database import Database
from chassis.policy import Policy
from chassis.roles import Role
from chassis.server import Served
from chassis.service import Service
from chassis.unit_of_work import UnitOfWork
from jointops.station.v1 import case_pb2 as pb
from jointops.station.v1 import case_pb2_grpc
from services.station.casefile.servicer import CaseServicer
from services.station.casefile.usecases import CaseUseCases
from services.station.main import SERVICE
from services.station.policy import POLICY
from tests.integration.stage import Stage

CASES_ONLY = Policy(rule for rule in POLICY if "CaseService/" in rule.method)


class PlantedCases(CaseServicer):
    """Serves cases with a bug and with a call that takes as long as the test wants."""

    def __init__(self, cases: CaseUseCases) -> None:
        super().__init__(cases)
        self.go_on = asyncio.Event()
        self.in_hand = 0

    async def ListCases(self, request: pb.ListCasesRequest, context: Any) -> pb.ListCasesResponse:
        """Wait for the test."""
        self.in_hand += 1
        await self.go_on.wait()
        return await super().ListCases(request, context)

    async def GetCase(self, request: pb.GetCaseRequest, _context: Any) -> pb.GetCaseResponse:
        """Be wrong."""
        raise ZeroDivisionError(request.case_id)


class Planted:
    """The service of the planted servicer."""

    servicer: PlantedCases

    def service(self) -> Service:
        return replace(SERVICE, policy=CASES_ONLY, serve=self._serve, consumers=())

    def _serve(self, database: Database) -> Sequence[Served]:
        self.servicer = PlantedCases(CaseUseCases(partial(UnitOfWork, database), utc_now))
        descriptor = pb.DESCRIPTOR.services_by_name["CaseService"]
        add = case_pb2_grpc.add_CaseServiceServicer_to_server
        return (Served(descriptor, self.servicer, add),)


def commander(stage: Stage) -> case_pb2_grpc.CaseServiceAsyncStub:
    return case_pb2_grpc.CaseServiceStub(stage.channel("commander-1", Role.COMMANDER))


async def refusal(call: Callable[[], Awaitable[Any]]) -> grpc.aio.AioRpcError:
    """Make a call that fails."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call()
    return caught.value


def read_log(capfd: pytest.CaptureFixture[str], lines: list[dict[str, Any]]) -> None:
    """Add what was logged meanwhile."""
    lines += [json.loads(line) for line in capfd.readouterr().err.splitlines() if line[:1] == "{"]


async def has_logged(
    capfd: pytest.CaptureFixture[str], lines: list[dict[str, Any]], *, code: str, count: int
) -> bool:
    read_log(capfd, lines)
    return [line.get("code") for line in lines].count(code) == count
