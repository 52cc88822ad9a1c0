"""Squad requests over the wire, on PostgreSQL."""

import grpc
import pytest

from chassis.ids import new_id, new_request_id
from chassis.roles import Role
from jointops.station.v1 import case_pb2
from jointops.station.v1 import squad_request_pb2 as pb
from services.station.casefile.aggregate import CaseState, Squad
from services.station.circulation.aggregate import SquadRequestKind, SquadRequestState
from tests.integration.stage import Stage
from tests.integration.station import wire
from tests.integration.station.wire import (
    COMMANDER,
    EXAMINER,
    OFFICER,
    Person,
    of_request,
    order,
)
from tests.unit.station.builders import make_order

pytestmark = pytest.mark.asyncio(loop_scope="module")

PRECONDITION = grpc.StatusCode.FAILED_PRECONDITION
ARREST = pb.SQUAD_REQUEST_KIND_JOINT_ARREST
A = SquadRequestState.ANSWERED


async def test_gating_order_names_itself_at_the_gate_of_the_case(shared_stage: Stage) -> None:
    case = await wire.put_case(shared_stage, is_gate_passed=False)

    ordered = await wire.send(shared_stage, OFFICER, order(case, is_gating=True))
    got = await wire.send(shared_stage, COMMANDER, case_pb2.GetCaseRequest(case_id=case.case_id))

    request = ordered.squad_request
    assert (request.state, request.squad) == (1, case_pb2.SQUAD_TECHNICAL)
    assert got.case.gate_missing_ids == [request.squad_request_id]
    assert ordered.case_etag == got.case.etag == "2"
    assert await wire.event_names(shared_stage, request.squad_request_id, case.case_id) == [
        "Kept",
        "SquadRequestOrdered",
        "CaseGateRequestNamed",
    ]


async def test_verified_answer_meets_the_gate(shared_stage: Stage) -> None:
    waiting_id = new_id()
    case = await wire.put_case(shared_stage, gate_missing_ids=(waiting_id,))
    answered = await wire.put_request(shared_stage, case, squad_request_id=waiting_id, state=A)

    verified = await wire.send(
        shared_stage, COMMANDER, pb.VerifySquadRequestRequest(**of_request(answered, rating=5))
    )
    got = await wire.send(shared_stage, COMMANDER, case_pb2.GetCaseRequest(case_id=case.case_id))

    assert verified.squad_request.verifier_id == COMMANDER.person_id
    assert (list(got.case.gate_missing_ids), list(got.case.gate_met_ids)) == ([], [waiting_id])


async def test_answer_sent_back_says_why(shared_stage: Stage) -> None:
    case = await wire.put_case(shared_stage)
    request = await wire.put_request(shared_stage, case, state=A)

    sent_back = await wire.send(
        shared_stage,
        OFFICER,
        pb.SendBackSquadRequestRequest(**of_request(request, reason="No scale.")),
    )
    got = await wire.send(
        shared_stage,
        EXAMINER,
        pb.GetSquadRequestRequest(squad_request_id=request.squad_request_id),
    )

    assert got.squad_request == sent_back.squad_request
    assert got.squad_request.send_back_reason == "No scale."


async def test_withdrawn_request_leaves_the_gate(shared_stage: Stage) -> None:
    case = await wire.put_case(shared_stage, is_gate_passed=False)
    ordered = (await wire.send(shared_stage, OFFICER, order(case, is_gating=True))).squad_request
    withdrawal = pb.WithdrawSquadRequestRequest(
        squad_request_id=ordered.squad_request_id,
        etag=ordered.etag,
        request_id=new_request_id(),
    )

    withdrawn = await wire.send(shared_stage, OFFICER, withdrawal)
    got = await wire.send(shared_stage, COMMANDER, case_pb2.GetCaseRequest(case_id=case.case_id))

    assert withdrawn.squad_request.state == pb.SQUAD_REQUEST_STATE_WITHDRAWN
    assert (list(got.case.gate_missing_ids), got.case.etag) == ([], "3")


async def test_requests_of_a_case_are_listed_to_its_members(shared_stage: Stage) -> None:
    case = await wire.put_case(shared_stage)
    request = await wire.put_request(shared_stage, case)
    await wire.put_request(shared_stage, await wire.put_case(shared_stage))

    listed = await wire.send(
        shared_stage, EXAMINER, pb.ListSquadRequestsRequest(case_id=case.case_id)
    )

    assert [each.squad_request_id for each in listed.squad_requests] == [request.squad_request_id]


async def test_completed_arrest_is_not_sent_back(shared_stage: Stage) -> None:
    case = await wire.put_case(shared_stage, state=CaseState.IN_CUSTODY)
    arrest = make_order(kind=SquadRequestKind.JOINT_ARREST)
    done = await wire.put_request(shared_stage, case, state=A, order=arrest, squad=Squad.OPERATIONS)

    refused = await wire.refusal(
        shared_stage,
        COMMANDER,
        pb.SendBackSquadRequestRequest(**of_request(done, reason="Again.")),
    )

    metadata = {"squad_request_id": done.squad_request_id}
    assert refused == (PRECONDITION, "JOINT_ARREST_DONE", metadata)


async def test_planned_arrest_is_not_withdrawn(shared_stage: Stage) -> None:
    case = await wire.put_case(shared_stage, state=CaseState.ARREST_PLANNED)
    arrest = make_order(kind=SquadRequestKind.JOINT_ARREST)
    planned = await wire.put_request(
        shared_stage,
        case,
        state=SquadRequestState.SIGNED_FOR,
        order=arrest,
        squad=Squad.OPERATIONS,
    )

    refused = await wire.refusal(
        shared_stage, COMMANDER, pb.WithdrawSquadRequestRequest(**of_request(planned))
    )

    metadata = {"squad_request_id": planned.squad_request_id}
    assert refused == (PRECONDITION, "JOINT_ARREST_PLANNED", metadata)


async def test_answer_is_not_verified_by_who_works_in_the_squad(shared_stage: Stage) -> None:
    case = await wire.put_case(shared_stage)
    request = await wire.put_request(shared_stage, case, state=A)
    both = Person(EXAMINER.person_id, (Role.TECH_EXAMINER, Role.CASE_OFFICER))

    refused = await wire.refusal(
        shared_stage, both, pb.VerifySquadRequestRequest(**of_request(request, rating=5))
    )

    metadata = {"squad_request_id": request.squad_request_id, "squad": "technical"}
    assert refused == (PRECONDITION, "VERIFIER_IS_SQUAD_MEMBER", metadata)


async def test_step_is_refused_when_the_state_forbids_it(shared_stage: Stage) -> None:
    request = await wire.put_request(shared_stage, await wire.put_case(shared_stage))

    refused = await wire.refusal(
        shared_stage, OFFICER, pb.VerifySquadRequestRequest(**of_request(request, rating=5))
    )

    metadata = {
        "squad_request_id": request.squad_request_id,
        "state": "ordered",
        "step": "verify",
    }
    assert refused == (PRECONDITION, "SQUAD_REQUEST_STATE_FORBIDS", metadata)


async def test_order_is_refused_when_the_case_has_moved_since_it_was_read(
    shared_stage: Stage,
) -> None:
    case = await wire.put_case(shared_stage)

    refused = await wire.refusal(shared_stage, OFFICER, order(case, case_etag="9"))

    assert refused == (grpc.StatusCode.ABORTED, "ETAG_STALE", {})


async def test_same_order_twice_is_one_request_and_one_answer(shared_stage: Stage) -> None:
    case = await wire.put_case(shared_stage, is_gate_passed=False)
    request = order(case, is_gating=True)

    first = await wire.send(shared_stage, OFFICER, request)
    second = await wire.send(shared_stage, OFFICER, request)

    assert first == second
    assert await wire.event_names(shared_stage, first.squad_request.squad_request_id) == [
        "SquadRequestOrdered"
    ]


async def test_request_id_is_refused_when_it_comes_with_another_body(shared_stage: Stage) -> None:
    case = await wire.put_case(shared_stage)
    request = order(case)
    await wire.send(shared_stage, OFFICER, request)

    refused = await wire.refusal(
        shared_stage, OFFICER, order(case, request_id=request.request_id, question="Else?")
    )

    assert refused[:2] == (grpc.StatusCode.INVALID_ARGUMENT, "REQUEST_ID_REUSED")


@pytest.mark.parametrize(
    ("name", "count"), [("Order", 2), ("Get", 2), ("List", 2), ("SendBack", 2), ("Verify", 3)]
)
async def test_method_sends_few_statements(shared_stage: Stage, name: str, count: int) -> None:
    case = await wire.put_case(shared_stage)
    answered = await wire.put_request(shared_stage, case, state=A)
    request = {
        "Order": order(case),
        "Get": pb.GetSquadRequestRequest(squad_request_id=answered.squad_request_id),
        "List": pb.ListSquadRequestsRequest(case_id=case.case_id),
        "SendBack": pb.SendBackSquadRequestRequest(**of_request(answered, reason="No scale.")),
        "Verify": pb.VerifySquadRequestRequest(**of_request(answered, rating=5)),
    }[name]
    before = await wire.statement_count(shared_stage)

    await wire.send(shared_stage, OFFICER, request)

    assert await wire.statement_count(shared_stage) - before == count
