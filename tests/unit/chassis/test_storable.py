"""What cannot be stored is found in every field, unless the field takes anything."""

import math

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from chassis.intake import find_violations
from chassis.storable import find_unstorable
from jointops.station.v1 import alarm_pb2, case_pb2, squad_request_pb2

REQUEST_ID = "0d9f8d6e-5f3b-4b0e-9c58-6f2c1f6f3c11"


@pytest.mark.parametrize(
    "moment",
    [
        pytest.param(Timestamp(seconds=10**15), id="after_9999"),
        pytest.param(Timestamp(seconds=-(10**15)), id="before_1"),
        pytest.param(Timestamp(nanos=-1), id="negative_nanos"),
    ],
)
def test_moment_is_refused_when_no_year_holds_it(moment: Timestamp) -> None:
    request = squad_request_pb2.OrderSquadRequestRequest(due_time=moment)

    found = list(find_unstorable(request))

    assert [violation.field for violation in found] == ["due_time"]


def test_text_is_refused_when_it_holds_a_nul() -> None:
    request = squad_request_pb2.OrderSquadRequestRequest(question="who\0")

    found = list(find_unstorable(request))

    assert [violation.field for violation in found] == ["question"]


def test_path_leads_through_messages_and_lists() -> None:
    response = case_pb2.ListCasesResponse(
        cases=[case_pb2.Case(), case_pb2.Case(member_ids=["fine", "not\0fine"])]
    )

    found = list(find_unstorable(response))

    assert [violation.field for violation in found] == ["cases[1].member_ids[1]"]


def test_sound_fields_are_left_alone() -> None:
    request = squad_request_pb2.OrderSquadRequestRequest(
        question="谁的指纹?\n", due_time=Timestamp(seconds=1_800_000_000)
    )

    assert list(find_unstorable(request)) == []


def test_call_for_help_is_never_refused_for_what_it_says() -> None:
    request = alarm_pb2.ReportAlarmRequest(
        request_id=REQUEST_ID,
        source=alarm_pb2.AlarmSource.ValueType(99),
        description="help\0" * 10_000,
        longitude=math.nan,
        receive_time=Timestamp(seconds=10**15),
    )

    assert find_violations(request) == []
