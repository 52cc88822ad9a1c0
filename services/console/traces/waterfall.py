"""Lays a trace out as rows: each span below its parent, its bar where its time was. Pure."""

from collections import defaultdict
from dataclasses import dataclass

from services.console.traces.store import Span, Trace


@dataclass(frozen=True, slots=True)
class Row:
    """One span of a waterfall.

    `begin_ns` and `end_ns` count from the start of the trace; `depth` is 0 for what has no parent
    here: the root, and spans whose parent was not sampled or is not in the sink any more.
    """

    span: Span
    depth: int
    begin_ns: int
    end_ns: int

    @property
    def duration_ns(self) -> int:
        """How long the span took."""
        return self.end_ns - self.begin_ns


def lay_out(trace: Trace) -> list[Row]:
    """Order the spans as a tree, children by their start."""
    known = {span.span_id for span in trace.spans}
    children: defaultdict[str | None, list[Span]] = defaultdict(list)
    for span in trace.spans:
        parent_id = span.parent_id if span.parent_id != span.span_id else None
        children[parent_id if parent_id in known else None].append(span)
    start = trace.start_ns
    rows: list[Row] = []
    waiting = [(span, 0) for span in reversed(children[None])]
    while waiting:
        span, depth = waiting.pop()
        rows.append(Row(span, depth, span.start_ns - start, span.end_ns - start))
        waiting += [(child, depth + 1) for child in reversed(children[span.span_id])]
    return rows
