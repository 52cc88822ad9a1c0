"""Answers are kept for 24 hours, and then no longer."""

import asyncio

import pytest

from chassis import database
from chassis.ids import new_request_id
from chassis.sweep import sweep_answers
from tests.integration.chassis.acts import add_case
from tests.integration.stage import Stage, eventually

OLD = """
    INSERT INTO answer (person_id, request_id, request_hash, response, create_time)
    SELECT 'commander-1', gen_random_uuid(), '', '', now() - interval '24 hours 1 minute'
    FROM generate_series(1, 30)
"""
# Thirty take 1.5 s, which is longer than a statement may take in the test below.
SLOW = """
    CREATE FUNCTION sleep() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN PERFORM pg_sleep(0.05); RETURN OLD; END';
    CREATE TRIGGER sleep BEFORE DELETE ON answer FOR EACH ROW EXECUTE FUNCTION sleep()
"""
AGE = "UPDATE answer SET create_time = now() - interval '23 hours 59 minutes'"


async def test_answers_go_after_a_day_however_many_there_are(
    station: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chassis.sweep._BATCH_COUNT", 10)
    monkeypatch.setitem(database._SETTINGS, "statement_timeout", "1s")
    request_id = new_request_id()
    await add_case(station.database, request_id)
    await station.fetch(AGE)
    await station.fetch(OLD)
    for command in SLOW.split(";\n"):
        await station.fetch(command)
    stop = asyncio.Event()

    sweeping = asyncio.create_task(sweep_answers(station.database, stop))
    await eventually(lambda: has_answers(station, 1))
    stop.set()
    await sweeping

    kept = await station.fetch("SELECT request_id FROM answer")
    assert [str(row["request_id"]) for row in kept] == [request_id]


async def has_answers(stage: Stage, count: int) -> bool:
    return await stage.count("answer") == count


async def test_sweep_goes_on_when_the_database_was_away(
    station: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chassis.sweep._PAUSE_SECONDS", 0.05)
    monkeypatch.setattr("chassis.database._WAIT_TIMEOUT_SECONDS", 0.05)
    taken = [await station.database.acquire() for _ in range(8)]
    stop = asyncio.Event()

    sweeping = asyncio.create_task(sweep_answers(station.database, stop))
    await asyncio.wait([sweeping], timeout=0.2)
    for connection in taken:
        station.database.release(connection)
    await station.fetch(OLD)

    await eventually(lambda: has_answers(station, 0))
    stop.set()
    await sweeping
