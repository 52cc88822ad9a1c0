"""Every step of an operation in every state, and what each event changes."""

from collections.abc import Callable
from itertools import product

import pytest

from chassis.errors import Kind
from services.ops.operations import aggregate, domain
from services.ops.operations.aggregate import Operation, OperationEvent, OperationState
from services.ops.operations.domain import Step
from tests.unit.ops.builders import (
    EXPIRY,
    LATER,
    NEXT_DAY,
    OPERATION_ID,
    PLAN,
    PLAN_HASH,
    RECEIVED,
    TARGET,
    TARGET_ID,
    make_approval,
    make_operation,
    make_target,
    make_team,
)

TAKE: dict[Step, Callable[[Operation], OperationEvent]] = {
    Step.SIGN_FOR: lambda o: domain.sign_for(o, by="ops-lead", now=LATER),
    Step.ADD_TARGET: lambda o: domain.add_target(o, target=make_target(), by="ops-lead", now=LATER),
    Step.ADD_TEAM: lambda o: domain.add_team(o, team=make_team(), by="ops-lead", now=LATER),
    Step.PLAN: lambda o: domain.plan(
        o,
        rally_point="South gate",
        start_at=NEXT_DAY,
        risk_note="None known.",
        by="ops-lead",
        now=LATER,
    ),
    Step.APPROVE: lambda o: domain.approve(o, plan_hash=PLAN_HASH, by="cmd-9z", now=LATER),
    Step.START: lambda o: domain.start(o, by="ops-lead", now=LATER),
    Step.STAND_DOWN: lambda o: domain.stand_down(o, reason="Fog.", by="ops-lead", now=LATER),
    Step.COMPLETE: lambda o: domain.complete(
        o, handed_over_ids=frozenset({TARGET_ID}), by="ops-lead", now=LATER
    ),
    Step.WITHDRAW: lambda o: domain.withdraw(o, now=LATER),
}
_S = OperationState
LEADS_TO = {
    (_S.RECEIVED, Step.SIGN_FOR): _S.SIGNED_FOR,
    (_S.RECEIVED, Step.WITHDRAW): _S.WITHDRAWN,
    (_S.SIGNED_FOR, Step.ADD_TARGET): _S.SIGNED_FOR,
    (_S.SIGNED_FOR, Step.ADD_TEAM): _S.SIGNED_FOR,
    (_S.SIGNED_FOR, Step.PLAN): _S.PLANNED,
    (_S.SIGNED_FOR, Step.WITHDRAW): _S.WITHDRAWN,
    (_S.PLANNED, Step.ADD_TARGET): _S.PLANNED,
    (_S.PLANNED, Step.ADD_TEAM): _S.PLANNED,
    (_S.PLANNED, Step.PLAN): _S.PLANNED,
    (_S.PLANNED, Step.APPROVE): _S.APPROVED,
    (_S.PLANNED, Step.STAND_DOWN): _S.STOOD_DOWN,
    (_S.PLANNED, Step.WITHDRAW): _S.WITHDRAWN,
    (_S.APPROVED, Step.APPROVE): _S.APPROVED,
    (_S.APPROVED, Step.START): _S.UNDER_WAY,
    (_S.APPROVED, Step.STAND_DOWN): _S.STOOD_DOWN,
    (_S.APPROVED, Step.WITHDRAW): _S.WITHDRAWN,
    (_S.UNDER_WAY, Step.STAND_DOWN): _S.STOOD_DOWN,
    (_S.UNDER_WAY, Step.COMPLETE): _S.COMPLETED,
}
FORBIDDEN = sorted(set(product(OperationState, Step)) - set(LEADS_TO))
APPROVALS = (make_approval("cmd-1a"), make_approval("cmd-2b"))


@pytest.mark.parametrize(
    ("state", "step", "expected"), [(*pair, state) for pair, state in LEADS_TO.items()]
)
def test_step_leads_to_its_state_when_the_state_allows_it(
    state: OperationState, step: Step, expected: OperationState
) -> None:
    operation = make_operation(state=state, approvals=APPROVALS)

    changed = aggregate.apply(operation, TAKE[step](operation))

    assert (changed.state, changed.version, changed.updated_at) == (expected, 2, LATER)


@pytest.mark.parametrize(("state", "step"), FORBIDDEN)
def test_step_is_refused_when_the_state_forbids_it(state: OperationState, step: Step) -> None:
    operation = make_operation(state=state, approvals=APPROVALS)

    with pytest.raises(domain.OperationStateForbidsError) as caught:
        TAKE[step](operation)

    assert (caught.value.kind, caught.value.reason) == (
        Kind.PRECONDITION,
        "OPERATION_STATE_FORBIDS",
    )
    assert caught.value.metadata == {"operation_id": OPERATION_ID, "state": state, "step": step}


def test_operation_is_received_as_version_one_with_nothing_in_it() -> None:
    operation = aggregate.receive(RECEIVED)

    assert (operation.state, operation.version) == (OperationState.RECEIVED, 1)
    assert (operation.due_at, operation.leader_id, operation.plan) == (EXPIRY, None, None)
    assert (operation.targets, operation.teams, operation.approvals) == ((), (), ())


def test_sign_for_makes_the_caller_the_leader() -> None:
    operation = aggregate.receive(RECEIVED)

    signed = aggregate.apply(operation, domain.sign_for(operation, by="ops-lead", now=LATER))

    assert signed.leader_id == "ops-lead"


def test_add_target_keeps_the_targets_in_order() -> None:
    operation = make_operation()
    target = make_target()

    changed = aggregate.apply(
        operation, domain.add_target(operation, target=target, by="ops-lead", now=LATER)
    )

    assert changed.targets == (TARGET, target)


@pytest.mark.parametrize("step", [Step.ADD_TARGET, Step.ADD_TEAM, Step.PLAN])
def test_change_of_a_planned_operation_voids_its_approvals_and_changes_its_hash(step: Step) -> None:
    operation = make_operation(approvals=(make_approval("cmd-1a"),))

    changed = aggregate.apply(operation, TAKE[step](operation))

    assert changed.approvals == ()
    assert changed.plan is not None
    assert changed.plan.plan_hash != PLAN_HASH


@pytest.mark.parametrize("step", [Step.ADD_TARGET, Step.ADD_TEAM])
def test_gathering_leaves_an_unplanned_operation_without_a_plan(step: Step) -> None:
    operation = make_operation(state=OperationState.SIGNED_FOR, plan=None)

    changed = aggregate.apply(operation, TAKE[step](operation))

    assert changed.plan is None


def test_start_notes_when_go_was_given() -> None:
    operation = make_operation(state=OperationState.APPROVED, approvals=APPROVALS)

    started = aggregate.apply(operation, domain.start(operation, by="ops-lead", now=LATER))

    assert started.started_at == LATER


def test_stand_down_keeps_its_reason() -> None:
    operation = make_operation()

    stood_down = aggregate.apply(
        operation, domain.stand_down(operation, reason="Fog.", by="ops-lead", now=LATER)
    )

    assert stood_down.stand_down_reason == "Fog."


def test_plan_hash_is_the_sha256_of_the_canonical_plan() -> None:
    hashed = aggregate.hash_plan(make_operation(), PLAN)

    assert hashed.plan_hash == "016b2ea6b1ddb043312bef8ca91c0e0f9a030896b123b915fa3c3432ff88ee54"
