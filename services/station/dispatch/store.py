"""The table of alarms and its queries; the only place where an alarm meets SQL."""

from typing import Any

import sqlalchemy as sa

from chassis.database import Row
from chassis.listings import page_of_station
from chassis.paging import Page
from chassis.statements import (
    Statement,
    admission_to,
    bind,
    call_bind,
    find_answer,
    insert_row,
    load_for_reading,
    load_with_answer,
    on_station,
    update_row,
)
from chassis.tables import ID, TEXTS, TIME
from chassis.unit import Unit
from chassis.unit_of_work import check_etag
from services.station.dispatch.aggregate import (
    Alarm,
    AlarmDisposition,
    AlarmFlag,
    AlarmSource,
    AlarmState,
    Call,
    Location,
)
from services.station.tables import METADATA

# Two reports of one record at once: the database lets one of them in.
RECORD_KEY = "alarm_record_key"

ALARM = sa.Table(
    "alarm",
    METADATA,
    sa.Column("alarm_id", ID, primary_key=True),
    sa.Column("station", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("source_record_id", sa.Text),
    sa.Column("call_type", sa.Text, nullable=False),
    sa.Column("description", sa.Text, nullable=False),
    sa.Column("district", sa.Text, nullable=False),
    sa.Column("beat", sa.Text, nullable=False),
    sa.Column("longitude", sa.Double),
    sa.Column("latitude", sa.Double),
    sa.Column("receive_time", TIME, nullable=False),
    sa.Column("priority", sa.Integer, nullable=False),
    sa.Column("is_serious", sa.Boolean, nullable=False),
    sa.Column("flags", TEXTS, nullable=False),
    sa.Column("unit_id", sa.Text),
    sa.Column("dispatch_time", TIME),
    sa.Column("arrive_time", TIME),
    sa.Column("case_id", ID),
    sa.Column("disposition", sa.Text),
    sa.Column("create_time", TIME, nullable=False),
    sa.Column("update_time", TIME, nullable=False),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.UniqueConstraint("station", "source_record_id", name=RECORD_KEY),
)
sa.Index("alarm_station", ALARM.c.station, ALARM.c.alarm_id)
sa.Index("alarm_station_state", ALARM.c.station, ALARM.c.state, ALARM.c.alarm_id)

_KEY = ALARM.c.alarm_id == bind(ALARM.c.alarm_id, "key")
_ADMITTED = on_station(ALARM.c.station)


def _find_record() -> sa.Select[Any]:
    """Select the alarm that holds a record, and the answer this request already got: one row."""
    holder = (
        sa.select(ALARM.c.alarm_id)
        .where(
            ALARM.c.station == call_bind("station"),
            ALARM.c.source_record_id == sa.bindparam("record_id", type_=sa.Text),
        )
        .subquery("holder")
    )
    answer = find_answer().subquery("answered")
    once = sa.select(sa.true().label("is_admitted")).subquery("once")
    return sa.select(once, holder, answer).select_from(
        once.outerjoin(holder, sa.true()).outerjoin(answer, sa.true())
    )


ADMIT = Statement(admission_to(ALARM.c.alarm_id, _ADMITTED))
_LOAD = Statement(load_with_answer(ALARM, _KEY, _ADMITTED))
_READ = Statement(load_for_reading(ALARM, _KEY, _ADMITTED))
_FIND_RECORD = Statement(_find_record())
_INSERT = insert_row(ALARM)
# The case is set when an alarm is escalated, unlike what belongs to a case from the start.
_UPDATE = update_row(ALARM, ALARM.c.alarm_id).values(case_id=bind(ALARM.c.case_id))
_ALL = Statement(page_of_station(ALARM, ALARM.c.alarm_id))
_IN_STATE = Statement(
    page_of_station(ALARM, ALARM.c.alarm_id, ALARM.c.state == bind(ALARM.c.state, "state"))
)


class Alarms:
    """The alarms, as one unit of work changes them."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    async def find_holder(self, record_id: str | None) -> str | None:
        """Return the alarm of the caller's station that holds a record; counts as the load."""
        row = await self._unit.load(_FIND_RECORD, record_id=record_id)
        return str(row["alarm_id"]) if row["alarm_id"] else None

    async def load(self, alarm_id: str, *, etag: str) -> Alarm:
        """Load the alarm that the caller has seen and wants to change."""
        row = await self._unit.load(_LOAD, key=alarm_id)
        check_etag(row, etag)
        return row_to_alarm(row)

    async def read(self, alarm_id: str) -> Alarm:
        """Load an alarm to show it."""
        return row_to_alarm(await self._unit.read(_READ, key=alarm_id))

    async def list(self, page: Page, *, state: AlarmState | None) -> tuple[list[Alarm], str]:
        """Load a page of the station's alarms, newest first, and the token of the next page."""
        query = _ALL if state is None else _IN_STATE
        rows = await self._unit.page(query, before=page.before, limit=page.limit, state=state)
        shown, token = page.cut(rows, "alarm_id")
        return [row_to_alarm(row) for row in shown], token

    def add(self, alarm: Alarm) -> None:
        """Save a new alarm."""
        self._unit.save(_INSERT, _alarm_to_values(alarm))

    def put(self, alarm: Alarm) -> None:
        """Save the next version of an alarm."""
        self._unit.save(_UPDATE, _alarm_to_values(alarm))


def row_to_alarm(row: Row) -> Alarm:
    """Make an alarm of its row."""
    disposition = row["disposition"]
    return Alarm(
        alarm_id=str(row["alarm_id"]),
        station=row["station"],
        state=AlarmState(row["state"]),
        call=_row_to_call(row),
        unit_id=row["unit_id"],
        dispatched_at=row["dispatch_time"],
        arrived_at=row["arrive_time"],
        case_id=str(row["case_id"]) if row["case_id"] else None,
        disposition=AlarmDisposition(disposition) if disposition else None,
        created_at=row["create_time"],
        updated_at=row["update_time"],
        version=row["version"],
    )


def _row_to_call(row: Row) -> Call:
    longitude, latitude = row["longitude"], row["latitude"]
    return Call(
        source=AlarmSource(row["source"]),
        source_record_id=row["source_record_id"],
        call_type=row["call_type"],
        description=row["description"],
        district=row["district"],
        beat=row["beat"],
        location=Location(longitude, latitude) if longitude is not None else None,
        received_at=row["receive_time"],
        priority=row["priority"],
        is_serious=row["is_serious"],
        flags=tuple(AlarmFlag(flag) for flag in row["flags"]),
    )


def _alarm_to_values(alarm: Alarm) -> dict[str, Any]:
    return {
        "key": alarm.alarm_id,
        "new_alarm_id": alarm.alarm_id,
        "new_station": alarm.station,
        "new_state": alarm.state,
        **_call_to_values(alarm.call),
        "new_unit_id": alarm.unit_id,
        "new_dispatch_time": alarm.dispatched_at,
        "new_arrive_time": alarm.arrived_at,
        "new_case_id": alarm.case_id,
        "new_disposition": alarm.disposition,
        "new_create_time": alarm.created_at,
        "new_update_time": alarm.updated_at,
        "new_version": alarm.version,
    }


def _call_to_values(call: Call) -> dict[str, Any]:
    location = call.location
    return {
        "new_source": call.source,
        "new_source_record_id": call.source_record_id,
        "new_call_type": call.call_type,
        "new_description": call.description,
        "new_district": call.district,
        "new_beat": call.beat,
        "new_longitude": location.longitude if location is not None else None,
        "new_latitude": location.latitude if location is not None else None,
        "new_receive_time": call.received_at,
        "new_priority": call.priority,
        "new_is_serious": call.is_serious,
        "new_flags": call.flags,
    }
