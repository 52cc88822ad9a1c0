"""Events in: what the station orders, sends back and withdraws moves the tasking."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from chassis.cloudevents import Delivery
from chassis.consumer import Apply, decode
from chassis.event_unit import EventUnit
from chassis.ids import new_id
from jointops.station.v1 import squad_request_events_pb2 as station
from jointops.station.v1 import squad_request_pb2
from services.intel.taskings import convert, domain
from services.intel.taskings.domain import Tasking, TaskingEvent
from services.intel.taskings.store import Taskings
from services.intel.taskings.usecases import write

Decide = Callable[[Tasking, datetime], TaskingEvent]


async def _on_ordered(unit: EventUnit, delivery: Delivery) -> None:
    """Receive what was ordered of this squad; the orders of other squads are none of its own."""
    ordered = decode(station.SquadRequestOrdered, delivery)
    if ordered.kind != squad_request_pb2.SQUAD_REQUEST_KIND_INTELLIGENCE_PRODUCT:
        return
    event = convert.received(ordered, delivery, tasking_id=new_id())
    tasking = domain.receive(event)
    Taskings(unit).add(tasking)
    unit.emit(convert.event_to_row(event, tasking))
    unit.record(tasking.tasking_id, tasking.case_id)


def _on(kind: type[Any], decide: Decide) -> tuple[str, Apply]:
    async def apply(unit: EventUnit, delivery: Delivery) -> None:
        event = decode(kind, delivery)
        taskings = Taskings(unit)
        tasking = await taskings.lock_of_request(event.squad_request_id)
        if tasking is not None:
            write(unit, taskings, tasking, decide(tasking, delivery.event_time))

    return kind.DESCRIPTOR.full_name, apply


ON_STATION: dict[str, Apply] = dict(
    (
        (station.SquadRequestOrdered.DESCRIPTOR.full_name, _on_ordered),
        _on(
            station.SquadRequestSentBack,
            lambda tasking, now: domain.reopen(tasking, now=now),
        ),
        _on(
            station.SquadRequestWithdrawn,
            lambda tasking, now: domain.withdraw(tasking, now=now),
        ),
    )
)
