"""Events in: what operations did moves the case."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from chassis.cloudevents import Delivery
from chassis.consumer import Apply, decode
from chassis.event_unit import EventUnit
from jointops.ops.v1 import operation_events_pb2 as ops
from services.station.casefile import domain
from services.station.casefile.aggregate import Case, CaseEvent
from services.station.casefile.store import Cases
from services.station.casefile.usecases import write

Decide = Callable[[Case, Any, datetime], CaseEvent]


async def advance(unit: EventUnit, case_id: str, decide: Callable[[Case], CaseEvent]) -> None:
    """Carry out one step of a case that an event asks for.

    Raises:
        NotFoundError: There is no such case; the event goes to quarantine.
    """
    cases = Cases(unit)
    case = await cases.lock(case_id)
    write(unit, cases, case, decide(case))


def _on(kind: type[Any], decide: Decide) -> tuple[str, Apply]:
    async def apply(unit: EventUnit, delivery: Delivery) -> None:
        event = decode(kind, delivery)
        await advance(unit, event.case_id, lambda case: decide(case, event, delivery.event_time))

    return kind.DESCRIPTOR.full_name, apply


ON_OPS: dict[str, Apply] = dict(
    (
        _on(
            ops.OperationPlanned,
            lambda case, event, now: domain.plan_arrest(
                case, operation_id=event.operation_id, now=now
            ),
        ),
        _on(ops.OperationApproved, lambda case, _, now: domain.approve_arrest(case, now=now)),
        _on(ops.OperationStarted, lambda case, _, now: domain.start_arrest(case, now=now)),
        _on(ops.OperationCompleted, lambda case, _, now: domain.take_into_custody(case, now=now)),
        _on(ops.OperationStoodDown, lambda case, _, now: domain.stand_down(case, now=now)),
    )
)
