"""A service that consumes the station's cases and writes down every application of an event.

Its table has no unique constraint, so an event that is applied twice is seen twice.
"""

from collections.abc import Mapping
from pathlib import Path

import sqlalchemy as sa

from chassis.cloudevents import Delivery
from chassis.consumer import Apply, Consumer, decode
from chassis.database import Database
from chassis.emission import Origin, make_event
from chassis.event_unit import EventUnit
from chassis.ids import new_id
from chassis.policy import Policy
from chassis.server import Served
from chassis.service import Service
from chassis.statements import bind
from chassis.tables import ID
from jointops.station.v1 import case_events_pb2 as events

METADATA = sa.MetaData()
SEEN = sa.Table(
    "seen",
    METADATA,
    sa.Column("seen", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("case_id", ID, nullable=False),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.Column("event_type", sa.Text, nullable=False),
)
_SEE = sa.insert(SEEN).values(
    case_id=bind(SEEN.c.case_id), version=bind(SEEN.c.version), event_type=bind(SEEN.c.event_type)
)
SUBJECTS = ["jointops.*.station.v1.case.>"]


async def see(unit: EventUnit, delivery: Delivery) -> None:
    """Write down that an event is being applied."""
    values = {
        "new_case_id": delivery.aggregate_id,
        "new_version": delivery.aggregate_version,
        "new_event_type": delivery.event_type.rpartition(".")[2],
    }
    unit.write(_SEE, values)


async def see_decoded(unit: EventUnit, delivery: Delivery) -> None:
    """Write down that an event is being applied, if its payload is one."""
    decode(events.CaseMemberAssigned, delivery)
    await see(unit, delivery)


# What is not named here, such as `CaseClosed`, is an event of unknown type.
HANDLERS: dict[str, Apply] = {
    "jointops.station.v1.CaseReported": see,
    "jointops.station.v1.CaseAccepted": see,
    "jointops.station.v1.CaseSuspended": see,
    "jointops.station.v1.CaseResumed": see,
    "jointops.station.v1.CaseMemberAssigned": see_decoded,
}


def make_mirror(handlers: Mapping[str, Apply] = HANDLERS) -> Service:
    """Make the service; tests replace what an event does."""

    def serve(_database: Database) -> tuple[Served, ...]:
        return ()

    return Service(
        name="mirror",
        policy=Policy(()),
        serve=serve,
        consumers=(Consumer(producer="station", subjects=SUBJECTS, handlers=handlers),),
        versions=Path(__file__).parent / "migrations" / "versions",
    )


async def cause(unit: EventUnit, delivery: Delivery) -> None:
    """Answer an event with one of our own."""
    origin = Origin("note", new_id(), 1, delivery.station, delivery.case_id)
    unit.emit(make_event(events.CaseAccepted(), origin, at=delivery.event_time))


class Poison:
    """A handler that fails for one version until it is mended."""

    def __init__(self, version: int) -> None:
        self.version: int | None = version
        self.tries = 0

    async def __call__(self, unit: EventUnit, delivery: Delivery) -> None:
        if delivery.aggregate_version == self.version:
            self.tries += 1
            raise ZeroDivisionError
        await see(unit, delivery)


def accepting(apply: Apply) -> dict[str, Apply]:
    """Replace what the mirror does when a case was accepted."""
    return HANDLERS | {"jointops.station.v1.CaseAccepted": apply}
