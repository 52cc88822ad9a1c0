"""Where protobuf meets the exhibit: requests in, responses and events out."""

from collections.abc import Callable
from typing import Any

from google.protobuf.message import Message

from chassis.call import Event
from chassis.emission import Origin, make_event
from chassis.timestamps import to_timestamp
from jointops.tech.v1 import exhibit_events_pb2 as events
from jointops.tech.v1 import exhibit_pb2 as pb
from services.tech.exhibits import aggregate
from services.tech.exhibits.aggregate import (
    CustodyAct,
    CustodyEntry,
    Exhibit,
    ExhibitEvent,
    ExhibitLabel,
    ExhibitState,
)

STATES = {state: pb.ExhibitState.Value(f"EXHIBIT_STATE_{state.name}") for state in ExhibitState}
ACTS = {act: pb.CustodyAct.Value(f"CUSTODY_ACT_{act.name}") for act in CustodyAct}


def exhibit_to_message(exhibit: Exhibit) -> pb.Exhibit:
    """Show an exhibit to a member of its case, and whether its chain is intact."""
    return pb.Exhibit(
        exhibit_id=exhibit.exhibit_id,
        station=exhibit.station,
        case_id=exhibit.case_id,
        state=STATES[exhibit.state],
        description=exhibit.label.description,
        content_sha256=exhibit.label.content_sha256,
        legal_basis=exhibit.label.legal_basis,
        seal_number=exhibit.seal_number,
        holder_id=exhibit.holder_id,
        receiver_id=exhibit.receiver_id or "",
        custody=[_entry_to_message(entry) for entry in exhibit.custody],
        is_custody_intact=aggregate.verify_chain(exhibit) is None,
        create_time=to_timestamp(exhibit.created_at),
        update_time=to_timestamp(exhibit.updated_at),
        etag=str(exhibit.version),
    )


def label_of(request: pb.RegisterExhibitRequest, *, exhibit_id: str, station: str) -> ExhibitLabel:
    """Read the label of a new exhibit."""
    return ExhibitLabel(
        exhibit_id=exhibit_id,
        station=station,
        case_id=request.case_id,
        description=request.description,
        content_sha256=request.content_sha256,
        legal_basis=request.legal_basis,
    )


def event_to_row(event: ExhibitEvent, exhibit: Exhibit) -> Event:
    """Wrap an event of the exhibit, which it has just made, as it will travel."""
    origin = Origin(
        "exhibit", exhibit.exhibit_id, exhibit.version, exhibit.station, exhibit.case_id
    )
    return make_event(_MESSAGES[type(event)](exhibit, event), origin, at=event.decided_at)


def _entry_to_message(entry: CustodyEntry) -> pb.CustodyEntry:
    signature = entry.signature
    return pb.CustodyEntry(
        act=ACTS[signature.act],
        person_id=signature.person_id,
        holder_id=signature.holder_id,
        receiver_id=signature.receiver_id or "",
        seal_number=signature.seal_number,
        reason=signature.reason,
        sign_time=to_timestamp(signature.signed_at),
        previous_sha256=entry.previous_sha256,
        sha256=entry.sha256,
    )


def _signed(exhibit: Exhibit, event: ExhibitEvent) -> dict[str, str]:
    """Name what every event of an exhibit says."""
    return {
        "exhibit_id": exhibit.exhibit_id,
        "case_id": exhibit.case_id,
        "holder_id": exhibit.holder_id,
        "seal_number": exhibit.seal_number,
        "entry_sha256": event.entry.sha256,
    }


_MESSAGES: dict[type[ExhibitEvent], Callable[[Exhibit, Any], Message]] = {
    aggregate.ExhibitRegistered: lambda exhibit, event: events.ExhibitRegistered(
        **_signed(exhibit, event), content_sha256=exhibit.label.content_sha256
    ),
    aggregate.CustodyTransferOffered: lambda exhibit, event: events.CustodyTransferOffered(
        **_signed(exhibit, event), receiver_id=event.entry.signature.receiver_id
    ),
    aggregate.CustodyTransferAccepted: lambda exhibit, event: events.CustodyTransferAccepted(
        **_signed(exhibit, event)
    ),
    aggregate.CustodyTransferDeclined: lambda exhibit, event: events.CustodyTransferDeclined(
        **_signed(exhibit, event), declined_by=event.entry.signature.person_id
    ),
}
