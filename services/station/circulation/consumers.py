"""Events in: a squad signed for a request, or answered it.

Locks the squad request first and the case after it, as every use case writes them.
"""

from datetime import datetime
from typing import Any

from chassis.cloudevents import Delivery
from chassis.consumer import Apply, decode
from chassis.event_unit import EventUnit
from jointops.intel.v1 import tasking_events_pb2 as intel
from jointops.ops.v1 import operation_events_pb2 as ops
from jointops.tech.v1 import examination_events_pb2 as tech
from services.station.casefile import domain as casefile
from services.station.casefile.aggregate import CaseState, Squad
from services.station.casefile.store import Cases
from services.station.casefile.usecases import write as write_case
from services.station.circulation import domain
from services.station.circulation.aggregate import SquadRequestState
from services.station.circulation.store import SquadRequests
from services.station.circulation.usecases import write


def _on_signed_for(kind: type[Any], squad: Squad) -> tuple[str, Apply]:
    async def apply(unit: EventUnit, delivery: Delivery) -> None:
        event = decode(kind, delivery)
        requests = SquadRequests(unit)
        request = await requests.lock(event.squad_request_id)
        # A withdrawal crosses the squad's word on its way, and stands.
        if request.state is not SquadRequestState.WITHDRAWN:
            now = delivery.event_time
            write(unit, requests, request, domain.sign_for(request, squad=squad, now=now))
            await _start_investigation(unit, request.case_id, now)

    return kind.DESCRIPTOR.full_name, apply


def _on_answered(kind: type[Any], squad: Squad, answer: str) -> tuple[str, Apply]:
    async def apply(unit: EventUnit, delivery: Delivery) -> None:
        event = decode(kind, delivery)
        requests = SquadRequests(unit)
        request = await requests.lock(event.squad_request_id)
        if request.state is not SquadRequestState.WITHDRAWN:
            now = delivery.event_time
            answered = domain.answer(
                request, squad=squad, answer_id=getattr(event, answer), now=now
            )
            write(unit, requests, request, answered)
            # The case may have been suspended when the squad signed.
            await _start_investigation(unit, request.case_id, now)

    return kind.DESCRIPTOR.full_name, apply


async def _start_investigation(unit: EventUnit, case_id: str, now: datetime) -> None:
    """Move a commanded case on; looks without a lock first, for only the first squad moves it."""
    cases = Cases(unit)
    case = await cases.read(case_id)
    if case.state is CaseState.COMMANDED:
        case = await cases.lock(case_id)
    if case.state is CaseState.COMMANDED:
        write_case(unit, cases, case, casefile.start_investigation(case, now=now))


ON_INTEL: dict[str, Apply] = dict(
    (
        _on_signed_for(intel.TaskingSignedFor, Squad.INTELLIGENCE),
        _on_answered(intel.TaskingAnswered, Squad.INTELLIGENCE, "product_id"),
    )
)
ON_TECH: dict[str, Apply] = dict(
    (
        _on_signed_for(tech.ExaminationSignedFor, Squad.TECHNICAL),
        _on_answered(tech.ExaminationVerified, Squad.TECHNICAL, "examination_id"),
    )
)
ON_OPS: dict[str, Apply] = dict(
    (
        _on_signed_for(ops.OperationSignedFor, Squad.OPERATIONS),
        _on_answered(ops.OperationCompleted, Squad.OPERATIONS, "operation_id"),
    )
)
