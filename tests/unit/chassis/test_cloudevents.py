"""Events as messages: what is written is read back, and what is no event is told apart."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.cloudevents import Delivery, MalformedEventError, event_headers, read_delivery

SUBJECT = "jointops.jinqiao.ops.v1.operation.operation_started"
EVENT_ID = "0198c2f4-8a1b-7c3d-9e4f-a0b1c2d3e4f5"
OPERATION_ID = "0198c2f4-0000-7c3d-9e4f-a0b1c2d3e4f5"
ROW: dict[str, object] = {
    "event_id": EVENT_ID,
    "event_type": "jointops.ops.v1.OperationStarted",
    "aggregate_id": OPERATION_ID,
    "aggregate_version": 7,
    "case_id": "0198c2f4-1111-7c3d-9e4f-a0b1c2d3e4f5",
    "event_time": datetime(2026, 11, 23, 8, 30, 0, 123456, tzinfo=UTC),
    "request_id": "9d0f8d6e-5f3b-4b0e-9c58-6f2c1f6f3c11",
}
TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
HEADERS = event_headers(ROW, source="/jointops/ops", traceparent=TRACEPARENT)


def test_row_of_the_outbox_becomes_headers() -> None:
    assert HEADERS == {
        "ce-specversion": "1.0",
        "ce-id": EVENT_ID,
        "ce-source": "/jointops/ops",
        "ce-type": "jointops.ops.v1.OperationStarted",
        "ce-subject": OPERATION_ID,
        "ce-time": "2026-11-23T08:30:00.123456+00:00",
        "ce-datacontenttype": "application/protobuf",
        "ce-aggregateversion": "7",
        "ce-caseid": "0198c2f4-1111-7c3d-9e4f-a0b1c2d3e4f5",
        "ce-causationid": "9d0f8d6e-5f3b-4b0e-9c58-6f2c1f6f3c11",
        "ce-traceparent": TRACEPARENT,
        "Nats-Msg-Id": EVENT_ID,
    }


def test_headers_become_a_delivery_again() -> None:
    assert read_delivery(SUBJECT, HEADERS, b"payload") == Delivery(
        event_id=EVENT_ID,
        event_type="jointops.ops.v1.OperationStarted",
        aggregate_id=OPERATION_ID,
        aggregate_version=7,
        case_id="0198c2f4-1111-7c3d-9e4f-a0b1c2d3e4f5",
        event_time=datetime(2026, 11, 23, 8, 30, 0, 123456, tzinfo=UTC),
        traceparent=TRACEPARENT,
        station="jinqiao",
        subject=SUBJECT,
        payload=b"payload",
    )


@pytest.mark.parametrize("header", ["ce-id", "ce-type", "ce-subject", "ce-time"])
def test_message_is_no_event_when_a_header_is_missing(header: str) -> None:
    headers = {name: value for name, value in HEADERS.items() if name != header}

    with pytest.raises(MalformedEventError, match=header):
        read_delivery(SUBJECT, headers, b"")


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("ce-id", "7"),
        ("ce-subject", "operation-7"),
        ("ce-time", "yesterday"),
        ("ce-time", "2026-11-23T08:30:00"),
        ("ce-aggregateversion", "0"),
        ("ce-aggregateversion", "-1"),
        ("ce-aggregateversion", "seven"),
        ("ce-aggregateversion", "9223372036854775808"),
        ("ce-aggregateversion", "1" * 5000),
    ],
)
def test_message_is_no_event_when_a_header_is_wrong(header: str, value: str) -> None:
    with pytest.raises(MalformedEventError):
        read_delivery(SUBJECT, HEADERS | {header: value}, b"")


@pytest.mark.parametrize("headers", [None, {}, {"X-From": "somebody"}])
def test_message_without_headers_of_ours_is_no_event(headers: dict[str, str] | None) -> None:
    with pytest.raises(MalformedEventError):
        read_delivery(SUBJECT, headers, b"")


@pytest.mark.parametrize("header", ["ce-caseid", "ce-traceparent"])
def test_event_may_belong_to_no_case_and_no_trace(header: str) -> None:
    headers = {name: value for name, value in HEADERS.items() if name != header}

    delivery = read_delivery(SUBJECT, headers, b"")

    assert "" in (delivery.case_id, delivery.traceparent)


@given(
    st.dictionaries(st.sampled_from(sorted(HEADERS)), st.one_of(st.text(), st.integers().map(str))),
    st.text(),
)
def test_any_headers_are_an_event_or_none(headers: dict[str, str], subject: str) -> None:
    with pytest.raises(MalformedEventError):
        read_delivery(subject, headers, b"")
