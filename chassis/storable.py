"""What no rule of a proto says and every field must be: a text and a moment that can be stored.

PostgreSQL stores no NUL in a text, and Python knows the years 1 to 9999; protobuf carries both. A
field that is marked `ignore = IGNORE_ALWAYS` takes whatever comes, and its use case sees to it.
"""

from collections.abc import Iterator
from functools import cache
from typing import Any

from buf.validate import validate_pb2
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from chassis.errors import FieldViolation


def find_unstorable(message: Message, path: str = "") -> Iterator[FieldViolation]:
    """Find every field below a message that could not be stored."""
    for field, value in message.ListFields():
        if _takes_anything(field):
            continue
        name = f"{path}.{field.name}" if path else field.name
        if field.is_repeated:
            for index, each in enumerate(value):
                yield from _judge(each, f"{name}[{index}]")
        else:
            yield from _judge(value, name)


def _judge(value: Any, path: str) -> Iterator[FieldViolation]:
    if isinstance(value, str) and "\0" in value:
        yield FieldViolation(path, "must not contain a NUL character")
    elif isinstance(value, Timestamp):
        yield from _judge_time(value, path)
    elif isinstance(value, Message):
        yield from find_unstorable(value, path)


def _judge_time(moment: Timestamp, path: str) -> Iterator[FieldViolation]:
    try:
        moment.ToDatetime()
    except (ValueError, OverflowError):
        yield FieldViolation(path, "must be a time of the years 1 to 9999")


@cache
def _takes_anything(field: FieldDescriptor) -> bool:
    rules = field.GetOptions().Extensions[validate_pb2.field]
    return bool(rules.ignore == validate_pb2.IGNORE_ALWAYS)
