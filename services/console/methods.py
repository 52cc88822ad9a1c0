"""Every method of the public protos, found by the type of its request.

Nothing is listed by hand twice: a new method of a proto is callable as soon as its file is in
`FILES`, and a test holds that every method has a command.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from jointops.intel.v1 import lead_pb2, product_pb2, tasking_pb2
from jointops.ops.v1 import arrest_pb2, operation_pb2
from jointops.station.v1 import alarm_pb2, case_pb2, review_pb2, squad_request_pb2
from jointops.tech.v1 import examination_pb2, exhibit_pb2

FILES = (
    alarm_pb2,
    case_pb2,
    squad_request_pb2,
    review_pb2,
    tasking_pb2,
    lead_pb2,
    product_pb2,
    exhibit_pb2,
    examination_pb2,
    operation_pb2,
    arrest_pb2,
)
# The fields that carry the version last read; the field numbered 1 beside them says of what.
ETAGS = ("etag", "case_etag")


@dataclass(frozen=True, slots=True)
class Method:
    """One method: which service has it, its path on the wire, and its answer."""

    service: str
    path: str
    response: type[Message]


def method_of(request: type[Message]) -> Method:
    """Return the method that takes such a request."""
    return _index()[request.DESCRIPTOR.full_name]


def etag_field(request: type[Message]) -> str | None:
    """Return the field of a request that wants the version last read, or None."""
    return next((name for name in ETAGS if name in request.DESCRIPTOR.fields_by_name), None)


def reader_of(request: Message) -> Message | None:
    """Return the request that reads what another one is about to change, or None."""
    identifier = _subject(request)
    reader = _readers().get(identifier)
    return None if reader is None else reader(**{identifier: getattr(request, identifier)})


def find_etag(response: Message, changing: Message) -> str:
    """Return the version, in what was read, of what is about to be changed; empty if absent."""
    identifier = _subject(changing)
    for resource in _resources(response):
        if getattr(resource, identifier, None) == getattr(changing, identifier):
            return str(getattr(resource, "etag", ""))
    return ""


def all_methods() -> Iterator[MethodDescriptor]:
    """Give every method of every public service."""
    for file in FILES:
        for service in file.DESCRIPTOR.services_by_name.values():
            yield from service.methods


@cache
def _index() -> dict[str, Method]:
    return {method.input_type.full_name: _method(method) for method in all_methods()}


def _method(method: MethodDescriptor) -> Method:
    service = method.containing_service
    return Method(
        service=service.full_name.split(".")[1],
        path=f"/{service.full_name}/{method.name}",
        response=GetMessageClass(method.output_type),
    )


@cache
def _readers() -> dict[str, Any]:
    """Map the name of an identifier to the request that takes it and nothing else."""
    inputs = [method.input_type for method in all_methods() if method.name.startswith("Get")]
    return {kind.fields[0].name: GetMessageClass(kind) for kind in inputs if len(kind.fields) == 1}


def _subject(request: Message) -> str:
    return str(request.DESCRIPTOR.fields_by_number[1].name)


def _resources(response: Message) -> Iterator[Message]:
    for field, value in response.ListFields():
        if field.message_type is None:
            continue
        yield from value if field.is_repeated else (value,)
