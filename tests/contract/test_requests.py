"""What every request promises: bounded pages, idempotent commands, changes by etag."""

import pytest
from buf.validate import validate_pb2
from google.protobuf.descriptor import Descriptor, FieldDescriptor, MethodDescriptor

from chassis.policy import method_name
from tests.contract.platform_parts import methods

METHODS = [method for _, method in methods()]
READS = ("Get", "List", "Watch", "Search", "Count")
COMMANDS = [method for method in METHODS if not method.name.startswith(READS)]
LISTS = [method for method in METHODS if method.name.startswith("List")]


def rules(field: FieldDescriptor) -> validate_pb2.FieldRules:
    found: validate_pb2.FieldRules = field.GetOptions().Extensions[validate_pb2.field]
    return found


@pytest.mark.parametrize("method", COMMANDS, ids=method_name)
def test_command_is_idempotent_by_a_request_id(method: MethodDescriptor) -> None:
    field = method.input_type.fields_by_name.get("request_id")

    assert field is not None
    assert rules(field).string.uuid


@pytest.mark.parametrize("method", COMMANDS, ids=method_name)
def test_etag_is_required_where_it_is_asked_for(method: MethodDescriptor) -> None:
    field = method.input_type.fields_by_name.get("etag")

    assert field is None or rules(field).string.min_len == 1


@pytest.mark.parametrize("method", LISTS, ids=method_name)
def test_list_is_paged_and_bounded(method: MethodDescriptor) -> None:
    fields = method.input_type.fields_by_name

    size = rules(fields["page_size"]).int32
    assert (size.gte, 0 < size.lte <= 1000) == (0, True)
    assert 0 < rules(fields["page_token"]).string.max_len <= 512
    assert "next_page_token" in method.output_type.fields_by_name


@pytest.mark.parametrize("method", METHODS, ids=method_name)
def test_request_and_response_belong_to_one_method(method: MethodDescriptor) -> None:
    assert method.input_type.name == f"{method.name}Request"
    assert method.output_type.name == f"{method.name}Response"


def fields_below(message: Descriptor, seen: frozenset[str] = frozenset()) -> list[FieldDescriptor]:
    """Return every field of a request, and of the messages of ours in it."""
    if message.full_name in seen or not message.full_name.startswith("jointops."):
        return []
    inner = [
        below
        for field in message.fields
        if field.message_type is not None
        for below in fields_below(field.message_type, seen | {message.full_name})
    ]
    return [*message.fields, *inner]


@pytest.mark.parametrize("method", METHODS, ids=method_name)
def test_text_and_lists_of_a_request_are_bounded(method: MethodDescriptor) -> None:
    unbounded = [
        field.full_name
        for field in fields_below(method.input_type)
        if not is_bounded(field) and rules(field).ignore != validate_pb2.IGNORE_ALWAYS
    ]

    assert unbounded == []


def is_bounded(field: FieldDescriptor) -> bool:
    """Tell whether a rule says how long a field may be; numbers and messages need none."""
    text = rules(field).repeated.items.string if field.is_repeated else rules(field).string
    is_short = bool(
        field.type != field.TYPE_STRING
        or text.max_len
        or text.max_bytes
        or text.uuid
        or text.pattern
        or text.const
        or getattr(text, "in")
    )
    return is_short and (not field.is_repeated or rules(field).repeated.max_items > 0)


@pytest.mark.parametrize("method", METHODS, ids=method_name)
def test_enum_of_a_request_is_defined(method: MethodDescriptor) -> None:
    loose = [
        field.full_name
        for field in fields_below(method.input_type)
        if field.type == field.TYPE_ENUM
        and rules(field).ignore != validate_pb2.IGNORE_ALWAYS
        and not (rules(field).enum.defined_only or rules(field).repeated.items.enum.defined_only)
    ]

    assert loose == []
