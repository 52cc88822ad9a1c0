"""What a call leaves behind: audit rows, a log line, few statements; and what a bug tells."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import grpc
import pytest

from chassis.ids import new_id
from chassis.roles import Role
from chassis.status import reason_of
from jointops.station.v1 import case_pb2 as pb
from jointops.station.v1 import case_pb2_grpc
from tests.integration.chassis.acts import add_case, assign_request, suspend_request
from tests.integration.chassis.planted import commander, has_logged, read_log, refusal
from tests.integration.stage import Stage, eventually


async def test_bug_is_answered_with_an_id_that_finds_the_log_line(
    planted_stage: Stage, capfd: pytest.CaptureFixture[str]
) -> None:
    request = pb.GetCaseRequest(case_id=new_id())

    error = await refusal(lambda: commander(planted_stage).GetCase(request))

    reason, metadata = reason_of(error)
    lines: list[dict[str, Any]] = []
    read_log(capfd, lines)
    logged = [line for line in lines if line.get("error_id") == metadata["error_id"]]
    assert (error.code(), reason) == (grpc.StatusCode.INTERNAL, "FAULT")
    assert error.details() == "The platform failed; give the error_id to its operators."
    assert [line["exception"]["type"] for line in logged] == ["ZeroDivisionError"]


async def test_denied_call_is_on_record_before_it_is_told(stage: Stage) -> None:
    case = await add_case(stage.database)
    stranger = case_pb2_grpc.CaseServiceStub(stage.channel("case_officer-9", Role.CASE_OFFICER))
    auditor = case_pb2_grpc.CaseServiceStub(stage.channel("auditor-1", Role.AUDITOR))

    await refusal(lambda: stranger.GetCase(pb.GetCaseRequest(case_id=case.case_id)))
    await refusal(lambda: auditor.ListCases(pb.ListCasesRequest()))

    rows = await stage.fetch("SELECT * FROM audit WHERE NOT is_granted ORDER BY audit_id")
    assert [(row["person_id"], row["permission"], row["resource"]) for row in rows] == [
        ("case_officer-9", "station.case.get", "NOT_ASSIGNED"),
        ("auditor-1", "station.case.list", "ROLE_NOT_ALLOWED"),
    ]


UNWRITABLE = "ALTER TABLE audit ADD CONSTRAINT unwritable CHECK (false) NOT VALID"


async def test_read_is_refused_when_it_cannot_be_put_on_record(stage: Stage) -> None:
    case = await add_case(stage.database)
    await stage.fetch(UNWRITABLE)

    error = await refusal(lambda: commander(stage).GetCase(pb.GetCaseRequest(case_id=case.case_id)))

    assert (error.code(), reason_of(error)[0]) == (grpc.StatusCode.INTERNAL, "FAULT")


async def test_command_changes_nothing_when_it_cannot_be_put_on_record(stage: Stage) -> None:
    case = await add_case(stage.database)
    await stage.fetch(UNWRITABLE)

    error = await refusal(lambda: commander(stage).SuspendCase(suspend_request(case.case_id)))

    assert error.code() is grpc.StatusCode.INTERNAL
    assert await stage.count("outbox") == 1
    assert [row["version"] for row in await stage.fetch("SELECT version FROM case_file")] == [1]


async def test_denial_tells_nothing_when_it_cannot_be_put_on_record(stage: Stage) -> None:
    auditor = case_pb2_grpc.CaseServiceStub(stage.channel("auditor-1", Role.AUDITOR))
    await stage.fetch(UNWRITABLE)

    error = await refusal(lambda: auditor.ListCases(pb.ListCasesRequest()))

    assert (error.code(), reason_of(error)[0]) == (grpc.StatusCode.INTERNAL, "FAULT")
    assert "audit" not in str(error.details())


async def test_repeated_request_is_logged_as_the_success_it_is(
    stage: Stage, capfd: pytest.CaptureFixture[str]
) -> None:
    case = await add_case(stage.database)
    request = suspend_request(case.case_id)

    answers = [await commander(stage).SuspendCase(request) for _ in range(2)]

    lines: list[dict[str, Any]] = []
    await eventually(lambda: has_logged(capfd, lines, code="OK", count=2))
    assert answers[0] == answers[1]


async def count_statements(stage: Stage, call: Callable[[], Awaitable[Any]]) -> int:
    """Count what a call sends to the database; the first one opens and prepares."""
    before = sum(connection.statement_count for connection in stage.database._idle)
    await call()
    return sum(connection.statement_count for connection in stage.database._idle) - before


async def test_calls_need_few_statements(stage: Stage) -> None:
    case = await add_case(stage.database)
    cases = commander(stage)

    counts = [
        await count_statements(stage, call)
        for call in (
            lambda: cases.SuspendCase(suspend_request(case.case_id)),
            lambda: cases.AssignMember(assign_request(case.case_id, "intel_analyst-1", etag="2")),
            lambda: cases.GetCase(pb.GetCaseRequest(case_id=case.case_id)),
            lambda: cases.ListCases(pb.ListCasesRequest(page_size=10)),
        )
    ]

    assert counts == [2, 2, 2, 2]
