"""The one map from refusals to `google.rpc.Status`, and from a call's error back to a refusal."""

from typing import Any

import grpc
from google.protobuf import any_pb2
from google.rpc import error_details_pb2, status_pb2
from grpc_status import rpc_status

from chassis.errors import DomainError, FieldViolation, Kind, RequestInvalidError

DOMAIN = "jointops"

CODES: dict[Kind, grpc.StatusCode] = {
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
_FAULT_SENTENCE = "The platform failed; give the error_id to its operators."
_RETRY_SECONDS = 1


def refusal_to_status(refusal: DomainError) -> status_pb2.Status:
    """Describe a refusal: code, sentence, `ErrorInfo`, and `BadRequest` or `RetryInfo` with it."""
    details = [
        error_details_pb2.ErrorInfo(reason=refusal.reason, domain=DOMAIN, metadata=refusal.metadata)
    ]
    if violations := _violations(refusal):
        details.append(_bad_request(violations))
    if refusal.kind in (Kind.QUOTA, Kind.UNAVAILABLE):
        details.append(_retry_info())
    return _status(CODES[refusal.kind], refusal.message, details)


def fault_to_status(error_id: str) -> status_pb2.Status:
    """Describe a bug without its details; the id finds the log line."""
    info = error_details_pb2.ErrorInfo(
        reason="FAULT", domain=DOMAIN, metadata={"error_id": error_id}
    )
    return _status(grpc.StatusCode.INTERNAL, _FAULT_SENTENCE, [info])


def reason_of(error: grpc.aio.AioRpcError) -> tuple[str, dict[str, str]]:
    """Return reason and metadata of a failed call; both empty if it carries no `ErrorInfo`."""
    status = rpc_status.from_call(error)
    for detail in status.details if status else ():
        info = error_details_pb2.ErrorInfo()
        if detail.Unpack(info):
            return info.reason, dict(info.metadata)
    return "", {}


def violations_of(error: grpc.aio.AioRpcError) -> list[tuple[str, str]]:
    """Return field path and rule of each violation that a failed call names."""
    status = rpc_status.from_call(error)
    for detail in status.details if status else ():
        request = error_details_pb2.BadRequest()
        if detail.Unpack(request):
            return [(each.field, each.description) for each in request.field_violations]
    return []


def _violations(refusal: DomainError) -> list[FieldViolation]:
    if isinstance(refusal, RequestInvalidError):
        return refusal.violations
    if "field" in refusal.metadata:
        return [FieldViolation(refusal.metadata["field"], refusal.message)]
    return []


def _bad_request(violations: list[FieldViolation]) -> error_details_pb2.BadRequest:
    violation = error_details_pb2.BadRequest.FieldViolation
    return error_details_pb2.BadRequest(
        field_violations=[
            violation(field=each.field, description=each.description) for each in violations
        ]
    )


def _retry_info() -> error_details_pb2.RetryInfo:
    info = error_details_pb2.RetryInfo()
    info.retry_delay.FromSeconds(_RETRY_SECONDS)
    return info


def _status(code: grpc.StatusCode, message: str, details: list[Any]) -> status_pb2.Status:
    packed = []
    for detail in details:
        packed.append(any_pb2.Any())
        packed[-1].Pack(detail)
    return status_pb2.Status(code=code.value[0], message=message, details=packed)
