"""The replay: what the city did is done, once, in the order of the record."""

from pathlib import Path
from typing import Any

import pytest

from jointops.station.v1 import alarm_pb2 as pb
from services.console.demo.calls import CallRow
from services.console.demo.cast import Cast, make_cast
from services.console.demo.replay import Replay, Replayed
from services.console.demo.spans import Roots
from services.console.people import Person
from tests.fakes.console import FakeStation
from tests.unit.console.demo_rows import make_row

ROLES = (
    "commander",
    "dispatcher",
    "case_officer",
    "case_officer",
    "intel_analyst",
    "intel_analyst",
    "tech_examiner",
    "tech_examiner",
    "ops_leader",
    "ops_leader",
    "patrol_officer",
    "legal_reviewer",
)
SERIOUS = frozenset({"211P"})


def make_people() -> Cast:
    """Make one person a part."""
    return make_cast([Person(f"{role}-{place}", (role,), "s") for place, role in enumerate(ROLES)])


async def replay(
    folder: Path, station: FakeStation, *rows: CallRow, known: dict[str, pb.Alarm] | None = None
) -> list[Replayed]:
    """Replay rows against a station in memory."""
    desk: Any = station
    runner = Replay(desk, make_people(), Roots(folder), known or {}, lambda: None)
    return await runner.run(rows, per_second=0)


@pytest.mark.parametrize(
    ("cells", "steps"),
    [
        pytest.param({"dispatched": "N", "arrived": "N"}, ["report"], id="only-reported"),
        pytest.param({"arrived": "N"}, ["report", "dispatch"], id="unit-sent"),
        pytest.param({}, ["report", "dispatch", "arrive"], id="unit-arrived"),
        pytest.param(
            {"call_type": "211P"}, ["report", "dispatch", "arrive", "escalate"], id="serious"
        ),
        pytest.param(
            {"call_type": "211P", "dispatched": "N"}, ["report", "escalate"], id="serious-unsent"
        ),
    ],
)
async def test_a_call_is_led_as_far_as_the_city_led_it(
    tmp_path: Path, cells: dict[str, str], steps: list[str]
) -> None:
    station = FakeStation(serious=SERIOUS)

    [replayed] = await replay(tmp_path, station, make_row(**cells))

    assert [step for _, step in station.keys] == steps
    assert replayed.step_count == len(steps)


async def test_calls_are_reported_in_the_order_of_the_record(tmp_path: Path) -> None:
    station = FakeStation()
    rows = [make_row(record_id=str(number), dispatched="N") for number in range(100, 160)]

    await replay(tmp_path, station, *rows)

    assert list(station.alarms) == [str(number) for number in range(100, 160)]


async def test_a_call_that_is_complete_is_left_alone(tmp_path: Path) -> None:
    station = FakeStation()
    row = make_row()
    known = {row.record_id: pb.Alarm(alarm_id="a", state=pb.ALARM_STATE_ARRIVED)}

    [replayed] = await replay(tmp_path, station, row, known=known)

    assert station.keys == []
    assert replayed.step_count == 0


async def test_a_call_that_was_left_half_way_goes_on(tmp_path: Path) -> None:
    station = FakeStation()
    row = make_row()
    await replay(tmp_path, station, make_row(arrived="N"))
    station.keys.clear()

    await replay(tmp_path, station, row, known=dict(station.alarms))

    assert station.keys == [("7303190", "arrive")]


async def test_a_call_that_somebody_else_reported_is_led_on(tmp_path: Path) -> None:
    station = FakeStation()
    await replay(tmp_path, station, make_row(dispatched="N"))

    [replayed] = await replay(tmp_path, station, make_row())

    assert replayed.alarm.state == pb.ALARM_STATE_ARRIVED


async def test_a_call_that_was_closed_meanwhile_stays_closed(tmp_path: Path) -> None:
    station = FakeStation()
    row = make_row(call_type="211P")
    closed = pb.Alarm(alarm_id="a", state=pb.ALARM_STATE_CLOSED, is_serious=True)

    await replay(tmp_path, station, row, known={row.record_id: closed})

    assert station.keys == []
