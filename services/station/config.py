"""What the station needs to know beyond what every service does; each has a safe default."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from chassis.settings import ServiceSettings
from services.station.dispatch.intake import Area


class AreaSettings(BaseSettings):
    """The box around the station's districts, in degrees WGS 84.

    The defaults hold every district of the demonstration data (Sacramento, January 2019) and, by
    the margin of about 10 km, the calls that its patrols answer beyond the city border.
    """

    model_config = SettingsConfigDict(env_prefix="JOINTOPS_", frozen=True)

    area_west: float = Field(default=-121.56, ge=-180, le=180)
    area_south: float = Field(default=38.43, ge=-90, le=90)
    area_east: float = Field(default=-121.36, ge=-180, le=180)
    area_north: float = Field(default=38.69, ge=-90, le=90)
    area_margin: float = Field(default=0.1, ge=0, le=10)

    def make_area(self) -> Area:
        """Make the area of these settings."""
        return Area(
            self.area_west, self.area_south, self.area_east, self.area_north, self.area_margin
        )


class StationSettings(ServiceSettings, AreaSettings):
    """Everything the station service reads; checked at start, before anything is served."""
