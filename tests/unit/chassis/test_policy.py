"""The policy: complete or the service does not start; denied unless a role allows."""

import pytest
import sqlalchemy as sa

from chassis.call import Caller
from chassis.errors import RoleNotAllowedError
from chassis.policy import Admission, Policy, PolicyIncompleteError, Rule
from chassis.roles import Role
from chassis.statements import Statement
from jointops.intel.v1 import tasking_pb2

TASKINGS = tasking_pb2.DESCRIPTOR.services_by_name["TaskingService"]
METHODS = tuple(f"jointops.intel.v1.TaskingService/{method.name}" for method in TASKINGS.methods)
ANALYSTS = frozenset({Role.INTEL_ANALYST, Role.COMMANDER})
ANYTHING = Statement(sa.select(sa.literal_column("true").label("is_admitted")))


def rule(method: str, admission: Admission | None = None) -> Rule:
    return Rule(
        method,
        "intel.tasking.get",
        ANALYSTS,
        admission,
        station_roles=frozenset({Role.COMMANDER}),
    )


def caller(*roles: Role) -> Caller:
    return Caller("person-1", "jinqiao", frozenset(roles))


def test_policy_with_one_rule_a_method_is_complete() -> None:
    policy = Policy(rule(method) for method in METHODS)

    policy.check([TASKINGS])

    assert [each.method for each in policy] == list(METHODS)


@pytest.mark.parametrize(
    ("rules", "fault"),
    [
        pytest.param(METHODS[1:], f"methods without a rule: ['{METHODS[0]}']", id="missing"),
        pytest.param(
            (*METHODS, "jointops.intel.v1.TaskingService/Forget"),
            "rules without a method: ['jointops.intel.v1.TaskingService/Forget']",
            id="unused",
        ),
        pytest.param(
            (*METHODS, METHODS[0]), f"methods with two rules: ['{METHODS[0]}']", id="repeated"
        ),
    ],
)
def test_policy_is_incomplete_when_rules_and_methods_differ(
    rules: tuple[str, ...], fault: str
) -> None:
    policy = Policy(rule(method) for method in rules)

    with pytest.raises(PolicyIncompleteError) as caught:
        policy.check([TASKINGS])

    assert str(caught.value) == fault


def test_policy_is_incomplete_when_an_admission_names_no_field() -> None:
    rules = [rule(method) for method in METHODS[1:]]
    policy = Policy([rule(METHODS[0], Admission("misspelt_id", ANYTHING)), *rules])

    with pytest.raises(PolicyIncompleteError, match=r"admissions by no field: .*" + METHODS[0]):
        policy.check([TASKINGS])


def test_caller_with_one_of_the_roles_is_admitted() -> None:
    sees_station = rule(METHODS[0]).admit(caller(Role.INTEL_ANALYST, Role.AUDITOR))

    assert sees_station is False


def test_caller_with_a_station_role_sees_the_whole_station() -> None:
    assert rule(METHODS[0]).admit(caller(Role.COMMANDER)) is True


@pytest.mark.parametrize("roles", [(), (Role.AUDITOR,), (Role.DEVICE, Role.SYSTEM_ADMIN)])
def test_caller_without_any_of_the_roles_is_refused(roles: tuple[Role, ...]) -> None:
    with pytest.raises(RoleNotAllowedError) as caught:
        rule(METHODS[0]).admit(caller(*roles))

    assert caught.value.metadata == {"method": METHODS[0], "permission": "intel.tasking.get"}


def test_rule_without_roles_admits_nobody() -> None:
    nobody = Rule(METHODS[0], "intel.tasking.get", frozenset())

    with pytest.raises(RoleNotAllowedError):
        nobody.admit(caller(*Role))
