"""The settings of the station: where its calls come from."""

import pytest
from pydantic import ValidationError

from services.station.config import AreaSettings, StationSettings
from services.station.dispatch.aggregate import Location


@pytest.mark.parametrize(
    ("location", "is_on_map"),
    [
        pytest.param(Location(-121.494, 38.579), True, id="city"),
        pytest.param(Location(-121.311, 38.439), True, id="just_outside"),
        pytest.param(Location(-142.954, 31.096), False, id="failed_geocoder"),
        pytest.param(Location(121.567, 31.245), False, id="another_city"),
    ],
)
def test_default_area_holds_the_demonstration_district(location: Location, is_on_map: bool) -> None:
    area = AreaSettings().make_area()

    assert area.holds(location) is is_on_map


def test_area_is_set_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOINTOPS_AREA_WEST", "121.4")
    monkeypatch.setenv("JOINTOPS_AREA_SOUTH", "31.1")
    monkeypatch.setenv("JOINTOPS_AREA_EAST", "121.7")
    monkeypatch.setenv("JOINTOPS_AREA_NORTH", "31.4")

    assert AreaSettings().make_area().holds(Location(121.567, 31.245))


def test_area_is_refused_when_it_is_off_the_globe(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOINTOPS_AREA_NORTH", "91")

    with pytest.raises(ValidationError, match="area_north"):
        AreaSettings()


def test_settings_of_the_service_hold_the_area_too() -> None:
    assert AreaSettings.model_fields.keys() < StationSettings.model_fields.keys()
