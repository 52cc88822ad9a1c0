"""Renders `buf/validate/validate.proto` from the descriptor inside the protovalidate wheel.

The wheel carries the compiled rules but not their source, and `protoc` needs the source to compile
ours. The CEL options on the rules themselves are left out: the validator brings its own.
`make proto` runs this; run it by hand with `python proto/third_party/render.py`.
"""

from pathlib import Path

from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
)
from protovalidate._gen.buf.validate.validate_pb import desc

TARGET = Path(__file__).parent / "buf" / "validate" / "validate.proto"
HEADER = """\
// Copyright 2023-2026 Buf Technologies, Inc. Licensed under the Apache License, Version 2.0.
// Rendered by proto/third_party/render.py from the protovalidate wheel. Do not edit.

"""
_INDENT = "  "


def main() -> None:
    """Write the rendered file."""
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_text(render())


def render() -> str:
    """Return the proto source of the validation rules."""
    file = FileDescriptorProto.FromString(desc().proto.to_binary())
    lines = [f'syntax = "{file.syntax or "proto2"}";', "", f"package {file.package};", ""]
    lines += [f'import "{name}";' for name in file.dependency]
    for extension in file.extension:
        lines += ["", f"extend {extension.extendee} {{", _INDENT + _field(extension), "}"]
    for enum in file.enum_type:
        lines += ["", *_enum(enum)]
    for message in file.message_type:
        lines += ["", *_message(message)]
    return HEADER + "\n".join(lines) + "\n"


def _message(message: DescriptorProto) -> list[str]:
    body: list[str] = []
    for enum in message.enum_type:
        body += _enum(enum)
    for nested in message.nested_type:
        if not nested.options.map_entry:
            body += _message(nested)
    body += [_field(field) for field in message.field if not field.HasField("oneof_index")]
    for index, oneof in enumerate(message.oneof_decl):
        members = [f for f in message.field if f.HasField("oneof_index") and f.oneof_index == index]
        body += [f"oneof {oneof.name} {{", *(_INDENT + _field(f) for f in members), "}"]
    for reserved in message.reserved_range:
        body.append(f"reserved {reserved.start} to {reserved.end - 1};")
    body += [f'reserved "{name}";' for name in message.reserved_name]
    for span in message.extension_range:
        end = "max" if span.end >= 1 << 29 else str(span.end - 1)
        body.append(f"extensions {span.start} to {end};")
    return [f"message {message.name} {{", *(_INDENT + line for line in body), "}"]


def _field(field: FieldDescriptorProto) -> str:
    label = FieldDescriptorProto.Label.Name(field.label).removeprefix("LABEL_").lower() + " "
    if field.HasField("oneof_index"):
        label = ""
    kind = field.type_name or FieldDescriptorProto.Type.Name(field.type)
    if not field.type_name:
        kind = kind.removeprefix("TYPE_").lower()
    return f"{label}{kind} {field.name} = {field.number};"


def _enum(enum: EnumDescriptorProto) -> list[str]:
    alias = ["option allow_alias = true;"] if enum.options.allow_alias else []
    values = [f"{value.name} = {value.number};" for value in enum.value]
    return [f"enum {enum.name} {{", *(_INDENT + line for line in (*alias, *values)), "}"]


if __name__ == "__main__":
    main()
