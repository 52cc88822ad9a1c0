"""Examinations over the wire, on PostgreSQL."""

import asyncio
from typing import Any

import grpc
import pytest

from chassis.ids import new_id, new_request_id
from chassis.roles import Role
from jointops.tech.v1 import examination_pb2 as pb
from services.tech.lab.aggregate import ExaminationState
from tests.integration.stage import Stage, eventually
from tests.integration.tech import desk
from tests.integration.tech.desk import EXAMINATIONS, EXHIBITS, call, examiner, refusal
from tests.unit.tech.builders import HOLDER, RECEIVER

GET = f"{EXAMINATIONS}/GetExamination"
LIST = f"{EXAMINATIONS}/ListExaminations"
SIGN_FOR = f"{EXAMINATIONS}/SignForExamination"
RECORD = f"{EXAMINATIONS}/RecordExaminationResult"
VERIFY = f"{EXAMINATIONS}/VerifyExamination"
RETURN = f"{EXAMINATIONS}/ReturnExamination"
PRECONDITION = grpc.StatusCode.FAILED_PRECONDITION
COUNTS = {GET: 2, LIST: 2, SIGN_FOR: 2, RECORD: 3, VERIFY: 2, RETURN: 2}
_S = ExaminationState


async def signed_for(stage: Stage, case_id: str = "") -> dict[str, Any]:
    """Keep an examination that HOLDER signed for, and an exhibit that HOLDER holds."""
    case_id = case_id or await desk.known_case(stage)
    examination = await desk.add_examination(stage, case_id, _S.SIGNED_FOR)
    exhibit = await desk.add_exhibit(stage, case_id)
    return {
        "examination_id": examination.examination_id,
        "exhibit_ids": [exhibit.exhibit_id],
        "case_id": case_id,
    }


async def recorded(stage: Stage) -> dict[str, Any]:
    """Let HOLDER record a result."""
    known = await signed_for(stage)
    examination = await call(examiner(stage), RECORD, **known)
    return {**known, "etag": examination.etag}


async def test_an_examination_goes_from_sign_for_to_a_verified_result(stage: Stage) -> None:
    case_id = await desk.known_case(stage)
    examination_id = (await desk.add_examination(stage, case_id)).examination_id
    exhibit = await desk.add_exhibit(stage, case_id)
    known = {"examination_id": examination_id, "exhibit_ids": [exhibit.exhibit_id]}

    signed = await call(examiner(stage), SIGN_FOR, **known)
    await call(examiner(stage), RECORD, **known, etag=signed.etag)
    await call(examiner(stage, RECEIVER), RETURN, **known, etag="3")
    await call(examiner(stage), RECORD, **known, etag="4")
    verified = await call(examiner(stage, RECEIVER), VERIFY, **known, etag="5")

    assert (verified.state, verified.verified_by) == (pb.EXAMINATION_STATE_VERIFIED, RECEIVER)
    assert (verified.examiner_id, len(verified.results)) == (HOLDER, 2)
    assert (await desk.events_of(stage, examination_id))[1:] == [
        "ExaminationSignedFor",
        "ExaminationResultRecorded",
        "ExaminationReturned",
        "ExaminationResultRecorded",
        "ExaminationVerified",
    ]


async def test_a_case_officer_reads_the_result(stage: Stage) -> None:
    known = await recorded(stage)
    officer = stage.channel(RECEIVER, Role.CASE_OFFICER)

    examination = await call(officer, GET, examination_id=known["examination_id"])

    result = examination.results[0]
    assert (result.recorded_by, result.method) == (HOLDER, "GA/T 383-2014")
    assert list(result.exhibit_ids) == known["exhibit_ids"]
    assert result.conclusion == pb.EXAMINATION_CONCLUSION_SUPPORTS
    assert result.finding == "A full profile was obtained from the handle."


async def test_a_list_shows_one_case_or_all_of_the_callers(stage: Stage) -> None:
    person_id = f"tech-{new_id()}"
    cases = [await desk.known_case(stage, person_id, HOLDER) for _ in range(2)]
    first = await desk.add_examination(stage, cases[0])
    second = await desk.add_examination(stage, cases[1])

    of_case = await call(examiner(stage, person_id), LIST, case_id=cases[0])
    of_all = await call(examiner(stage, person_id), LIST)

    assert [each.examination_id for each in of_case.examinations] == [first.examination_id]
    assert {each.examination_id for each in of_all.examinations} == {
        first.examination_id,
        second.examination_id,
    }


async def test_a_result_cannot_be_recorded_before_signing_for(stage: Stage) -> None:
    case_id = await desk.known_case(stage)
    examination_id = (await desk.add_examination(stage, case_id)).examination_id

    answer = await refusal(
        examiner(stage), RECORD, examination_id=examination_id, exhibit_ids=[new_id()]
    )

    metadata = {"examination_id": examination_id, "state": "received", "step": "record_result"}
    assert answer == (PRECONDITION, "EXAMINATION_STATE_FORBIDS", metadata)


async def test_only_the_examiner_records(stage: Stage) -> None:
    known = await signed_for(stage)

    answer = await refusal(examiner(stage, RECEIVER), RECORD, **known)

    metadata = {"examination_id": known["examination_id"]}
    assert answer == (PRECONDITION, "EXAMINATION_EXAMINER_IS_ANOTHER", metadata)


async def test_an_exhibit_of_another_case_is_refused_as_one_that_does_not_exist(
    stage: Stage,
) -> None:
    known = await signed_for(stage)
    foreign = await desk.add_exhibit(stage, await desk.known_case(stage))
    missing = new_id()

    answers = [
        await refusal(examiner(stage), RECORD, **{**known, "exhibit_ids": [exhibit_id]})
        for exhibit_id in (foreign.exhibit_id, missing)
    ]

    examination_id = known["examination_id"]
    assert answers == [
        (
            PRECONDITION,
            "EXHIBIT_NOT_IN_CASE",
            {"examination_id": examination_id, "exhibit_id": exhibit_id},
        )
        for exhibit_id in (foreign.exhibit_id, missing)
    ]


async def test_an_exhibit_in_other_hands_is_refused(stage: Stage) -> None:
    known = await signed_for(stage)
    exhibit_id = known["exhibit_ids"][0]
    await call(examiner(stage), f"{EXHIBITS}/OfferCustodyTransfer", exhibit_id=exhibit_id)
    taking = f"{EXHIBITS}/AcceptCustodyTransfer"
    await call(examiner(stage, RECEIVER), taking, exhibit_id=exhibit_id, etag="2")

    answer = await refusal(examiner(stage), RECORD, **known)

    metadata = {"examination_id": known["examination_id"], "exhibit_id": exhibit_id}
    assert answer == (PRECONDITION, "EXHIBIT_NOT_HELD_BY_EXAMINER", metadata)


async def test_an_exhibit_with_an_altered_chain_is_refused(stage: Stage) -> None:
    known = await signed_for(stage)
    exhibit_id = known["exhibit_ids"][0]
    await stage.fetch("UPDATE exhibit SET legal_basis = 'x' WHERE exhibit_id = $1", exhibit_id)

    answer = await refusal(examiner(stage), RECORD, **known)

    metadata = {"exhibit_id": exhibit_id, "position": "1"}
    assert answer == (PRECONDITION, "EXHIBIT_CUSTODY_BROKEN", metadata)


@pytest.mark.parametrize("method", [VERIFY, RETURN])
async def test_whoever_recorded_a_result_does_not_review_it(stage: Stage, method: str) -> None:
    known = await recorded(stage)

    answer = await refusal(examiner(stage), method, **known)

    metadata = {"examination_id": known["examination_id"]}
    assert answer == (PRECONDITION, "EXAMINATION_VERIFIER_IS_EXAMINER", metadata)


async def test_recording_twice_with_one_request_id_records_once(stage: Stage) -> None:
    known = await signed_for(stage)
    request = desk.request_of(RECORD, **known)

    first = await desk.send(examiner(stage), RECORD, request)
    second = await desk.send(examiner(stage), RECORD, request)

    assert first == second
    assert len(first.examination.results) == 1
    assert len(await desk.events_of(stage, known["examination_id"])) == 2


async def test_a_request_id_with_another_body_is_refused(stage: Stage) -> None:
    known = {**await signed_for(stage), "request_id": new_request_id()}
    await call(examiner(stage), RECORD, **known)

    answer = await refusal(examiner(stage), RECORD, **known, finding="Another")

    metadata = {"request_id": known["request_id"]}
    assert answer == (grpc.StatusCode.INVALID_ARGUMENT, "REQUEST_ID_REUSED", metadata)


async def test_a_result_waits_for_a_transfer_under_way_and_is_aborted(stage: Stage) -> None:
    known = await signed_for(stage)
    moving = (await stage.database.connect())._raw
    await moving.execute("BEGIN")
    leave = "UPDATE exhibit SET holder_id = 'tech-0000' WHERE exhibit_id = $1"
    await moving.execute(leave, known["exhibit_ids"][0])

    recording = asyncio.create_task(refusal(examiner(stage), RECORD, **known))
    await eventually(lambda: is_waiting(moving))
    await moving.execute("COMMIT")
    await moving.close()

    assert (await recording)[:2] == (grpc.StatusCode.ABORTED, "ETAG_STALE")


async def is_waiting(connection: Any) -> bool:
    """Tell whether another connection to this database waits for a lock."""
    query = """
        SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock'
    """
    return bool(await connection.fetchval(query))


@pytest.mark.parametrize(("method", "count"), COUNTS.items())
async def test_a_call_costs_so_many_statements(stage: Stage, method: str, count: int) -> None:
    is_review = method in (VERIFY, RETURN)
    known = await (recorded(stage) if is_review else signed_for(stage))
    if method == SIGN_FOR:
        known["examination_id"] = (
            await desk.add_examination(stage, known["case_id"])
        ).examination_id
    before = await desk.statement_count(stage)

    await call(examiner(stage, RECEIVER if is_review else HOLDER), method, **known)

    assert await desk.statement_count(stage) - before == count
