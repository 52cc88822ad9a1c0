"""What should be found, worked out from the data alone; the station's area is held against it."""

import pytest

from services.console.demo import expected
from services.console.demo.calls import load_day
from services.console.demo.expected import (
    LOCATION_MISSING,
    LOCATION_OFF_MAP,
    expect,
    location_flag,
)
from services.station.config import AreaSettings
from tests.unit.console.demo_rows import make_row


@pytest.mark.parametrize(
    ("longitude", "latitude", "flag"),
    [
        pytest.param("-121.454", "38.613", "", id="in-the-city"),
        pytest.param("-121.266", "38.607", "", id="within-the-margin"),
        pytest.param("-142.954", "31.096", LOCATION_OFF_MAP, id="failed-geocoding"),
        pytest.param("-121.213", "38.664", LOCATION_OFF_MAP, id="beyond-the-margin"),
        pytest.param("0", "0.0", LOCATION_MISSING, id="both-zero"),
        pytest.param("0", "38.613", LOCATION_OFF_MAP, id="one-zero"),
        pytest.param("", "38.613", LOCATION_MISSING, id="empty"),
        pytest.param("west", "38.613", LOCATION_MISSING, id="no-number"),
        pytest.param("nan", "38.613", LOCATION_OFF_MAP, id="not-a-number"),
        pytest.param("-inf", "38.613", LOCATION_OFF_MAP, id="infinite"),
    ],
)
def test_a_location_deserves_its_flag(longitude: str, latitude: str, flag: str) -> None:
    assert location_flag(make_row(lon=longitude, lat=latitude)) == flag


def test_the_first_day_has_its_counts() -> None:
    counts = expect(load_day("2019-01-01"))

    assert counts.calls == 724
    assert counts.dispatched == 502
    assert counts.arrived == 472
    assert counts.locations_missing == 0
    assert counts.locations_off_map == 12


def test_the_area_is_the_default_one_of_the_station() -> None:
    area = AreaSettings().make_area()

    assert (area.west, area.south, area.east, area.north, area.margin) == (
        expected.WEST,
        expected.SOUTH,
        expected.EAST,
        expected.NORTH,
        expected.MARGIN,
    )
