"""What may be done to an examination: each step refuses or returns one event. Pure.

Which state allows which step stands in one table, `ALLOWED`; what an event changes, in
`aggregate.py`. Clock, ids and what must be known of the exhibits are arguments.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from chassis.errors import DomainError, Kind
from services.tech.lab import aggregate
from services.tech.lab.aggregate import (
    Examination,
    ExaminationResult,
    ExaminationState,
    ResultDraft,
)


class Step(StrEnum):
    """What may be asked of an examination."""

    SIGN_FOR = "sign_for"
    RECORD_RESULT = "record_result"
    VERIFY = "verify"
    RETURN = "return"
    REOPEN = "reopen"
    WITHDRAW = "withdraw"


_S = ExaminationState

ALLOWED: dict[Step, frozenset[ExaminationState]] = {
    Step.SIGN_FOR: frozenset({_S.RECEIVED}),
    Step.RECORD_RESULT: frozenset({_S.SIGNED_FOR, _S.RETURNED, _S.REOPENED}),
    Step.VERIFY: frozenset({_S.RECORDED}),
    Step.RETURN: frozenset({_S.RECORDED}),
    Step.REOPEN: frozenset({_S.VERIFIED}),
    # The station may withdraw while the news of a verified result is still on its way to it, and
    # its word stands; the results are kept.
    Step.WITHDRAW: frozenset(ExaminationState) - {_S.WITHDRAWN},
}


@dataclass(frozen=True, slots=True)
class NamedExhibit:
    """What must be known of an exhibit to record a result over it.

    The use case reads it in the transaction that saves the result, so that the exhibit cannot
    change hands in between.
    """

    exhibit_id: str
    case_id: str
    holder_id: str


class ExaminationStateForbidsError(
    DomainError, kind=Kind.PRECONDITION, reason="EXAMINATION_STATE_FORBIDS"
):
    """The state of the examination does not allow the step."""


class ExaminerIsAnotherError(
    DomainError, kind=Kind.PRECONDITION, reason="EXAMINATION_EXAMINER_IS_ANOTHER"
):
    """Another examiner signed for the examination."""


class VerifierIsExaminerError(
    DomainError, kind=Kind.PRECONDITION, reason="EXAMINATION_VERIFIER_IS_EXAMINER"
):
    """The examiner who recorded the result may not review it."""


class ExhibitNotInCaseError(DomainError, kind=Kind.PRECONDITION, reason="EXHIBIT_NOT_IN_CASE"):
    """The exhibit belongs to another case, or there is none."""


class ExhibitNotHeldError(
    DomainError, kind=Kind.PRECONDITION, reason="EXHIBIT_NOT_HELD_BY_EXAMINER"
):
    """The examiner does not hold the exhibit."""


def check_state(examination: Examination, step: Step) -> None:
    """Refuse a step that the state of the examination does not allow.

    Raises:
        ExaminationStateForbidsError: The state is not in `ALLOWED[step]`.
    """
    if examination.state not in ALLOWED[step]:
        sentence = f"An examination that is {examination.state} does not allow {step}."
        raise ExaminationStateForbidsError(
            sentence,
            examination_id=examination.examination_id,
            state=examination.state,
            step=step,
        )


def sign_for(examination: Examination, *, by: str, now: datetime) -> aggregate.ExaminationSignedFor:
    """Sign for an examination; whoever signs is its examiner."""
    check_state(examination, Step.SIGN_FOR)
    return aggregate.ExaminationSignedFor(now, by)


def record_result(
    examination: Examination,
    *,
    draft: ResultDraft,
    exhibits: tuple[NamedExhibit, ...],
    by: str,
    now: datetime,
) -> aggregate.ExaminationResultRecorded:
    """Record a result over exhibits of the case that the examiner holds.

    `exhibits` are those of `draft.exhibit_ids` that exist, in any order.
    """
    check_state(examination, Step.RECORD_RESULT)
    if by != examination.examiner_id:
        raise ExaminerIsAnotherError(
            "Another examiner signed for the examination.",
            examination_id=examination.examination_id,
        )
    known = {exhibit.exhibit_id: exhibit for exhibit in exhibits}
    for exhibit_id in draft.exhibit_ids:
        _check_exhibit(examination, exhibit_id, known.get(exhibit_id), by)
    return aggregate.ExaminationResultRecorded(now, ExaminationResult(draft, by, now))


def verify(examination: Examination, *, by: str, now: datetime) -> aggregate.ExaminationVerified:
    """Verify the last result; the verifier is never the examiner who recorded it."""
    check_state(examination, Step.VERIFY)
    _check_second_examiner(examination, by)
    return aggregate.ExaminationVerified(now, by)


def return_result(
    examination: Examination, *, reason: str, by: str, now: datetime
) -> aggregate.ExaminationReturned:
    """Return the last result to the examiner who recorded it; never by that examiner."""
    check_state(examination, Step.RETURN)
    _check_second_examiner(examination, by)
    return aggregate.ExaminationReturned(now, reason)


def reopen(examination: Examination, *, now: datetime) -> aggregate.ExaminationReopened:
    """Go on with an examination whose answer the station sent back."""
    check_state(examination, Step.REOPEN)
    return aggregate.ExaminationReopened(now)


def withdraw(examination: Examination, *, now: datetime) -> aggregate.ExaminationWithdrawn:
    """End an examination whose request the station withdrew."""
    check_state(examination, Step.WITHDRAW)
    return aggregate.ExaminationWithdrawn(now)


def _check_exhibit(
    examination: Examination, exhibit_id: str, exhibit: NamedExhibit | None, by: str
) -> None:
    named = {"examination_id": examination.examination_id, "exhibit_id": exhibit_id}
    if exhibit is None or exhibit.case_id != examination.case_id:
        raise ExhibitNotInCaseError("The exhibit does not belong to the case.", **named)
    if exhibit.holder_id != by:
        raise ExhibitNotHeldError("The examiner does not hold the exhibit.", **named)


def _check_second_examiner(examination: Examination, by: str) -> None:
    if by == examination.results[-1].recorded_by:
        raise VerifierIsExaminerError(
            "The examiner who recorded a result may not review it.",
            examination_id=examination.examination_id,
        )
