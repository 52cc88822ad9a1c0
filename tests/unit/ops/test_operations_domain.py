"""What an operation refuses besides its state, and who may approve it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from chassis.errors import DomainError, Kind
from services.ops.operations import aggregate, domain
from services.ops.operations.aggregate import Approval, OperationState
from tests.unit.ops.builders import (
    EXPIRY,
    LATER,
    NEXT_DAY,
    NOW,
    OPERATION_ID,
    OTHER_TARGET_ID,
    PLAN,
    PLAN_HASH,
    TARGET,
    TARGET_ID,
    TEAM,
    make_approval,
    make_operation,
    make_target,
    make_team,
)

OPERATION = {"operation_id": OPERATION_ID}


def facts(refusal: DomainError) -> tuple[Kind, str, dict[str, str]]:
    """Return what a caller is told besides the sentence."""
    return refusal.kind, refusal.reason, refusal.metadata


def test_add_target_is_refused_when_its_authority_is_expired() -> None:
    target = make_target(expires_at=NOW)

    with pytest.raises(domain.AuthorityExpiredError) as caught:
        domain.add_target(make_operation(), target=target, by="ops-lead", now=NOW)

    assert facts(caught.value) == (
        Kind.INVALID,
        "AUTHORITY_EXPIRED",
        {"field": "authority.expire_time"},
    )


def test_add_target_is_refused_when_its_authority_stands_behind_another() -> None:
    target = replace(TARGET, target_id=OTHER_TARGET_ID)

    with pytest.raises(domain.AuthorityAlreadyUsedError) as caught:
        domain.add_target(make_operation(), target=target, by="ops-lead", now=NOW)

    named = OPERATION | {"target_id": TARGET_ID}
    assert facts(caught.value) == (Kind.EXISTS, "AUTHORITY_ALREADY_USED", named)


def test_add_target_is_refused_when_the_operation_holds_fifty() -> None:
    operation = make_operation(targets=(TARGET,) * 50)

    with pytest.raises(domain.OperationFullError) as caught:
        domain.add_target(operation, target=make_target(), by="ops-lead", now=NOW)

    assert facts(caught.value) == (Kind.QUOTA, "OPERATION_FULL", OPERATION | {"limit": "50"})


def test_add_team_is_refused_when_the_operation_holds_twenty() -> None:
    operation = make_operation(teams=(TEAM,) * 20)

    with pytest.raises(domain.OperationFullError) as caught:
        domain.add_team(operation, team=make_team(), by="ops-lead", now=NOW)

    assert facts(caught.value) == (Kind.QUOTA, "OPERATION_FULL", OPERATION | {"limit": "20"})


@pytest.mark.parametrize(
    ("team", "twice"),
    [
        pytest.param(make_team(leader_id="ops-3c4d"), "ops-3c4d", id="leader in another team"),
        pytest.param(
            make_team(member_ids=("ops-5e6f", "ops-1a2b")),
            "ops-1a2b,ops-5e6f",
            id="members in another team",
        ),
        pytest.param(make_team(member_ids=("ops-7a8b",)), "ops-7a8b", id="leader among members"),
    ],
)
def test_add_team_is_refused_when_somebody_stands_in_a_team(
    team: aggregate.Team, twice: str
) -> None:
    operation = make_operation()

    with pytest.raises(domain.TeamMemberPlacedError) as caught:
        domain.add_team(operation, team=team, by="ops-lead", now=NOW)

    named = OPERATION | {"person_ids": twice}
    assert facts(caught.value) == (Kind.EXISTS, "TEAM_MEMBER_PLACED", named)


def test_plan_is_refused_when_its_start_is_not_in_the_future() -> None:
    with pytest.raises(domain.StartTimePastError) as caught:
        domain.plan(
            make_operation(), rally_point="Gate", start_at=NOW, risk_note="-", by="x1", now=NOW
        )

    assert facts(caught.value) == (Kind.INVALID, "START_TIME_PAST", {"field": "start_time"})


@pytest.mark.parametrize(
    ("present", "missing"),
    [({"targets": ()}, "targets"), ({"teams": ()}, "teams"), ({}, "targets,teams")],
)
def test_plan_is_refused_when_targets_or_teams_are_missing(
    present: dict[str, object], missing: str
) -> None:
    operation = make_operation(**(present or {"targets": (), "teams": ()}))

    with pytest.raises(domain.PlanIncompleteError) as caught:
        domain.plan(operation, rally_point="Gate", start_at=EXPIRY, risk_note="-", by="x1", now=NOW)

    named = OPERATION | {"missing": missing}
    assert facts(caught.value) == (Kind.PRECONDITION, "PLAN_INCOMPLETE", named)


@pytest.mark.parametrize(
    ("state", "before", "kind"),
    [
        (OperationState.SIGNED_FOR, None, aggregate.OperationPlanned),
        (OperationState.PLANNED, PLAN, aggregate.OperationReplanned),
    ],
)
def test_plan_is_told_apart_from_planning_anew(
    state: OperationState,
    before: aggregate.Plan | None,
    kind: type[aggregate.OperationEvent],
) -> None:
    operation = make_operation(state=state, plan=before)

    event = domain.plan(
        operation, rally_point="Gate", start_at=EXPIRY, risk_note="-", by="x1", now=NOW
    )

    assert type(event) is kind


def test_approve_is_refused_when_the_plan_is_another_than_the_one_seen() -> None:
    with pytest.raises(domain.PlanChangedError) as caught:
        domain.approve(make_operation(), plan_hash="0" * 64, by="cmd-1a", now=NOW)

    assert facts(caught.value) == (Kind.CONFLICT, "PLAN_CHANGED", OPERATION)


def test_approve_is_refused_when_the_approver_planned() -> None:
    with pytest.raises(domain.ApproverIsPlannerError) as caught:
        domain.approve(make_operation(), plan_hash=PLAN_HASH, by="ops-lead", now=NOW)

    assert facts(caught.value) == (Kind.PRECONDITION, "APPROVER_IS_PLANNER", OPERATION)


def test_approve_is_refused_when_the_approver_added_to_the_plan() -> None:
    operation = make_operation()
    added = domain.add_target(operation, target=make_target(), by="cmd-1a", now=NOW)
    operation = aggregate.apply(operation, added)
    seen = operation.plan.plan_hash if operation.plan else ""

    with pytest.raises(domain.ApproverIsPlannerError):
        domain.approve(operation, plan_hash=seen, by="cmd-1a", now=NOW)


def test_approve_is_refused_when_the_person_approved_already() -> None:
    operation = make_operation(approvals=(make_approval("cmd-1a"),))

    with pytest.raises(domain.ApprovalAlreadyGivenError) as caught:
        domain.approve(operation, plan_hash=PLAN_HASH, by="cmd-1a", now=NOW)

    assert facts(caught.value) == (Kind.EXISTS, "APPROVAL_ALREADY_GIVEN", OPERATION)


def test_first_approval_leaves_the_operation_planned_and_lapses_after_a_day() -> None:
    operation = make_operation()

    event = domain.approve(operation, plan_hash=PLAN_HASH, by="cmd-1a", now=NOW)

    approval = Approval("cmd-1a", PLAN_HASH, NOW, NOW + timedelta(hours=24))
    assert event == aggregate.OperationApprovalGiven(NOW, approval)
    assert aggregate.apply(operation, event).state is OperationState.PLANNED


def test_approval_does_not_approve_the_operation_when_the_other_one_lapsed() -> None:
    operation = make_operation(approvals=(make_approval("cmd-1a", expires_at=NOW),))

    event = domain.approve(operation, plan_hash=PLAN_HASH, by="cmd-2b", now=NOW)

    assert isinstance(event, aggregate.OperationApprovalGiven)


def test_lapsed_approval_is_replaced_by_a_new_one_of_the_same_person() -> None:
    approvals = (make_approval("cmd-1a", expires_at=NOW), make_approval("cmd-2b"))
    operation = make_operation(state=OperationState.APPROVED, approvals=approvals)

    event = domain.approve(operation, plan_hash=PLAN_HASH, by="cmd-1a", now=NOW)

    renewed = aggregate.apply(operation, event)
    assert isinstance(event, aggregate.OperationApprovalGiven)
    assert renewed.approvals == (make_approval("cmd-2b"), make_approval("cmd-1a"))


def test_start_names_expired_authorities_and_missing_approvals() -> None:
    expired = make_target(expires_at=LATER)
    approvals = (make_approval("cmd-1a"), make_approval("cmd-2b", expires_at=LATER))
    operation = make_operation(
        state=OperationState.APPROVED, targets=(TARGET, expired), approvals=approvals
    )

    with pytest.raises(domain.GoConditionsMissingError) as caught:
        domain.start(operation, by="ops-lead", now=LATER)

    named = OPERATION | {"expired_target_ids": OTHER_TARGET_ID, "missing_approvals": "1"}
    assert facts(caught.value) == (Kind.PRECONDITION, "GO_CONDITIONS_MISSING", named)


def test_start_does_not_count_approvals_of_another_plan() -> None:
    approvals = (make_approval("cmd-1a"), make_approval("cmd-2b", plan_hash="0" * 64))
    operation = make_operation(state=OperationState.APPROVED, approvals=approvals)

    with pytest.raises(domain.GoConditionsMissingError) as caught:
        domain.start(operation, by="ops-lead", now=LATER)

    assert caught.value.metadata == OPERATION | {
        "expired_target_ids": "",
        "missing_approvals": "1",
    }


def test_complete_names_the_targets_that_are_not_handed_over() -> None:
    operation = make_operation(state=OperationState.UNDER_WAY, targets=(TARGET, make_target()))

    with pytest.raises(domain.TargetsNotHandedOverError) as caught:
        domain.complete(operation, handed_over_ids=frozenset({TARGET_ID}), by="ops-lead", now=LATER)

    named = OPERATION | {"missing": OTHER_TARGET_ID}
    assert facts(caught.value) == (Kind.PRECONDITION, "TARGETS_NOT_HANDED_OVER", named)


def test_plan_hash_depends_on_every_part_of_the_plan() -> None:
    operation = make_operation()
    hashes = {
        aggregate.hash_plan(operation, PLAN).plan_hash,
        aggregate.hash_plan(operation, replace(PLAN, rally_point="South gate")).plan_hash,
        aggregate.hash_plan(operation, replace(PLAN, start_at=EXPIRY)).plan_hash,
        aggregate.hash_plan(operation, replace(PLAN, risk_note="No dog.")).plan_hash,
        aggregate.hash_plan(operation, replace(PLAN, planner_ids=("ops-2",))).plan_hash,
        aggregate.hash_plan(make_operation(targets=(make_target(),)), PLAN).plan_hash,
        aggregate.hash_plan(make_operation(teams=(make_team(),)), PLAN).plan_hash,
        aggregate.hash_plan(make_operation(operation_id=TARGET_ID), PLAN).plan_hash,
    }

    assert len(hashes) == 8


def test_plan_is_made_by_the_caller_alone_even_when_others_shaped_the_plan_before() -> None:
    operation = make_operation(plan=replace(PLAN, planner_ids=("ops-lead", "cmd-1a")))

    event = domain.plan(
        operation, rally_point="Gate", start_at=NEXT_DAY, risk_note="-", by="ops-2", now=NOW
    )

    assert event.plan.planner_ids == ("ops-2",)
