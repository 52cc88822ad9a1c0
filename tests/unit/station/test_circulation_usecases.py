"""What commands on squad requests leave behind, on stores in memory."""

from typing import Any

import pytest

from chassis.errors import EtagStaleError, NotAssignedError
from chassis.roles import Role
from chassis.timestamps import to_timestamp
from jointops.station.v1 import case_pb2
from jointops.station.v1 import squad_request_events_pb2 as events
from jointops.station.v1 import squad_request_pb2 as pb
from services.station.casefile.aggregate import Case, CaseState
from services.station.casefile.domain import CaseStateForbidsError
from services.station.circulation.aggregate import SquadRequest, SquadRequestState
from services.station.circulation.domain import (
    JointArrestAlreadyOrderedError,
    VerifierIsSquadMemberError,
)
from services.station.circulation.usecases import CirculationUseCases
from tests.fakes.station import FakeCases, FakeSquadRequests
from tests.fakes.unit import FakeDatabase
from tests.unit.station.builders import (
    LATER,
    NOW,
    call_of,
    make_case,
    make_joint_arrest,
    make_order,
    make_squad_request,
)

OFFICER = ("officer-1", Role.CASE_OFFICER)


def make_use_cases(database: FakeDatabase) -> CirculationUseCases:
    """Make the use cases on a clock that stands still; the next id is new-1."""
    begin: Any = database.begin
    requests: Any = FakeSquadRequests
    cases: Any = FakeCases
    return CirculationUseCases(begin, lambda: NOW, lambda: "new-1", requests, cases)


def make_database(case: Case, *requests: SquadRequest) -> FakeDatabase:
    """Make a database with one case, its officer assigned, and these requests."""
    kept: dict[tuple[str, str], Any] = {("case", case.case_id): case}
    kept |= {("squad_request", each.squad_request_id): each for each in requests}
    return FakeDatabase(
        aggregates=kept,
        assignments={("case-1", "officer-1")},
        case_stations={"case-1": "jinqiao"},
    )


def make_request(**fields: Any) -> pb.OrderSquadRequestRequest:
    """Make an order of an examination."""
    sound: dict[str, Any] = {
        "case_id": "case-1",
        "case_etag": "7",
        "kind": pb.SQUAD_REQUEST_KIND_EXAMINATION,
        "question": "Whose print is it?",
        "due_time": to_timestamp(LATER),
    }
    return pb.OrderSquadRequestRequest(**(sound | fields))


def names(database: FakeDatabase) -> list[str]:
    """Return the names of the events, in order."""
    return [event.event_type.rpartition(".")[2] for event in database.events]


async def test_order_leaves_request_event_audit_and_answer() -> None:
    database = make_database(make_case())

    response = await make_use_cases(database).order(make_request(), call_of(*OFFICER))

    ordered = events.SquadRequestOrdered.FromString(database.events[0].payload)
    assert response.squad_request.squad_request_id == "new-1"
    assert response.squad_request.requester_id == "officer-1"
    assert (ordered.squad, ordered.kind) == (case_pb2.SQUAD_TECHNICAL, 2)
    assert database.audit == [("permission", "new-1", "case-1")]
    assert len(database.answers) == 1


async def test_order_leaves_the_case_alone_when_the_gate_does_not_wait() -> None:
    database = make_database(make_case())

    response = await make_use_cases(database).order(make_request(), call_of(*OFFICER))

    assert response.case_etag == "7"
    assert names(database) == ["SquadRequestOrdered"]


async def test_gating_order_moves_the_case_in_the_same_transaction() -> None:
    database = make_database(make_case(is_gate_passed=False, gate_met_ids=()))

    response = await make_use_cases(database).order(make_request(is_gating=True), call_of(*OFFICER))

    assert response.case_etag == "8"
    assert names(database) == ["SquadRequestOrdered", "CaseGateRequestNamed"]
    assert database.aggregates["case", "case-1"].gate_missing_ids == ("new-1",)
    assert database.audit == [("permission", "new-1", "case-1")]


async def test_order_is_refused_when_the_case_has_moved() -> None:
    database = make_database(make_case(version=8))

    with pytest.raises(EtagStaleError):
        await make_use_cases(database).order(make_request(case_etag="7"), call_of(*OFFICER))


async def test_order_is_refused_when_the_caller_is_a_stranger() -> None:
    database = make_database(make_case())

    with pytest.raises(NotAssignedError):
        await make_use_cases(database).order(
            make_request(), call_of("officer-2", Role.CASE_OFFICER)
        )


async def test_second_joint_arrest_is_refused() -> None:
    database = make_database(make_case(), make_joint_arrest())
    request = make_request(kind=pb.SQUAD_REQUEST_KIND_JOINT_ARREST)

    with pytest.raises(JointArrestAlreadyOrderedError):
        await make_use_cases(database).order(request, call_of(*OFFICER))


@pytest.mark.parametrize(
    ("missing", "expected"),
    [
        pytest.param(("request-1",), ["SquadRequestVerified", "CaseGateRequestMet"], id="gating"),
        pytest.param((), ["SquadRequestVerified"], id="not_gating"),
    ],
)
async def test_verification_meets_the_gate_when_it_waits(
    missing: tuple[str, ...], expected: list[str]
) -> None:
    case = make_case(gate_missing_ids=missing)
    answered = make_squad_request(state=SquadRequestState.ANSWERED, version=3)
    database = make_database(case, answered)
    request = pb.VerifySquadRequestRequest(squad_request_id="request-1", etag="3", rating=4)

    response = await make_use_cases(database).verify(request, call_of(*OFFICER))

    assert (response.squad_request.rating, response.squad_request.verifier_id) == (4, "officer-1")
    assert names(database) == expected
    assert database.audit == [("permission", "request-1", "case-1")]


async def test_verification_is_refused_when_the_officer_also_works_in_the_squad() -> None:
    answered = make_squad_request(state=SquadRequestState.ANSWERED, version=3)
    database = make_database(make_case(), answered)
    request = pb.VerifySquadRequestRequest(squad_request_id="request-1", etag="3", rating=5)

    with pytest.raises(VerifierIsSquadMemberError):
        await make_use_cases(database).verify(request, call_of(*OFFICER, Role.TECH_EXAMINER))

    assert database.events == []


async def test_verification_waits_for_a_suspended_case_when_the_gate_waits_for_it() -> None:
    case = make_case(state=CaseState.SUSPENDED, gate_missing_ids=("request-1",))
    answered = make_squad_request(state=SquadRequestState.ANSWERED, version=3)
    database = make_database(case, answered)
    request = pb.VerifySquadRequestRequest(squad_request_id="request-1", etag="3", rating=5)

    with pytest.raises(CaseStateForbidsError):
        await make_use_cases(database).verify(request, call_of(*OFFICER))

    assert database.events == []


async def test_sending_back_keeps_the_reason_out_of_the_event() -> None:
    answered = make_squad_request(state=SquadRequestState.ANSWERED, version=3)
    database = make_database(make_case(), answered)
    request = pb.SendBackSquadRequestRequest(
        squad_request_id="request-1", etag="3", reason="No scale."
    )

    response = await make_use_cases(database).send_back(request, call_of(*OFFICER))

    assert response.squad_request.send_back_reason == "No scale."
    assert b"scale" not in database.events[0].payload


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        pytest.param(
            CaseState.INVESTIGATING,
            ["SquadRequestWithdrawn", "CaseGateRequestDropped"],
            id="case_goes_on",
        ),
        pytest.param(CaseState.TRANSFERRED, ["SquadRequestWithdrawn"], id="case_ended"),
    ],
)
async def test_withdrawal_drops_the_request_from_the_gate(
    state: CaseState, expected: list[str]
) -> None:
    gating = make_squad_request(order=make_order(is_gating=True))
    database = make_database(make_case(state=state, gate_missing_ids=("request-1",)), gating)
    request = pb.WithdrawSquadRequestRequest(squad_request_id="request-1", etag="1")

    response = await make_use_cases(database).withdraw(request, call_of(*OFFICER))

    assert response.squad_request.state == pb.SQUAD_REQUEST_STATE_WITHDRAWN
    assert names(database) == expected


async def test_list_and_get_show_what_belongs_to_the_case() -> None:
    database = make_database(
        make_case(),
        make_squad_request(squad_request_id="a"),
        make_squad_request(squad_request_id="b", case_id="case-2"),
    )
    use_cases = make_use_cases(database)

    listed = await use_cases.list(pb.ListSquadRequestsRequest(case_id="case-1"), call_of(*OFFICER))
    got = await use_cases.get(pb.GetSquadRequestRequest(squad_request_id="a"), call_of(*OFFICER))

    assert [each.squad_request_id for each in listed.squad_requests] == ["a"]
    assert got.squad_request == listed.squad_requests[0]
