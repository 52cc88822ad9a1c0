"""Who is assigned to which case: rows the station writes and every squad copies from its events."""

from collections.abc import Mapping
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from chassis.cloudevents import Delivery
from chassis.consumer import Apply, decode
from chassis.event_unit import EventUnit
from chassis.statements import Save, Statement, admission_to, bind, on_case
from chassis.tables import ASSIGNMENT, KNOWN_CASE


def _know() -> sa.Insert:
    row = insert(KNOWN_CASE).values({column.name: bind(column) for column in KNOWN_CASE.c})
    return row.on_conflict_do_update(
        index_elements=["case_id"], set_={"station": row.excluded.station}
    )


def _assign() -> sa.Insert:
    row = insert(ASSIGNMENT).values({column.name: bind(column) for column in ASSIGNMENT.c})
    return row.on_conflict_do_update(
        constraint="assignment_pkey", set_={"case_id": row.excluded.case_id}
    )


_KNOW = _know()
_ASSIGN = _assign()
_RELEASE = sa.delete(ASSIGNMENT).where(
    ASSIGNMENT.c.case_id == bind(ASSIGNMENT.c.case_id),
    ASSIGNMENT.c.person_id == bind(ASSIGNMENT.c.person_id),
)

# For what lies below a case, such as a list of it: only whether the caller may see the case.
ADMIT_TO_CASE = Statement(
    admission_to(KNOWN_CASE.c.case_id, on_case(KNOWN_CASE.c.case_id, KNOWN_CASE.c.station))
)


class Writer(Protocol):
    """A unit of work, or the unit of an event."""

    def write(self, statement: Save, values: Mapping[str, Any]) -> None:
        """Buffer a row."""


def know_case(unit: Writer, *, case_id: str, station: str) -> None:
    """Note that a case exists and whose it is."""
    unit.write(_KNOW, {"new_case_id": case_id, "new_station": station})


def assign(unit: Writer, *, case_id: str, person_id: str) -> None:
    """Let a person see a case."""
    unit.write(_ASSIGN, {"new_case_id": case_id, "new_person_id": person_id})


def release(unit: Writer, *, case_id: str, person_id: str) -> None:
    """Stop letting a person see a case."""
    unit.write(_RELEASE, {"new_case_id": case_id, "new_person_id": person_id})


def copy_assignments(
    *, reported: type[Any], assigned: type[Any], released: type[Any]
) -> dict[str, Apply]:
    """Make the handlers with which a squad copies who belongs to a case.

    Args:
        reported: The event that a case exists; has `case_id` and `case_officer_id`.
        assigned: The event that a person was assigned; has `case_id` and `person_id`.
        released: The event that a person was released; has the same.
    """

    async def on_reported(unit: EventUnit, delivery: Delivery) -> None:
        event = decode(reported, delivery)
        know_case(unit, case_id=event.case_id, station=delivery.station)
        assign(unit, case_id=event.case_id, person_id=event.case_officer_id)

    async def on_assigned(unit: EventUnit, delivery: Delivery) -> None:
        event = decode(assigned, delivery)
        assign(unit, case_id=event.case_id, person_id=event.person_id)

    async def on_released(unit: EventUnit, delivery: Delivery) -> None:
        event = decode(released, delivery)
        release(unit, case_id=event.case_id, person_id=event.person_id)

    return {
        reported.DESCRIPTOR.full_name: on_reported,
        assigned.DESCRIPTOR.full_name: on_assigned,
        released.DESCRIPTOR.full_name: on_released,
    }
