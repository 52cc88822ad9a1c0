"""Statements compiled once: their parameters, and what they refuse to compile."""

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from chassis.call import Call, Event
from chassis.statements import (
    Statement,
    bind,
    insert_row,
    on_station,
    save_with_records,
    update_row,
)
from chassis.tables import ANSWER, AUDIT, OUTBOX
from chassis.unit_of_work import call_values, event_values

METADATA = sa.MetaData()
THING = sa.Table(
    "thing",
    METADATA,
    sa.Column("thing_id", sa.Text, primary_key=True),
    sa.Column("station", sa.Text, nullable=False),
    sa.Column("label", sa.Text, nullable=False),
    sa.Column("version", sa.BigInteger, nullable=False),
)
NOW = datetime(2026, 11, 23, tzinfo=UTC)
CALL = Call("p", "s", False, "m", "q", "r", b"h", "t")
EVENT = Event("e", "t", "s", "a", 1, "", NOW, b"x")


def test_arguments_are_in_the_order_of_the_text() -> None:
    statement = Statement(
        sa.select(THING).where(THING.c.label == bind(THING.c.label), THING.c.version == 7)
    )

    assert "$1" in statement.sql
    assert statement.arguments({"new_label": "a", "unused": 1}) == ["a", 7]


def test_missing_argument_is_a_bug() -> None:
    statement = Statement(sa.select(THING).where(THING.c.label == bind(THING.c.label)))

    with pytest.raises(KeyError):
        statement.arguments({})


@pytest.mark.parametrize("kind", [sa.insert, sa.update])
def test_default_on_the_python_side_is_refused(kind: type[sa.Insert] | type[sa.Update]) -> None:
    table = sa.Table(
        "late",
        sa.MetaData(),
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("time", sa.Text, default=lambda: "now", onupdate=lambda: "now"),
    )

    with pytest.raises(TypeError):
        Statement(kind(table).values(key="a"))


def test_list_that_grows_with_its_values_is_refused() -> None:
    with pytest.raises(TypeError):
        Statement(sa.select(THING).where(THING.c.label.in_(["a", "b"])))


def test_update_asks_for_the_version_before() -> None:
    statement = Statement(update_row(THING, THING.c.thing_id))

    assert "thing.version = $" in statement.sql
    assert "SET label=$1" in statement.sql
    assert "station=" not in statement.sql


def test_station_admits_by_the_station_of_the_call() -> None:
    statement = Statement(sa.select(on_station(THING.c.station)))

    assert statement.arguments({"call_station": "jinqiao"}) == ["jinqiao"]


@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_every_table_of_records_is_written_with_the_state(count: int) -> None:
    saves = (insert_row(THING),) * count

    statement = save_with_records(saves)

    for table in (OUTBOX, AUDIT, ANSWER):
        assert f"INSERT INTO {table.name} " in statement.sql
    assert statement.sql.count("INSERT INTO thing ") == count


def test_every_column_of_the_records_has_a_value() -> None:
    values = call_values(CALL) | event_values([EVENT])
    recorded = {"call_resource": "", "call_case_id": "", "call_is_granted": True}

    arguments = save_with_records(()).arguments(values | recorded | {"call_response": b""})

    assert all(argument is not None for argument in arguments)
