"""Requests taken in: headers, deadlines, bodies, violations and what the call is told."""

import pytest

from chassis import intake
from chassis.call import Caller
from chassis.errors import BodyUndecodableError, DeadlineMissingError, DeadlineTooShortError
from chassis.policy import Rule
from chassis.roles import Role
from jointops.ops.v1 import operation_pb2
from jointops.station.v1 import case_pb2 as pb

CALLER = Caller("commander-1", "jinqiao", frozenset({Role.COMMANDER}))
RULE = Rule("jointops.station.v1.CaseService/SuspendCase", "station.case.suspend", CALLER.roles)
OTHER_RULE = Rule("jointops.station.v1.CaseService/ResumeCase", "p", CALLER.roles)
REQUEST_ID = "9d0f8d6e-5f3b-4b0e-9c58-6f2c1f6f3c11"


def suspend(reason: str = "Witness abroad.") -> pb.SuspendCaseRequest:
    return pb.SuspendCaseRequest(
        case_id="0198c2f4-8a1b-7c3d-9e4f-a0b1c2d3e4f5",
        etag="1",
        request_id=REQUEST_ID,
        reason=reason,
    )


@pytest.mark.parametrize("seconds", [0.1, 5.0, 1e9])
def test_call_with_time_enough_goes_on(seconds: float) -> None:
    intake.check_deadline(seconds)


@pytest.mark.parametrize("seconds", [0.0, 0.099])
def test_call_with_too_little_time_is_refused(seconds: float) -> None:
    with pytest.raises(DeadlineTooShortError):
        intake.check_deadline(seconds)


def test_call_that_would_wait_for_ever_is_refused() -> None:
    with pytest.raises(DeadlineMissingError):
        intake.check_deadline(None)


@pytest.mark.parametrize(
    "body", [b"\xff", b"\x0a\x05ab", b"\x0a\x02\xff\xfe", b"\x0b" * 200], ids=repr
)
def test_body_that_is_no_message_is_refused(body: bytes) -> None:
    with pytest.raises(BodyUndecodableError):
        intake.decode(body, pb.SuspendCaseRequest)


def test_headers_are_found_among_others() -> None:
    metadata = (("user-agent", "x"), ("traceparent", "t"), ("authorization", "Bearer a"))

    assert intake.read_headers(metadata) == ("Bearer a", "t")
    assert intake.read_headers(None) == (None, None)


def test_violation_names_the_path_of_its_field() -> None:
    squads = [pb.SQUAD_INTELLIGENCE, pb.Squad.ValueType(9)]
    request = pb.CommandCaseRequest(case_id="7", etag="1", objective="x", squads=squads)

    found = [violation.field for violation in intake.find_violations(request)]

    assert {"case_id", "request_id", "squads[1]"} <= set(found)


def test_violation_of_an_inner_message_names_the_way_to_it() -> None:
    request = operation_pb2.AddTargetRequest(authority=operation_pb2.Authority())

    found = [violation.field for violation in intake.find_violations(request)]

    assert "authority.number" in found


def test_call_knows_who_asks_for_what() -> None:
    call = intake.make_call(RULE, CALLER, suspend(), "t", sees_station=True)

    assert (call.person_id, call.station, call.sees_station) == ("commander-1", "jinqiao", True)
    assert (call.method, call.permission) == (RULE.method, RULE.permission)
    assert (call.request_id, call.traceparent) == (REQUEST_ID, "t")


def test_hash_is_the_same_for_the_same_request_only() -> None:
    def hash_of(rule: Rule, request: pb.SuspendCaseRequest) -> bytes:
        return intake.make_call(rule, CALLER, request, "", sees_station=True).request_hash

    first = hash_of(RULE, suspend())

    assert first == hash_of(RULE, suspend())
    assert first != hash_of(RULE, suspend("Another reason."))
    assert first != hash_of(OTHER_RULE, suspend())


def test_read_has_no_request_id() -> None:
    call = intake.make_call(RULE, CALLER, pb.GetCaseRequest(), "", sees_station=False)

    assert call.request_id == ""
