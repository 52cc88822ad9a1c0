"""Events as rows of the outbox."""

from datetime import UTC, datetime

import pytest
from google.protobuf.message import Message

from chassis.emission import Origin, make_event
from chassis.ids import is_uuid
from jointops.intel.v1 import tasking_events_pb2 as intel
from jointops.ops.v1 import arrest_events_pb2 as ops

NOW = datetime(2026, 11, 23, 8, 30, tzinfo=UTC)
ORIGIN = Origin("tasking", "tasking-1", 3, "jinqiao", "case-1")


def test_event_carries_its_origin_and_its_payload() -> None:
    message = intel.TaskingAnswered(tasking_id="tasking-1", case_id="case-1")

    event = make_event(message, ORIGIN, at=NOW)

    assert (event.aggregate_id, event.aggregate_version, event.case_id) == (
        "tasking-1",
        3,
        "case-1",
    )
    assert event.event_time == NOW
    assert intel.TaskingAnswered.FromString(event.payload) == message


@pytest.mark.parametrize(
    ("message", "aggregate", "subject"),
    [
        (intel.TaskingSignedFor(), "tasking", "intel.v1.tasking.tasking_signed_for"),
        (ops.HandOverOffered(), "arrest", "ops.v1.arrest.hand_over_offered"),
    ],
)
def test_subject_goes_from_the_station_to_the_event(
    message: Message, aggregate: str, subject: str
) -> None:
    event = make_event(message, Origin(aggregate, "id", 1, "beicai", ""), at=NOW)

    assert event.subject == f"jointops.beicai.{subject}"


def test_each_event_has_an_id_of_its_own() -> None:
    message = intel.TaskingAnswered()

    first, second = (make_event(message, ORIGIN, at=NOW) for _ in range(2))

    assert is_uuid(first.event_id)
    assert first.event_id != second.event_id
