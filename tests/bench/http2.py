"""A gRPC client that costs little: the machine under test also carries the load.

grpcio's client costs as much CPU as the server it measures. This one writes HTTP/2 frames with
headers encoded once and never touches the compression tables. Sources: RFC 9113 (frames), RFC 7541
(header encoding), the gRPC protocol over HTTP/2.
"""

import asyncio
import struct
from collections.abc import Callable, Mapping
from enum import IntEnum
from typing import Any, cast

_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_HEAD = 9
_END_STREAM = 0x1
_END_HEADERS = 0x4
_ACK = 0x1
# Large enough that no response ever waits for us.
_WINDOW = 1 << 30
_STATIC = {":path": 4, ":authority": 1, "content-type": 31, "authorization": 23}

Answered = Callable[[bytes | None], None]


class Frame(IntEnum):
    """The frame types that matter here."""

    DATA = 0
    HEADERS = 1
    RST_STREAM = 3
    SETTINGS = 4
    PING = 6
    GOAWAY = 7
    WINDOW_UPDATE = 8


def encode_headers(path: str, headers: Mapping[str, str]) -> bytes:
    """Encode the headers of a call once, as literals that enter no table."""
    method_post, scheme_http = b"\x83", b"\x86"
    pairs = {":path": path, ":authority": "bench", "content-type": "application/grpc"}
    block = method_post + scheme_http
    for name, value in {**pairs, "te": "trailers", **headers}.items():
        block += _name(name) + _text(value)
    return block


class Http2(asyncio.Protocol):
    """One connection; each call ends in its callback, with the message or with None if refused."""

    def __init__(self) -> None:
        self._transport: Any
        self._buffer = bytearray()
        self._next_stream = 1
        self._answered: dict[int, Answered] = {}
        self._messages: dict[int, bytes] = {}
        self._received = 0
        self._waiting: list[bytes] = []
        self._is_reading = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Introduce ourselves with windows that never close."""
        # uvloop's transports are no `asyncio.WriteTransport`, though they write.
        self._transport = cast("Any", transport)
        settings = struct.pack("!HI", 4, _WINDOW)
        self._transport.write(
            _PREFACE
            + _frame(Frame.SETTINGS, 0, 0, settings)
            + _frame(Frame.WINDOW_UPDATE, 0, 0, struct.pack("!I", _WINDOW))
        )

    def call(self, headers: bytes, message: bytes, answered: Answered) -> None:
        """Send one call."""
        stream, self._next_stream = self._next_stream, self._next_stream + 2
        self._answered[stream] = answered
        body = struct.pack("!BI", 0, len(message)) + message
        self._write(
            _frame(Frame.HEADERS, _END_HEADERS, stream, headers)
            + _frame(Frame.DATA, _END_STREAM, stream, body)
        )

    def close(self) -> None:
        """Hang up."""
        self._transport.close()

    def data_received(self, data: bytes) -> None:
        """Cut what arrives into frames; what they lead to is written together."""
        self._is_reading = True
        self._cut(data)
        self._is_reading = False
        self._transport.write(b"".join(self._waiting))
        self._waiting.clear()

    def _write(self, frames: bytes) -> None:
        if self._is_reading:
            self._waiting.append(frames)
        else:
            self._transport.write(frames)

    def _cut(self, data: bytes) -> None:
        buffer = self._buffer
        buffer += data
        start, end = 0, len(buffer)
        while end - start >= _HEAD:
            length = int.from_bytes(buffer[start : start + 3], "big")
            after = start + _HEAD + length
            if after > end:
                break
            kind, flags = buffer[start + 3], buffer[start + 4]
            stream = int.from_bytes(buffer[start + 5 : start + 9], "big")
            self._take(kind, flags, stream, bytes(buffer[start + _HEAD : after]))
            start = after
        del buffer[:start]

    def _take(self, kind: int, flags: int, stream: int, payload: bytes) -> None:
        if kind == Frame.DATA:
            self._messages[stream] = self._messages.get(stream, b"") + payload
            self._received += len(payload)
            if self._received > _WINDOW // 2:
                update = struct.pack("!I", self._received)
                self._write(_frame(Frame.WINDOW_UPDATE, 0, 0, update))
                self._received = 0
        elif kind == Frame.PING and not flags & _ACK:
            self._write(_frame(Frame.PING, _ACK, 0, payload))
        elif kind == Frame.SETTINGS and not flags & _ACK:
            self._write(_frame(Frame.SETTINGS, _ACK, 0, b""))
        if (kind == Frame.RST_STREAM) or (flags & _END_STREAM and kind <= Frame.HEADERS):
            message = self._messages.pop(stream, None)
            answered = self._answered.pop(stream, None)
            if answered is not None:
                answered(message[5:] if message else None)


def _frame(kind: Frame, flags: int, stream: int, payload: bytes) -> bytes:
    head = struct.pack("!BHBBI", len(payload) >> 16, len(payload) & 0xFFFF, kind, flags, stream)
    return head + payload


def _name(name: str) -> bytes:
    """Write a header's name as a literal without indexing, by number where there is one."""
    number = _STATIC.get(name)
    return b"\x00" + _text(name) if number is None else _number(number, 4)


def _text(text: str) -> bytes:
    encoded = text.encode()
    return _number(len(encoded), 7) + encoded


def _number(value: int, bits: int) -> bytes:
    """Write an integer with a prefix of so many bits. Source: RFC 7541, section 5.1."""
    most = (1 << bits) - 1
    if value < most:
        return bytes([value])
    digits = [most]
    value -= most
    while value >= 0x80:
        digits.append(value % 0x80 | 0x80)
        value //= 0x80
    return bytes([*digits, value])
