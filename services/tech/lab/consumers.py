"""Events in: what the station orders, sends back and withdraws moves the examination."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from chassis.cloudevents import Delivery
from chassis.consumer import Apply, decode
from chassis.event_unit import EventUnit
from chassis.ids import new_id
from jointops.station.v1 import squad_request_events_pb2 as station
from jointops.station.v1 import squad_request_pb2
from services.tech.lab import convert, domain
from services.tech.lab.aggregate import Examination, ExaminationEvent
from services.tech.lab.store import Examinations
from services.tech.lab.usecases import receive, write


async def on_ordered(unit: EventUnit, delivery: Delivery) -> None:
    """Receive an examination; orders of another kind are for other squads."""
    event = decode(station.SquadRequestOrdered, delivery)
    if event.kind == squad_request_pb2.SQUAD_REQUEST_KIND_EXAMINATION:
        received = convert.received_from(
            event,
            examination_id=new_id(),
            station=delivery.station,
            decided_at=delivery.event_time,
        )
        receive(unit, Examinations(unit), received)


def _on(
    kind: type[Any], decide: Callable[[Examination, datetime], ExaminationEvent]
) -> tuple[str, Apply]:
    async def apply(unit: EventUnit, delivery: Delivery) -> None:
        examinations = Examinations(unit)
        squad_request_id = decode(kind, delivery).squad_request_id
        examination = await examinations.lock_of_request(squad_request_id)
        # The order came before, by the version of the request: without an examination it was for
        # another squad.
        if examination is not None:
            event = decide(examination, delivery.event_time)
            write(unit, examinations, examination, event)

    return kind.DESCRIPTOR.full_name, apply


ON_STATION: dict[str, Apply] = {
    station.SquadRequestOrdered.DESCRIPTOR.full_name: on_ordered,
    **dict(
        (
            _on(station.SquadRequestSentBack, lambda each, now: domain.reopen(each, now=now)),
            _on(station.SquadRequestWithdrawn, lambda each, now: domain.withdraw(each, now=now)),
        )
    ),
}
