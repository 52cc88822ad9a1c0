"""What may be done to a case, over every state and step."""

from collections.abc import Callable

import pytest

from chassis.errors import DomainError, Kind
from services.station.casefile import aggregate, domain
from services.station.casefile.aggregate import Case, CaseEvent, CaseState, Squad
from services.station.casefile.domain import Step
from tests.unit.station.builders import LATER, NOW, make_case

S = CaseState

TAKE: dict[Step, Callable[[Case], CaseEvent]] = {
    Step.ACCEPT: lambda case: domain.accept(case, by="officer-1", now=NOW),
    Step.FILE: lambda case: domain.file(case, by="chief-1", legal_basis="CPL art. 112", now=NOW),
    Step.COMMAND: lambda case: domain.command(
        case, objective="Find who did it.", squads=(Squad.TECHNICAL,), due_at=LATER, now=NOW
    ),
    Step.ASSIGN_MEMBER: lambda case: domain.assign_member(case, person_id="examiner-1", now=NOW),
    Step.RELEASE_MEMBER: lambda case: domain.release_member(case, person_id="analyst-1", now=NOW),
    Step.START_INVESTIGATION: lambda case: domain.start_investigation(case, now=NOW),
    Step.NAME_GATE_REQUEST: lambda case: domain.name_gate_request(
        case, squad_request_id="request-1", now=NOW
    ),
    Step.MEET_GATE_REQUEST: lambda case: domain.meet_gate_request(
        case, squad_request_id="request-1", now=NOW
    ),
    Step.DROP_GATE_REQUEST: lambda case: domain.drop_gate_request(
        case, squad_request_id="request-1", now=NOW
    ),
    Step.PASS_EVIDENCE_GATE: lambda case: domain.pass_evidence_gate(case, now=NOW),
    Step.PLAN_ARREST: lambda case: domain.plan_arrest(case, operation_id="operation-1", now=NOW),
    Step.APPROVE_ARREST: lambda case: domain.approve_arrest(case, now=NOW),
    Step.START_ARREST: lambda case: domain.start_arrest(case, now=NOW),
    Step.TAKE_INTO_CUSTODY: lambda case: domain.take_into_custody(case, now=NOW),
    Step.STAND_DOWN: lambda case: domain.stand_down(case, now=NOW),
    Step.START_EVALUATION: lambda case: domain.start_evaluation(case, now=NOW),
    Step.PUBLISH_REVIEW: lambda case: domain.publish_review(case, now=NOW),
    Step.CLOSE: lambda case: domain.close(case, now=NOW),
    Step.SUSPEND: lambda case: domain.suspend(case, reason="No lead.", now=NOW),
    Step.RESUME: lambda case: domain.resume(case, now=NOW),
    Step.TRANSFER: lambda case: domain.transfer(case, agency="prosecutor", now=NOW),
    Step.MERGE: lambda case: domain.merge(case, into=make_case(case_id="case-2"), now=NOW),
}

OPEN = [
    S.REPORTED,
    S.ACCEPTED,
    S.FILED,
    S.COMMANDED,
    S.INVESTIGATING,
    S.ARREST_PLANNED,
    S.ARREST_APPROVED,
    S.ARREST_UNDER_WAY,
    S.IN_CUSTODY,
    S.STOOD_DOWN,
    S.UNDER_EVALUATION,
]
STAYS = {state: state for state in (*OPEN, S.SUSPENDED)}
SEARCHING = {S.COMMANDED: S.COMMANDED, S.INVESTIGATING: S.INVESTIGATING}

# Where each step leads from each state that allows it; every pair not named here is refused.
LEADS: dict[Step, dict[CaseState, CaseState]] = {
    Step.ACCEPT: {S.REPORTED: S.ACCEPTED},
    Step.FILE: {S.ACCEPTED: S.FILED},
    Step.COMMAND: {S.FILED: S.COMMANDED},
    Step.ASSIGN_MEMBER: STAYS,
    Step.RELEASE_MEMBER: STAYS,
    Step.START_INVESTIGATION: {S.COMMANDED: S.INVESTIGATING},
    Step.NAME_GATE_REQUEST: SEARCHING,
    Step.MEET_GATE_REQUEST: SEARCHING,
    Step.DROP_GATE_REQUEST: SEARCHING,
    Step.PASS_EVIDENCE_GATE: {S.INVESTIGATING: S.INVESTIGATING},
    Step.PLAN_ARREST: {S.INVESTIGATING: S.ARREST_PLANNED},
    Step.APPROVE_ARREST: {S.ARREST_PLANNED: S.ARREST_APPROVED},
    Step.START_ARREST: {S.ARREST_APPROVED: S.ARREST_UNDER_WAY},
    Step.TAKE_INTO_CUSTODY: {S.ARREST_UNDER_WAY: S.IN_CUSTODY},
    Step.STAND_DOWN: {
        S.ARREST_PLANNED: S.STOOD_DOWN,
        S.ARREST_APPROVED: S.STOOD_DOWN,
        S.ARREST_UNDER_WAY: S.STOOD_DOWN,
    },
    Step.START_EVALUATION: {
        S.IN_CUSTODY: S.UNDER_EVALUATION,
        S.STOOD_DOWN: S.UNDER_EVALUATION,
    },
    Step.PUBLISH_REVIEW: {S.UNDER_EVALUATION: S.UNDER_EVALUATION},
    Step.CLOSE: {S.UNDER_EVALUATION: S.CLOSED},
    Step.SUSPEND: dict.fromkeys(OPEN, S.SUSPENDED),
    Step.RESUME: {S.SUSPENDED: S.FILED},
    Step.TRANSFER: dict.fromkeys((*OPEN, S.SUSPENDED), S.TRANSFERRED),
    Step.MERGE: dict.fromkeys((*OPEN, S.SUSPENDED), S.MERGED),
}
ALLOWED = [(step, state, after) for step, ways in LEADS.items() for state, after in ways.items()]
REFUSED = [(step, state) for step in Step for state in CaseState if state not in LEADS[step]]


@pytest.mark.parametrize(("step", "state", "after"), ALLOWED)
def test_step_leads_to_its_state_when_the_state_allows_it(
    step: Step, state: CaseState, after: CaseState
) -> None:
    case = make_case(state=state, is_reviewed=True, suspended_from=S.FILED)

    event = TAKE[step](case)

    assert aggregate.apply(case, event).state is after


@pytest.mark.parametrize(("step", "state"), REFUSED)
def test_step_is_refused_when_the_state_forbids_it(step: Step, state: CaseState) -> None:
    case = make_case(state=state, is_reviewed=True)

    with pytest.raises(domain.CaseStateForbidsError) as caught:
        TAKE[step](case)

    assert (caught.value.kind, caught.value.reason) == (Kind.PRECONDITION, "CASE_STATE_FORBIDS")
    assert caught.value.metadata == {"case_id": "case-1", "state": state, "step": step}


def refuse(take: Callable[[], CaseEvent]) -> tuple[Kind, str, dict[str, str]]:
    """Return what the refusal says."""
    with pytest.raises(DomainError) as caught:
        take()
    return caught.value.kind, caught.value.reason, caught.value.metadata


def test_filing_is_refused_when_the_approver_accepted_the_case() -> None:
    case = make_case(state=S.ACCEPTED, accepted_by="officer-1")

    refusal = refuse(lambda: domain.file(case, by="officer-1", legal_basis="CPL", now=NOW))

    assert refusal == (Kind.PRECONDITION, "APPROVER_IS_REQUESTER", {"case_id": "case-1"})


def test_command_is_refused_when_its_deadline_is_now() -> None:
    case = make_case(state=S.FILED)

    refusal = refuse(
        lambda: domain.command(case, objective="Find.", squads=(), due_at=NOW, now=NOW)
    )

    assert refusal == (Kind.INVALID, "DUE_TIME_PAST", {"field": "due_time"})


def test_assigning_is_refused_when_the_person_is_assigned() -> None:
    refusal = refuse(lambda: domain.assign_member(make_case(), person_id="analyst-1", now=NOW))

    assert refusal == (
        Kind.EXISTS,
        "MEMBER_ALREADY_ASSIGNED",
        {"case_id": "case-1", "person_id": "analyst-1"},
    )


def test_releasing_is_refused_when_the_person_is_not_assigned() -> None:
    refusal = refuse(lambda: domain.release_member(make_case(), person_id="stranger", now=NOW))

    assert refusal == (
        Kind.PRECONDITION,
        "MEMBER_NOT_ASSIGNED",
        {"case_id": "case-1", "person_id": "stranger"},
    )


def test_releasing_is_refused_when_the_person_is_in_charge() -> None:
    refusal = refuse(lambda: domain.release_member(make_case(), person_id="officer-1", now=NOW))

    assert refusal == (
        Kind.PRECONDITION,
        "CASE_OFFICER_STAYS",
        {"case_id": "case-1", "person_id": "officer-1"},
    )


@pytest.mark.parametrize(
    ("missing", "met", "said"),
    [
        pytest.param(("r-1", "r-2"), ("r-3",), "r-1,r-2", id="requests_wait"),
        pytest.param((), (), "", id="none_is_named"),
    ],
)
def test_evidence_gate_stays_closed_when_evidence_is_missing(
    missing: tuple[str, ...], met: tuple[str, ...], said: str
) -> None:
    case = make_case(gate_missing_ids=missing, gate_met_ids=met, is_gate_passed=False)

    refusal = refuse(lambda: domain.pass_evidence_gate(case, now=NOW))

    assert refusal == (
        Kind.PRECONDITION,
        "EVIDENCE_GATE_CLOSED",
        {"case_id": "case-1", "missing": said},
    )


def test_planning_an_arrest_is_refused_when_the_gate_was_not_passed() -> None:
    case = make_case(is_gate_passed=False, gate_missing_ids=("request-1",))

    refusal = refuse(lambda: domain.plan_arrest(case, operation_id="operation-1", now=NOW))

    assert refusal == (
        Kind.PRECONDITION,
        "EVIDENCE_GATE_CLOSED",
        {"case_id": "case-1", "missing": "request-1"},
    )


def test_closing_is_refused_when_the_review_is_not_published() -> None:
    case = make_case(state=S.UNDER_EVALUATION, is_reviewed=False)

    refusal = refuse(lambda: domain.close(case, now=NOW))

    assert refusal == (Kind.PRECONDITION, "REVIEW_NOT_PUBLISHED", {"case_id": "case-1"})


@pytest.mark.parametrize(
    "into",
    [
        pytest.param(make_case(case_id="case-1"), id="same"),
        pytest.param(make_case(case_id="case-2", state=S.CLOSED), id="closed"),
        pytest.param(make_case(case_id="case-2", state=S.MERGED), id="merged"),
        pytest.param(make_case(case_id="case-2", station="hexi"), id="foreign"),
    ],
)
def test_merging_is_refused_when_the_other_case_cannot_go_on(into: Case) -> None:
    refusal = refuse(lambda: domain.merge(make_case(), into=into, now=NOW))

    assert refusal == (
        Kind.PRECONDITION,
        "MERGE_TARGET_FINAL",
        {"case_id": "case-1", "into_case_id": into.case_id},
    )
