"""Makes operations and arrests for tests; every field may be given."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from services.ops.custody import domain as custody
from services.ops.operations import aggregate
from services.ops.operations.aggregate import (
    Approval,
    Authority,
    AuthorityKind,
    Operation,
    OperationReceived,
    OperationState,
    Plan,
    Target,
    Team,
    TeamRole,
)

BEFORE = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LATER = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
NEXT_DAY = datetime(2026, 3, 3, 9, 0, tzinfo=UTC)
EXPIRY = datetime(2026, 3, 9, 9, 0, tzinfo=UTC)

OPERATION_ID = "0198c2f4-0000-7000-8000-000000000001"
CASE_ID = "0198c2f4-0000-7000-8000-000000000002"
SQUAD_REQUEST_ID = "0198c2f4-0000-7000-8000-000000000003"
TARGET_ID = "0198c2f4-0000-7000-8000-000000000004"
OTHER_TARGET_ID = "0198c2f4-0000-7000-8000-000000000005"
TEAM_ID = "0198c2f4-0000-7000-8000-000000000006"
OTHER_TEAM_ID = "0198c2f4-0000-7000-8000-000000000007"
ARREST_ID = "0198c2f4-0000-7000-8000-000000000008"
PLAN_HASH = "5c" * 32

RECEIVED = OperationReceived(
    decided_at=NOW,
    operation_id=OPERATION_ID,
    station="jinqiao",
    case_id=CASE_ID,
    squad_request_id=SQUAD_REQUEST_ID,
    due_at=EXPIRY,
)
WARRANT = Authority(
    kind=AuthorityKind.ARREST_WARRANT,
    number="JQ-2026-0117",
    issuer="Procuratorate of the district",
    legal_basis="CPL art. 80",
    expires_at=EXPIRY,
)
TARGET = Target(TARGET_ID, "Target 1", WARRANT)
TEAM = Team(TEAM_ID, "Team 1", TeamRole.ARREST, "ops-1a2b", ("ops-3c4d", "ops-5e6f"))
PLAN = Plan(
    rally_point="North gate of the goods yard",
    start_at=NEXT_DAY,
    risk_note="One dog on site.",
    planner_ids=("ops-lead",),
    plan_hash=PLAN_HASH,
)
GROUND = custody.ArrestGround(
    operation_id=OPERATION_ID,
    station="jinqiao",
    case_id=CASE_ID,
    squad_request_id=SQUAD_REQUEST_ID,
    started_at=BEFORE,
    authority_expires_at=EXPIRY,
    is_target_arrested=False,
)
REPORT = custody.ArrestReport(
    target_id=TARGET_ID,
    identity_method=custody.IdentityMethod.DOCUMENT,
    arrested_at=NOW,
    place="Shed 4 of the goods yard",
    recorder_id="ops-1a2b",
)


def make_operation(**changes: Any) -> Operation:
    """Make a planned operation with one target and one team, and the given fields changed."""
    planned: dict[str, Any] = {
        "state": OperationState.PLANNED,
        "leader_id": "ops-lead",
        "targets": (TARGET,),
        "teams": (TEAM,),
        "plan": PLAN,
    }
    return replace(aggregate.receive(RECEIVED), **(planned | changes))


def make_target(**changes: Any) -> Target:
    """Make a second target under a detention order of its own, with changes to its authority."""
    order = replace(WARRANT, kind=AuthorityKind.DETENTION_ORDER, number="JQ-2026-0118")
    return Target(OTHER_TARGET_ID, "Target 2", replace(order, **changes))


def make_team(**changes: Any) -> Team:
    """Make a second team with the given fields changed."""
    cordon = Team(OTHER_TEAM_ID, "Team 2", TeamRole.CORDON, "ops-7a8b", ())
    return replace(cordon, **changes)


def make_approval(approver_id: str, **changes: Any) -> Approval:
    """Make an approval that is valid until the next day."""
    return replace(Approval(approver_id, PLAN_HASH, NOW, NEXT_DAY), **changes)


def make_arrest(**changes: Any) -> custody.Arrest:
    """Make a recorded arrest with the given fields changed."""
    recorded = custody.record(GROUND, arrest_id=ARREST_ID, report=REPORT, now=LATER)
    return replace(custody.open_arrest(recorded), **changes)


def make_offered_arrest() -> custody.Arrest:
    """Make an arrest whose hand-over `ops-1a2b` offered."""
    arrest = make_arrest()
    offered = custody.offer_hand_over(
        arrest, hand_over_place="Custody suite", by="ops-1a2b", now=LATER
    )
    return custody.apply(arrest, offered)
