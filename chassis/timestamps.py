"""Moments between protobuf and Python, UTC on both sides."""

from datetime import UTC, datetime

from google.protobuf.timestamp_pb2 import Timestamp


def to_timestamp(moment: datetime) -> Timestamp:
    """Write a moment as protobuf does."""
    timestamp = Timestamp()
    timestamp.FromDatetime(moment)
    return timestamp


def to_datetime(timestamp: Timestamp) -> datetime:
    """Read a moment as Python does, UTC."""
    return timestamp.ToDatetime(UTC)
