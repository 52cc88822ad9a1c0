"""Names that a second run finds again: request ids, traces and spans, all derived from a seed.

The seed lies in the run folder. The same step of the same call has the same request_id in every
run, so that a run that was cut off is continued and nothing is done twice.
"""

import hashlib
import os
import uuid
from pathlib import Path

from chassis.ids import new_request_id
from chassis.traceparent import TraceParent

_FILE = "demo-seed"


def keep_seed(folder: Path) -> str:
    """Return the seed of a run folder, made the first time."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = folder / _FILE
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return file.read_text(encoding="utf-8")
    seed = new_request_id()
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(seed)
    return seed


def request_id(seed: str, *parts: str) -> str:
    """Return the UUID of a step; its version and variant bits are those of a UUIDv4."""
    return str(uuid.UUID(bytes=_digest(seed, "request", *parts)[:16], version=4))


def trace_of(seed: str, *parts: str) -> TraceParent:
    """Return the root of the trace of something: one call for help and all that came of it."""
    digest = _digest(seed, "trace", *parts)
    return TraceParent(digest[:16].hex(), digest[16:24].hex(), is_sampled=True)


def _digest(*parts: str) -> bytes:
    return hashlib.sha256("\x00".join(parts).encode()).digest()
