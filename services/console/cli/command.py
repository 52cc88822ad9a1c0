"""Makes commands: shared options, an example in every help, and no stack trace at the end.

A verb is a function that builds one request from what was typed; which options it shares with
others follows from the request: a write has --request-id, a change --etag, a list its pages.
"""

import asyncio
import functools
import inspect
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

import grpc
import typer
from google.protobuf.message import Message

from services.console import terminal
from services.console.cli import options, refusals
from services.console.cli.invocation import Invocation, Pages, Repeat, carry_out
from services.console.errors import ConsoleError, UsageError
from services.console.methods import etag_field

Body = TypeVar("Body", bound=Callable[..., Any])
ReadsEtag = Callable[[Mapping[str, Any]], Message]

PROGRAM = "jointops"
OUTPUTS = ("table", "json")
_KEYWORD = inspect.Parameter.KEYWORD_ONLY


def command(
    app: typer.Typer, name: str, *, example: str, signs_in: bool = False
) -> Callable[[Body], Body]:
    """Add a command whose body takes an `Invocation` first; errors end as panels and exit codes.

    Args:
        app: The group it belongs to.
        name: What is typed.
        example: Arguments of an example, after the name.
        signs_in: Whether it acts as somebody, who may be named with --as.
    """

    def add(body: Body) -> Body:
        def run(**given: Any) -> None:
            invocation = _invocation(name, app, given)
            guard(invocation, lambda: body(invocation, **given))

        own = [*_parameters(body).values()][1:]
        _add(app, name, run, body, [*own, *_common(signs_in=signs_in)], example=example)
        return body

    return add


def verb(
    app: typer.Typer, name: str, *, example: str, etag_from: ReadsEtag | None = None
) -> Callable[[Body], Body]:
    """Add a command whose body builds the request to send.

    Args:
        app: The group it belongs to.
        name: What is typed.
        example: Arguments of an example, after the name.
        etag_from: Where the version is read when no method reads just this resource.
    """

    def add(body: Body) -> Body:
        request_type = get_type_hints(body)["return"]
        own = [*_parameters(body).values()]
        shared = [*_of_writes(request_type), *_of_lists(request_type)]

        def run(**given: Any) -> None:
            invocation = _invocation(name, app, given)
            typed = {parameter.name: given[parameter.name] for parameter in own}
            repeat = _repeat(given, etag_from(typed) if etag_from else None)
            pages = _pages(given)
            guard(
                invocation,
                lambda: asyncio.run(
                    carry_out(invocation, body(**typed), repeat=repeat, pages=pages)
                ),
            )

        _add(app, name, run, body, [*own, *shared, *_common(signs_in=True)], example=example)
        return body

    return add


def guard(invocation: Invocation, act: Callable[[], Any]) -> None:
    """Do something and end as it went: nobody at a terminal reads a stack trace."""
    try:
        if invocation.output not in OUTPUTS:
            raise UsageError(f"There is no output {invocation.output!r}.", advice="table or json.")
        act()
    except ConsoleError as error:
        refusal = refusals.refusal_of_console(error, what=invocation.what)
    except grpc.aio.AioRpcError as error:
        refusal = refusals.refusal_of_call(error, what=invocation.what, request=invocation.sent)
    else:
        return
    sys.exit(refusals.show(refusal, terminal.asides(), as_json=invocation.is_json))


def _add(
    app: typer.Typer,
    name: str,
    run: Callable[..., None],
    body: Callable[..., Any],
    parameters: list[inspect.Parameter],
    *,
    example: str,
) -> None:
    run = functools.wraps(body)(run)
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # typer reads it
    run.__annotations__ = {each.name: each.annotation for each in parameters}
    words = " ".join(filter(None, [PROGRAM, app.info.name or "", name, example]))
    app.command(name, epilog=f"例 Example: {words}", no_args_is_help=False)(run)


def _parameters(body: Callable[..., Any]) -> dict[str, inspect.Parameter]:
    hints = get_type_hints(body, include_extras=True)
    return {
        parameter.name: parameter.replace(kind=_KEYWORD, annotation=hints.get(parameter.name, Any))
        for parameter in inspect.signature(body).parameters.values()
    }


def _common(*, signs_in: bool) -> list[inspect.Parameter]:
    return [
        _option("output", options.Output, "table"),
        *([_option("as_whom", options.AsWhom, "")] if signs_in else []),
        _option("run_folder", options.RunFolder, None),
    ]


def _of_writes(request: type[Message]) -> list[inspect.Parameter]:
    if "request_id" not in request.DESCRIPTOR.fields_by_name:
        return []
    request_id = _option("request_id", options.RequestId, "")
    return [request_id, *([_option("etag", options.Etag, "")] if etag_field(request) else [])]


def _of_lists(request: type[Message]) -> list[inspect.Parameter]:
    if "page_token" not in request.DESCRIPTOR.fields_by_name:
        return []
    return [
        _option("page_size", options.PageSize, 25),
        _option("page_token", options.PageToken, ""),
        _option("all_pages", options.AllPages, False),  # noqa: FBT003  # a default, not a switch
    ]


def _option(name: str, kind: Any, default: Any) -> inspect.Parameter:
    return inspect.Parameter(name, _KEYWORD, default=default, annotation=kind)


def _invocation(name: str, app: typer.Typer, given: dict[str, Any]) -> Invocation:
    return Invocation(
        what=" ".join(filter(None, [PROGRAM, app.info.name or "", name])),
        output=str(given.pop("output")),
        as_whom=str(given.pop("as_whom", "")),
        run_folder=_path(given.pop("run_folder")),
    )


def _path(given: Any) -> Path | None:
    return None if given is None else Path(given)


def _repeat(given: Mapping[str, Any], etag_from: Message | None) -> Repeat | None:
    if "request_id" not in given:
        return None
    return Repeat(given["request_id"], given.get("etag", ""), etag_from)


def _pages(given: Mapping[str, Any]) -> Pages | None:
    if "page_token" not in given:
        return None
    return Pages(given["page_size"], given["page_token"], given["all_pages"])
