"""The client of the benchmark speaks HTTP/2 as the standards say."""

import struct
from typing import Any

import pytest

from tests.bench.http2 import Frame, Http2, _frame, _number, encode_headers


class Wire:
    """A transport that keeps what is written."""

    def __init__(self) -> None:
        self.written = b""

    def write(self, data: bytes) -> None:
        self.written += data

    def close(self) -> None:
        self.written += b"closed"


def connect() -> tuple[Http2, Wire]:
    """Return a connection and its wire, without what it says first."""
    connection, wire = Http2(), Wire()
    connection.connection_made(wire)  # type: ignore[arg-type]  # as much of a transport as it needs
    wire.written = b""
    return connection, wire


# Source: RFC 7541, appendix C.1.
@pytest.mark.parametrize(
    ("value", "bits", "encoded"),
    [
        pytest.param(10, 5, b"\x0a", id="C.1.1"),
        pytest.param(1337, 5, b"\x1f\x9a\x0a", id="C.1.2"),
        pytest.param(42, 8, b"\x2a", id="C.1.3"),
    ],
)
def test_numbers_are_written_as_in_the_examples_of_the_standard(
    value: int, bits: int, encoded: bytes
) -> None:
    assert _number(value, bits) == encoded


def test_headers_enter_no_table() -> None:
    block = encode_headers("/a.B/C", {"authorization": "Bearer t"})

    assert block.startswith(b"\x83\x86\x04\x06/a.B/C")
    assert block.endswith(b"\x0f\x08\x08Bearer t")


def test_a_call_is_answered_with_its_message() -> None:
    connection, wire = connect()
    answers: list[Any] = []
    connection.call(b"headers", b"request", answers.append)

    response = struct.pack("!BI", 0, 5) + b"reply"
    data = _frame(Frame.DATA, 0, 1, response) + _frame(Frame.HEADERS, 0x5, 1, b"trailers")
    connection.data_received(data[:10])
    connection.data_received(data[10:])

    assert wire.written.endswith(b"request")
    assert answers == [b"reply"]


def test_a_refused_call_is_answered_with_nothing() -> None:
    connection, _ = connect()
    answers: list[Any] = []
    connection.call(b"headers", b"request", answers.append)

    connection.data_received(_frame(Frame.HEADERS, 0x5, 1, b"trailers"))

    assert answers == [None]


def test_a_ping_is_returned() -> None:
    connection, wire = connect()

    connection.data_received(_frame(Frame.PING, 0, 0, b"12345678"))

    assert wire.written == _frame(Frame.PING, 1, 0, b"12345678")
