"""The store of alarms, in memory and on PostgreSQL."""

from dataclasses import replace
from typing import Any

import pytest

from chassis.call import AlreadyAnsweredError
from chassis.errors import EtagStaleError, NotFoundError
from chassis.ids import new_id
from chassis.paging import LAST_ID, Page
from chassis.roles import Role
from services.station.dispatch.aggregate import (
    Alarm,
    AlarmDisposition,
    AlarmFlag,
    AlarmState,
    Location,
)
from tests.integration.station.world import World
from tests.unit.station.builders import EARLIER, NOW, call_of, make_alarm
from tests.unit.station.builders import make_call as make_content

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def add(world: World, **changes: Any) -> Alarm:
    """Keep an alarm of a station of its own, or of the one given."""
    alarm_id = new_id()
    fresh = {"alarm_id": alarm_id, "station": f"station-{alarm_id[-6:]}"}
    content = make_content(source_record_id=alarm_id)
    alarm = make_alarm(**(fresh | {"call": content} | changes))
    await world.save(world.alarms, alarm, alarm.alarm_id)
    return alarm


async def read(world: World, alarm: Alarm, station: str = "") -> Alarm:
    """Read an alarm as a dispatcher of its station, or of another."""
    call = call_of("d-1", Role.DISPATCHER, station=station or alarm.station, sees_station=True)
    async with world.begin(call) as unit:
        found: Alarm = await world.alarms(unit).read(alarm.alarm_id)
        return found


async def list_ids(
    world: World, station: str, page: Page, state: AlarmState | None = None
) -> tuple[list[str], str]:
    """List the ids of a page of a station's alarms."""
    async with world.begin(call_of("d-1", Role.DISPATCHER, station=station)) as unit:
        alarms, token = await world.alarms(unit).list(page, state=state)
        return [alarm.alarm_id for alarm in alarms], token


async def test_alarm_comes_back_as_it_was_reported(world: World) -> None:
    content = make_content(
        source_record_id=new_id(),
        description='有人持刀 "now" \\ \n',
        location=Location(-142.954, 1e300),
        flags=(AlarmFlag.LOCATION_OFF_MAP, AlarmFlag.FIELD_MISSING),
        is_serious=True,
    )

    alarm = await add(world, call=content)

    assert await read(world, alarm) == alarm


async def test_alarm_comes_back_when_almost_everything_is_missing(world: World) -> None:
    content = make_content(source_record_id=None, location=None, call_type="", description="")

    alarm = await add(world, call=content)

    assert await read(world, alarm) == alarm


async def test_alarm_comes_back_with_everything_that_happened_to_it(world: World) -> None:
    alarm = await add(world)
    ended = replace(
        alarm,
        state=AlarmState.CLOSED,
        unit_id="1C24",
        dispatched_at=EARLIER,
        arrived_at=NOW,
        case_id=new_id(),
        disposition=AlarmDisposition.REFERRED,
        updated_at=NOW,
        version=2,
    )

    await world.save(world.alarms, ended, alarm.alarm_id)

    assert await read(world, alarm) == ended


async def test_load_is_refused_when_the_etag_is_stale(world: World) -> None:
    alarm = await add(world)

    async with world.begin(call_of("d-1", station=alarm.station)) as unit:
        with pytest.raises(EtagStaleError):
            await world.alarms(unit).load(alarm.alarm_id, etag="2")


async def test_alarm_of_another_station_is_refused_as_if_there_were_none(world: World) -> None:
    alarm = await add(world)

    with pytest.raises(NotFoundError) as foreign:
        await read(world, alarm, station="elsewhere")
    with pytest.raises(NotFoundError) as missing:
        await read(world, replace(alarm, alarm_id=new_id()))

    assert foreign.value.message == missing.value.message


async def test_put_is_refused_when_the_version_has_moved(world: World) -> None:
    alarm = await add(world)
    moved = replace(alarm, state=AlarmState.DISPATCHED, version=2)
    await world.save(world.alarms, moved, alarm.alarm_id)

    with pytest.raises(EtagStaleError):
        await world.save(world.alarms, moved, alarm.alarm_id)


async def test_repeated_request_gets_its_first_answer(world: World) -> None:
    alarm = await add(world)
    call = call_of("d-1", station=alarm.station)
    moved = replace(alarm, version=2)
    await world.save(world.alarms, moved, alarm.alarm_id, call)

    async with world.begin(call) as unit:
        with pytest.raises(AlreadyAnsweredError):
            await world.alarms(unit).load(alarm.alarm_id, etag="1")


async def test_record_is_found_in_its_own_station_alone(world: World) -> None:
    alarm = await add(world)
    record_id = alarm.call.source_record_id

    async with world.begin(call_of("d-1", station=alarm.station)) as unit:
        assert await world.alarms(unit).find_holder(record_id) == alarm.alarm_id
        assert await world.alarms(unit).find_holder("unheard of") is None
        assert await world.alarms(unit).find_holder(None) is None
    async with world.begin(call_of("d-1", station="elsewhere")) as unit:
        assert await world.alarms(unit).find_holder(record_id) is None


async def test_report_that_was_answered_is_not_looked_for(world: World) -> None:
    alarm = make_alarm(alarm_id=new_id(), call=make_content(source_record_id=new_id()))
    call = call_of("d-1")
    await world.save(world.alarms, alarm, alarm.alarm_id, call)

    async with world.begin(call) as unit:
        with pytest.raises(AlreadyAnsweredError):
            await world.alarms(unit).find_holder(alarm.call.source_record_id)


async def test_list_shows_the_newest_first_page_by_page(world: World) -> None:
    oldest, middle, newest = sorted(new_id() for _ in range(3))
    station = f"station-{oldest[-6:]}"
    await add(world, alarm_id=middle, station=station)
    await add(world, alarm_id=newest, station=station)
    await add(world, alarm_id=oldest, station=station)
    await add(world)

    first, token = await list_ids(world, station, Page(2, LAST_ID, "s"))
    second, end = await list_ids(world, station, Page(2, middle, "s"))

    assert (first, second) == ([newest, middle], [oldest])
    assert (bool(token), end) == (True, "")


async def test_list_shows_one_state_when_asked(world: World) -> None:
    reported = await add(world)
    closed = await add(world, station=reported.station, state=AlarmState.CLOSED)

    found, _ = await list_ids(world, reported.station, Page(25, LAST_ID, "s"), AlarmState.CLOSED)

    assert found == [closed.alarm_id]
