"""Refusals as status: a code for every kind, and details that a client can use."""

from typing import Any

import grpc
import pytest
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2

from chassis.errors import (
    DomainError,
    EtagStaleError,
    FieldViolation,
    Kind,
    NotAssignedError,
    PageTokenInvalidError,
    RequestInvalidError,
    StoreUnavailableError,
    TooManyCallsError,
)
from chassis.status import CODES, fault_to_status, reason_of, refusal_to_status, violations_of

# Source: the table of refusals in docs/architecture.md.
EXPECTED = {
    Kind.INVALID: grpc.StatusCode.INVALID_ARGUMENT,
    Kind.UNAUTHENTICATED: grpc.StatusCode.UNAUTHENTICATED,
    Kind.DENIED: grpc.StatusCode.PERMISSION_DENIED,
    Kind.NOT_FOUND: grpc.StatusCode.NOT_FOUND,
    Kind.EXISTS: grpc.StatusCode.ALREADY_EXISTS,
    Kind.PRECONDITION: grpc.StatusCode.FAILED_PRECONDITION,
    Kind.CONFLICT: grpc.StatusCode.ABORTED,
    Kind.QUOTA: grpc.StatusCode.RESOURCE_EXHAUSTED,
    Kind.DEADLINE: grpc.StatusCode.DEADLINE_EXCEEDED,
    Kind.UNKNOWN_METHOD: grpc.StatusCode.UNIMPLEMENTED,
    Kind.UNAVAILABLE: grpc.StatusCode.UNAVAILABLE,
}


def details(status: status_pb2.Status, kind: type[Message]) -> list[Any]:
    """Return the details of one kind."""
    found = []
    for detail in status.details:
        message = kind()
        if detail.Unpack(message):
            found.append(message)
    return found


def as_error(status: status_pb2.Status) -> grpc.aio.AioRpcError:
    """Make the error a client sees."""
    code = next(each for each in grpc.StatusCode if each.value[0] == status.code)
    trailing = grpc.aio.Metadata(("grpc-status-details-bin", status.SerializeToString()))
    return grpc.aio.AioRpcError(code, grpc.aio.Metadata(), trailing, status.message)


def test_every_kind_of_refusal_has_its_code() -> None:
    assert set(Kind) == set(EXPECTED)
    assert CODES == EXPECTED


def test_refusal_tells_reason_domain_and_metadata() -> None:
    refusal = NotAssignedError("You are not assigned.", permission="station.case.get")

    status = refusal_to_status(refusal)

    assert (status.code, status.message) == (7, "You are not assigned.")
    assert details(status, error_details_pb2.ErrorInfo) == [
        error_details_pb2.ErrorInfo(
            reason="NOT_ASSIGNED", domain="jointops", metadata={"permission": "station.case.get"}
        )
    ]


def test_client_reads_reason_and_metadata_back() -> None:
    error = as_error(refusal_to_status(NotAssignedError("No.", permission="p")))

    assert reason_of(error) == ("NOT_ASSIGNED", {"permission": "p"})


def test_invalid_request_tells_every_violation() -> None:
    refusal = RequestInvalidError(
        [FieldViolation("etag", "is required"), FieldViolation("leads[2].summary", "is too long")]
    )

    status = refusal_to_status(refusal)

    assert status.message == "The request is refused; see: etag, leads[2].summary."
    assert violations_of(as_error(status)) == [
        ("etag", "is required"),
        ("leads[2].summary", "is too long"),
    ]


def test_metadata_field_becomes_a_violation() -> None:
    status = refusal_to_status(PageTokenInvalidError("Not a token of ours.", field="page_token"))

    assert violations_of(as_error(status)) == [("page_token", "Not a token of ours.")]


@pytest.mark.parametrize(
    ("refusal", "expected"),
    [
        (TooManyCallsError("Busy."), [1]),
        (StoreUnavailableError("Away."), [1]),
        (EtagStaleError("Read again."), []),
    ],
)
def test_refusal_says_when_to_try_again_if_that_helps(
    refusal: DomainError, expected: list[int]
) -> None:
    infos = details(refusal_to_status(refusal), error_details_pb2.RetryInfo)

    assert [info.retry_delay.seconds for info in infos] == expected


def test_fault_tells_its_id_and_nothing_else() -> None:
    status = fault_to_status("0198c2f4-8a1b-7c3d-9e4f-a0b1c2d3e4f5")

    assert status.code == grpc.StatusCode.INTERNAL.value[0]
    assert status.message == "The platform failed; give the error_id to its operators."
    assert reason_of(as_error(status)) == (
        "FAULT",
        {"error_id": "0198c2f4-8a1b-7c3d-9e4f-a0b1c2d3e4f5"},
    )


def test_error_of_somebody_else_has_no_reason() -> None:
    foreign = grpc.aio.AioRpcError(
        grpc.StatusCode.UNAVAILABLE, grpc.aio.Metadata(), grpc.aio.Metadata()
    )

    assert (reason_of(foreign), violations_of(foreign)) == (("", {}), [])


def test_refusal_must_name_kind_and_reason() -> None:
    with pytest.raises(TypeError):
        type("NamelessError", (DomainError,), {})
