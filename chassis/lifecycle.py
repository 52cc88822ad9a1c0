"""Runs a service from its first task to an orderly end."""

import asyncio
import signal
from collections.abc import Awaitable, Callable
from typing import TypeAlias

Task: TypeAlias = Callable[[asyncio.Event], Awaitable[None]]


async def run(*tasks: Task) -> None:
    """Run every task until SIGTERM or SIGINT, or until one of them ends or fails.

    A task returns once it has drained. The first failure stops the others and is raised, so that
    the process exits non-zero; a stop by signal returns, and the process exits 0.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    async with asyncio.TaskGroup() as group:
        for task in tasks:
            group.create_task(_stop_others_at_end(task, stop))


async def _stop_others_at_end(task: Task, stop: asyncio.Event) -> None:
    try:
        await task(stop)
    finally:
        stop.set()
