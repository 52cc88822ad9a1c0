"""Compiles SQLAlchemy expressions to PostgreSQL text once; opens no connection.

SQLAlchemy stays the language of schema and queries. What it spends on every execution (cache key,
execution context, result facade, greenlet switch) is spent here once, when a statement is made.
See docs/adr/0003-statements-compiled-once.md for the figures.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, TypeAlias, cast

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql.asyncpg import dialect as asyncpg_dialect
from sqlalchemy.sql import visitors

from chassis.call import Event
from chassis.tables import ANSWER, ASSIGNMENT, AUDIT, KNOWN_CASE, OUTBOX

Save: TypeAlias = sa.Insert | sa.Update | sa.Delete

# What never changes after a row was made; a table may have more.
_FIXED = ("station", "case_id", "create_time")

EVENT_COLUMNS: tuple[str, ...] = Event.__slots__
_OUTBOX_COLUMNS = (*EVENT_COLUMNS, "request_id", "traceparent")
_AUDIT_COLUMNS = (
    "person_id",
    "station",
    "permission",
    "method",
    "resource",
    "case_id",
    "is_granted",
    "request_id",
    "traceparent",
)
_ANSWER_COLUMNS = ("person_id", "request_id", "request_hash", "response")

_DIALECT: Any = asyncpg_dialect()  # type: ignore[no-untyped-call]  # untyped in SQLAlchemy


class Statement:
    """One expression as `$n` text, with the order and the conversion of its parameters.

    Raises:
        TypeError: The expression needs SQLAlchemy at run time: a Python-side default, or an IN
            list that grows with its values (write `= any(array)` instead).
    """

    __slots__ = ("_fixed", "_slots", "sql")

    def __init__(self, expression: sa.ClauseElement) -> None:
        compiled: Any = expression.compile(dialect=_DIALECT)
        if compiled.insert_prefetch or compiled.update_prefetch or compiled.post_compile_params:
            raise TypeError(compiled.string)
        binds = {name: bind for bind, name in compiled.bind_names.items()}
        self.sql: str = compiled.string
        self._slots = tuple((name, _converter(binds[name].type)) for name in compiled.positiontup)
        self._fixed = {name: bind.value for name, bind in binds.items() if not bind.required}

    def arguments(self, values: Mapping[str, object]) -> list[object]:
        """Order the values as the text wants them; a missing one is a bug and raises KeyError."""
        known = {**self._fixed, **values} if self._fixed else values
        return [
            known[name] if convert is None else convert(known[name])
            for name, convert in self._slots
        ]


def bind(column: sa.Column[Any], name: str = "") -> sa.BindParameter[Any]:
    """Make a parameter of the column's type; never named like a column of an UPDATE."""
    return sa.bindparam(name or f"new_{column.name}", type_=column.type)


def insert_row(table: sa.Table) -> sa.Insert:
    """Make the insert of one aggregate; parameters are `new_` and the column's name."""
    return sa.insert(table).values({column.name: bind(column) for column in table.c})


def update_row(table: sa.Table, key: sa.Column[Any]) -> sa.Update:
    """Make the update of one aggregate to its next version (`key`, and `new_` parameters).

    It finds no row when somebody else has changed the aggregate meanwhile.
    """
    changing = (c for c in table.c if c is not key and c.name not in _FIXED)
    same = sa.and_(key == bind(key, "key"), table.c.version == bind(table.c.version) - 1)
    return sa.update(table).where(same).values({column.name: bind(column) for column in changing})


def lock_row(table: sa.Table, key: sa.Column[Any]) -> sa.Select[Any]:
    """Select one aggregate and make other writers wait (`key`)."""
    return sa.select(table).where(key == bind(key, "key")).with_for_update()


def call_bind(name: str, kind: sa.types.TypeEngine[Any] | None = None) -> sa.BindParameter[Any]:
    """Make a parameter that every unit of work fills from its call."""
    return sa.bindparam(f"call_{name}", type_=kind or sa.Text())


def on_case(case_id: sa.ColumnElement[Any], station: sa.ColumnElement[Any]) -> sa.Label[bool]:
    """Admit whoever is assigned to the case, and who may see every case of its station."""
    assigned = sa.exists().where(
        ASSIGNMENT.c.person_id == call_bind("person_id"), ASSIGNMENT.c.case_id == case_id
    )
    commands = sa.and_(call_bind("sees_station", sa.Boolean()), station == call_bind("station"))
    return sa.or_(assigned, commands).label("is_admitted")


def on_station(station: sa.ColumnElement[Any]) -> sa.Label[bool]:
    """Admit whoever belongs to the station."""
    return (station == call_bind("station")).label("is_admitted")


def find_answer() -> sa.Select[Any]:
    """Select what this caller's request was answered before, if it was."""
    return sa.select(ANSWER.c.request_hash, ANSWER.c.response).where(_same_request())


def load_with_answer(
    table: sa.Table, key: sa.ColumnElement[bool], admitted: sa.Label[bool]
) -> sa.Select[Any]:
    """Select one aggregate, whether the caller may see it, and the answer it already got."""
    rows = table.outerjoin(ANSWER, _same_request())
    columns = (table, admitted, ANSWER.c.request_hash, ANSWER.c.response)
    return sa.select(*columns).select_from(rows).where(key)


def load_for_reading(
    table: sa.Table, key: sa.ColumnElement[bool], admitted: sa.Label[bool]
) -> sa.Select[Any]:
    """Select one aggregate and whether the caller may see it."""
    return sa.select(table, admitted).where(key)


def admission_to(key: sa.Column[Any], admitted: sa.Label[bool]) -> sa.Select[Any]:
    """Select only whether the caller may see what has this key (parameter `key`)."""
    return sa.select(admitted).where(key == bind(key, "key"))


def case_with_answer() -> sa.Select[Any]:
    """Select a known case for a creation below it: station, admission and the earlier answer."""
    key = KNOWN_CASE.c.case_id == bind(KNOWN_CASE.c.case_id, "key")
    admitted = on_case(KNOWN_CASE.c.case_id, KNOWN_CASE.c.station)
    return load_with_answer(KNOWN_CASE, key, admitted)


@cache
def save_alone(save: Save) -> Statement:
    """Write one aggregate; no row comes back when its version has moved."""
    return Statement(save.returning(_one()))


@cache
def save_with_records(saves: tuple[Save, ...]) -> Statement:
    """Write aggregates, their events, the audit row and the answer as one statement.

    Every insert selects from the saved rows, so a version that has moved writes nothing at all:
    `written` is 0 for one aggregate, and for several the division by zero undoes those that did
    not move. An answer that exists is a unique violation and undoes the statement as well. Events
    travel as arrays: one text, hence one prepared statement, for any number of them.
    """
    parts = [
        renamed(save, save_prefix(number, len(saves))).returning(_one()).cte(f"saved_{number}")
        for number, save in enumerate(saves)
    ]
    saved = sa.select(_one()).select_from(*parts).cte("saved")
    events = event_arrays()
    inserts = (
        _insert(OUTBOX, _OUTBOX_COLUMNS, saved.join(events, sa.true()), *events.c),
        _insert(AUDIT, _AUDIT_COLUMNS, saved),
        _insert(ANSWER, _ANSWER_COLUMNS, saved),
    )
    count = "1 / count(*)" if len(saves) > 1 else "count(*)"
    written: sa.ColumnElement[int] = sa.literal_column(count).label("written")
    return Statement(sa.select(written).select_from(saved).add_cte(*inserts))


def save_prefix(number: int, count: int) -> str:
    """Return what stands before the parameters of one save among several."""
    return f"save_{number}_" if count > 1 else ""


def renamed(save: Save, prefix: str) -> Save:
    """Put the prefix before every parameter of a save, so that several fit into one statement."""
    if not prefix:
        return save

    def rename(element: object, **_options: object) -> object:
        if isinstance(element, sa.BindParameter) and element.required:
            return sa.bindparam(prefix + element.key, type_=element.type)
        return None

    again: Any = visitors.replacement_traverse(save, {}, rename)
    return cast("Save", again)


def records_of_event() -> Statement:
    """Write what applying an event leaves beside the state: events of its own, an audit row."""
    once = sa.select(_one()).cte("saved")
    events = event_arrays()
    inserts = (
        _insert(OUTBOX, _OUTBOX_COLUMNS, events, *events.c),
        _insert(AUDIT, _AUDIT_COLUMNS, once),
    )
    return Statement(sa.select(sa.func.count()).select_from(once).add_cte(*inserts))


def event_arrays() -> Any:
    """Make a table of the parameters `event_...`, one array a column."""
    arrays = (sa.bindparam(f"event_{n}", type_=ARRAY(OUTBOX.c[n].type)) for n in EVENT_COLUMNS)
    return sa.func.unnest(*arrays).table_valued(*EVENT_COLUMNS).render_derived(name="event")


def record_statement() -> Statement:
    """Write one audit row."""
    values = {name: bind(AUDIT.c[name], f"call_{name}") for name in _AUDIT_COLUMNS}
    return Statement(sa.insert(AUDIT).values(values))


def _one() -> sa.ColumnElement[Any]:
    return sa.literal_column("1").label("one")


def _insert(
    table: sa.Table, names: Sequence[str], source: sa.FromClause, *given: sa.ColumnElement[Any]
) -> sa.CTE:
    """Insert one row per row of the source: the given columns first, the call's values after."""
    values = [bind(table.c[name], f"call_{name}") for name in names[len(given) :]]
    rows = sa.select(*given, *values).select_from(source)
    return sa.insert(table).from_select(list(names), rows).cte(f"add_{table.name}")


def _same_request() -> sa.ColumnElement[bool]:
    keys = (ANSWER.c.person_id, ANSWER.c.request_id)
    return sa.and_(*(column == bind(column, f"call_{column.name}") for column in keys))


def _converter(kind: sa.types.TypeEngine[Any]) -> Any:
    """Return how a value is prepared for asyncpg, which takes identifiers and lists as they are."""
    if isinstance(kind, sa.Uuid | ARRAY):
        return None
    return kind.dialect_impl(_DIALECT).bind_processor(_DIALECT)
