"""The connection to NATS, as far as it needs none."""

from typing import Any

from chassis.bus import Bus


class FullClient:
    """A client that is connected and takes nothing more."""

    is_connected = True

    async def publish(self, _subject: str) -> None:
        raise TimeoutError


async def test_wake_that_is_lost_is_no_fault_of_the_call() -> None:
    bus = Bus("station")
    full: Any = FullClient()
    bus.client = full

    await bus.wake()


async def test_bus_that_never_was_connected_can_be_woken_and_closed() -> None:
    bus = Bus("station")

    await bus.wake()
    await bus.close()
