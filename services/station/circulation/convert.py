"""Where protobuf meets the squad request: requests in, responses and events out."""

from collections.abc import Callable
from typing import Any

from google.protobuf.message import Message

from chassis.call import Event
from chassis.emission import Origin, make_event
from chassis.timestamps import to_datetime, to_timestamp
from jointops.station.v1 import squad_request_events_pb2 as events
from jointops.station.v1 import squad_request_pb2 as pb
from services.station.casefile.convert import SQUADS
from services.station.circulation import aggregate
from services.station.circulation.aggregate import (
    Order,
    SquadRequest,
    SquadRequestEvent,
    SquadRequestKind,
    SquadRequestState,
)

STATES = {
    state: pb.SquadRequestState.Value(f"SQUAD_REQUEST_STATE_{state.name}")
    for state in SquadRequestState
}
KINDS = {
    kind: pb.SquadRequestKind.Value(f"SQUAD_REQUEST_KIND_{kind.name}") for kind in SquadRequestKind
}
_KINDS_OF = {number: kind for kind, number in KINDS.items()}


def squad_request_to_message(request: SquadRequest) -> pb.SquadRequest:
    """Show a squad request to a member of its case."""
    return pb.SquadRequest(
        squad_request_id=request.squad_request_id,
        case_id=request.case_id,
        station=request.station,
        state=STATES[request.state],
        kind=KINDS[request.order.kind],
        squad=SQUADS[request.squad],
        question=request.order.question,
        due_time=to_timestamp(request.order.due_at),
        is_gating=request.order.is_gating,
        requester_id=request.ordered_by,
        sign_for_time=to_timestamp(request.signed_for_at) if request.signed_for_at else None,
        answer_id=request.answer_id or "",
        send_back_reason=request.send_back_reason,
        rating=request.rating or 0,
        verifier_id=request.verified_by or "",
        create_time=to_timestamp(request.created_at),
        update_time=to_timestamp(request.updated_at),
        etag=str(request.version),
    )


def order_of(request: pb.OrderSquadRequestRequest) -> Order:
    """Read what is ordered."""
    return Order(
        kind=_KINDS_OF[request.kind],
        question=request.question,
        due_at=to_datetime(request.due_time),
        is_gating=request.is_gating,
    )


def event_to_row(event: SquadRequestEvent, request: SquadRequest) -> Event:
    """Wrap an event of the squad request, which it has just made, as it will travel."""
    origin = Origin(
        "squad_request",
        request.squad_request_id,
        request.version,
        request.station,
        request.case_id,
    )
    return make_event(_MESSAGES[type(event)](request, event), origin, at=event.decided_at)


def _plain(kind: type[Message]) -> Callable[[SquadRequest, Any], Message]:
    """Make a message that says no more than which squad request it is about."""
    return lambda request, _event: kind(
        squad_request_id=request.squad_request_id, case_id=request.case_id
    )


_MESSAGES: dict[type[SquadRequestEvent], Callable[[SquadRequest, Any], Message]] = {
    aggregate.SquadRequestOrdered: lambda request, _: events.SquadRequestOrdered(
        squad_request_id=request.squad_request_id,
        case_id=request.case_id,
        squad=SQUADS[request.squad],
        kind=KINDS[request.order.kind],
        due_time=to_timestamp(request.order.due_at),
    ),
    aggregate.SquadRequestSignedFor: _plain(events.SquadRequestSignedFor),
    aggregate.SquadRequestAnswered: lambda request, event: events.SquadRequestAnswered(
        squad_request_id=request.squad_request_id,
        case_id=request.case_id,
        answer_id=event.answer_id,
    ),
    aggregate.SquadRequestVerified: lambda request, event: events.SquadRequestVerified(
        squad_request_id=request.squad_request_id, case_id=request.case_id, rating=event.rating
    ),
    aggregate.SquadRequestSentBack: _plain(events.SquadRequestSentBack),
    aggregate.SquadRequestWithdrawn: _plain(events.SquadRequestWithdrawn),
}
