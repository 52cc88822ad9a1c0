"""Where protobuf meets the tasking: requests in, responses and events out."""

from collections.abc import Callable
from typing import Any

from google.protobuf.message import Message

from chassis.call import Event
from chassis.cloudevents import Delivery
from chassis.emission import Origin, make_event
from chassis.timestamps import to_datetime, to_timestamp
from jointops.intel.v1 import tasking_events_pb2 as events
from jointops.intel.v1 import tasking_pb2 as pb
from jointops.station.v1 import squad_request_events_pb2 as station
from services.intel.taskings import domain
from services.intel.taskings.domain import Tasking, TaskingEvent, TaskingState

STATES = {state: pb.TaskingState.Value(f"TASKING_STATE_{state.name}") for state in TaskingState}


def tasking_to_message(tasking: Tasking) -> pb.Tasking:
    """Show a tasking to a member of its case."""
    return pb.Tasking(
        tasking_id=tasking.tasking_id,
        station=tasking.station,
        case_id=tasking.case_id,
        squad_request_id=tasking.squad_request_id,
        state=STATES[tasking.state],
        due_time=to_timestamp(tasking.due_at),
        signed_for_by=tasking.signed_for_by or "",
        product_id=tasking.product_id or "",
        create_time=to_timestamp(tasking.created_at),
        update_time=to_timestamp(tasking.updated_at),
        etag=str(tasking.version),
    )


def received(
    ordered: station.SquadRequestOrdered, delivery: Delivery, *, tasking_id: str
) -> domain.TaskingReceived:
    """Read what the station ordered as a tasking, received when it was ordered."""
    return domain.TaskingReceived(
        decided_at=delivery.event_time,
        tasking_id=tasking_id,
        station=delivery.station,
        case_id=ordered.case_id,
        squad_request_id=ordered.squad_request_id,
        due_at=to_datetime(ordered.due_time),
    )


def event_to_row(event: TaskingEvent, tasking: Tasking) -> Event:
    """Wrap an event of the tasking, which it has just made, as it will travel."""
    origin = Origin(
        "tasking", tasking.tasking_id, tasking.version, tasking.station, tasking.case_id
    )
    return make_event(_MESSAGES[type(event)](tasking, event), origin, at=event.decided_at)


def _of_request(kind: type[Message]) -> Callable[[Tasking, Any], Message]:
    """Make a message that says which tasking it is about, and which squad request."""
    return lambda tasking, _event: kind(
        tasking_id=tasking.tasking_id,
        case_id=tasking.case_id,
        squad_request_id=tasking.squad_request_id,
    )


_MESSAGES: dict[type[TaskingEvent], Callable[[Tasking, Any], Message]] = {
    domain.TaskingReceived: lambda tasking, _: events.TaskingReceived(
        tasking_id=tasking.tasking_id,
        case_id=tasking.case_id,
        squad_request_id=tasking.squad_request_id,
        due_time=to_timestamp(tasking.due_at),
    ),
    domain.TaskingSignedFor: lambda tasking, event: events.TaskingSignedFor(
        tasking_id=tasking.tasking_id,
        case_id=tasking.case_id,
        squad_request_id=tasking.squad_request_id,
        signed_for_by=event.signed_for_by,
    ),
    domain.TaskingAnswered: lambda tasking, event: events.TaskingAnswered(
        tasking_id=tasking.tasking_id,
        case_id=tasking.case_id,
        squad_request_id=tasking.squad_request_id,
        product_id=event.product_id,
    ),
    domain.TaskingReopened: _of_request(events.TaskingReopened),
    domain.TaskingWithdrawn: _of_request(events.TaskingWithdrawn),
}
