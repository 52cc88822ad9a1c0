"""Headers are read as nats-py reads them, only quicker."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nats.aio.client import Client

from chassis.bus import QuickClient

BLOCK = b"ce-id: 1\r\nce-type:jointops.ops.v1.ArrestOrdered\r\nno colon\r\nbad name: x\r\n\r\n"


def test_headers_are_read() -> None:
    found = QuickClient._parse_header_lines(BLOCK)

    assert found == {"ce-id": "1", "ce-type": "jointops.ops.v1.ArrestOrdered"}


@given(st.lists(st.one_of(st.binary(max_size=20), st.just(b"a: b"), st.just(b" k\t: v "))))
def test_any_headers_are_read_as_the_library_reads_them(lines: list[bytes]) -> None:
    raw = b"\r\n".join(lines)

    assert QuickClient._parse_header_lines(raw) == Client._parse_header_lines(raw)


async def sent_by(kind: type[Client], headers: dict[str, str] | None) -> bytes:
    """Return what a client of this kind puts on the wire."""
    client = kind()
    await client._send_publish("a.b", "reply", b"payload", 7, headers)
    return b"".join(client._pending)


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param(None, id="none"),
        pytest.param({"ce-id": "1", "ce-caseid": "", "ce-time": "2026-01-01"}, id="ours"),
        pytest.param({"ce-id": "1\r\nce-type: forged"}, id="a value that breaks out"),
    ],
)
async def test_headers_are_sent_as_the_library_sends_them(headers: dict[str, str] | None) -> None:
    assert await sent_by(QuickClient, headers) == await sent_by(Client, headers)
