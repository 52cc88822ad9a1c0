"""Tests what may be done to an examination and what each step changes."""

from collections.abc import Callable
from itertools import product
from typing import Any

import pytest

from chassis.errors import DomainError, Kind
from services.tech.lab import aggregate, domain
from services.tech.lab.aggregate import (
    Examination,
    ExaminationEvent,
    ExaminationReceived,
    ExaminationResult,
    ExaminationState,
)
from services.tech.lab.domain import NamedExhibit, Step
from tests.unit.tech.builders import (
    BEFORE,
    CASE_ID,
    EXAMINATION_ID,
    EXHIBIT_ID,
    HOLDER,
    NOW,
    OTHER_CASE_ID,
    OTHER_EXHIBIT_ID,
    RECEIVER,
    SQUAD_REQUEST_ID,
    STRANGER,
    make_draft,
    make_examination,
    make_named_exhibit,
)

_S = ExaminationState

TAKE: dict[Step, Callable[[Examination], ExaminationEvent]] = {
    Step.SIGN_FOR: lambda examination: domain.sign_for(examination, by=HOLDER, now=NOW),
    Step.RECORD_RESULT: lambda examination: domain.record_result(
        examination, draft=make_draft(), exhibits=(make_named_exhibit(),), by=HOLDER, now=NOW
    ),
    Step.VERIFY: lambda examination: domain.verify(examination, by=RECEIVER, now=NOW),
    Step.RETURN: lambda examination: domain.return_result(
        examination, reason="Name the kit.", by=RECEIVER, now=NOW
    ),
    Step.REOPEN: lambda examination: domain.reopen(examination, now=NOW),
    Step.WITHDRAW: lambda examination: domain.withdraw(examination, now=NOW),
}
LEADS_TO = {
    (_S.RECEIVED, Step.SIGN_FOR): _S.SIGNED_FOR,
    (_S.SIGNED_FOR, Step.RECORD_RESULT): _S.RECORDED,
    (_S.RETURNED, Step.RECORD_RESULT): _S.RECORDED,
    (_S.REOPENED, Step.RECORD_RESULT): _S.RECORDED,
    (_S.RECORDED, Step.VERIFY): _S.VERIFIED,
    (_S.RECORDED, Step.RETURN): _S.RETURNED,
    (_S.VERIFIED, Step.REOPEN): _S.REOPENED,
    (_S.RECEIVED, Step.WITHDRAW): _S.WITHDRAWN,
    (_S.SIGNED_FOR, Step.WITHDRAW): _S.WITHDRAWN,
    (_S.RECORDED, Step.WITHDRAW): _S.WITHDRAWN,
    (_S.RETURNED, Step.WITHDRAW): _S.WITHDRAWN,
    (_S.VERIFIED, Step.WITHDRAW): _S.WITHDRAWN,
    (_S.REOPENED, Step.WITHDRAW): _S.WITHDRAWN,
}
FORBIDDEN = sorted(set(product(ExaminationState, Step)) - set(LEADS_TO))


@pytest.mark.parametrize(("pair", "state"), LEADS_TO.items())
def test_step_leads_to_its_state_when_allowed(
    pair: tuple[ExaminationState, Step], state: ExaminationState
) -> None:
    examination = make_examination(pair[0])

    changed = aggregate.apply(examination, TAKE[pair[1]](examination))

    assert changed.state is state
    assert changed.version == examination.version + 1
    assert changed.updated_at == NOW


@pytest.mark.parametrize(("state", "step"), FORBIDDEN)
def test_step_is_refused_when_the_state_forbids_it(state: ExaminationState, step: Step) -> None:
    examination = make_examination(state)

    with pytest.raises(domain.ExaminationStateForbidsError) as caught:
        TAKE[step](examination)

    assert _refusal(caught.value) == (
        Kind.PRECONDITION,
        "EXAMINATION_STATE_FORBIDS",
        {"examination_id": EXAMINATION_ID, "state": state.value, "step": step.value},
    )


def test_receive_makes_the_first_version_without_an_examiner() -> None:
    event = ExaminationReceived(
        BEFORE, EXAMINATION_ID, "jinqiao", CASE_ID, SQUAD_REQUEST_ID, due_at=NOW
    )

    examination = aggregate.receive(event)

    assert (examination.version, examination.state) == (1, ExaminationState.RECEIVED)
    assert (examination.examination_id, examination.case_id) == (EXAMINATION_ID, CASE_ID)
    assert examination.squad_request_id == SQUAD_REQUEST_ID
    assert (examination.station, examination.due_at) == ("jinqiao", NOW)
    assert (examination.examiner_id, examination.results) == (None, ())
    assert (examination.created_at, examination.updated_at) == (BEFORE, BEFORE)


def test_sign_for_makes_the_caller_the_examiner() -> None:
    examination = make_examination(ExaminationState.RECEIVED)

    changed = aggregate.apply(examination, domain.sign_for(examination, by=STRANGER, now=NOW))

    assert changed.examiner_id == STRANGER


def test_record_result_keeps_the_earlier_result_when_one_was_returned() -> None:
    examination = make_examination(ExaminationState.RETURNED)

    changed = aggregate.apply(examination, _record(examination))

    assert changed.results == (
        ExaminationResult(make_draft(), HOLDER, BEFORE),
        ExaminationResult(make_draft(), HOLDER, NOW),
    )
    assert changed.return_reason == ""


def test_record_result_is_refused_when_another_examiner_signed() -> None:
    examination = make_examination(ExaminationState.SIGNED_FOR)

    with pytest.raises(domain.ExaminerIsAnotherError) as caught:
        _record(examination, by=STRANGER)

    assert _refusal(caught.value) == (
        Kind.PRECONDITION,
        "EXAMINATION_EXAMINER_IS_ANOTHER",
        {"examination_id": EXAMINATION_ID},
    )


@pytest.mark.parametrize(
    "exhibits",
    [
        pytest.param((), id="unknown"),
        pytest.param((make_named_exhibit(case_id=OTHER_CASE_ID),), id="of another case"),
        pytest.param((make_named_exhibit(exhibit_id=OTHER_EXHIBIT_ID),), id="not the one named"),
    ],
)
def test_record_result_is_refused_when_an_exhibit_is_not_in_the_case(
    exhibits: tuple[NamedExhibit, ...],
) -> None:
    examination = make_examination(ExaminationState.SIGNED_FOR)

    with pytest.raises(domain.ExhibitNotInCaseError) as caught:
        _record(examination, exhibits=exhibits)

    assert _refusal(caught.value) == (
        Kind.PRECONDITION,
        "EXHIBIT_NOT_IN_CASE",
        {"examination_id": EXAMINATION_ID, "exhibit_id": EXHIBIT_ID},
    )


def test_record_result_is_refused_when_the_examiner_does_not_hold_one_exhibit() -> None:
    examination = make_examination(ExaminationState.SIGNED_FOR)
    other = make_named_exhibit(exhibit_id=OTHER_EXHIBIT_ID, holder_id=RECEIVER)
    draft = make_draft(exhibit_ids=(EXHIBIT_ID, OTHER_EXHIBIT_ID))

    with pytest.raises(domain.ExhibitNotHeldError) as caught:
        _record(examination, draft=draft, exhibits=(make_named_exhibit(), other))

    assert _refusal(caught.value) == (
        Kind.PRECONDITION,
        "EXHIBIT_NOT_HELD_BY_EXAMINER",
        {"examination_id": EXAMINATION_ID, "exhibit_id": OTHER_EXHIBIT_ID},
    )


def test_verify_names_the_second_examiner() -> None:
    examination = make_examination(ExaminationState.RECORDED)

    changed = aggregate.apply(examination, domain.verify(examination, by=RECEIVER, now=NOW))

    assert changed.verified_by == RECEIVER


def test_verify_is_refused_when_the_verifier_recorded_the_result() -> None:
    examination = make_examination(ExaminationState.RECORDED)

    with pytest.raises(domain.VerifierIsExaminerError) as caught:
        domain.verify(examination, by=HOLDER, now=NOW)

    assert _refusal(caught.value) == (
        Kind.PRECONDITION,
        "EXAMINATION_VERIFIER_IS_EXAMINER",
        {"examination_id": EXAMINATION_ID},
    )


def test_return_keeps_the_reason_for_the_examiner() -> None:
    examination = make_examination(ExaminationState.RECORDED)

    changed = aggregate.apply(examination, TAKE[Step.RETURN](examination))

    assert changed.return_reason == "Name the kit."


def test_return_is_refused_when_the_caller_recorded_the_result() -> None:
    examination = make_examination(ExaminationState.RECORDED)

    with pytest.raises(domain.VerifierIsExaminerError) as caught:
        domain.return_result(examination, reason="x", by=HOLDER, now=NOW)

    assert _refusal(caught.value) == (
        Kind.PRECONDITION,
        "EXAMINATION_VERIFIER_IS_EXAMINER",
        {"examination_id": EXAMINATION_ID},
    )


def test_reopen_takes_the_verification_back() -> None:
    examination = make_examination(ExaminationState.VERIFIED)

    changed = aggregate.apply(examination, domain.reopen(examination, now=NOW))

    assert changed.verified_by is None
    assert changed.examiner_id == HOLDER


def test_withdraw_keeps_the_results() -> None:
    examination = make_examination(ExaminationState.RECORDED)

    changed = aggregate.apply(examination, domain.withdraw(examination, now=NOW))

    assert changed.results == examination.results


def _record(examination: Examination, **changes: Any) -> ExaminationEvent:
    given = {"draft": make_draft(), "exhibits": (make_named_exhibit(),), "by": HOLDER, "now": NOW}
    return domain.record_result(examination, **{**given, **changes})


def _refusal(error: DomainError) -> tuple[Kind, str, dict[str, str]]:
    return error.kind, error.reason, error.metadata
