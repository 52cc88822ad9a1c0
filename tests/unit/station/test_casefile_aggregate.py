"""What each event changes in a case."""

import pytest

from services.station.casefile import aggregate, domain
from services.station.casefile.aggregate import CaseEvent, CaseState, Squad
from tests.unit.station.builders import EARLIER, LATER, NOW, make_case

S = CaseState


def test_reported_case_starts_with_its_officer_as_only_member() -> None:
    event = aggregate.CaseReported(NOW, "case-9", "jinqiao", "alarm-9", "211P", "officer-9")

    case = aggregate.report(event)

    assert (case.case_id, case.station, case.alarm_id) == ("case-9", "jinqiao", "alarm-9")
    assert (case.state, case.member_ids, case.version) == (S.REPORTED, ("officer-9",), 1)
    assert (case.created_at, case.updated_at, case.is_gate_passed) == (NOW, NOW, False)


def test_each_event_makes_one_version_at_its_time() -> None:
    case = make_case(version=7, created_at=EARLIER, updated_at=EARLIER)

    after = aggregate.apply(case, aggregate.CaseInvestigationStarted(NOW))

    assert (after.version, after.created_at, after.updated_at) == (8, EARLIER, NOW)


def test_command_sets_objective_squads_and_deadline() -> None:
    case = make_case(state=S.FILED, objective="", squads=(), due_at=None)

    after = aggregate.apply(
        case, aggregate.CaseCommanded(NOW, "Find who did it.", (Squad.TECHNICAL,), LATER)
    )

    assert after.objective == "Find who did it."
    assert (after.squads, after.due_at) == ((Squad.TECHNICAL,), LATER)


def test_acceptance_remembers_who_accepted() -> None:
    case = make_case(state=S.REPORTED, accepted_by=None)

    after = aggregate.apply(case, aggregate.CaseAccepted(NOW, "officer-1"))

    assert after.accepted_by == "officer-1"


@pytest.mark.parametrize(
    ("event", "members"),
    [
        (
            aggregate.CaseMemberAssigned(NOW, "examiner-1"),
            ("officer-1", "analyst-1", "examiner-1"),
        ),
        (aggregate.CaseMemberReleased(NOW, "analyst-1"), ("officer-1",)),
    ],
)
def test_membership_follows_assignment_and_release(
    event: CaseEvent, members: tuple[str, ...]
) -> None:
    after = aggregate.apply(make_case(), event)

    assert after.member_ids == members


@pytest.mark.parametrize(
    ("event", "missing", "met"),
    [
        (aggregate.CaseGateRequestNamed(NOW, "r-3"), ("r-1", "r-2", "r-3"), ("r-0",)),
        (aggregate.CaseGateRequestMet(NOW, "r-1"), ("r-2",), ("r-0", "r-1")),
        (aggregate.CaseGateRequestDropped(NOW, "r-1"), ("r-2",), ("r-0",)),
    ],
)
def test_evidence_gate_counts_its_requests(
    event: CaseEvent, missing: tuple[str, ...], met: tuple[str, ...]
) -> None:
    case = make_case(gate_missing_ids=("r-1", "r-2"), gate_met_ids=("r-0",))

    after = aggregate.apply(case, event)

    assert (after.gate_missing_ids, after.gate_met_ids) == (missing, met)


def test_passing_the_gate_and_publishing_the_review_are_remembered() -> None:
    passed = aggregate.apply(make_case(is_gate_passed=False), aggregate.CaseEvidenceGatePassed(NOW))
    reviewed = aggregate.apply(
        make_case(state=S.UNDER_EVALUATION, is_reviewed=False), aggregate.CaseReviewed(NOW)
    )

    assert passed.is_gate_passed
    assert reviewed.is_reviewed


@pytest.mark.parametrize("state", [S.REPORTED, S.INVESTIGATING, S.UNDER_EVALUATION])
def test_suspended_case_resumes_where_it_was(state: CaseState) -> None:
    case = make_case(state=state)

    suspended = aggregate.apply(case, domain.suspend(case, reason="No lead.", now=NOW))
    resumed = aggregate.apply(suspended, domain.resume(suspended, now=NOW))

    assert (suspended.suspended_from, suspended.suspend_reason) == (state, "No lead.")
    assert (resumed.state, resumed.suspended_from, resumed.suspend_reason) == (state, None, "")
    assert (suspended.version, resumed.version) == (8, 9)


def test_case_remembers_basis_of_filing_and_where_it_went() -> None:
    case = make_case(legal_basis="")

    filed = aggregate.apply(case, aggregate.CaseFiled(NOW, "CPL art. 112"))
    transferred = aggregate.apply(case, aggregate.CaseTransferred(NOW, "prosecutor"))
    merged = aggregate.apply(case, aggregate.CaseMerged(NOW, "case-2"))

    assert filed.legal_basis == "CPL art. 112"
    assert transferred.transferred_to == "prosecutor"
    assert merged.merged_into_id == "case-2"
