"""The life of a case over the wire: every method once, and every refusal of its own."""

from collections.abc import Callable
from typing import Any

import grpc
import pytest
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from jointops.station.v1 import case_pb2 as pb
from services.station.casefile.aggregate import Case, CaseState
from tests.integration.stage import Stage
from tests.integration.station import wire
from tests.integration.station.wire import COMMANDER, EXAMINER, OFFICER, of_case

pytestmark = pytest.mark.asyncio(loop_scope="module")

PRECONDITION = grpc.StatusCode.FAILED_PRECONDITION
INVALID = grpc.StatusCode.INVALID_ARGUMENT
EXISTS = grpc.StatusCode.ALREADY_EXISTS
S = CaseState


def command(case: Case, **fields: Any) -> pb.CommandCaseRequest:
    """Ask to issue the command of a case."""
    sound = {"objective": "Find who did it.", "squads": [pb.SQUAD_TECHNICAL]}
    return pb.CommandCaseRequest(
        **of_case(case, **({"due_time": wire.tomorrow()} | sound | fields))
    )


@pytest.mark.parametrize(
    ("state", "make_request", "after"),
    [
        (S.REPORTED, lambda c: pb.AcceptCaseRequest(**of_case(c)), pb.CASE_STATE_ACCEPTED),
        (
            S.ACCEPTED,
            lambda c: pb.FileCaseRequest(**of_case(c, legal_basis="CPL art. 112")),
            pb.CASE_STATE_FILED,
        ),
        (S.FILED, command, pb.CASE_STATE_COMMANDED),
        (
            S.COMMANDED,
            lambda c: pb.AssignMemberRequest(**of_case(c, person_id="intel-7f3a")),
            pb.CASE_STATE_COMMANDED,
        ),
        (
            S.COMMANDED,
            lambda c: pb.ReleaseMemberRequest(**of_case(c, person_id=EXAMINER.person_id)),
            pb.CASE_STATE_COMMANDED,
        ),
        (
            S.INVESTIGATING,
            lambda c: pb.PassEvidenceGateRequest(**of_case(c)),
            pb.CASE_STATE_INVESTIGATING,
        ),
        (
            S.INVESTIGATING,
            lambda c: pb.SuspendCaseRequest(**of_case(c, reason="No lead.")),
            pb.CASE_STATE_SUSPENDED,
        ),
        (S.SUSPENDED, lambda c: pb.ResumeCaseRequest(**of_case(c)), pb.CASE_STATE_INVESTIGATING),
        (
            S.FILED,
            lambda c: pb.TransferCaseRequest(**of_case(c, agency="Prosecutor")),
            pb.CASE_STATE_TRANSFERRED,
        ),
        (S.UNDER_EVALUATION, lambda c: pb.CloseCaseRequest(**of_case(c)), pb.CASE_STATE_CLOSED),
    ],
)
async def test_case_takes_each_step_over_the_wire(
    shared_stage: Stage,
    state: CaseState,
    make_request: Callable[[Case], Message],
    after: pb.CaseState.ValueType,
) -> None:
    case = await wire.put_case(
        shared_stage,
        state=state,
        member_ids=(OFFICER.person_id, EXAMINER.person_id),
        suspended_from=S.INVESTIGATING,
        gate_met_ids=("met",),
        is_reviewed=True,
    )

    response = await wire.send(shared_stage, COMMANDER, make_request(case))
    got = await wire.send(shared_stage, COMMANDER, pb.GetCaseRequest(case_id=case.case_id))

    assert (response.case.state, response.case.etag) == (after, "2")
    assert got.case == response.case


async def test_case_goes_on_in_another(shared_stage: Stage) -> None:
    case = await wire.put_case(shared_stage)
    into = await wire.put_case(shared_stage)
    request = pb.MergeCaseRequest(**of_case(case, into_case_id=into.case_id))

    response = await wire.send(shared_stage, COMMANDER, request)

    assert (response.case.state, response.case.merged_into_id) == (
        pb.CASE_STATE_MERGED,
        into.case_id,
    )


@pytest.mark.parametrize(
    ("changes", "make_request", "code", "reason", "metadata"),
    [
        pytest.param(
            {"state": S.FILED},
            lambda c: pb.AcceptCaseRequest(**of_case(c)),
            PRECONDITION,
            "CASE_STATE_FORBIDS",
            {"state": "filed", "step": "accept"},
            id="state",
        ),
        pytest.param(
            {"state": S.ACCEPTED, "accepted_by": COMMANDER.person_id},
            lambda c: pb.FileCaseRequest(**of_case(c, legal_basis="CPL")),
            PRECONDITION,
            "APPROVER_IS_REQUESTER",
            {},
            id="same_person",
        ),
        pytest.param(
            {},
            lambda c: pb.AssignMemberRequest(**of_case(c, person_id="analyst-1")),
            EXISTS,
            "MEMBER_ALREADY_ASSIGNED",
            {"person_id": "analyst-1"},
            id="assigned",
        ),
        pytest.param(
            {},
            lambda c: pb.ReleaseMemberRequest(**of_case(c, person_id="somebody")),
            PRECONDITION,
            "MEMBER_NOT_ASSIGNED",
            {"person_id": "somebody"},
            id="not_assigned",
        ),
        pytest.param(
            {"member_ids": (OFFICER.person_id,)},
            lambda c: pb.ReleaseMemberRequest(**of_case(c, person_id=OFFICER.person_id)),
            PRECONDITION,
            "CASE_OFFICER_STAYS",
            {"person_id": OFFICER.person_id},
            id="in_charge",
        ),
        pytest.param(
            {"gate_missing_ids": ("r-1",)},
            lambda c: pb.PassEvidenceGateRequest(**of_case(c)),
            PRECONDITION,
            "EVIDENCE_GATE_CLOSED",
            {"missing": "r-1"},
            id="gate",
        ),
        pytest.param(
            {"state": S.UNDER_EVALUATION},
            lambda c: pb.CloseCaseRequest(**of_case(c)),
            PRECONDITION,
            "REVIEW_NOT_PUBLISHED",
            {},
            id="review",
        ),
    ],
)
async def test_step_is_refused_with_its_reason(
    shared_stage: Stage,
    changes: dict[str, Any],
    make_request: Callable[[Case], Message],
    code: grpc.StatusCode,
    reason: str,
    metadata: dict[str, str],
) -> None:
    case = await wire.put_case(shared_stage, **changes)

    refused = await wire.refusal(shared_stage, COMMANDER, make_request(case))

    assert refused == (code, reason, {"case_id": case.case_id} | metadata)


async def test_command_is_refused_when_its_deadline_is_past(shared_stage: Stage) -> None:
    case = await wire.put_case(shared_stage, state=S.FILED)

    refused = await wire.refusal(
        shared_stage, COMMANDER, command(case, due_time=Timestamp(seconds=1))
    )

    assert refused == (INVALID, "DUE_TIME_PAST", {"field": "due_time"})


async def test_case_does_not_go_on_in_a_final_one(shared_stage: Stage) -> None:
    case = await wire.put_case(shared_stage)
    into = await wire.put_case(shared_stage, state=S.CLOSED)
    request = pb.MergeCaseRequest(**of_case(case, into_case_id=into.case_id))

    refused = await wire.refusal(shared_stage, COMMANDER, request)

    metadata = {"case_id": case.case_id, "into_case_id": into.case_id}
    assert refused == (PRECONDITION, "MERGE_TARGET_FINAL", metadata)
