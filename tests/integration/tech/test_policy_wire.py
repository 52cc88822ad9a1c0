"""Who may call what, over the wire: every method, each kind of caller who may not."""

from typing import Any

import grpc
import pytest

from chassis.ids import new_id
from chassis.roles import Role
from services.tech.policy import POLICY
from tests.integration.stage import Stage
from tests.integration.tech import desk
from tests.unit.tech.builders import HOLDER

DENIED = grpc.StatusCode.PERMISSION_DENIED
STRANGER = "tech-0000"


async def named(stage: Stage) -> dict[str, Any]:
    """Keep one of each and return their identifiers, for requests that name them."""
    case_id = await desk.known_case(stage)
    exhibit = await desk.add_exhibit(stage, case_id)
    examination = await desk.add_examination(stage, case_id)
    return {
        "case_id": case_id,
        "exhibit_id": exhibit.exhibit_id,
        "exhibit_ids": [exhibit.exhibit_id],
        "examination_id": examination.examination_id,
    }


def test_the_policy_names_exactly_what_is_served() -> None:
    assert sorted(rule.method for rule in POLICY) == sorted(desk.METHODS)


@pytest.mark.parametrize("method", desk.METHODS)
async def test_a_call_is_refused_without_a_token(stage: Stage, method: str) -> None:
    refusal = await desk.refusal(stage.open(), method, **await named(stage))

    assert refusal == (grpc.StatusCode.UNAUTHENTICATED, "TOKEN_MISSING", {})


@pytest.mark.parametrize("method", desk.METHODS)
@pytest.mark.parametrize("role", [Role.AUDITOR, Role.SYSTEM_ADMIN, Role.DEVICE])
async def test_a_call_is_refused_without_the_role(stage: Stage, method: str, role: Role) -> None:
    permission = POLICY.rule(method).permission

    refusal = await desk.refusal(stage.channel(HOLDER, role), method, **await named(stage))

    expected = {"method": method, "permission": permission}
    assert refusal == (DENIED, "ROLE_NOT_ALLOWED", expected)


@pytest.mark.parametrize("method", desk.METHODS)
async def test_a_stranger_is_refused_alike_whether_the_object_exists(
    stage: Stage, method: str
) -> None:
    stranger = desk.examiner(stage, STRANGER)
    known = await named(stage)
    unknown = {**dict.fromkeys(known, new_id()), "exhibit_ids": [new_id()]}

    foreign = await desk.refusal(stranger, method, **known)
    missing = await desk.refusal(stranger, method, **unknown)

    expected = {"permission": POLICY.rule(method).permission}
    assert foreign == missing == (DENIED, "NOT_ASSIGNED", expected)


@pytest.mark.parametrize("method", desk.METHODS)
async def test_a_stranger_learns_nothing_from_an_invalid_request(stage: Stage, method: str) -> None:
    known = {**await named(stage), "etag": "", "request_id": "x", "page_size": -1}

    refusal = await desk.refusal(desk.examiner(stage, STRANGER), method, **known)

    expected = {"permission": POLICY.rule(method).permission}
    assert refusal == (DENIED, "NOT_ASSIGNED", expected)


@pytest.mark.parametrize(
    "method", [method for method in desk.METHODS if Role.COMMANDER in POLICY.rule(method).roles]
)
async def test_a_commander_of_another_station_finds_nothing(stage: Stage, method: str) -> None:
    commander = stage.channel("commander-9", Role.COMMANDER, station="beicai")

    refusal = await desk.refusal(commander, method, **await named(stage))

    assert refusal[:2] == (grpc.StatusCode.NOT_FOUND, "NOT_FOUND")


async def test_a_refused_call_is_on_record(stage: Stage) -> None:
    known = await named(stage)

    await desk.refusal(desk.examiner(stage, "tech-on-record"), desk.METHODS[0], **known)

    rows = await stage.fetch("SELECT * FROM audit WHERE person_id = 'tech-on-record'")
    assert [(row["permission"], row["resource"], row["is_granted"]) for row in rows] == [
        ("tech.exhibit.get", "NOT_ASSIGNED", False)
    ]
