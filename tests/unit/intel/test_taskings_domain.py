"""Rules of the tasking: every state against every step, refusals, versions."""

from collections.abc import Callable
from datetime import timedelta
from itertools import product

import pytest

from chassis.errors import Kind
from services.intel.taskings import domain
from services.intel.taskings.domain import Step, Tasking, TaskingEvent, TaskingState
from tests.unit.intel.builders import (
    CASE_ID,
    LATER,
    NOW,
    PRODUCT_ID,
    RECEIVED,
    SQUAD_REQUEST_ID,
    TASKING_ID,
    make_tasking,
)

_S = TaskingState
DECIDE: dict[Step, Callable[[Tasking], TaskingEvent]] = {
    Step.SIGN_FOR: lambda tasking: domain.sign_for(tasking, by="intel-7f3a", now=LATER),
    Step.ANSWER: lambda tasking: domain.answer(tasking, product_id=PRODUCT_ID, now=LATER),
    Step.REOPEN: lambda tasking: domain.reopen(tasking, now=LATER),
    Step.WITHDRAW: lambda tasking: domain.withdraw(tasking, now=LATER),
}
LEADS_TO: dict[tuple[TaskingState, Step], TaskingState] = {
    (_S.RECEIVED, Step.SIGN_FOR): _S.SIGNED_FOR,
    (_S.SIGNED_FOR, Step.ANSWER): _S.ANSWERED,
    (_S.REOPENED, Step.ANSWER): _S.ANSWERED,
    (_S.ANSWERED, Step.REOPEN): _S.REOPENED,
    (_S.RECEIVED, Step.WITHDRAW): _S.WITHDRAWN,
    (_S.SIGNED_FOR, Step.WITHDRAW): _S.WITHDRAWN,
    (_S.ANSWERED, Step.WITHDRAW): _S.WITHDRAWN,
    (_S.REOPENED, Step.WITHDRAW): _S.WITHDRAWN,
}
WORK_UNDER = {
    (_S.SIGNED_FOR, Step.RECORD_LEAD),
    (_S.REOPENED, Step.RECORD_LEAD),
    (_S.SIGNED_FOR, Step.DRAFT_PRODUCT),
    (_S.REOPENED, Step.DRAFT_PRODUCT),
}
FORBIDDEN = sorted(set(product(TaskingState, Step)) - set(LEADS_TO) - WORK_UNDER)


@pytest.mark.parametrize(("state", "step"), sorted(LEADS_TO))
def test_a_step_leads_to_its_state_when_the_state_allows_it(
    state: TaskingState, step: Step
) -> None:
    tasking = make_tasking(state=state)

    changed = domain.apply(tasking, DECIDE[step](tasking))

    assert changed.state is LEADS_TO[state, step]


@pytest.mark.parametrize(("state", "step"), sorted(WORK_UNDER))
def test_work_under_a_tasking_is_allowed_when_it_is_in_work(
    state: TaskingState, step: Step
) -> None:
    domain.check_state(make_tasking(state=state), step)


@pytest.mark.parametrize(("state", "step"), FORBIDDEN)
def test_a_step_is_refused_when_the_state_forbids_it(state: TaskingState, step: Step) -> None:
    tasking = make_tasking(state=state)
    refuse = DECIDE.get(step, lambda each: domain.check_state(each, step))

    with pytest.raises(domain.TaskingStateForbidsError) as caught:
        refuse(tasking)

    assert caught.value.kind is Kind.PRECONDITION
    assert caught.value.reason == "TASKING_STATE_FORBIDS"
    assert caught.value.metadata == {"tasking_id": TASKING_ID, "state": state, "step": step}


def test_a_received_tasking_is_the_first_version() -> None:
    tasking = domain.receive(RECEIVED)

    assert (tasking.state, tasking.version) == (TaskingState.RECEIVED, 1)
    assert (tasking.created_at, tasking.updated_at) == (NOW, NOW)
    assert (tasking.case_id, tasking.squad_request_id) == (CASE_ID, SQUAD_REQUEST_ID)


def test_signing_for_a_tasking_keeps_who_signed_and_makes_the_next_version() -> None:
    tasking = make_tasking()

    signed = domain.apply(tasking, domain.sign_for(tasking, by="intel-7f3a", now=LATER))

    assert (signed.signed_for_by, signed.version) == ("intel-7f3a", 2)
    assert (signed.created_at, signed.updated_at) == (NOW, LATER)


def test_an_answer_names_its_product() -> None:
    tasking = make_tasking(state=TaskingState.SIGNED_FOR)

    answered = domain.apply(tasking, domain.answer(tasking, product_id=PRODUCT_ID, now=LATER))

    assert answered.product_id == PRODUCT_ID


def test_a_reopened_tasking_keeps_the_product_that_was_sent_back() -> None:
    tasking = make_tasking(state=TaskingState.ANSWERED, product_id=PRODUCT_ID)

    reopened = domain.apply(tasking, domain.reopen(tasking, now=LATER))

    assert reopened.product_id == PRODUCT_ID


def test_a_tasking_can_be_signed_for_when_it_is_overdue() -> None:
    tasking = make_tasking(due_at=LATER - timedelta(minutes=1))

    event = domain.sign_for(tasking, by="intel-7f3a", now=LATER)

    assert event == domain.TaskingSignedFor(LATER, "intel-7f3a")
