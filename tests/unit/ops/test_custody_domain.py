"""Arrests and hand-overs: every step in every state, every refusal, both signatures."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from itertools import product
from typing import Any

import pytest

from chassis.errors import DomainError, Kind
from services.ops.custody import domain
from services.ops.custody.domain import Arrest, ArrestEvent, ArrestState, Signature, Step
from tests.unit.ops.builders import (
    ARREST_ID,
    BEFORE,
    EXPIRY,
    GROUND,
    LATER,
    NEXT_DAY,
    NOW,
    OPERATION_ID,
    REPORT,
    TARGET_ID,
    make_arrest,
    make_offered_arrest,
)

TAKE: dict[Step, Callable[[Arrest], ArrestEvent]] = {
    Step.OFFER_HAND_OVER: lambda a: domain.offer_hand_over(
        a, hand_over_place="Custody suite", by="ops-1a2b", now=NEXT_DAY
    ),
    Step.ACCEPT_HAND_OVER: lambda a: domain.accept_hand_over(a, by="cust-1", now=NEXT_DAY),
}
LEADS_TO = {
    (ArrestState.RECORDED, Step.OFFER_HAND_OVER): ArrestState.HAND_OVER_OFFERED,
    (ArrestState.HAND_OVER_OFFERED, Step.ACCEPT_HAND_OVER): ArrestState.HANDED_OVER,
}
FORBIDDEN = sorted(set(product(ArrestState, Step)) - set(LEADS_TO))
OPERATION_AND_TARGET = {"operation_id": OPERATION_ID, "target_id": TARGET_ID}


@pytest.mark.parametrize(
    ("state", "step", "expected"), [(*pair, state) for pair, state in LEADS_TO.items()]
)
def test_step_leads_to_its_state_when_the_state_allows_it(
    state: ArrestState, step: Step, expected: ArrestState
) -> None:
    arrest = replace(make_offered_arrest(), state=state)

    changed = domain.apply(arrest, TAKE[step](arrest))

    assert (changed.state, changed.version, changed.updated_at) == (expected, 3, NEXT_DAY)


@pytest.mark.parametrize(("state", "step"), FORBIDDEN)
def test_step_is_refused_when_the_state_forbids_it(state: ArrestState, step: Step) -> None:
    arrest = replace(make_offered_arrest(), state=state)

    with pytest.raises(domain.ArrestStateForbidsError) as caught:
        TAKE[step](arrest)

    assert (caught.value.kind, caught.value.reason) == (Kind.PRECONDITION, "ARREST_STATE_FORBIDS")
    assert caught.value.metadata == {"arrest_id": ARREST_ID, "state": state, "step": step}


def test_arrest_is_recorded_as_version_one_of_its_operation() -> None:
    event = domain.record(GROUND, arrest_id=ARREST_ID, report=REPORT, now=LATER)

    arrest = domain.open_arrest(event)

    assert (arrest.state, arrest.version) == (ArrestState.RECORDED, 1)
    assert (arrest.operation_id, arrest.report) == (OPERATION_ID, REPORT)
    assert (arrest.created_at, arrest.updated_at) == (LATER, LATER)


@pytest.mark.parametrize("arrested_at", [BEFORE, LATER], ids=["at go", "now"])
def test_arrest_is_recorded_at_the_edges_of_its_time(arrested_at: datetime) -> None:
    report = replace(REPORT, arrested_at=arrested_at)

    event = domain.record(GROUND, arrest_id=ARREST_ID, report=report, now=LATER)

    assert event.report.arrested_at == arrested_at


@pytest.mark.parametrize(
    ("ground", "error", "expected"),
    [
        pytest.param(
            {"started_at": None},
            domain.OperationNotUnderWayError,
            (Kind.PRECONDITION, "OPERATION_NOT_UNDER_WAY", {"operation_id": OPERATION_ID}),
            id="operation not under way",
        ),
        pytest.param(
            {"authority_expires_at": None},
            domain.TargetUnknownError,
            (Kind.INVALID, "TARGET_UNKNOWN", {"field": "target_id"}),
            id="target of no operation",
        ),
        pytest.param(
            {"is_target_arrested": True},
            domain.TargetAlreadyArrestedError,
            (Kind.EXISTS, "TARGET_ALREADY_ARRESTED", OPERATION_AND_TARGET),
            id="target arrested",
        ),
        pytest.param(
            {"authority_expires_at": NOW},
            domain.ArrestWithoutAuthorityError,
            (Kind.PRECONDITION, "ARREST_WITHOUT_AUTHORITY", OPERATION_AND_TARGET),
            id="authority expired at the arrest",
        ),
        pytest.param(
            {"started_at": LATER},
            domain.ArrestTimeOutsideOperationError,
            (Kind.INVALID, "ARREST_TIME_OUTSIDE_OPERATION", {"field": "arrest_time"}),
            id="arrest before go",
        ),
    ],
)
def test_record_is_refused_when_the_operation_does_not_bear_the_arrest(
    ground: dict[str, Any], error: type[DomainError], expected: tuple[Kind, str, dict[str, str]]
) -> None:
    lacking = replace(GROUND, **ground)

    with pytest.raises(error) as caught:
        domain.record(lacking, arrest_id=ARREST_ID, report=REPORT, now=LATER)

    assert (caught.value.kind, caught.value.reason, caught.value.metadata) == expected


def test_record_is_refused_when_the_arrest_lies_in_the_future() -> None:
    report = replace(REPORT, arrested_at=NEXT_DAY)

    with pytest.raises(domain.ArrestTimeOutsideOperationError) as caught:
        domain.record(GROUND, arrest_id=ARREST_ID, report=report, now=LATER)

    assert caught.value.metadata == {"field": "arrest_time"}


def test_arrest_stands_when_its_authority_expired_between_arrest_and_record() -> None:
    ground = replace(GROUND, authority_expires_at=LATER)

    event = domain.record(ground, arrest_id=ARREST_ID, report=REPORT, now=EXPIRY)

    assert event.decided_at == EXPIRY


def test_accept_is_refused_when_the_receiver_offered() -> None:
    with pytest.raises(domain.ReceiverIsOffererError) as caught:
        domain.accept_hand_over(make_offered_arrest(), by="ops-1a2b", now=NEXT_DAY)

    assert (caught.value.kind, caught.value.reason) == (Kind.PRECONDITION, "RECEIVER_IS_OFFERER")
    assert caught.value.metadata == {"arrest_id": ARREST_ID}


@pytest.mark.parametrize(
    "changes",
    [
        {"hand_over_place": "Elsewhere"},
        {"report": replace(REPORT, place="Elsewhere")},
        {"report": replace(REPORT, arrested_at=BEFORE)},
        {"report": replace(REPORT, identity_method=domain.IdentityMethod.WITNESS)},
        {"offer_signature": None},
    ],
)
def test_accept_is_refused_when_the_record_is_not_the_one_offered(changes: dict[str, Any]) -> None:
    tampered = replace(make_offered_arrest(), **changes)

    with pytest.raises(domain.HandOverRecordChangedError) as caught:
        domain.accept_hand_over(tampered, by="cust-1", now=NEXT_DAY)

    assert (caught.value.kind, caught.value.reason) == (
        Kind.PRECONDITION,
        "HAND_OVER_RECORD_CHANGED",
    )
    assert caught.value.metadata == {"arrest_id": ARREST_ID}


def test_hand_over_carries_two_signatures_of_two_people_under_one_record() -> None:
    arrest = make_offered_arrest()

    handed = domain.apply(arrest, domain.accept_hand_over(arrest, by="cust-1", now=NEXT_DAY))

    record_sha256 = "9a7e94440306857c8d04c77dbdf2750ca716d13d135aa27b07ff1315d59830e1"
    assert handed.offer_signature == Signature("ops-1a2b", LATER, record_sha256)
    assert handed.acceptance_signature == Signature("cust-1", NEXT_DAY, record_sha256)


def test_offer_keeps_the_place_of_the_hand_over() -> None:
    arrest = make_arrest()

    offered = domain.apply(arrest, TAKE[Step.OFFER_HAND_OVER](arrest))

    assert offered.hand_over_place == "Custody suite"
