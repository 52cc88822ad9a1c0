"""What a person sees when something is refused: why, the reason, the fields, what to do next."""

import json
from typing import Any

import grpc
import pytest
from rich.console import Console

from chassis.errors import DomainError, FieldViolation, Kind, RequestInvalidError
from jointops.intel.v1 import error_reason_pb2 as intel
from jointops.ops.v1 import error_reason_pb2 as ops
from jointops.platform.v1 import error_reason_pb2 as platform
from jointops.station.v1 import case_pb2
from jointops.station.v1 import error_reason_pb2 as station
from jointops.tech.v1 import error_reason_pb2 as tech
from services.console.cli import refusals
from services.console.cli.next_steps import NEXT_STEPS, UNKNOWN, next_step
from services.console.errors import Exit, PlatformDownError
from tests.fakes.console import refused, unreachable

PREFIX = "ERROR_REASON_"
REASONS = [
    value.name.removeprefix(PREFIX)
    for file in (platform, station, intel, tech, ops)
    for value in file.DESCRIPTOR.enum_types_by_name["ErrorReason"].values
    if value.number
]


def shown(refusal: refusals.Refusal, *, as_json: bool = False) -> str:
    """Return what the person sees."""
    console = Console(width=160, record=True, file=None, quiet=False, stderr=True)
    with console.capture() as capture:
        refusals.show(refusal, console, as_json=as_json)
    return capture.get()


def make_refusal(reason: str, kind: Kind = Kind.PRECONDITION, **metadata: str) -> DomainError:
    """Make a refusal as a service would."""

    class AnyError(DomainError, kind=kind, reason=reason):
        """Some refusal."""

    return AnyError("It is not allowed now.", **metadata)


@pytest.mark.parametrize("reason", REASONS)
def test_every_reason_is_shown_with_its_next_step_in_both_languages(reason: str) -> None:
    error = refused(make_refusal(reason))

    seen = shown(refusals.refusal_of_call(error, what="jointops cases accept", request=None))

    assert f"{reason} (FAILED_PRECONDITION)" in seen
    assert "It is not allowed now." in seen
    assert NEXT_STEPS[reason][0] in seen
    assert NEXT_STEPS[reason][1][:30] in seen


def test_next_steps_hold_nothing_but_known_reasons() -> None:
    assert sorted(NEXT_STEPS) == sorted(REASONS)


def test_an_unknown_reason_has_a_next_step_too() -> None:
    assert next_step("SOMETHING_NEW") == UNKNOWN


def test_field_violations_are_named_with_their_path_and_rule() -> None:
    error = refused(RequestInvalidError([FieldViolation("targets[2].number", "too long")]))

    seen = shown(refusals.refusal_of_call(error, what="", request=None))

    assert "targets[2].number: too long" in seen


def test_metadata_is_shown() -> None:
    error = refused(make_refusal("EVIDENCE_GATE_CLOSED", missing="0198c2f4-1111"))

    seen = shown(refusals.refusal_of_call(error, what="", request=None))

    assert "missing" in seen
    assert "0198c2f4-1111" in seen


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        pytest.param(Kind.INVALID, Exit.REFUSED, id="invalid"),
        pytest.param(Kind.DENIED, Exit.REFUSED, id="denied"),
        pytest.param(Kind.CONFLICT, Exit.REFUSED, id="conflict"),
        pytest.param(Kind.UNAVAILABLE, Exit.UNAVAILABLE, id="unavailable"),
        pytest.param(Kind.DEADLINE, Exit.UNAVAILABLE, id="deadline"),
    ],
)
def test_exit_code_tells_a_refusal_from_an_outage(kind: Kind, code: Exit) -> None:
    error = refused(make_refusal("NOT_FOUND", kind))

    assert refusals.refusal_of_call(error, what="", request=None).exit_code is code


def test_a_service_that_cannot_be_reached_names_make_run() -> None:
    seen = shown(refusals.refusal_of_call(unreachable(), what="", request=None))

    assert "make run" in seen
    assert "connect: refused" not in seen


def test_a_write_that_may_have_been_done_says_how_to_repeat_it() -> None:
    request = case_pb2.AcceptCaseRequest(case_id="c", etag="7", request_id="r-1")

    seen = shown(refusals.refusal_of_call(unreachable(), what="", request=request))

    assert "--request-id r-1 --etag 7" in seen


def test_a_read_that_failed_has_nothing_to_repeat() -> None:
    request = case_pb2.GetCaseRequest(case_id="c")

    refusal = refusals.refusal_of_call(unreachable(), what="", request=request)

    assert refusal.repeat == ""


def test_a_refusal_as_json_holds_everything_a_program_needs() -> None:
    error = refused(make_refusal("ETAG_STALE", Kind.CONFLICT, case_id="c-1"))
    refusal = refusals.refusal_of_call(error, what="jointops cases file", request=None)

    document: dict[str, Any] = json.loads(shown(refusal, as_json=True))["refusal"]

    assert document["reason"] == "ETAG_STALE"
    assert document["code"] == grpc.StatusCode.ABORTED.name
    assert document["metadata"] == {"case_id": "c-1"}
    assert document["what"] == "jointops cases file"


def test_a_platform_that_is_down_is_an_outage_with_advice() -> None:
    refusal = refusals.refusal_of_console(PlatformDownError("Nothing is up."), what="")

    assert refusal.exit_code is Exit.UNAVAILABLE
    assert "make run" in shown(refusal)
