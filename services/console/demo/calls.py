"""Reads the calls for service that are replayed; a line that is broken is a call all the same.

Each line is read by itself, so that a stray quotation mark cannot swallow the calls after it.
"""

import csv
import gzip
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from importlib.resources import files

COLUMNS = (
    "record_id",
    "received_day",
    "call_type",
    "description",
    "district",
    "beat",
    "lon",
    "lat",
    "unit_id",
    "dispatched",
    "arrived",
    "report_created",
)
DATA = "sacramento-calls-2019-01.csv.gz"
FIRST_DAY = "2019-01-01"
# Where the calls come from it was winter: Pacific Standard Time, eight hours behind UTC.
LOCAL = timezone(timedelta(hours=-8))
# Stands in where the city sent a unit and does not say which, or says it in no form we store.
STAND_IN_UNIT = "UNSTATED"
_UNIT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}")
_YES = "Y"


@dataclass(frozen=True, slots=True)
class CallRow:
    """One line of the data, as it stands there; what is missing is empty."""

    line: int
    record_id: str
    day: str
    call_type: str
    description: str
    district: str
    beat: str
    longitude: str
    latitude: str
    unit: str
    was_dispatched: bool
    has_arrived: bool
    is_whole: bool

    @property
    def key(self) -> str:
        """Name the call: its record number or, without one, its line."""
        return self.record_id or f"line-{self.line}"

    @property
    def unit_id(self) -> str:
        """Return the unit that was sent, or the stand-in."""
        return self.unit if _UNIT.fullmatch(self.unit) else STAND_IN_UNIT

    @property
    def received_at(self) -> datetime:
        """Return the start of its local day: the source has no time of day."""
        day = date.fromisoformat(self.day)
        return datetime(day.year, day.month, day.day, tzinfo=LOCAL).astimezone(UTC)


def load_day(day: str, limit: int | None = None) -> list[CallRow]:
    """Return the calls of one day in the order of the record, at most so many."""
    packed = files(__package__).joinpath("data", DATA).read_bytes()
    text = gzip.decompress(packed).decode("utf-8", errors="replace")
    rows = [row for row in read_calls(text.splitlines()) if row.day == day]
    return rows[:limit]


def read_calls(lines: Iterable[str]) -> Iterator[CallRow]:
    """Read lines, the heading first; a line without a readable day counts to the day before it."""
    day = FIRST_DAY
    for number, line in enumerate(lines, start=1):
        if number == 1 or not line.strip():
            continue
        cells = _split(line)
        named = dict(zip(COLUMNS, (*cells, *[""] * len(COLUMNS)), strict=False))
        day = named["received_day"] if _is_day(named["received_day"]) else day
        yield _row(number, day, named, is_whole=len(cells) == len(COLUMNS))


def _row(line: int, day: str, named: dict[str, str], *, is_whole: bool) -> CallRow:
    was_dispatched = named["dispatched"] == _YES
    return CallRow(
        line=line,
        record_id=named["record_id"],
        day=day,
        call_type=named["call_type"],
        description=named["description"],
        district=named["district"],
        beat=named["beat"],
        longitude=named["lon"],
        latitude=named["lat"],
        unit=named["unit_id"],
        was_dispatched=was_dispatched,
        # Nobody arrives who was not sent.
        has_arrived=was_dispatched and named["arrived"] == _YES,
        is_whole=is_whole,
    )


def _split(line: str) -> list[str]:
    """Split a line into cells; what is no CSV is split at its commas."""
    try:
        cells = next(csv.reader([line], strict=True))
    except (csv.Error, StopIteration):
        cells = line.split(",")
    return [cell.strip() for cell in cells]


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
