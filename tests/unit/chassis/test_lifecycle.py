"""A service runs until it is told to stop, or until a part of it fails."""

import asyncio
import os
import signal

import pytest

from chassis import lifecycle


class Part:
    """A task that notes whether it was drained."""

    def __init__(self) -> None:
        self.is_drained = False

    async def __call__(self, stop: asyncio.Event) -> None:
        await stop.wait()
        await asyncio.sleep(0)
        self.is_drained = True


@pytest.mark.parametrize("name", [signal.SIGTERM, signal.SIGINT])
async def test_signal_drains_every_task(name: signal.Signals) -> None:
    parts = [Part(), Part()]

    async def send(stop: asyncio.Event) -> None:
        os.kill(os.getpid(), name)
        await stop.wait()

    await lifecycle.run(*parts, send)

    assert [part.is_drained for part in parts] == [True, True]


async def test_task_that_fails_stops_the_others_and_is_raised() -> None:
    cleaned = []

    async def serve(stop: asyncio.Event) -> None:
        try:
            await stop.wait()
        finally:
            cleaned.append("serve")

    async def fail(_stop: asyncio.Event) -> None:
        raise ZeroDivisionError

    with pytest.raises(ExceptionGroup) as caught:
        await lifecycle.run(serve, fail)

    assert [type(error) for error in caught.value.exceptions] == [ZeroDivisionError]
    assert cleaned == ["serve"]


async def test_task_that_ends_early_stops_the_others() -> None:
    part = Part()

    async def end(_stop: asyncio.Event) -> None:
        return

    await lifecycle.run(part, end)

    assert part.is_drained
