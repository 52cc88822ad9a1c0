"""Tests the use cases of examinations on stores in memory."""

from dataclasses import replace
from typing import Any

import pytest

from chassis.call import Call
from chassis.errors import EtagStaleError
from chassis.ids import new_request_id
from jointops.tech.v1 import examination_events_pb2 as events
from jointops.tech.v1 import examination_pb2 as pb
from services.tech.exhibits.aggregate import ExhibitState
from services.tech.exhibits.domain import ExhibitCustodyBrokenError
from services.tech.lab import domain, usecases
from services.tech.lab.aggregate import ExaminationReceived, ExaminationState
from services.tech.lab.usecases import ExaminationUseCases
from tests.fakes.tech import FakeExaminations, FakeExhibits
from tests.fakes.unit import FakeDatabase
from tests.unit.tech.builders import (
    BEFORE,
    CASE_ID,
    EXAMINATION_ID,
    EXHIBIT_ID,
    HOLDER,
    NOW,
    RECEIVER,
    SQUAD_REQUEST_ID,
    accepted,
    make_call,
    make_examination,
    make_exhibit,
    make_label,
)

_S = ExaminationState


def given(state: ExaminationState, **kept: Any) -> FakeDatabase:
    """Keep an examination in this state and an exhibit that the examiner holds."""
    database = FakeDatabase(
        case_stations={CASE_ID: "jinqiao"}, assignments={(CASE_ID, HOLDER), (CASE_ID, RECEIVER)}
    )
    database.aggregates["examination", EXAMINATION_ID] = make_examination(state)
    database.aggregates["exhibit", EXHIBIT_ID] = kept.get("exhibit", make_exhibit())
    return database


def use_cases(database: FakeDatabase) -> ExaminationUseCases:
    begin: Any = database.begin
    examinations: Any = FakeExaminations
    exhibits: Any = FakeExhibits
    return ExaminationUseCases(begin, lambda: NOW, examinations, exhibits)


def recording() -> tuple[pb.RecordExaminationResultRequest, Call]:
    request = pb.RecordExaminationResultRequest(
        examination_id=EXAMINATION_ID,
        etag="3",
        request_id=new_request_id(),
        exhibit_ids=[EXHIBIT_ID],
        method="GA/T 383-2014",
        finding="A full profile was obtained from the handle.",
        conclusion=pb.EXAMINATION_CONCLUSION_SUPPORTS,
    )
    return request, make_call(HOLDER, request.request_id)


async def test_record_result_emits_codes_and_no_free_text() -> None:
    database = given(_S.SIGNED_FOR)

    response = await use_cases(database).record_result(*recording())

    event = events.ExaminationResultRecorded.FromString(database.events[0].payload)
    assert response.examination.results[0].finding.startswith("A full profile")
    assert list(event.exhibit_ids) == [EXHIBIT_ID]
    assert event.conclusion == pb.EXAMINATION_CONCLUSION_SUPPORTS
    assert event.squad_request_id == SQUAD_REQUEST_ID
    assert b"profile" not in database.events[0].payload
    assert database.audit == [("p", EXAMINATION_ID, CASE_ID)]


async def test_record_result_is_refused_when_the_exhibit_changed_hands() -> None:
    exhibit = accepted(make_exhibit(ExhibitState.OFFERED))
    database = given(_S.SIGNED_FOR, exhibit=exhibit)

    with pytest.raises(domain.ExhibitNotHeldError):
        await use_cases(database).record_result(*recording())

    assert database.events == []


async def test_record_result_is_refused_when_the_custody_chain_was_altered() -> None:
    exhibit = replace(make_exhibit(), label=make_label(description="Spoon"))
    database = given(_S.SIGNED_FOR, exhibit=exhibit)

    with pytest.raises(ExhibitCustodyBrokenError):
        await use_cases(database).record_result(*recording())

    assert database.events == []


async def test_verify_answers_the_squad_request() -> None:
    database = given(_S.RECORDED)
    request = pb.VerifyExaminationRequest(
        examination_id=EXAMINATION_ID, etag="3", request_id=new_request_id()
    )

    response = await use_cases(database).verify(request, make_call(RECEIVER, request.request_id))

    event = events.ExaminationVerified.FromString(database.events[0].payload)
    assert response.examination.verified_by == RECEIVER
    assert (event.examination_id, event.case_id) == (EXAMINATION_ID, CASE_ID)
    assert event.squad_request_id == SQUAD_REQUEST_ID


async def test_return_sends_the_result_back_to_its_examiner() -> None:
    database = given(_S.RECORDED)
    request = pb.ReturnExaminationRequest(
        examination_id=EXAMINATION_ID, etag="3", request_id=new_request_id(), reason="Name the kit."
    )

    response = await use_cases(database).return_result(
        request, make_call(RECEIVER, request.request_id)
    )

    assert response.examination.state == pb.EXAMINATION_STATE_RETURNED
    assert response.examination.return_reason == "Name the kit."
    assert database.events[0].event_type == "jointops.tech.v1.ExaminationReturned"


async def test_sign_for_is_aborted_when_the_etag_is_stale() -> None:
    database = given(_S.RECEIVED)
    request = pb.SignForExaminationRequest(
        examination_id=EXAMINATION_ID, etag="2", request_id=new_request_id()
    )

    with pytest.raises(EtagStaleError):
        await use_cases(database).sign_for(request, make_call(HOLDER, request.request_id))


async def test_receive_saves_emits_and_records_the_examination() -> None:
    database = FakeDatabase()
    received = ExaminationReceived(
        BEFORE, EXAMINATION_ID, "jinqiao", CASE_ID, SQUAD_REQUEST_ID, due_at=NOW
    )

    async with database.begin(make_call(HOLDER)) as unit:
        writing: Any = unit
        store: Any = FakeExaminations(unit)
        usecases.receive(writing, store, received)
        await unit.commit(pb.GetExaminationResponse())

    assert database.aggregates["examination", EXAMINATION_ID].state is _S.RECEIVED
    assert database.events[0].event_type == "jointops.tech.v1.ExaminationReceived"
    assert database.audit == [("p", EXAMINATION_ID, CASE_ID)]
