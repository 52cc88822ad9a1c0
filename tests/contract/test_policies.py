"""Every method of every proto has its rule, and every rule its method."""

import pytest
from google.protobuf.descriptor import MethodDescriptor

from chassis.policy import method_name
from chassis.roles import Role
from tests.contract.platform_parts import methods, served, wired
from tests.contract.repository import ROOT

METHODS = methods()
IDS = [method_name(method) for _, method in METHODS]
# Who looks after the platform sees no case: the three administrators are three people.
ADMINISTRATORS = frozenset({Role.SECURITY_ADMIN, Role.SYSTEM_ADMIN, Role.AUDITOR})

# The fields by which requests name an object that not everybody may see.
OBJECTS = {
    rule.admission.field
    for service in wired().values()
    for rule in service.policy
    if rule.admission is not None
}


@pytest.mark.parametrize("name", sorted(wired()))
def test_service_has_one_rule_a_method(name: str) -> None:
    wired()[name].policy.check(served(name))


@pytest.mark.parametrize("name", sorted(wired()))
def test_every_grpc_service_of_the_protos_is_served(name: str) -> None:
    folder = ROOT / "proto" / "jointops" / name
    lines = [line for file in folder.rglob("*.proto") for line in file.read_text().splitlines()]
    described = {line.split()[1] for line in lines if line.startswith("service ")}

    assert {descriptor.name for descriptor in served(name)} == described


@pytest.mark.parametrize(("name", "method"), METHODS, ids=IDS)
def test_method_is_open_to_somebody_and_to_no_administrator(
    name: str, method: MethodDescriptor
) -> None:
    rule = wired()[name].policy.rule(method_name(method))

    assert rule.roles
    assert rule.roles.isdisjoint(ADMINISTRATORS)


@pytest.mark.parametrize(("name", "method"), METHODS, ids=IDS)
def test_permission_begins_with_its_service_and_is_its_own(
    name: str, method: MethodDescriptor
) -> None:
    policy = wired()[name].policy
    rule = policy.rule(method_name(method))

    assert rule.permission.startswith(f"{name}.")
    assert [each.permission for each in policy].count(rule.permission) == 1


@pytest.mark.parametrize(("name", "method"), METHODS, ids=IDS)
def test_object_of_a_request_is_admitted_before_its_rules_are_told(
    name: str, method: MethodDescriptor
) -> None:
    rule = wired()[name].policy.rule(method_name(method))
    named = OBJECTS.intersection(method.input_type.fields_by_name)

    assert rule.admission is not None or not named
