"""Free TCP ports on the loopback address.

Ports come from below Linux's ephemeral range (32768 and up), so that an outgoing connection cannot
take a port between its choice and its use.
"""

import secrets
import socket
from collections.abc import Callable, Container

from deploy.local.errors import LocalError, PortInUseError, StartFailedError

LOOPBACK = "127.0.0.1"
FIRST_PORT = 20_000
LAST_PORT = 32_000
# Out of 12,000 ports a machine that refuses this many random ones has another trouble.
ATTEMPTS = 200
# Between choice and use another process can be faster, seldom twice.
RETRIES = 3


def is_free(port: int) -> bool:
    """Tell whether a listener could be bound to a port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # Servers set the same option: a port in TIME_WAIT counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def pick_port(*, taken: Container[int] = ()) -> int:
    """Pick a random free port that is not in `taken`.

    Raises:
        LocalError: No free port was found.
    """
    for _ in range(ATTEMPTS):
        port = FIRST_PORT + secrets.randbelow(LAST_PORT - FIRST_PORT)
        if port not in taken and is_free(port):
            return port
    sentence = f"No free port was found between {FIRST_PORT} and {LAST_PORT}."
    raise LocalError(sentence)


def start_on(start: Callable[[int], None], *, given: int | None) -> None:
    """Start a server on the given port, or on a free one; on another if somebody was faster.

    Raises:
        PortInUseError: The given port is in use.
        StartFailedError: The server did not start, and the port is not why.
    """
    if given is not None:
        check_free(given)
        start(given)
        return
    for _ in range(RETRIES):
        port = pick_port()
        try:
            start(port)
        except StartFailedError:
            if is_free(port):
                raise
        else:
            return
    start(pick_port())


def check_free(port: int) -> None:
    """Refuse a port that is in use.

    Raises:
        PortInUseError: It is.
    """
    if not is_free(port):
        sentence = f"Port {port} is in use by another program."
        raise PortInUseError(sentence)


def accepts(port: int, *, timeout_seconds: float = 0.5) -> bool:
    """Tell whether something accepts connections on a port."""
    try:
        with socket.create_connection((LOOPBACK, port), timeout_seconds):
            return True
    except OSError:
        return False
