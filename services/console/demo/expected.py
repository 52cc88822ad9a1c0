"""What the platform should hold after a replay, worked out from the data alone.

Written without a look at the station's own code: the two agree or a check fails.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from services.console.demo.calls import CallRow

LOCATION_MISSING = "ALARM_FLAG_LOCATION_MISSING"
LOCATION_OFF_MAP = "ALARM_FLAG_LOCATION_OFF_MAP"
# The districts of Sacramento and about 10 km around them, in degrees; the station's default area.
WEST, SOUTH, EAST, NORTH = -121.56, 38.43, -121.36, 38.69
MARGIN = 0.1


@dataclass(frozen=True, slots=True)
class Expected:
    """Counts over the calls replayed."""

    calls: int
    dispatched: int
    arrived: int
    locations_missing: int
    locations_off_map: int


def expect(rows: Sequence[CallRow]) -> Expected:
    """Count what should be found."""
    flags = Counter(location_flag(row) for row in rows)
    return Expected(
        calls=len(rows),
        dispatched=sum(row.was_dispatched for row in rows),
        arrived=sum(row.has_arrived for row in rows),
        locations_missing=flags[LOCATION_MISSING],
        locations_off_map=flags[LOCATION_OFF_MAP],
    )


def location_flag(row: CallRow) -> str:
    """Return the flag that the location of a call deserves; empty when it is good."""
    longitude, latitude = degrees(row.longitude), degrees(row.latitude)
    if longitude is None or latitude is None:
        return LOCATION_MISSING
    if longitude == 0 and latitude == 0:
        # How a failed geocoder says that it failed.
        return LOCATION_MISSING
    is_on_map = _is_within(longitude, WEST, EAST) and _is_within(latitude, SOUTH, NORTH)
    return "" if is_on_map else LOCATION_OFF_MAP


def degrees(text: str) -> float | None:
    """Read a coordinate; None when it is no number at all."""
    try:
        return float(text)
    except ValueError:
        return None


def _is_within(degree: float, least: float, most: float) -> bool:
    return math.isfinite(degree) and least - MARGIN <= degree <= most + MARGIN
