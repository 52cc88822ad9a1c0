"""What the tests of the local platform ask the machine about processes."""

import contextlib
import time
from collections.abc import Callable
from pathlib import Path

import psutil


def named_in(folder: Path) -> list[psutil.Process]:
    """Return the running processes that work in the folder or whose command names a path in it."""
    return [process for process in psutil.process_iter() if _belongs(process, str(folder))]


def wait_until(is_true: Callable[[], bool], *, timeout_seconds: float = 15) -> bool:
    """Wait for a condition and say whether it came true in time."""
    deadline = time.monotonic() + timeout_seconds
    while not is_true():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def _belongs(process: psutil.Process, folder: str) -> bool:
    try:
        # A dead process that nobody waited for yet has neither; it counts as gone.
        texts = process.cmdline()
        with contextlib.suppress(psutil.AccessDenied):
            texts.append(process.cwd() or "")
    except psutil.NoSuchProcess:
        return False
    return any(folder in text for text in texts)
