"""Draws traces for the terminal: a table of the newest, and the waterfall of one."""

from collections.abc import Sequence
from typing import Final

from rich.bar import Bar
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from services.console.traces.store import Span, Trace
from services.console.traces.waterfall import Row, lay_out

CODE: Final = "rpc.response.status_code"
REASON: Final = "jointops.refusal.reason"
ERROR: Final = "error.type"
SHORT_ID: Final = 12
# One colour a service, the same in every row; red and yellow are kept for what went wrong.
COLOURS: Final = ("cyan", "green", "magenta", "blue", "bright_cyan", "bright_green")
FAILED: Final = "red"
REFUSED: Final = "yellow"
# The narrowest bar that is seen, as a share of the whole.
LEAST_SHARE: Final = 0.01


def render_list(traces: Sequence[Trace]) -> RenderableType:
    """Draw one line a trace."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("trace", no_wrap=True)
    table.add_column("started", no_wrap=True, min_width=15)
    table.add_column("ms", justify="right", no_wrap=True, min_width=5)
    table.add_column("spans", justify="right", no_wrap=True, min_width=5)
    table.add_column("services", justify="right", no_wrap=True, min_width=8)
    table.add_column("began with", overflow="fold", min_width=9)
    # Never cut off, because it is what one copies.
    table.add_column("case", overflow="fold", min_width=12)
    for trace in traces:
        table.add_row(
            trace.trace_id[:SHORT_ID],
            f"{trace.started_at:%m-%d %H:%M:%S}Z",
            _milliseconds(trace.duration_ns),
            str(len(trace.spans)),
            str(len(trace.services)),
            Text(_short(trace.name).rpartition("/")[2], style=FAILED if trace.error_count else ""),
            "\n".join(trace.case_ids),
        )
    return table


def render_waterfall(trace: Trace) -> RenderableType:
    """Draw every span of a trace below its parent, with a bar where its time was."""
    colours = {name: COLOURS[place % len(COLOURS)] for place, name in enumerate(trace.services)}
    whole = max(trace.duration_ns, 1)
    table = Table(box=None, pad_edge=False, header_style="dim", expand=True)
    table.add_column("service", no_wrap=True)
    table.add_column("span", ratio=3, no_wrap=True, overflow="ellipsis")
    table.add_column("ms", justify="right", no_wrap=True)
    table.add_column(Text(f"0 to {_milliseconds(whole)} ms"), ratio=2)
    for row in lay_out(trace):
        colour = colours[row.span.service]
        table.add_row(
            Text(row.span.service, style=colour),
            _label(row),
            _milliseconds(row.duration_ns),
            _bar(row, whole, FAILED if row.span.is_error else colour),
        )
    return Group(_heading(trace), Text(), table)


def _heading(trace: Trace) -> Text:
    heading = Text.assemble(
        ("trace ", "dim"), trace.trace_id, "  ", f"{trace.started_at:%Y-%m-%d %H:%M:%S.%f}Z"
    )
    for case_id in trace.case_ids:
        heading.append("\ncase  ", "dim").append(case_id)
    return heading


def _label(row: Row) -> Text:
    """Name a span and, when it did not go well, say how."""
    span = row.span
    label = Text("  " * row.depth + _short(span.name))
    outcome = _outcome(span)
    if outcome:
        label.append(f"  {outcome}", FAILED if span.is_error else REFUSED)
    if span.links:
        label.append(f"  {_causes(span.links)}", "dim")
    return label


def _causes(trace_ids: Sequence[str]) -> str:
    """Name the first of the traces a batch came from, and count the rest."""
    distinct = list(dict.fromkeys(trace_ids))
    others = f" and {len(distinct) - 1} more" if len(distinct) > 1 else ""
    return f"caused by {distinct[0][:SHORT_ID]}{others}"


def _outcome(span: Span) -> str:
    code = span.attributes.get(CODE, "OK")
    said = [code if code != "OK" else None, span.attributes.get(REASON)]
    if span.is_error and code == "OK":
        said.append(span.attributes.get(ERROR))
    return " ".join(word for word in said if word)


def _bar(row: Row, whole: int, colour: str) -> Bar:
    least = whole * LEAST_SHARE
    begin = min(max(row.begin_ns, 0), whole - least)
    return Bar(whole, begin, max(row.end_ns, begin + least), color=colour)


def _short(name: str) -> str:
    """Leave out what every name shares: `jointops.station.v1.` and `jointops.*.station.v1.`."""
    operation, space, subject = name.rpartition(" ")
    _package, version, rest = subject.partition(".v1.")
    return f"{operation}{space}{rest if version else subject}"


def _milliseconds(duration_ns: int) -> str:
    return f"{duration_ns / 1e6:.1f}"
