"""Draws an answer: a list as a table, a resource as its fields, or everything as JSON."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from services.console.cli.columns import COLUMNS

INDENT = 2
GAP = 2
# A table keeps this many columns however narrow the terminal is.
LEAST_COLUMNS = 3
# A text longer than this goes on in the next line of its cell.
FOLDED_WIDTH = 24
MOMENT_FORMAT = "%Y-%m-%d %H:%M:%SZ"
# States that ask for somebody's eyes, and those that are over; every other one is plain.
STATE_STYLES = {
    "suspended": "yellow",
    "sent back": "yellow",
    "returned": "yellow",
    "reopened": "yellow",
    "stood down": "yellow",
    "closed": "dim",
    "withdrawn": "dim",
    "merged": "dim",
    "transferred": "dim",
}


def to_json(message: Message) -> str:
    """Write an answer as JSON: field names as in the protos, zero values included."""
    return json.dumps(to_dict(message), ensure_ascii=False, indent=2)


def to_dict(message: Message) -> dict[str, Any]:
    """Turn a message into what JSON knows."""
    return MessageToDict(
        message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True
    )


def render(response: Message, width: int) -> RenderableType:
    """Draw an answer for a terminal so wide: its resources, then what stands beside them."""
    return Group(*_parts(response, width))


def _parts(response: Message, width: int) -> Iterator[RenderableType]:
    for field in response.DESCRIPTOR.fields:
        if field.message_type is None:
            continue
        if field.is_repeated:
            yield _table(field, getattr(response, field.name), width)
        elif response.HasField(field.name):
            yield _detail(getattr(response, field.name), width)
    beside = [
        (field.name, value)
        for field, value in response.ListFields()
        if field.message_type is None and not field.is_repeated
    ]
    for name, value in beside:
        yield Text.assemble((f"{_label(name)}  ", "dim"), str(value))


def _table(field: Any, messages: Sequence[Message], width: int) -> RenderableType:
    """Draw a list; columns that do not fit are left out from the right, where they matter least."""
    if not messages:
        return Text(f"no {_label(field.name)} 没有", "dim")
    fields = messages[0].DESCRIPTOR.fields_by_name
    columns = [
        (_label(name), [_cell(message, fields[name]) for message in messages])
        for name in _columns(messages[0])
    ]
    while len(columns) > LEAST_COLUMNS and _width(columns) > width:
        columns.pop()
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, GAP, 0, 0))
    for place, (label, _cells) in enumerate(columns):
        table.add_column(label, no_wrap=place == 0, overflow="fold")
    for row in zip(*(cells for _label, cells in columns), strict=True):
        table.add_row(*row)
    return table


def _width(columns: Sequence[tuple[str, Sequence[Text]]]) -> int:
    """Say how wide a table must be: as its longest cells, where a text may be folded."""
    first, *others = (
        max(cell_len(label), *(cell.cell_len for cell in cells)) for label, cells in columns
    )
    return first + sum(GAP + min(width, FOLDED_WIDTH) for width in others)


def _detail(message: Message, width: int) -> RenderableType:
    """Draw one resource: its fields, and below them its parts as tables."""
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    below: list[RenderableType] = []
    for field in message.DESCRIPTOR.fields:
        if field.is_repeated and field.message_type is not None:
            if parts := getattr(message, field.name):
                below += [
                    Text(_label(field.name), "dim"),
                    Padding(_table(field, parts, width - INDENT), (0, 0, 0, INDENT)),
                ]
        elif (cell := _cell(message, field)).plain:
            grid.add_row(_label(field.name), cell)
    return Group(grid, *below)


def _cell(message: Message, field: Any) -> Text:
    """Show one field; nothing when it is absent or says nothing."""
    value = getattr(message, field.name)
    if field.is_repeated:
        return Text(", ".join(_word(field, each) for each in value))
    if field.has_presence and not message.HasField(field.name):
        return Text()
    text = _word(field, value)
    return Text(text, STATE_STYLES.get(text, "") if field.name == "state" else "")


def _word(field: Any, value: Any) -> str:
    if isinstance(value, Timestamp):
        return f"{value.ToDatetime():{MOMENT_FORMAT}}"
    if field.message_type is not None:
        return ", ".join(_parts_of(value))
    if field.enum_type is not None:
        return _enum_word(field, value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def _parts_of(message: Message) -> Iterator[str]:
    for field, value in message.ListFields():
        yield f"{_label(field.name)} {_word(field, value)}"


def _enum_word(field: Any, number: int) -> str:
    values = field.enum_type.values_by_number
    if not number or number not in values:
        return str(number or "")
    prefix = values[0].name.removesuffix("UNSPECIFIED")
    return str(values[number].name.removeprefix(prefix).lower().replace("_", " "))


def _columns(message: Message) -> tuple[str, ...]:
    known = COLUMNS.get(message.DESCRIPTOR.name)
    return known or tuple(field.name for field in message.DESCRIPTOR.fields)


def _label(name: str) -> str:
    return name.removesuffix("_id").replace("_", " ")
