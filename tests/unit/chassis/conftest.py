"""No unit test of the chassis reaches the network."""

import pytest
import pytest_socket


@pytest.fixture(autouse=True)
def no_network() -> None:
    """Refuse every socket but the pair that an event loop wakes itself with."""
    pytest_socket.disable_socket(allow_unix_socket=True)
