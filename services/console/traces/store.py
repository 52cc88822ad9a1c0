"""Reads traces back from the local span sink: one folder, one file of JSON lines a service."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from operator import attrgetter
from pathlib import Path
from typing import Any, Final

import orjson

CASE_ID: Final = "jointops.case.id"
# The end of each file that a list looks at: some 16,000 spans, read in 0.15 s. One trace is looked
# for in everything, 500 MB a second.
TAIL_BYTES: Final = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Span:
    """One line of the sink; times are nanoseconds since 1970."""

    trace_id: str
    span_id: str
    parent_id: str | None
    service: str
    name: str
    kind: str
    start_ns: int
    end_ns: int
    is_error: bool
    attributes: dict[str, Any]
    links: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Trace:
    """The spans of one trace, earliest first; there is at least one."""

    trace_id: str
    spans: tuple[Span, ...]

    @property
    def name(self) -> str:
        """What began it."""
        return self.spans[0].name

    @property
    def start_ns(self) -> int:
        """When it began, in nanoseconds since 1970."""
        return self.spans[0].start_ns

    @property
    def started_at(self) -> datetime:
        """When it began, UTC."""
        return datetime.fromtimestamp(self.start_ns / 1e9, UTC)

    @property
    def duration_ns(self) -> int:
        """From the first start to the last end."""
        return max(span.end_ns for span in self.spans) - self.start_ns

    @property
    def services(self) -> tuple[str, ...]:
        """The services it passed, in the order it reached them."""
        return tuple(dict.fromkeys(span.service for span in self.spans))

    @property
    def case_ids(self) -> tuple[str, ...]:
        """The cases it touched, in the order it reached them."""
        ids = (span.attributes.get(CASE_ID) for span in self.spans)
        return tuple(dict.fromkeys(case_id for case_id in ids if case_id))

    @property
    def error_count(self) -> int:
        """How many of its spans failed; a refusal is no failure."""
        return sum(span.is_error for span in self.spans)


def list_traces(folder: Path, limit: int, *, case_id: str | None = None) -> list[Trace]:
    """Return the newest traces, newest first.

    Args:
        folder: The sink.
        limit: How many at most.
        case_id: Only traces that touched this case.
    """
    lines = (line for path in _files(folder) for line in _read_tail(path))
    traces = [trace for trace in _group(lines) if case_id is None or case_id in trace.case_ids]
    traces.sort(key=attrgetter("start_ns"), reverse=True)
    return traces[:limit]


def find_traces(folder: Path, prefix: str) -> list[Trace]:
    """Return every trace whose id begins with `prefix`; more than one means it is too short."""
    # The id is what every line begins with, so no line of another trace need be parsed.
    beginning = b'{"trace_id":"' + prefix.lower().encode()
    lines = (line for path in _files(folder) for line in _read(path) if line.startswith(beginning))
    return _group(lines)


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.jsonl"))


def _read(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        yield from file


def _read_tail(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - TAIL_BYTES))
        if file.tell():
            # The first line is probably cut.
            file.readline()
        yield from file


def _group(lines: Iterable[bytes]) -> list[Trace]:
    spans: defaultdict[str, list[Span]] = defaultdict(list)
    for line in lines:
        span = _parse(line)
        if span is not None:
            spans[span.trace_id].append(span)
    return [
        Trace(trace_id, tuple(sorted(found, key=attrgetter("start_ns"))))
        for trace_id, found in spans.items()
    ]


def _parse(line: bytes) -> Span | None:
    """Parse a line; the last of a file may still be being written, and is left for later."""
    try:
        fields = orjson.loads(line)
        return Span(**{**fields, "links": tuple(fields["links"])})
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return None
