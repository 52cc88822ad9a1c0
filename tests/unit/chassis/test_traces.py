"""Spans: who is recorded, whose child it is, what it says, and what it never says."""

import pytest
from opentelemetry.sdk.resources import Resource
from opentelemetry.trace import SpanKind, StatusCode

from chassis import telemetry_names as names
from chassis.traces import Tracer, current_traceparent
from tests.fakes.spans import KeptSpans

METHOD = "jointops.station.v1.CaseService/AcceptCase"
SUBJECT = "jointops.*.station.v1.case.reported"
TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"
CALLER = f"00-{TRACE_ID}-00f067aa0ba902b7-01"
CALLER_UNSAMPLED = f"00-{TRACE_ID}-00f067aa0ba902b7-00"
OTHER = "00-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-bbbbbbbbbbbbbbbb-01"


@pytest.fixture
def kept() -> KeptSpans:
    return KeptSpans()


@pytest.fixture
def tracer(kept: KeptSpans) -> Tracer:
    return Tracer(Resource({}), kept, read_ratio=0.0)


@pytest.mark.parametrize(
    ("traceparent", "is_command", "ratio", "is_recorded"),
    [
        pytest.param(None, True, 0.0, True, id="command"),
        pytest.param(CALLER_UNSAMPLED, True, 0.0, True, id="command of an unsampled caller"),
        pytest.param(None, False, 0.0, False, id="read, ratio 0"),
        pytest.param(None, False, 1.0, True, id="read, ratio 1"),
        pytest.param("garbage", False, 0.0, False, id="read, malformed traceparent"),
        pytest.param(CALLER, False, 0.0, True, id="read of a sampled caller"),
        pytest.param(CALLER_UNSAMPLED, False, 1.0, False, id="read of an unsampled caller"),
    ],
)
def test_a_call_is_recorded_by_command_caller_and_ratio(
    kept: KeptSpans, traceparent: str | None, is_command: bool, ratio: float, is_recorded: bool
) -> None:
    tracer = Tracer(Resource({}), kept, ratio)

    span = tracer.start_server_span(METHOD, traceparent, is_command=is_command)
    is_recording = span.is_recording
    span.end()

    assert (is_recording, len(kept.spans)) == (is_recorded, int(is_recorded))
    assert span.traceparent.endswith("-01" if is_recorded else "-00")


def test_a_call_continues_the_trace_of_its_caller(tracer: Tracer, kept: KeptSpans) -> None:
    span = tracer.start_server_span(METHOD, CALLER, is_command=True)
    span.end()

    parent, context = kept.last.parent, kept.last.context
    assert parent is not None
    assert context is not None
    assert (f"{context.trace_id:032x}", f"{parent.span_id:016x}") == (TRACE_ID, CALLER[36:52])
    assert span.traceparent == f"00-{TRACE_ID}-{context.span_id:016x}-01"


def test_a_call_without_a_caller_begins_a_trace(tracer: Tracer, kept: KeptSpans) -> None:
    span = tracer.start_server_span(METHOD, None, is_command=True)
    span.end()

    assert kept.last.parent is None
    assert span.trace_id != TRACE_ID


def test_a_call_says_method_code_and_case(tracer: Tracer, kept: KeptSpans) -> None:
    span = tracer.start_server_span(f"/{METHOD}", None, is_command=True)
    span.set(names.CASE_ID, "0198c2f4-0000-7000-8000-000000000000")
    span.end()

    assert (kept.last.name, kept.last.kind) == (METHOD, SpanKind.SERVER)
    assert kept.last_attributes() == {
        "rpc.system.name": "grpc",
        "rpc.method": METHOD,
        "jointops.case.id": "0198c2f4-0000-7000-8000-000000000000",
        "rpc.response.status_code": "OK",
    }


@pytest.mark.parametrize(
    "code",
    ["UNKNOWN", "DEADLINE_EXCEEDED", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS"],
)
def test_a_call_is_in_error_when_the_server_failed(
    tracer: Tracer, kept: KeptSpans, code: str
) -> None:
    tracer.start_server_span(METHOD, None, is_command=True).end(code)

    assert kept.last.status.status_code is StatusCode.ERROR
    assert kept.last_attributes()["error.type"] == code


@pytest.mark.parametrize(
    "code",
    [
        "OK",
        "CANCELLED",
        "INVALID_ARGUMENT",
        "NOT_FOUND",
        "ALREADY_EXISTS",
        "PERMISSION_DENIED",
        "RESOURCE_EXHAUSTED",
        "FAILED_PRECONDITION",
        "ABORTED",
        "OUT_OF_RANGE",
        "UNAUTHENTICATED",
    ],
)
def test_a_refusal_is_no_error(tracer: Tracer, kept: KeptSpans, code: str) -> None:
    tracer.start_server_span(METHOD, None, is_command=True).end(code, "CASE_STATE_FORBIDS")

    attributes = kept.last_attributes()
    assert kept.last.status.status_code is StatusCode.UNSET
    assert "error.type" not in attributes
    assert attributes["jointops.refusal.reason"] == "CASE_STATE_FORBIDS"


def test_the_current_traceparent_is_the_span_in_hand(tracer: Tracer) -> None:
    outer = tracer.start_server_span(METHOD, None, is_command=True)
    inner = tracer.start_message_span("process", SUBJECT, outer.traceparent)
    during = current_traceparent()
    inner.end()
    between = current_traceparent()
    outer.end()

    assert (during, between) == (inner.traceparent, outer.traceparent)
    assert current_traceparent() is None


def test_publishing_leaves_the_current_traceparent(tracer: Tracer) -> None:
    span = tracer.start_message_span("publish", SUBJECT, CALLER)

    assert current_traceparent() is None
    span.end()


def test_a_span_ignores_what_comes_after_its_end(tracer: Tracer, kept: KeptSpans) -> None:
    span = tracer.start_server_span(METHOD, None, is_command=True)
    span.end()
    span.set(names.CASE_ID, "late")
    span.end("INTERNAL")

    assert len(kept.spans) == 1
    assert names.CASE_ID not in kept.last_attributes()


@pytest.mark.parametrize(
    ("operation", "kind", "operation_type"),
    [("publish", SpanKind.PRODUCER, "send"), ("process", SpanKind.CONSUMER, "process")],
)
def test_a_message_is_the_child_of_what_caused_it(
    tracer: Tracer, kept: KeptSpans, operation: str, kind: SpanKind, operation_type: str
) -> None:
    span = tracer.start_message_span(operation, SUBJECT, CALLER)  # type: ignore[arg-type]  # parametrised
    span.end()

    assert span.trace_id == TRACE_ID
    assert (kept.last.name, kept.last.kind) == (f"{operation} {SUBJECT}", kind)
    assert kept.last_attributes() == {
        "messaging.system": "nats",
        "messaging.operation.name": operation,
        "messaging.operation.type": operation_type,
        "messaging.destination.template": SUBJECT,
    }


def test_a_message_is_not_recorded_when_its_cause_is_not(tracer: Tracer, kept: KeptSpans) -> None:
    span = tracer.start_message_span("process", SUBJECT, CALLER_UNSAMPLED)
    span.end()

    assert kept.spans == []
    assert span.trace_id == TRACE_ID


def test_a_message_without_a_trace_begins_one(tracer: Tracer, kept: KeptSpans) -> None:
    tracer.start_message_span("publish", SUBJECT, "").end()

    assert kept.last.parent is None


def test_a_batch_links_to_every_cause(tracer: Tracer, kept: KeptSpans) -> None:
    span = tracer.start_message_span("process", SUBJECT, batch=[CALLER, OTHER, "garbage"])
    span.end()

    linked = [f"{link.context.trace_id:032x}" for link in kept.last.links]
    assert linked == [TRACE_ID, "a" * 32]
    assert (kept.last.parent, span.trace_id in linked) == (None, False)
    assert kept.last_attributes()["messaging.batch.message_count"] == 3


def test_a_failed_message_names_the_class_of_the_fault(tracer: Tracer, kept: KeptSpans) -> None:
    tracer.start_message_span("process", SUBJECT, CALLER).end("MalformedEventError")

    assert kept.last.status.status_code is StatusCode.ERROR
    assert kept.last_attributes()["error.type"] == "MalformedEventError"


@pytest.mark.parametrize("key", sorted(names.FORBIDDEN_KEYS))
def test_the_value_of_a_forbidden_key_is_withheld(
    tracer: Tracer, kept: KeptSpans, key: str
) -> None:
    span = tracer.start_server_span(METHOD, None, is_command=True)
    span.set(key, "王小明")
    span.end()

    assert kept.last_attributes()[key] == "[withheld]"
