"""A folder of state: who holds it, the secrets in it, and what a killed holder left running."""

import contextlib
import fcntl
import os
import secrets
import signal
import time
from collections.abc import Iterator
from pathlib import Path

from deploy.local.errors import FolderInUseError, LocalError

# 32 bytes cannot be guessed; URL-safe text needs no quoting in a DSN.
SECRET_BYTES = 32
POLL_SECONDS = 0.01


@contextlib.contextmanager
def hold(folder: Path) -> Iterator[None]:
    """Hold a folder for this process, making it when it is missing.

    The kernel lets go when the process dies, however it dies.

    Raises:
        FolderInUseError: Another process holds it.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(descriptor, 20, 0).decode().strip() or "unknown"
            sentence = f"{folder} is in use by process {holder}."
            raise FolderInUseError(sentence) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(descriptor)


def write_secret(file: Path, text: str) -> None:
    """Write a file that only we can read; whole or not at all."""
    draft = file.with_name(f".{file.name}.draft")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(text)
    draft.replace(file)


def keep_secret(file: Path) -> str:
    """Return the secret in a file, generating it the first time."""
    if not file.exists():
        write_secret(file, secrets.token_urlsafe(SECRET_BYTES))
    return file.read_text(encoding="utf-8")


def end_leftover(pid: int, *, mark: Path, ask: signal.Signals, timeout_seconds: float) -> None:
    """End a process that a killed holder of a folder left behind.

    Args:
        pid: Id of the process, from a file that may be old.
        mark: An argument that proves that the process id was not given to another program since.
        ask: Signal to try before SIGKILL.
        timeout_seconds: How long to wait after each of the two.

    Raises:
        LocalError: It does not end, even when killed.
    """
    for number in (ask, signal.SIGKILL):
        if not _runs(pid, mark):
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
        deadline = time.monotonic() + timeout_seconds
        while _runs(pid, mark) and time.monotonic() < deadline:
            time.sleep(POLL_SECONDS)
    if _runs(pid, mark):
        sentence = f"Process {pid}, left behind by an earlier run, does not end."
        raise LocalError(sentence)


def _runs(pid: int, mark: Path) -> bool:
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False
    return str(mark).encode() in command.split(b"\0")
