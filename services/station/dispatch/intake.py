"""Turns whatever a report says into a call that can be stored. Pure, and refuses nothing.

A call for help is never lost for its form: what is missing, too long, unknown or implausible is
kept as far as it can be and marked with a flag for the dispatcher to see.
"""

import hashlib
import math
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from services.station.dispatch.aggregate import AlarmFlag, AlarmSource, Call, CallType, Location

# A record number longer than this is kept as its SHA-256, which has exactly this many digits: the
# same record is still found again.
RECORD_ID_LIMIT = 64
# Of the 2019 data the longest code has 6 characters, description 49, district and beat 2.
CALL_TYPE_LIMIT = 32
DESCRIPTION_LIMIT = 2_000
PLACE_LIMIT = 16

# What nobody can judge by its type is urgent until a person has read it.
UNKNOWN_PRIORITY = 2

# Clocks of devices run ahead by minutes; further ahead, or before networked alarms, is an error.
CLOCK_SKEW = timedelta(minutes=5)
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)

# Characters that no text holds on purpose: PostgreSQL cannot store the one, UTF-8 not the other.
_UNWANTED = frozenset({"Cc", "Cs"})


@dataclass(frozen=True, slots=True)
class Report:
    """What somebody or something reported, unchecked; absent texts are empty."""

    source: AlarmSource
    source_record_id: str
    call_type: str
    description: str
    district: str
    beat: str
    longitude: float | None
    latitude: float | None
    received_at: datetime | None


@dataclass(frozen=True, slots=True)
class Area:
    """The box around a station's districts, in degrees; a point within its margin is on the map."""

    west: float
    south: float
    east: float
    north: float
    margin: float

    def holds(self, location: Location) -> bool:
        """Tell whether the point lies in the box or its margin."""
        return (
            self.west - self.margin <= location.longitude <= self.east + self.margin
            and self.south - self.margin <= location.latitude <= self.north + self.margin
        )


@dataclass(frozen=True, slots=True)
class Desk:
    """Where reports come in: the station's call types by code, and where its calls come from."""

    known: Mapping[str, CallType]
    area: Area

    def take_in(self, report: Report, *, now: datetime) -> Call:
        """Make a call of a report: keep what can be kept and flag the rest.

        Args:
            report: What was said.
            now: Time of the report, UTC; stands in for a receive time that cannot be right.
        """
        reading = _Reading()
        code = reading.text(report.call_type.upper(), CALL_TYPE_LIMIT)
        call_type = reading.call_type(code, self.known)
        return Call(
            source=reading.source(report.source),
            source_record_id=reading.record_id(report.source_record_id),
            call_type=code,
            description=reading.text(report.description, DESCRIPTION_LIMIT),
            district=reading.text(report.district, PLACE_LIMIT),
            beat=reading.text(report.beat, PLACE_LIMIT),
            location=reading.location(report.longitude, report.latitude, self.area),
            received_at=reading.received_at(report.received_at, now),
            priority=call_type.priority if call_type else UNKNOWN_PRIORITY,
            is_serious=call_type is not None and call_type.is_serious,
            flags=reading.flags(),
        )


class _Reading:
    """One reading of a report: returns what is kept and remembers what was wrong."""

    def __init__(self) -> None:
        self._found: set[AlarmFlag] = set()

    def flags(self) -> tuple[AlarmFlag, ...]:
        return tuple(flag for flag in AlarmFlag if flag in self._found)

    def text(self, given: str, limit: int) -> str:
        stripped = given.strip()
        if not stripped:
            self._found.add(AlarmFlag.FIELD_MISSING)
        if len(stripped) > limit:
            self._found.add(AlarmFlag.TEXT_TRUNCATED)
        kept = stripped[:limit]
        cleaned = "".join(" " if _is_unwanted(character) else character for character in kept)
        if cleaned != kept:
            self._found.add(AlarmFlag.TEXT_CLEANED)
        return cleaned

    def source(self, given: AlarmSource) -> AlarmSource:
        if given is AlarmSource.UNKNOWN:
            self._found.add(AlarmFlag.FIELD_MISSING)
        return given

    def record_id(self, given: str) -> str | None:
        if len(given.strip()) <= RECORD_ID_LIMIT:
            return self.text(given, RECORD_ID_LIMIT) or None
        self._found.add(AlarmFlag.SOURCE_RECORD_DIGESTED)
        return hashlib.sha256(given.strip().encode(errors="surrogatepass")).hexdigest()

    def call_type(self, code: str, known: Mapping[str, CallType]) -> CallType | None:
        if code and code not in known:
            self._found.add(AlarmFlag.CALL_TYPE_UNKNOWN)
        return known.get(code)

    def location(
        self, longitude: float | None, latitude: float | None, area: Area
    ) -> Location | None:
        if longitude is None or latitude is None or longitude == latitude == 0:
            self._found.add(AlarmFlag.LOCATION_MISSING)
            return None
        if not (math.isfinite(longitude) and math.isfinite(latitude)):
            self._found.add(AlarmFlag.LOCATION_OFF_MAP)
            return None
        location = Location(longitude, latitude)
        if not area.holds(location):
            self._found.add(AlarmFlag.LOCATION_OFF_MAP)
        return location

    def received_at(self, given: datetime | None, now: datetime) -> datetime:
        if given is None:
            self._found.add(AlarmFlag.FIELD_MISSING)
            return now
        if not EARLIEST <= given <= now + CLOCK_SKEW:
            self._found.add(AlarmFlag.RECEIVE_TIME_IMPLAUSIBLE)
            return now
        return given


def _is_unwanted(character: str) -> bool:
    return unicodedata.category(character) in _UNWANTED and not character.isspace()
