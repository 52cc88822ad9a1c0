"""Headers are read as nats-py reads them, only quicker."""

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
