"""One run of a command: who asks, where, in which trace, and how the answer is shown."""

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from google.protobuf.message import Message

from chassis.ids import new_request_id
from chassis.traceparent import TraceParent, format_traceparent, new_span_id, new_trace_id
from services.console import terminal
from services.console.cli import render
from services.console.client import Client
from services.console.errors import UsageError
from services.console.methods import etag_field, find_etag, reader_of
from services.console.people import load_people, pick
from services.console.platform import Platform, find_platform
from services.console.sign_in import Desk, Session, load_session

PAGE_COUNT_LIMIT = 1_000


@dataclass(slots=True)
class Invocation:
    """What every command knows."""

    what: str
    output: str = "table"
    as_whom: str = ""
    run_folder: Path | None = None
    open_client: Callable[[Platform], Client] = Client
    sent: Message | None = None
    place: TraceParent = field(
        default_factory=lambda: TraceParent(new_trace_id(), new_span_id(), is_sampled=True)
    )

    @property
    def is_json(self) -> bool:
        """Whether the answer is for a program."""
        return self.output == "json"

    def find_platform(self) -> Platform:
        """Find the platform that runs."""
        return find_platform(self.run_folder, os.environ)

    def session(self, platform: Platform) -> Session:
        """Sign in as named with --as, or be whoever signed in before."""
        if not self.as_whom:
            return load_session(platform.run_folder)
        person = pick(load_people(platform.people_file), self.as_whom)
        return Desk(platform.issuer).sign_in(person)


@dataclass(frozen=True, slots=True)
class Repeat:
    """What a write carries besides its content; made or read when not given."""

    request_id: str
    etag: str
    etag_from: Message | None


@dataclass(frozen=True, slots=True)
class Pages:
    """Which pages of a list are wanted."""

    size: int
    token: str
    all: bool


async def carry_out(
    invocation: Invocation, request: Message, *, repeat: Repeat | None, pages: Pages | None
) -> None:
    """Send a request and show its answer."""
    platform = invocation.find_platform()
    caller = _Caller(invocation, invocation.session(platform).token)
    async with invocation.open_client(platform) as client:
        if repeat is not None:
            await caller.complete(client, request, repeat)
        response = await caller.send(client, request, pages)
    _show(invocation, request, response)


class _Caller:
    def __init__(self, invocation: Invocation, token: str) -> None:
        self._invocation = invocation
        self._token = token
        self._traceparent = format_traceparent(invocation.place)

    async def complete(self, client: Client, request: Any, repeat: Repeat) -> None:
        """Give a write its request_id and the version it changes, which is read first."""
        request.request_id = repeat.request_id or new_request_id()
        name = etag_field(type(request))
        if name is not None:
            setattr(request, name, repeat.etag or await self._read_etag(client, request, repeat))

    async def send(self, client: Client, request: Any, pages: Pages | None) -> Message:
        """Send the request; a list page by page while more is wanted."""
        self._invocation.sent = request
        if pages is None:
            return await self._ask(client, request)
        request.page_size = pages.size
        request.page_token = pages.token
        whole = page = await self._ask(client, request)
        for _ in range(PAGE_COUNT_LIMIT):
            token = getattr(page, "next_page_token", "")
            if not (pages.all and token):
                break
            request.page_token = token
            page = await self._ask(client, request)
            whole.ClearField("next_page_token")
            whole.MergeFrom(page)
        return whole

    async def _read_etag(self, client: Client, request: Message, repeat: Repeat) -> str:
        reader = repeat.etag_from or reader_of(request)
        if reader is None:
            raise UsageError("The version to change cannot be read.", advice="Give it with --etag.")
        etag = find_etag(await self._ask(client, reader), request)
        if not etag:
            raise UsageError(
                "What is to be changed is not where it was looked for.", advice="Check the ids."
            )
        return etag

    async def _ask(self, client: Client, request: Message) -> Message:
        return await client.send(request, token=self._token, traceparent=self._traceparent)


def _show(invocation: Invocation, request: Message, response: Message) -> None:
    if invocation.is_json:
        sys.stdout.write(render.to_json(response) + "\n")
        return
    console = terminal.answers()
    console.print(render.render(response, console.width))
    if etag_field(type(request)) or "request_id" in request.DESCRIPTOR.fields_by_name:
        console.print(f"trace {invocation.place.trace_id[:12]}", style="dim")
