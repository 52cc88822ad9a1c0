"""Which events the station follows, area by area: an event may concern more than one.

The squad request comes first and the case after it, as every use case writes them. An operation is
a fact whatever became of the request or the case meanwhile, so what no longer matters is left
alone here and does not go to quarantine.
"""

from chassis.cloudevents import Delivery
from chassis.consumer import Apply, decode
from chassis.event_unit import EventUnit
from jointops.ops.v1 import operation_events_pb2 as ops
from services.station.casefile import consumers as casefile
from services.station.casefile.aggregate import CaseState
from services.station.casefile.domain import FINAL, stand_down
from services.station.casefile.store import Cases
from services.station.circulation import consumers as circulation
from services.station.circulation.aggregate import SquadRequestState
from services.station.circulation.store import SquadRequests

# A leader may plan anew as long as nobody approved.
_BEYOND_PLANNING = FINAL | {CaseState.ARREST_PLANNED}
_NOT_STARTED = frozenset({CaseState.ARREST_PLANNED, CaseState.ARREST_APPROVED})

_PLANNED = ops.OperationPlanned.DESCRIPTOR.full_name
_WITHDRAWN = ops.OperationWithdrawn.DESCRIPTOR.full_name


def _unless_beyond(states: frozenset[CaseState], apply: Apply) -> Apply:
    """Leave the case alone when it is in one of these states."""

    async def apply_unless(unit: EventUnit, delivery: Delivery) -> None:
        case = await Cases(unit).lock(delivery.case_id)
        if case.state not in states:
            await apply(unit, delivery)

    return apply_unless


def _in_turn(*steps: Apply) -> Apply:
    """Apply an event to one area after the other, in one transaction."""

    async def apply(unit: EventUnit, delivery: Delivery) -> None:
        for step in steps:
            await step(unit, delivery)

    return apply


async def _on_withdrawn(unit: EventUnit, delivery: Delivery) -> None:
    """Stand the case down when its arrest was planned while the withdrawal was on its way."""
    event = decode(ops.OperationWithdrawn, delivery)
    arrests = await SquadRequests(unit).find_arrests(event.case_id)
    if any(arrest.state is not SquadRequestState.WITHDRAWN for arrest in arrests):
        return
    case = await Cases(unit).lock(event.case_id)
    if case.state in _NOT_STARTED:
        now = delivery.event_time
        await casefile.advance(unit, event.case_id, lambda found: stand_down(found, now=now))


def _follow_operations() -> dict[str, Apply]:
    """Merge what operations mean for squad requests and for cases."""
    handlers = dict(circulation.ON_OPS)
    for event_type, move_case in casefile.ON_OPS.items():
        states = _BEYOND_PLANNING if event_type == _PLANNED else FINAL
        first = [handlers[event_type]] if event_type in handlers else []
        handlers[event_type] = _in_turn(*first, _unless_beyond(states, move_case))
    return handlers | {_WITHDRAWN: _on_withdrawn}


ON_INTEL = circulation.ON_INTEL
ON_TECH = circulation.ON_TECH
ON_OPS = _follow_operations()
