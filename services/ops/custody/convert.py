"""Where protobuf meets the arrest: requests in, responses and events out."""

from collections.abc import Callable
from typing import Any

from google.protobuf.message import Message

from chassis.call import Event
from chassis.emission import Origin, make_event
from chassis.timestamps import to_datetime, to_timestamp
from jointops.ops.v1 import arrest_events_pb2 as events
from jointops.ops.v1 import arrest_pb2 as pb
from services.ops.custody import domain
from services.ops.custody.domain import (
    Arrest,
    ArrestEvent,
    ArrestReport,
    ArrestState,
    IdentityMethod,
    Signature,
)

STATES = {state: pb.ArrestState.Value(f"ARREST_STATE_{state.name}") for state in ArrestState}
IDENTITY_METHODS = {
    method: pb.IdentityMethod.Value(f"IDENTITY_METHOD_{method.name}") for method in IdentityMethod
}
_METHODS_OF = {number: method for method, number in IDENTITY_METHODS.items()}


def arrest_to_message(arrest: Arrest) -> pb.Arrest:
    """Show an arrest to a member of its case."""
    return pb.Arrest(
        arrest_id=arrest.arrest_id,
        station=arrest.station,
        case_id=arrest.case_id,
        squad_request_id=arrest.squad_request_id,
        operation_id=arrest.operation_id,
        target_id=arrest.report.target_id,
        state=STATES[arrest.state],
        identity_method=IDENTITY_METHODS[arrest.report.identity_method],
        arrest_time=to_timestamp(arrest.report.arrested_at),
        place=arrest.report.place,
        recorder_id=arrest.report.recorder_id,
        hand_over_place=arrest.hand_over_place,
        offer_signature=_signature_to_message(arrest.offer_signature),
        acceptance_signature=_signature_to_message(arrest.acceptance_signature),
        create_time=to_timestamp(arrest.created_at),
        update_time=to_timestamp(arrest.updated_at),
        etag=str(arrest.version),
    )


def report_of(request: pb.RecordArrestRequest, recorder_id: str) -> ArrestReport:
    """Read what the arresting side reports."""
    return ArrestReport(
        target_id=request.target_id,
        identity_method=_METHODS_OF[request.identity_method],
        arrested_at=to_datetime(request.arrest_time),
        place=request.place,
        recorder_id=recorder_id,
    )


def event_to_row(event: ArrestEvent, arrest: Arrest) -> Event:
    """Wrap an event of the arrest, which it has just made, as it will travel."""
    origin = Origin("arrest", arrest.arrest_id, arrest.version, arrest.station, arrest.case_id)
    kind, fields = _MESSAGES[type(event)]
    message = kind(
        arrest_id=arrest.arrest_id,
        case_id=arrest.case_id,
        squad_request_id=arrest.squad_request_id,
        operation_id=arrest.operation_id,
        target_id=arrest.report.target_id,
        **fields(arrest, event),
    )
    return make_event(message, origin, at=event.decided_at)


def _signature_to_message(signature: Signature | None) -> pb.Signature | None:
    if signature is None:
        return None
    return pb.Signature(
        person_id=signature.person_id,
        sign_time=to_timestamp(signature.signed_at),
        record_sha256=signature.record_sha256,
    )


# What each event says besides which arrest, case, operation and target it is about.
_MESSAGES: dict[
    type[ArrestEvent], tuple[Callable[..., Message], Callable[[Arrest, Any], dict[str, Any]]]
] = {
    domain.ArrestRecorded: (
        events.ArrestRecorded,
        lambda arrest, _: {
            "identity_method": IDENTITY_METHODS[arrest.report.identity_method],
            "arrest_time": to_timestamp(arrest.report.arrested_at),
            "recorder_id": arrest.report.recorder_id,
        },
    ),
    domain.HandOverOffered: (
        events.HandOverOffered,
        lambda _, event: {
            "offerer_id": event.signature.person_id,
            "record_sha256": event.signature.record_sha256,
        },
    ),
    domain.HandOverAccepted: (
        events.HandOverAccepted,
        lambda arrest, event: {
            "receiver_id": event.signature.person_id,
            "record_sha256": event.signature.record_sha256,
            "arrest_time": to_timestamp(arrest.report.arrested_at),
            "accept_time": to_timestamp(event.signature.signed_at),
        },
    ),
}
