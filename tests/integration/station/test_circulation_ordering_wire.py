"""Orders that are refused, over the wire on PostgreSQL."""

import asyncio
from typing import Any

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from chassis.status import reason_of, violations_of
from jointops.station.v1 import squad_request_pb2 as pb
from services.station.casefile.aggregate import CaseState, Squad
from tests.integration.stage import Stage
from tests.integration.station import wire
from tests.integration.station.wire import COMMANDER, OFFICER, order

pytestmark = pytest.mark.asyncio(loop_scope="module")

PRECONDITION = grpc.StatusCode.FAILED_PRECONDITION
ARREST = pb.SQUAD_REQUEST_KIND_JOINT_ARREST


@pytest.mark.parametrize(
    ("case_changes", "fields", "expected"),
    [
        pytest.param(
            {"state": CaseState.FILED},
            {},
            ("CASE_STATE_FORBIDS", {"state": "filed", "step": "order_examination"}),
            id="case_not_commanded",
        ),
        pytest.param(
            {"squads": (Squad.OPERATIONS,)},
            {},
            ("SQUAD_NOT_COMMANDED", {"squad": "technical"}),
            id="squad_not_commanded",
        ),
        pytest.param({}, {"is_gating": True}, ("EVIDENCE_GATE_PASSED", {}), id="gate_passed"),
        pytest.param(
            {"is_gate_passed": False},
            {"kind": ARREST},
            ("EVIDENCE_GATE_CLOSED", {"missing": ""}),
            id="gate_closed",
        ),
    ],
)
async def test_order_is_refused_when_the_case_is_not_ready(
    shared_stage: Stage,
    case_changes: dict[str, Any],
    fields: dict[str, Any],
    expected: tuple[str, dict[str, str]],
) -> None:
    case = await wire.put_case(shared_stage, **case_changes)

    refused = await wire.refusal(shared_stage, COMMANDER, order(case, **fields))

    reason, metadata = expected
    assert refused == (PRECONDITION, reason, {"case_id": case.case_id} | metadata)


@pytest.mark.parametrize(
    ("fields", "reason", "field"),
    [
        pytest.param({"due_time": Timestamp(seconds=1)}, "DUE_TIME_PAST", "due_time", id="past"),
        pytest.param(
            {"kind": ARREST, "is_gating": True},
            "JOINT_ARREST_CANNOT_GATE",
            "is_gating",
            id="gating_arrest",
        ),
    ],
)
async def test_order_is_refused_when_it_contradicts_itself(
    shared_stage: Stage, fields: dict[str, Any], reason: str, field: str
) -> None:
    case = await wire.put_case(shared_stage)

    refused = await wire.refusal(shared_stage, COMMANDER, order(case, **fields))

    assert refused == (grpc.StatusCode.INVALID_ARGUMENT, reason, {"field": field})


async def test_order_is_told_every_broken_rule(shared_stage: Stage) -> None:
    case = await wire.put_case(shared_stage)
    broken = order(case, kind=0, question="\0", due_time=Timestamp(seconds=10**15))

    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await wire.send(shared_stage, OFFICER, broken)

    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert [field for field, _ in violations_of(caught.value)] == ["kind", "question", "due_time"]


async def test_case_gets_one_joint_arrest_when_two_order_it_at_once(shared_stage: Stage) -> None:
    case = await wire.put_case(shared_stage)
    calls = (wire.send(shared_stage, COMMANDER, order(case, kind=ARREST)) for _ in range(4))

    answers = await asyncio.gather(*calls, return_exceptions=True)

    refused = [each for each in answers if isinstance(each, grpc.aio.AioRpcError)]
    assert [(each.code(), *reason_of(each)) for each in refused] == [
        (
            grpc.StatusCode.ALREADY_EXISTS,
            "JOINT_ARREST_ALREADY_ORDERED",
            {"case_id": case.case_id},
        )
    ] * 3
