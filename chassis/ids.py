"""Makes identifiers: UUIDv7 for what we store, so that keys sort by the time they were made."""

import os
import time
import uuid
from collections.abc import Callable
from typing import TypeAlias

Ids: TypeAlias = Callable[[], str]

_RANDOM_BITS = 62
_RANDOM_MASK = (1 << _RANDOM_BITS) - 1
_VERSION_AND_VARIANT = (7 << 76) | (2 << _RANDOM_BITS)


def new_id() -> str:
    """Return a fresh UUIDv7 in its text form. Source: RFC 9562, section 5.7."""
    random = int.from_bytes(os.urandom(10), "big")
    head = (random >> _RANDOM_BITS) & 0xFFF
    value = (
        (time.time_ns() // 1_000_000 & 0xFFFF_FFFF_FFFF) << 80
        | _VERSION_AND_VARIANT
        | head << 64
        | random & _RANDOM_MASK
    )
    digits = f"{value:032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def new_request_id() -> str:
    """Return a fresh UUIDv4, as a client chooses one for each write."""
    return str(uuid.uuid4())


def is_uuid(text: str) -> bool:
    """Tell whether the text is a UUID in its canonical form."""
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False
