"""Rules of the lead: every state against every step, expiry, refusals, versions."""

from collections.abc import Callable
from dataclasses import replace
from itertools import product

import pytest

from chassis.errors import Kind
from services.intel.leads import domain
from services.intel.leads.domain import Lead, LeadEvent, LeadState, RejectionGround, Step
from tests.unit.intel.builders import EXPIRY, LATER, LEAD_ID, NOW, RECORDED, make_lead

DECIDE: dict[Step, Callable[[Lead], LeadEvent]] = {
    Step.REPRIORITISE: lambda lead: domain.reprioritise(lead, priority=1, now=LATER),
    Step.CONFIRM: lambda lead: domain.confirm(lead, by="intel-7f3a", now=LATER),
    Step.REJECT: lambda lead: domain.reject(
        lead, by="intel-7f3a", ground=RejectionGround.UNFOUNDED, now=LATER
    ),
}
LEADS_TO: dict[tuple[LeadState, Step], LeadState] = {
    (LeadState.OPEN, Step.REPRIORITISE): LeadState.OPEN,
    (LeadState.OPEN, Step.CONFIRM): LeadState.CONFIRMED,
    (LeadState.OPEN, Step.REJECT): LeadState.REJECTED,
}
FORBIDDEN = sorted(set(product(LeadState, Step)) - set(LEADS_TO))


@pytest.mark.parametrize(("state", "step"), sorted(LEADS_TO))
def test_a_step_leads_to_its_state_when_the_state_allows_it(state: LeadState, step: Step) -> None:
    lead = make_lead(state=state)

    changed = domain.apply(lead, DECIDE[step](lead))

    assert changed.state is LEADS_TO[state, step]


@pytest.mark.parametrize(("state", "step"), FORBIDDEN)
def test_a_step_is_refused_when_the_state_forbids_it(state: LeadState, step: Step) -> None:
    lead = make_lead(state=state)

    with pytest.raises(domain.LeadStateForbidsError) as caught:
        DECIDE[step](lead)

    assert caught.value.kind is Kind.PRECONDITION
    assert caught.value.reason == "LEAD_STATE_FORBIDS"
    assert caught.value.metadata == {"lead_id": LEAD_ID, "state": state, "step": step}


def test_a_recorded_lead_is_the_first_version() -> None:
    lead = domain.record(RECORDED)

    assert (lead.state, lead.version) == (LeadState.OPEN, 1)
    assert (lead.created_at, lead.updated_at) == (NOW, NOW)
    assert (lead.decided_by, lead.rejection_ground) == (None, None)


def test_recording_is_refused_when_the_expiry_is_not_in_the_future() -> None:
    with pytest.raises(domain.LeadExpireTimePastError) as caught:
        domain.record(replace(RECORDED, expires_at=NOW))

    assert caught.value.kind is Kind.INVALID
    assert caught.value.reason == "LEAD_EXPIRE_TIME_PAST"
    assert caught.value.metadata == {"field": "expire_time"}


@pytest.mark.parametrize("step", [Step.CONFIRM, Step.REPRIORITISE])
def test_work_on_a_lead_is_refused_when_it_has_expired(step: Step) -> None:
    lead = make_lead(expires_at=LATER)

    with pytest.raises(domain.LeadExpiredError) as caught:
        DECIDE[step](lead)

    assert caught.value.kind is Kind.PRECONDITION
    assert caught.value.reason == "LEAD_EXPIRED"
    assert caught.value.metadata == {
        "lead_id": LEAD_ID,
        "expire_time": "2026-03-02T09:30:00+00:00",
    }


def test_a_lead_can_be_rejected_when_it_has_expired() -> None:
    lead = make_lead(expires_at=LATER)

    event = domain.reject(lead, by="intel-7f3a", ground=RejectionGround.DUPLICATE, now=EXPIRY)

    assert event == domain.LeadRejected(EXPIRY, "intel-7f3a", RejectionGround.DUPLICATE)


def test_reprioritising_changes_the_priority_and_makes_the_next_version() -> None:
    lead = make_lead()

    changed = domain.apply(lead, domain.reprioritise(lead, priority=1, now=LATER))

    assert changed == replace(lead, priority=1, updated_at=LATER, version=2)


def test_a_confirmed_lead_keeps_who_confirmed_it() -> None:
    lead = make_lead()

    confirmed = domain.apply(lead, domain.confirm(lead, by="intel-19bc", now=LATER))

    assert confirmed.decided_by == "intel-19bc"


def test_a_rejected_lead_keeps_who_rejected_it_and_why() -> None:
    lead = make_lead()
    event = domain.LeadRejected(LATER, "intel-19bc", RejectionGround.OUT_OF_PURPOSE)

    rejected = domain.apply(lead, event)

    assert rejected.decided_by == "intel-19bc"
    assert rejected.rejection_ground is RejectionGround.OUT_OF_PURPOSE
