"""What may be done to a squad request, over every state and step."""

from collections.abc import Callable

import pytest

from chassis.errors import DomainError, Kind
from services.station.casefile.aggregate import CaseState, Squad
from services.station.circulation import aggregate, domain
from services.station.circulation.aggregate import (
    SquadRequest,
    SquadRequestEvent,
    SquadRequestState,
)
from services.station.circulation.domain import Step
from tests.unit.station.builders import (
    EARLIER,
    NOW,
    make_case,
    make_joint_arrest,
    make_order,
    make_squad_request,
)

S = SquadRequestState

TAKE: dict[Step, Callable[[SquadRequest], SquadRequestEvent]] = {
    Step.SIGN_FOR: lambda request: domain.sign_for(request, squad=Squad.TECHNICAL, now=NOW),
    Step.ANSWER: lambda request: domain.answer(
        request, squad=Squad.TECHNICAL, answer_id="examination-1", now=NOW
    ),
    Step.VERIFY: lambda request: domain.verify(
        request, rating=4, by="officer-1", roles=frozenset({"case_officer"}), now=NOW
    ),
    Step.SEND_BACK: lambda request: domain.send_back(request, reason="No scale.", now=NOW),
    Step.WITHDRAW: lambda request: domain.withdraw(request, case=make_case(), now=NOW),
}

# Where each step leads from each state that allows it; every pair not named here is refused.
LEADS: dict[Step, dict[SquadRequestState, SquadRequestState]] = {
    Step.SIGN_FOR: {S.ORDERED: S.SIGNED_FOR},
    Step.ANSWER: {S.SIGNED_FOR: S.ANSWERED, S.SENT_BACK: S.ANSWERED},
    Step.VERIFY: {S.ANSWERED: S.VERIFIED},
    Step.SEND_BACK: {S.ANSWERED: S.SENT_BACK},
    Step.WITHDRAW: {
        S.ORDERED: S.WITHDRAWN,
        S.SIGNED_FOR: S.WITHDRAWN,
        S.SENT_BACK: S.WITHDRAWN,
    },
}
ALLOWED = [(step, state, after) for step, ways in LEADS.items() for state, after in ways.items()]
REFUSED = [(s, state) for s in Step for state in SquadRequestState if state not in LEADS[s]]


def refuse(take: Callable[[], SquadRequestEvent]) -> tuple[Kind, str, dict[str, str]]:
    """Return what the refusal says."""
    with pytest.raises(DomainError) as caught:
        take()
    return caught.value.kind, caught.value.reason, caught.value.metadata


@pytest.mark.parametrize(("step", "state", "after"), ALLOWED)
def test_step_leads_to_its_state_when_the_state_allows_it(
    step: Step, state: SquadRequestState, after: SquadRequestState
) -> None:
    request = make_squad_request(state=state, version=3)

    changed = aggregate.apply(request, TAKE[step](request))

    assert (changed.state, changed.version) == (after, 4)
    assert (changed.created_at, changed.updated_at) == (EARLIER, NOW)


@pytest.mark.parametrize(("step", "state"), REFUSED)
def test_step_is_refused_when_the_state_forbids_it(step: Step, state: SquadRequestState) -> None:
    request = make_squad_request(state=state)

    refusal = refuse(lambda: TAKE[step](request))

    assert refusal == (
        Kind.PRECONDITION,
        "SQUAD_REQUEST_STATE_FORBIDS",
        {"squad_request_id": "request-1", "state": state, "step": step},
    )


@pytest.mark.parametrize(
    "take",
    [
        pytest.param(lambda r: domain.sign_for(r, squad=Squad.OPERATIONS, now=NOW), id="sign_for"),
        pytest.param(
            lambda r: domain.answer(r, squad=Squad.OPERATIONS, answer_id="answer-1", now=NOW),
            id="answer",
        ),
    ],
)
def test_squad_is_refused_when_the_request_was_ordered_of_another(
    take: Callable[[SquadRequest], SquadRequestEvent],
) -> None:
    request = make_squad_request(squad=Squad.TECHNICAL)

    refusal = refuse(lambda: take(request))

    assert refusal == (
        Kind.PRECONDITION,
        "SQUAD_REQUEST_FOREIGN",
        {"squad_request_id": "request-1", "squad": "operations"},
    )


@pytest.mark.parametrize(
    ("squad", "role"),
    [
        (Squad.INTELLIGENCE, "intel_analyst"),
        (Squad.TECHNICAL, "tech_examiner"),
        (Squad.OPERATIONS, "ops_leader"),
    ],
)
def test_verifying_is_refused_when_the_verifier_works_in_the_squad(squad: Squad, role: str) -> None:
    request = make_squad_request(state=S.ANSWERED, squad=squad)
    roles = frozenset({"case_officer", role})

    refusal = refuse(lambda: domain.verify(request, rating=5, by="person-1", roles=roles, now=NOW))

    assert refusal == (
        Kind.PRECONDITION,
        "VERIFIER_IS_SQUAD_MEMBER",
        {"squad_request_id": "request-1", "squad": squad},
    )


def test_verifying_is_allowed_when_the_verifier_ordered_the_work() -> None:
    request = make_squad_request(state=S.ANSWERED, ordered_by="chief-1")
    roles = frozenset({"commander"})

    event = domain.verify(request, rating=5, by="chief-1", roles=roles, now=NOW)

    assert event == aggregate.SquadRequestVerified(NOW, 5, "chief-1")


def test_joint_arrest_is_not_sent_back_when_it_is_completed() -> None:
    arrest = make_joint_arrest(state=S.ANSWERED)

    refusal = refuse(lambda: domain.send_back(arrest, reason="Again.", now=NOW))

    assert refusal == (
        Kind.PRECONDITION,
        "JOINT_ARREST_DONE",
        {"squad_request_id": "request-1"},
    )


@pytest.mark.parametrize(
    ("state", "suspended_from"),
    [
        (CaseState.ARREST_PLANNED, None),
        (CaseState.ARREST_APPROVED, None),
        (CaseState.ARREST_UNDER_WAY, None),
        (CaseState.SUSPENDED, CaseState.ARREST_APPROVED),
    ],
)
def test_joint_arrest_is_not_withdrawn_when_it_is_planned(
    state: CaseState, suspended_from: CaseState | None
) -> None:
    arrest = make_joint_arrest(state=S.SIGNED_FOR)
    case = make_case(state=state, suspended_from=suspended_from)

    refusal = refuse(lambda: domain.withdraw(arrest, case=case, now=NOW))

    assert refusal == (
        Kind.PRECONDITION,
        "JOINT_ARREST_PLANNED",
        {"squad_request_id": "request-1"},
    )


@pytest.mark.parametrize(
    ("state", "suspended_from"),
    [
        (CaseState.INVESTIGATING, None),
        (CaseState.STOOD_DOWN, None),
        (CaseState.SUSPENDED, CaseState.INVESTIGATING),
        (CaseState.TRANSFERRED, CaseState.ARREST_PLANNED),
    ],
)
def test_joint_arrest_is_withdrawn_when_no_plan_stands(
    state: CaseState, suspended_from: CaseState | None
) -> None:
    case = make_case(state=state, suspended_from=suspended_from)

    event = domain.withdraw(make_joint_arrest(), case=case, now=NOW)

    assert event == aggregate.SquadRequestWithdrawn(NOW)


def test_request_to_examine_is_withdrawn_when_an_arrest_is_planned() -> None:
    case = make_case(state=CaseState.ARREST_PLANNED)

    event = domain.withdraw(make_squad_request(), case=case, now=NOW)

    assert event == aggregate.SquadRequestWithdrawn(NOW)


def test_ordered_request_starts_at_version_one() -> None:
    wanted = make_order(question="Whose print is it?")
    event = aggregate.SquadRequestOrdered(
        NOW, "request-9", "case-1", "jinqiao", Squad.TECHNICAL, wanted, "chief-1"
    )

    request = aggregate.order(event)

    assert request == make_squad_request(
        squad_request_id="request-9", order=wanted, created_at=NOW, updated_at=NOW, version=1
    )


def test_signing_remembers_its_time() -> None:
    request = aggregate.apply(make_squad_request(), aggregate.SquadRequestSignedFor(NOW))

    assert request.signed_for_at == NOW


def test_second_answer_replaces_the_one_sent_back() -> None:
    request = make_squad_request(state=S.SENT_BACK, answer_id="answer-1")

    changed = aggregate.apply(request, aggregate.SquadRequestAnswered(NOW, "answer-2"))

    assert changed.answer_id == "answer-2"


def test_verification_remembers_rating_and_verifier() -> None:
    request = make_squad_request(state=S.ANSWERED)

    changed = aggregate.apply(request, aggregate.SquadRequestVerified(NOW, 3, "officer-1"))

    assert (changed.rating, changed.verified_by) == (3, "officer-1")


def test_sending_back_remembers_why() -> None:
    request = make_squad_request(state=S.ANSWERED)

    changed = aggregate.apply(request, aggregate.SquadRequestSentBack(NOW, "No scale."))

    assert changed.send_back_reason == "No scale."


@pytest.mark.parametrize(
    ("missing", "state", "waits"),
    [
        pytest.param(("request-1",), CaseState.INVESTIGATING, True, id="named"),
        pytest.param(("request-2",), CaseState.INVESTIGATING, False, id="not_named"),
        pytest.param(("request-1",), CaseState.TRANSFERRED, False, id="case_ended"),
    ],
)
def test_evidence_gate_waits_for_what_it_names_while_the_case_goes_on(
    missing: tuple[str, ...], state: CaseState, waits: bool
) -> None:
    case = make_case(gate_missing_ids=missing, state=state)

    assert domain.waits_for(case, make_squad_request()) is waits
