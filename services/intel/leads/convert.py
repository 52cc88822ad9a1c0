"""Where protobuf meets the lead: requests in, responses and events out."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from google.protobuf.message import Message

from chassis.call import Event
from chassis.emission import Origin, make_event
from chassis.timestamps import to_datetime, to_timestamp
from jointops.intel.v1 import lead_events_pb2 as events
from jointops.intel.v1 import lead_pb2 as pb
from services.intel.leads import domain
from services.intel.leads.domain import Lead, LeadEvent, LeadState, RejectionGround
from services.intel.taskings.domain import Tasking

STATES = {state: pb.LeadState.Value(f"LEAD_STATE_{state.name}") for state in LeadState}
GROUNDS = {
    ground: pb.RejectionGround.Value(f"REJECTION_GROUND_{ground.name}")
    for ground in RejectionGround
}
_GROUNDS_OF = {number: ground for ground, number in GROUNDS.items()}


def lead_to_message(lead: Lead) -> pb.Lead:
    """Show a lead to an analyst of its case."""
    ground = lead.rejection_ground
    return pb.Lead(
        lead_id=lead.lead_id,
        station=lead.station,
        case_id=lead.case_id,
        tasking_id=lead.tasking_id,
        state=STATES[lead.state],
        priority=lead.priority,
        summary=lead.summary,
        purpose=lead.purpose,
        legal_basis=lead.legal_basis,
        expire_time=to_timestamp(lead.expires_at),
        recorded_by=lead.recorded_by,
        decided_by=lead.decided_by or "",
        rejection_ground=GROUNDS[ground] if ground else pb.REJECTION_GROUND_UNSPECIFIED,
        create_time=to_timestamp(lead.created_at),
        update_time=to_timestamp(lead.updated_at),
        etag=str(lead.version),
    )


def recorded(
    request: pb.RecordLeadRequest, tasking: Tasking, *, lead_id: str, by: str, now: datetime
) -> domain.LeadRecorded:
    """Read what an analyst records under a tasking."""
    return domain.LeadRecorded(
        decided_at=now,
        lead_id=lead_id,
        station=tasking.station,
        case_id=tasking.case_id,
        tasking_id=tasking.tasking_id,
        priority=request.priority,
        summary=request.summary,
        purpose=request.purpose,
        legal_basis=request.legal_basis,
        expires_at=to_datetime(request.expire_time),
        recorded_by=by,
    )


def ground_of(request: pb.RejectLeadRequest) -> RejectionGround:
    """Read why a lead is rejected."""
    return _GROUNDS_OF[request.ground]


def event_to_row(event: LeadEvent, lead: Lead) -> Event:
    """Wrap an event of the lead, which it has just made, as it will travel."""
    origin = Origin("lead", lead.lead_id, lead.version, lead.station, lead.case_id)
    return make_event(_MESSAGES[type(event)](lead, event), origin, at=event.decided_at)


_MESSAGES: dict[type[LeadEvent], Callable[[Lead, Any], Message]] = {
    domain.LeadRecorded: lambda lead, _: events.LeadRecorded(
        lead_id=lead.lead_id,
        case_id=lead.case_id,
        tasking_id=lead.tasking_id,
        priority=lead.priority,
        expire_time=to_timestamp(lead.expires_at),
    ),
    domain.LeadReprioritised: lambda lead, event: events.LeadReprioritised(
        lead_id=lead.lead_id, case_id=lead.case_id, priority=event.priority
    ),
    domain.LeadConfirmed: lambda lead, _: events.LeadConfirmed(
        lead_id=lead.lead_id, case_id=lead.case_id
    ),
    domain.LeadRejected: lambda lead, event: events.LeadRejected(
        lead_id=lead.lead_id, case_id=lead.case_id, ground=GROUNDS[event.ground]
    ),
}
