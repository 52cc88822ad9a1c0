"""Makes identifiers: UUIDv7 for what we store, so that keys sort by the time they were made."""

import os
import re
import time
import uuid
from collections.abc import Callable
from typing import TypeAlias

_UUID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE | re.ASCII)

Ids: TypeAlias = Callable[[], str]

_VARIANT = 2 << 62
_VERSION = 7 << 76
_RANDOM_MASK = (1 << 62) - 1
# The counter of a millisecond starts in its lower half, so that there is room to count.
_START_MASK = (1 << 11) - 1


class _Stamps:
    """Times in milliseconds with 12 more bits that count, so that no stamp is below one before it.

    What one transaction makes in one millisecond sorts in the order in which it was made, also when
    the clock is set back. Source: RFC 9562, section 6.2, method 1.
    """

    def __init__(self) -> None:
        self._last = 0

    def next(self) -> int:
        start = int.from_bytes(os.urandom(2), "big") & _START_MASK
        self._last = max(self._last + 1, time.time_ns() // 1_000_000 << 12 | start)
        return self._last


_STAMPS = _Stamps()


def new_id() -> str:
    """Return a fresh UUIDv7 in its text form, above every other of this process."""
    stamp = _STAMPS.next()
    random = int.from_bytes(os.urandom(8), "big") & _RANDOM_MASK
    value = (stamp >> 12) << 80 | _VERSION | (stamp & 0xFFF) << 64 | _VARIANT | random
    digits = f"{value:032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def new_request_id() -> str:
    """Return a fresh UUIDv4, as a client chooses one for each write."""
    return str(uuid.uuid4())


def is_uuid(text: str) -> bool:
    """Tell whether the text is a UUID in its canonical form, in either case of letters."""
    return _UUID.fullmatch(text) is not None
