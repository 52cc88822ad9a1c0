"""The queries behind lists: newest first, by key, only what the caller may see.

None of them counts, and none costs more in a large table than in a small one.
"""

from typing import Any

import sqlalchemy as sa

from chassis.statements import bind, call_bind, on_case
from chassis.tables import ASSIGNMENT, KNOWN_CASE

_LIMIT = sa.bindparam("limit", type_=sa.Integer)


def page_of_station(
    table: sa.Table, key: sa.Column[Any], *only: sa.ColumnElement[bool]
) -> sa.Select[Any]:
    """Select the newest rows of the caller's station. Parameters: `before` (an id), `limit`."""
    own = table.c.station == call_bind("station")
    return _newest(sa.select(table), key).where(own, *only)


def page_of_person(table: sa.Table, key: sa.Column[Any]) -> sa.Select[Any]:
    """Select the newest rows of the cases the caller is assigned to (`before`, `limit`)."""
    mine = ASSIGNMENT.c.person_id == call_bind("person_id")
    rows = sa.select(table).join(ASSIGNMENT, ASSIGNMENT.c.case_id == table.c.case_id)
    return _newest(rows, key).where(mine)


def page_of_case(
    table: sa.Table, key: sa.Column[Any], *only: sa.ColumnElement[bool]
) -> sa.Select[Any]:
    """Select the newest rows below a case, with whether the caller may see the case at all.

    `only` leaves some of them out. An empty case answers one row of nulls; a case that does not
    exist, none. Parameters: `key` (the
    case), `before` (an id of the rows), `limit`.
    """
    below = _newest(sa.select(table), key).where(table.c.case_id == KNOWN_CASE.c.case_id, *only)
    newest = below.lateral("newest")
    admitted = on_case(KNOWN_CASE.c.case_id, KNOWN_CASE.c.station)
    return (
        sa.select(admitted, newest)
        .select_from(KNOWN_CASE.outerjoin(newest, sa.true()))
        .where(KNOWN_CASE.c.case_id == bind(KNOWN_CASE.c.case_id, "key"))
        .order_by(newest.c[key.name].desc())
    )


def _newest(rows: sa.Select[Any], key: sa.Column[Any]) -> sa.Select[Any]:
    return rows.where(key < bind(key, "before")).order_by(key.desc()).limit(_LIMIT)
