"""What the wire tests of the technical service act with: people, cases, and good requests."""

from typing import Any

import grpc
import pytest
from google.protobuf.descriptor_pool import Default
from google.protobuf.message_factory import GetMessageClass

from chassis.ids import new_id, new_request_id
from chassis.roles import Role
from chassis.status import reason_of
from jointops.tech.v1 import examination_pb2, exhibit_pb2
from services.tech.exhibits.aggregate import Exhibit
from services.tech.lab.aggregate import Examination, ExaminationState
from tests.integration.stage import Stage
from tests.integration.tech import test_exhibits_store as exhibits
from tests.integration.tech import test_lab_store as lab
from tests.integration.tech.world import on_postgresql
from tests.unit.tech.builders import HOLDER, RECEIVER

Refusal = tuple[grpc.StatusCode, str, dict[str, str]]

EXHIBITS = "jointops.tech.v1.ExhibitService"
EXAMINATIONS = "jointops.tech.v1.ExaminationService"
METHODS = [
    method
    for module in (exhibit_pb2, examination_pb2)
    for service in module.DESCRIPTOR.services_by_name.values()
    for method in (f"{service.full_name}/{each.name}" for each in service.methods)
]
# What a good request holds beside identifiers.
FIELDS: dict[str, Any] = {
    "etag": "1",
    "description": "Knife, blade 12 cm",
    "content_sha256": "ab" * 32,
    "seal_number": "S-88152",
    "legal_basis": "CPL art. 141",
    "receiver_id": RECEIVER,
    "reason": "Examination",
    "method": "GA/T 383-2014",
    "finding": "A full profile was obtained from the handle.",
    "conclusion": examination_pb2.EXAMINATION_CONCLUSION_SUPPORTS,
}


async def known_case(stage: Stage, *person_ids: str) -> str:
    """Let a case be known with these people; HOLDER and RECEIVER unless named."""
    case_id = new_id()
    await on_postgresql(stage.database).know(case_id, *(person_ids or (HOLDER, RECEIVER)))
    return case_id


async def add_exhibit(stage: Stage, case_id: str) -> Exhibit:
    """Keep an exhibit that HOLDER holds."""
    return await exhibits.add(on_postgresql(stage.database), case_id)


async def add_examination(
    stage: Stage, case_id: str, state: ExaminationState = ExaminationState.RECEIVED
) -> Examination:
    """Keep an examination; HOLDER has signed for it unless it is only received."""
    examiner_id = None if state is ExaminationState.RECEIVED else HOLDER
    world = on_postgresql(stage.database)
    return await lab.add(world, case_id, state=state, examiner_id=examiner_id)


def request_of(method: str, **fields: Any) -> Any:
    """Make a good request of a method: what it needs of `FIELDS`, and these fields."""
    service, _, name = method.rpartition("/")
    kind = Default().FindServiceByName(service).FindMethodByName(name).input_type
    given = {"request_id": new_request_id(), **FIELDS, **fields}
    known = {field: given[field] for field in kind.fields_by_name if field in given}
    return GetMessageClass(kind)(**known)


async def call(channel: grpc.aio.Channel, method: str, **fields: Any) -> Any:
    """Call a method with a good request and return the resource of its response."""
    response = await send(channel, method, request_of(method, **fields))
    return getattr(response, "exhibit", None) or getattr(response, "examination", response)


async def send(channel: grpc.aio.Channel, method: str, request: Any) -> Any:
    """Send one request."""
    service, _, name = method.rpartition("/")
    kind = Default().FindServiceByName(service).FindMethodByName(name).output_type
    remote: Any = channel.unary_unary(
        f"/{method}",
        request_serializer=type(request).SerializeToString,
        response_deserializer=GetMessageClass(kind).FromString,
    )
    return await remote(request)


async def refusal(channel: grpc.aio.Channel, method: str, **fields: Any) -> Refusal:
    """Call a method that must refuse; return code, reason and metadata."""
    return await refused(channel, method, request_of(method, **fields))


async def refused(channel: grpc.aio.Channel, method: str, request: Any) -> Refusal:
    """Send a request that must be refused; return code, reason and metadata."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await send(channel, method, request)
    return caught.value.code(), *reason_of(caught.value)


def examiner(stage: Stage, person_id: str = HOLDER) -> grpc.aio.Channel:
    """Open the channel of an examiner."""
    return stage.channel(person_id, Role.TECH_EXAMINER)


async def events_of(stage: Stage, aggregate_id: str) -> list[str]:
    """Return the types of the events of an aggregate, in order, without the package."""
    query = "SELECT event_type FROM outbox WHERE aggregate_id = $1 ORDER BY aggregate_version"
    return [row["event_type"].rpartition(".")[2] for row in await stage.fetch(query, aggregate_id)]


async def statement_count(stage: Stage) -> int:
    """Return how many statements the connections of the service have run."""
    return sum(connection.statement_count for connection in stage.database._idle)
