"""Events in: what the station orders becomes an operation, what it withdraws ends one."""

from chassis.cloudevents import Delivery
from chassis.consumer import Apply, decode
from chassis.event_unit import EventUnit
from chassis.ids import new_id
from chassis.timestamps import to_datetime
from jointops.station.v1 import squad_request_events_pb2 as station
from jointops.station.v1 import squad_request_pb2
from services.ops.operations import aggregate, convert, domain
from services.ops.operations.store import Operations
from services.ops.operations.usecases import write


async def _on_ordered(unit: EventUnit, delivery: Delivery) -> None:
    """Receive an operation when a joint arrest was ordered; other squads have their own work."""
    event = decode(station.SquadRequestOrdered, delivery)
    if event.kind != squad_request_pb2.SQUAD_REQUEST_KIND_JOINT_ARREST:
        return
    received = aggregate.OperationReceived(
        decided_at=delivery.event_time,
        operation_id=new_id(),
        station=delivery.station,
        case_id=event.case_id,
        squad_request_id=event.squad_request_id,
        due_at=to_datetime(event.due_time),
    )
    operation = aggregate.receive(received)
    Operations(unit).add(operation)
    unit.emit(convert.event_to_row(received, operation))
    unit.record(operation.operation_id, operation.case_id)


async def _on_withdrawn(unit: EventUnit, delivery: Delivery) -> None:
    """Withdraw the operation, unless teams are in the field already or it has ended."""
    event = decode(station.SquadRequestWithdrawn, delivery)
    operations = Operations(unit)
    operation = await operations.lock_answering(event.squad_request_id)
    if operation is None or operation.state not in domain.ALLOWED[domain.Step.WITHDRAW]:
        return
    write(unit, operations, operation, domain.withdraw(operation, now=delivery.event_time))


ON_STATION: dict[str, Apply] = {
    station.SquadRequestOrdered.DESCRIPTOR.full_name: _on_ordered,
    station.SquadRequestWithdrawn.DESCRIPTOR.full_name: _on_withdrawn,
}
