"""`jointops trace`: what a command set off, over every service, from the local sink of spans."""

import os
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
from rich.console import RenderableType

from services.console import terminal
from services.console.cli.command import command
from services.console.cli.invocation import Invocation
from services.console.errors import ConsoleError, Exit, UsageError
from services.console.platform import run_folder_of
from services.console.traces.render import render_list, render_waterfall
from services.console.traces.store import Trace, find_traces, list_traces

TRACE_FOLDER_VARIABLE = "JOINTOPS_TRACE_FOLDER"
# As many as the sink's tail can hold: one of them is looked for, not all of them shown.
SEARCH_COUNT = 100_000

app = typer.Typer(name="trace", help="链路 Traces: what a command set off.", no_args_is_help=True)

OfCase = Annotated[
    str,
    typer.Option("--case", metavar="CASE_ID", help="Only of this case 案件.", show_default=False),
]


@command(app, "ls", example="--case 01992f00-5a10-7c3e-9b1d-2f0f6a1c0002")
def ls(
    invocation: Invocation,
    *,
    case_id: OfCase = "",
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many at most.")] = 20,
) -> None:
    """链路列表 List the newest traces."""
    traces = list_traces(_folder(invocation), limit, case_id=case_id or None)
    _show(invocation, [_summary(trace) for trace in traces], render_list(traces))


@command(app, "show", example="3f2a9c1b7d40")
def show(
    invocation: Invocation,
    *,
    trace_id: Annotated[
        str,
        typer.Argument(
            metavar="[TRACE_ID]", help="Its id or how it begins 链路编号.", show_default=False
        ),
    ] = "",
    case_id: OfCase = "",
) -> None:
    """链路瀑布图 Draw one trace; with --case the largest one of that case."""
    folder = _folder(invocation)
    if trace_id:
        trace = _only(find_traces(folder, trace_id), trace_id)
    elif case_id:
        trace = _largest(list_traces(folder, SEARCH_COUNT, case_id=case_id), case_id)
    else:
        raise UsageError("No trace is named.", advice="Give its id, or a case with --case.")
    document = _summary(trace) | {"spans": [asdict(span) for span in trace.spans]}
    _show(invocation, document, render_waterfall(trace))


def _folder(invocation: Invocation) -> Path:
    given = os.environ.get(TRACE_FOLDER_VARIABLE)
    folder = Path(given) if given else run_folder_of(invocation.run_folder, os.environ) / "traces"
    if not folder.is_dir():
        raise ConsoleError(
            f"There are no traces in {folder}.",
            advice=f"Name the run folder with --run-folder, or set {TRACE_FOLDER_VARIABLE}.",
            code=Exit.REFUSED,
        )
    return folder


def _only(traces: Sequence[Trace], prefix: str) -> Trace:
    if len(traces) == 1:
        return traces[0]
    found = "No trace begins" if not traces else f"{len(traces)} traces begin"
    raise ConsoleError(
        f"{found} with {prefix!r}.", advice="See `jointops trace ls`.", code=Exit.REFUSED
    )


def _largest(traces: Sequence[Trace], case_id: str) -> Trace:
    if not traces:
        raise ConsoleError(
            f"No trace touched the case {case_id}.",
            advice="See `jointops trace ls`.",
            code=Exit.REFUSED,
        )
    return max(traces, key=lambda trace: len(trace.spans))


def _summary(trace: Trace) -> dict[str, Any]:
    return {
        "trace_id": trace.trace_id,
        "name": trace.name,
        "started_at": trace.started_at,
        "duration_ms": trace.duration_ns / 1e6,
        "span_count": len(trace.spans),
        "error_count": trace.error_count,
        "services": trace.services,
        "case_ids": trace.case_ids,
    }


def _show(invocation: Invocation, document: Any, drawing: RenderableType) -> None:
    if invocation.is_json:
        sys.stdout.write(orjson.dumps(document, option=orjson.OPT_INDENT_2).decode() + "\n")
    else:
        terminal.answers().print(drawing)
