"""What may be done to a case: each step refuses or returns one event. Pure.

Which state allows which step stands in one table, `ALLOWED`; what an event changes, in
`aggregate.py`. Clock and ids are arguments.
"""

from datetime import datetime
from enum import StrEnum

from chassis.errors import DomainError, Kind
from services.station.casefile import aggregate
from services.station.casefile.aggregate import Case, CaseState, Squad


class Step(StrEnum):
    """What may be asked of a case."""

    ACCEPT = "accept"
    FILE = "file"
    COMMAND = "command"
    ASSIGN_MEMBER = "assign_member"
    RELEASE_MEMBER = "release_member"
    START_INVESTIGATION = "start_investigation"
    NAME_GATE_REQUEST = "name_gate_request"
    MEET_GATE_REQUEST = "meet_gate_request"
    DROP_GATE_REQUEST = "drop_gate_request"
    PASS_EVIDENCE_GATE = "pass_evidence_gate"
    PLAN_ARREST = "plan_arrest"
    APPROVE_ARREST = "approve_arrest"
    START_ARREST = "start_arrest"
    TAKE_INTO_CUSTODY = "take_into_custody"
    STAND_DOWN = "stand_down"
    START_EVALUATION = "start_evaluation"
    PUBLISH_REVIEW = "publish_review"
    CLOSE = "close"
    SUSPEND = "suspend"
    RESUME = "resume"
    TRANSFER = "transfer"
    MERGE = "merge"


_S = CaseState
FINAL = frozenset({_S.CLOSED, _S.TRANSFERRED, _S.MERGED})
_OPEN = frozenset(CaseState) - FINAL
_SEARCHING = frozenset({_S.COMMANDED, _S.INVESTIGATING})

ALLOWED: dict[Step, frozenset[CaseState]] = {
    Step.ACCEPT: frozenset({_S.REPORTED}),
    Step.FILE: frozenset({_S.ACCEPTED}),
    Step.COMMAND: frozenset({_S.FILED}),
    Step.ASSIGN_MEMBER: _OPEN,
    Step.RELEASE_MEMBER: _OPEN,
    Step.START_INVESTIGATION: frozenset({_S.COMMANDED}),
    Step.NAME_GATE_REQUEST: _SEARCHING,
    Step.MEET_GATE_REQUEST: _SEARCHING,
    Step.DROP_GATE_REQUEST: _SEARCHING,
    Step.PASS_EVIDENCE_GATE: frozenset({_S.INVESTIGATING}),
    Step.PLAN_ARREST: frozenset({_S.INVESTIGATING}),
    Step.APPROVE_ARREST: frozenset({_S.ARREST_PLANNED}),
    Step.START_ARREST: frozenset({_S.ARREST_APPROVED}),
    Step.TAKE_INTO_CUSTODY: frozenset({_S.ARREST_UNDER_WAY}),
    Step.STAND_DOWN: frozenset({_S.ARREST_PLANNED, _S.ARREST_APPROVED, _S.ARREST_UNDER_WAY}),
    Step.START_EVALUATION: frozenset({_S.IN_CUSTODY, _S.STOOD_DOWN}),
    Step.PUBLISH_REVIEW: frozenset({_S.UNDER_EVALUATION}),
    Step.CLOSE: frozenset({_S.UNDER_EVALUATION}),
    Step.SUSPEND: _OPEN - {_S.SUSPENDED},
    Step.RESUME: frozenset({_S.SUSPENDED}),
    Step.TRANSFER: _OPEN,
    Step.MERGE: _OPEN,
}


class CaseStateForbidsError(DomainError, kind=Kind.PRECONDITION, reason="CASE_STATE_FORBIDS"):
    """The state of the case does not allow the step."""


class ApproverIsRequesterError(DomainError, kind=Kind.PRECONDITION, reason="APPROVER_IS_REQUESTER"):
    """Whoever accepted a case may not file it."""


class DueTimePastError(DomainError, kind=Kind.INVALID, reason="DUE_TIME_PAST"):
    """The deadline is not in the future."""


class MemberAlreadyAssignedError(DomainError, kind=Kind.EXISTS, reason="MEMBER_ALREADY_ASSIGNED"):
    """The person is assigned already."""


class MemberNotAssignedError(DomainError, kind=Kind.PRECONDITION, reason="MEMBER_NOT_ASSIGNED"):
    """The person is not assigned."""


class CaseOfficerStaysError(DomainError, kind=Kind.PRECONDITION, reason="CASE_OFFICER_STAYS"):
    """The person in charge cannot be released."""


class EvidenceGateClosedError(DomainError, kind=Kind.PRECONDITION, reason="EVIDENCE_GATE_CLOSED"):
    """The gate misses a verified request, or names none at all."""


class MergeTargetFinalError(DomainError, kind=Kind.PRECONDITION, reason="MERGE_TARGET_FINAL"):
    """The case to merge into is final, or is the same case."""


class ReviewNotPublishedError(DomainError, kind=Kind.PRECONDITION, reason="REVIEW_NOT_PUBLISHED"):
    """The review of the case is not published."""


def check_state(case: Case, step: Step) -> None:
    """Refuse a step that the state of the case does not allow.

    Raises:
        CaseStateForbidsError: The state is not in `ALLOWED[step]`.
    """
    if case.state not in ALLOWED[step]:
        sentence = f"A case that is {case.state} does not allow {step}."
        raise CaseStateForbidsError(sentence, case_id=case.case_id, state=case.state, step=step)


def accept(case: Case, *, by: str, now: datetime) -> aggregate.CaseAccepted:
    """Accept a reported case."""
    check_state(case, Step.ACCEPT)
    return aggregate.CaseAccepted(now, by)


def file(case: Case, *, by: str, legal_basis: str, now: datetime) -> aggregate.CaseFiled:
    """File an accepted case; the approver is never the officer who accepted it."""
    check_state(case, Step.FILE)
    if by == case.accepted_by:
        raise ApproverIsRequesterError(
            "Whoever accepted a case may not file it.", case_id=case.case_id
        )
    return aggregate.CaseFiled(now, legal_basis)


def command(
    case: Case, *, objective: str, squads: tuple[Squad, ...], due_at: datetime, now: datetime
) -> aggregate.CaseCommanded:
    """Issue the command of a filed case."""
    check_state(case, Step.COMMAND)
    if due_at <= now:
        raise DueTimePastError("The deadline is not in the future.", field="due_time")
    return aggregate.CaseCommanded(now, objective, squads, due_at)


def assign_member(case: Case, *, person_id: str, now: datetime) -> aggregate.CaseMemberAssigned:
    """Assign a person to a case."""
    check_state(case, Step.ASSIGN_MEMBER)
    if person_id in case.member_ids:
        raise MemberAlreadyAssignedError(
            "The person is assigned already.", case_id=case.case_id, person_id=person_id
        )
    return aggregate.CaseMemberAssigned(now, person_id)


def release_member(case: Case, *, person_id: str, now: datetime) -> aggregate.CaseMemberReleased:
    """Release a person who is not in charge of the case."""
    check_state(case, Step.RELEASE_MEMBER)
    named = {"case_id": case.case_id, "person_id": person_id}
    if person_id not in case.member_ids:
        raise MemberNotAssignedError("The person is not assigned.", **named)
    if person_id == case.case_officer_id:
        raise CaseOfficerStaysError("The person in charge of a case stays assigned.", **named)
    return aggregate.CaseMemberReleased(now, person_id)


def start_investigation(case: Case, *, now: datetime) -> aggregate.CaseInvestigationStarted:
    """Start investigating: a squad signed for its request."""
    check_state(case, Step.START_INVESTIGATION)
    return aggregate.CaseInvestigationStarted(now)


def name_gate_request(
    case: Case, *, squad_request_id: str, now: datetime
) -> aggregate.CaseGateRequestNamed:
    """Make the evidence gate wait for a squad request."""
    check_state(case, Step.NAME_GATE_REQUEST)
    return aggregate.CaseGateRequestNamed(now, squad_request_id)


def meet_gate_request(
    case: Case, *, squad_request_id: str, now: datetime
) -> aggregate.CaseGateRequestMet:
    """Count a verified squad request at the evidence gate."""
    check_state(case, Step.MEET_GATE_REQUEST)
    return aggregate.CaseGateRequestMet(now, squad_request_id)


def drop_gate_request(
    case: Case, *, squad_request_id: str, now: datetime
) -> aggregate.CaseGateRequestDropped:
    """Stop waiting for a squad request that was withdrawn."""
    check_state(case, Step.DROP_GATE_REQUEST)
    return aggregate.CaseGateRequestDropped(now, squad_request_id)


def pass_evidence_gate(case: Case, *, now: datetime) -> aggregate.CaseEvidenceGatePassed:
    """Pass the evidence gate once every request it names is verified."""
    check_state(case, Step.PASS_EVIDENCE_GATE)
    if case.gate_missing_ids or not case.gate_met_ids:
        raise EvidenceGateClosedError(
            "The evidence gate waits for requests that are not verified.",
            case_id=case.case_id,
            missing=",".join(case.gate_missing_ids),
        )
    return aggregate.CaseEvidenceGatePassed(now)


def plan_arrest(case: Case, *, operation_id: str, now: datetime) -> aggregate.CaseArrestPlanned:
    """Note that operations planned the arrest; only behind the evidence gate."""
    check_state(case, Step.PLAN_ARREST)
    if not case.is_gate_passed:
        raise EvidenceGateClosedError(
            "The evidence gate was not passed.",
            case_id=case.case_id,
            missing=",".join(case.gate_missing_ids),
        )
    return aggregate.CaseArrestPlanned(now, operation_id)


def approve_arrest(case: Case, *, now: datetime) -> aggregate.CaseArrestApproved:
    """Note that two people approved the arrest."""
    check_state(case, Step.APPROVE_ARREST)
    return aggregate.CaseArrestApproved(now)


def start_arrest(case: Case, *, now: datetime) -> aggregate.CaseArrestStarted:
    """Note that "go" was given."""
    check_state(case, Step.START_ARREST)
    return aggregate.CaseArrestStarted(now)


def take_into_custody(case: Case, *, now: datetime) -> aggregate.CaseTakenIntoCustody:
    """Note that every target was handed over."""
    check_state(case, Step.TAKE_INTO_CUSTODY)
    return aggregate.CaseTakenIntoCustody(now)


def stand_down(case: Case, *, now: datetime) -> aggregate.CaseStoodDown:
    """Note that the operation was stood down."""
    check_state(case, Step.STAND_DOWN)
    return aggregate.CaseStoodDown(now)


def start_evaluation(case: Case, *, now: datetime) -> aggregate.CaseEvaluationStarted:
    """Start the evaluation of a case whose operation ended."""
    check_state(case, Step.START_EVALUATION)
    return aggregate.CaseEvaluationStarted(now)


def publish_review(case: Case, *, now: datetime) -> aggregate.CaseReviewed:
    """Note that the review was published."""
    check_state(case, Step.PUBLISH_REVIEW)
    return aggregate.CaseReviewed(now)


def close(case: Case, *, now: datetime) -> aggregate.CaseClosed:
    """Close an evaluated case."""
    check_state(case, Step.CLOSE)
    if not case.is_reviewed:
        raise ReviewNotPublishedError(
            "The review of the case is not published.", case_id=case.case_id
        )
    return aggregate.CaseClosed(now)


def suspend(case: Case, *, reason: str, now: datetime) -> aggregate.CaseSuspended:
    """Suspend a case."""
    check_state(case, Step.SUSPEND)
    return aggregate.CaseSuspended(now, case.state, reason)


def resume(case: Case, *, now: datetime) -> aggregate.CaseResumed:
    """Resume a suspended case where it was."""
    check_state(case, Step.RESUME)
    return aggregate.CaseResumed(now, case.suspended_from or CaseState.REPORTED)


def transfer(case: Case, *, agency: str, now: datetime) -> aggregate.CaseTransferred:
    """Hand the case to another agency or the prosecutor."""
    check_state(case, Step.TRANSFER)
    return aggregate.CaseTransferred(now, agency)


def merge(case: Case, *, into: Case, now: datetime) -> aggregate.CaseMerged:
    """Continue a case in another one."""
    check_state(case, Step.MERGE)
    if into.case_id == case.case_id or into.state in FINAL or into.station != case.station:
        raise MergeTargetFinalError(
            "The case to merge into is final, foreign or the same.",
            case_id=case.case_id,
            into_case_id=into.case_id,
        )
    return aggregate.CaseMerged(now, into.case_id)
