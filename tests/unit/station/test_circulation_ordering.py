"""When something may be ordered of a squad, over every kind and state of the case."""

from collections.abc import Sequence

import pytest

from chassis.errors import DomainError, Kind
from services.station.casefile.aggregate import Case, CaseState, Squad
from services.station.circulation import aggregate, domain
from services.station.circulation.aggregate import (
    Order,
    SquadRequest,
    SquadRequestKind,
    SquadRequestOrdered,
    SquadRequestState,
)
from tests.unit.station.builders import (
    LATER,
    NOW,
    make_case,
    make_joint_arrest,
    make_order,
    make_squad_request,
)

K = SquadRequestKind
C = CaseState

WORKING = {
    C.COMMANDED,
    C.INVESTIGATING,
    C.ARREST_PLANNED,
    C.ARREST_APPROVED,
    C.ARREST_UNDER_WAY,
    C.IN_CUSTODY,
    C.STOOD_DOWN,
}

# The states of the case in which each kind may be ordered; every other pair is refused.
ORDERABLE: dict[SquadRequestKind, set[CaseState]] = {
    K.INTELLIGENCE_PRODUCT: WORKING,
    K.EXAMINATION: WORKING,
    K.JOINT_ARREST: {C.INVESTIGATING},
}
ALLOWED = [(kind, state) for kind, states in ORDERABLE.items() for state in sorted(states)]
REFUSED = [(kind, state) for kind in K for state in CaseState if state not in ORDERABLE[kind]]


def order(case: Case, wanted: Order, others: Sequence[SquadRequest] = ()) -> SquadRequestOrdered:
    """Order something as the chief."""
    return domain.order(
        case, wanted, others=others, squad_request_id="request-9", by="chief-1", now=NOW
    )


def refuse(
    case: Case, wanted: Order, others: Sequence[SquadRequest] = ()
) -> tuple[Kind, str, dict[str, str]]:
    """Return what the refusal of an order says."""
    with pytest.raises(DomainError) as caught:
        order(case, wanted, others)
    return caught.value.kind, caught.value.reason, caught.value.metadata


@pytest.mark.parametrize(("kind", "state"), ALLOWED)
def test_order_is_given_when_the_case_allows_it(kind: SquadRequestKind, state: CaseState) -> None:
    event = order(make_case(state=state), make_order(kind=kind))

    assert aggregate.order(event).state is SquadRequestState.ORDERED


@pytest.mark.parametrize(("kind", "state"), REFUSED)
def test_order_is_refused_when_the_case_forbids_it(
    kind: SquadRequestKind, state: CaseState
) -> None:
    refusal = refuse(make_case(state=state), make_order(kind=kind))

    assert refusal == (
        Kind.PRECONDITION,
        "CASE_STATE_FORBIDS",
        {"case_id": "case-1", "state": state, "step": f"order_{kind}"},
    )


@pytest.mark.parametrize(
    ("kind", "squad"),
    [
        (K.INTELLIGENCE_PRODUCT, Squad.INTELLIGENCE),
        (K.EXAMINATION, Squad.TECHNICAL),
        (K.JOINT_ARREST, Squad.OPERATIONS),
    ],
)
def test_order_goes_to_the_squad_that_does_such_work(kind: SquadRequestKind, squad: Squad) -> None:
    wanted = make_order(kind=kind)

    event = order(make_case(squads=(squad,)), wanted)

    assert event == SquadRequestOrdered(
        NOW, "request-9", "case-1", "jinqiao", squad, wanted, "chief-1"
    )


def test_order_is_refused_when_the_command_does_not_call_on_the_squad() -> None:
    case = make_case(squads=(Squad.INTELLIGENCE,))

    refusal = refuse(case, make_order(kind=K.EXAMINATION))

    assert refusal == (
        Kind.PRECONDITION,
        "SQUAD_NOT_COMMANDED",
        {"case_id": "case-1", "squad": "technical"},
    )


def test_order_is_refused_when_its_deadline_is_now() -> None:
    refusal = refuse(make_case(), make_order(due_at=NOW))

    assert refusal == (Kind.INVALID, "DUE_TIME_PAST", {"field": "due_time"})


def test_gating_order_is_given_when_the_gate_waits() -> None:
    event = order(make_case(is_gate_passed=False), make_order(is_gating=True))

    assert event.order == make_order(is_gating=True, due_at=LATER)


def test_gating_order_is_refused_when_the_gate_was_passed() -> None:
    refusal = refuse(make_case(is_gate_passed=True), make_order(is_gating=True))

    assert refusal == (Kind.PRECONDITION, "EVIDENCE_GATE_PASSED", {"case_id": "case-1"})


def test_joint_arrest_is_refused_when_the_gate_should_wait_for_it() -> None:
    refusal = refuse(make_case(), make_order(kind=K.JOINT_ARREST, is_gating=True))

    assert refusal == (Kind.INVALID, "JOINT_ARREST_CANNOT_GATE", {"field": "is_gating"})


def test_joint_arrest_is_refused_when_the_gate_was_not_passed() -> None:
    case = make_case(is_gate_passed=False, gate_missing_ids=("request-1", "request-2"))

    refusal = refuse(case, make_order(kind=K.JOINT_ARREST))

    assert refusal == (
        Kind.PRECONDITION,
        "EVIDENCE_GATE_CLOSED",
        {"case_id": "case-1", "missing": "request-1,request-2"},
    )


def test_joint_arrest_is_refused_when_the_case_has_one() -> None:
    others = (make_squad_request(), make_joint_arrest(squad_request_id="request-2"))

    refusal = refuse(make_case(), make_order(kind=K.JOINT_ARREST), others)

    assert refusal == (Kind.EXISTS, "JOINT_ARREST_ALREADY_ORDERED", {"case_id": "case-1"})


def test_joint_arrest_is_given_when_the_one_before_was_withdrawn() -> None:
    others = (make_joint_arrest(state=SquadRequestState.WITHDRAWN),)

    event = order(make_case(), make_order(kind=K.JOINT_ARREST), others)

    assert event.squad is Squad.OPERATIONS
