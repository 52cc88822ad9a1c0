"""Shows why something was refused: one panel, or one JSON object, and the exit code that fits."""

import json
from dataclasses import dataclass
from typing import Any, Final

import grpc
from google.protobuf.message import Message
from rich.console import Console, RenderableType
from rich.panel import Panel
from rich.table import Table

from chassis.status import reason_of, violations_of
from services.console.cli.next_steps import next_step
from services.console.errors import ConsoleError, Exit
from services.console.methods import etag_field

# Codes after which nobody knows whether a change was made, or which are no word on the request.
_UNAVAILABLE: Final = frozenset(
    {
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.DEADLINE_EXCEEDED,
        grpc.StatusCode.INTERNAL,
        grpc.StatusCode.UNKNOWN,
    }
)
TITLES: Final = {
    Exit.REFUSED: "Refused 未获准",
    Exit.USAGE: "Not understood 无法理解",
    Exit.UNAVAILABLE: "Unavailable 暂不可用",
}
_UNREACHABLE_SENTENCE = "The service cannot be reached or did not answer in time."


@dataclass(frozen=True, slots=True)
class Refusal:
    """One refusal: what was refused, why, and what to do next."""

    what: str
    sentence: str
    advice: str
    exit_code: Exit
    code: str = ""
    reason: str = ""
    fields: tuple[tuple[str, str], ...] = ()
    metadata: tuple[tuple[str, str], ...] = ()
    repeat: str = ""
    title: str = ""


def refusal_of_call(error: grpc.aio.AioRpcError, *, what: str, request: Message | None) -> Refusal:
    """Describe a call that failed."""
    reason, metadata = reason_of(error)
    is_unavailable = error.code() in _UNAVAILABLE
    # Without a reason no service spoke; the transport's own words tell an operator nothing.
    sentence = error.details() if reason and error.details() else _UNREACHABLE_SENTENCE
    return Refusal(
        what=what,
        sentence=sentence or "",
        advice=" ".join(next_step(reason)),
        exit_code=Exit.UNAVAILABLE if is_unavailable else Exit.REFUSED,
        code=error.code().name,
        reason=reason,
        fields=tuple(violations_of(error)),
        metadata=tuple(sorted(metadata.items())),
        repeat=_repeat(request) if is_unavailable and request is not None else "",
        title=TITLES[Exit.UNAVAILABLE if is_unavailable else Exit.REFUSED],
    )


def refusal_of_console(error: ConsoleError, *, what: str) -> Refusal:
    """Describe why the console could not go on."""
    return Refusal(what, error.sentence, error.advice, error.code, title=TITLES[error.code])


def show(refusal: Refusal, console: Console, *, as_json: bool) -> Exit:
    """Show a refusal and return the exit code."""
    if as_json:
        console.print_json(json.dumps({"refusal": _document(refusal)}, ensure_ascii=False))
    else:
        console.print(_panel(refusal))
    return refusal.exit_code


def _panel(refusal: Refusal) -> RenderableType:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    grid.add_row("what 事项", refusal.what)
    grid.add_row("why 原因", refusal.sentence)
    for path, rule in refusal.fields:
        grid.add_row("field 字段", f"{path}: {rule}")
    if refusal.reason:
        grid.add_row("reason 代码", f"{refusal.reason} ({refusal.code})")
    for key, value in refusal.metadata:
        grid.add_row(key, value)
    grid.add_row("next 下一步", refusal.advice)
    if refusal.repeat:
        grid.add_row("repeat 重发", refusal.repeat)
    return Panel(grid, title=refusal.title, title_align="left", border_style="red", expand=False)


def _document(refusal: Refusal) -> dict[str, object]:
    return {
        "what": refusal.what,
        "sentence": refusal.sentence,
        "code": refusal.code,
        "reason": refusal.reason,
        "fields": [{"field": path, "rule": rule} for path, rule in refusal.fields],
        "metadata": dict(refusal.metadata),
        "next": refusal.advice,
        "repeat": refusal.repeat,
    }


def _repeat(request: Any) -> str:
    """Say how to repeat a write safely: it may have been carried out."""
    if "request_id" not in request.DESCRIPTOR.fields_by_name:
        return ""
    options = [f"--request-id {request.request_id}"]
    if (name := etag_field(type(request))) is not None:
        options.append(f"--etag {getattr(request, name)}")
    return f"It may have been done. The same command with {' '.join(options)} is safe."
