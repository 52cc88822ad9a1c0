"""Who may call what: one row a method, denied by default, decided before anything else.

The row decides by role; which objects the caller may see is decided with the load of the object
(`chassis.statements.on_case`, `on_station`). `Admission` repeats that decision for a request that
breaks a rule, so that permission always comes before validation.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor

from chassis.call import Caller
from chassis.errors import RoleNotAllowedError
from chassis.roles import Role
from chassis.statements import Statement


@dataclass(frozen=True, slots=True)
class Admission:
    """How to find out whether the caller may see the object that a request field names."""

    field: str
    statement: Statement


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the policy.

    Args:
        method: Full name, e.g. `jointops.station.v1.CaseService/GetCase`.
        permission: What it is called in audit and refusals, e.g. `station.case.get`.
        roles: Who may call it.
        admission: The object it is about; none for lists and for creations below nothing.
        station_roles: Who may see every object of their own station without being assigned.
    """

    method: str
    permission: str
    roles: frozenset[Role]
    admission: Admission | None = None
    station_roles: frozenset[Role] = field(default=frozenset())

    def admit(self, caller: Caller) -> bool:
        """Check the roles of the caller; return whether they see their whole station.

        Raises:
            RoleNotAllowedError: None of them may call the method.
        """
        if self.roles.isdisjoint(caller.roles):
            raise RoleNotAllowedError(
                f"None of your roles may call {self.method.rpartition('/')[2]}.",
                method=self.method,
                permission=self.permission,
            )
        return not self.station_roles.isdisjoint(caller.roles)


class PolicyIncompleteError(Exception):
    """Methods and rules do not match one to one: the service must not start."""


class Policy:
    """The rules of one service."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        listed = tuple(rules)
        self._rules: Mapping[str, Rule] = {rule.method: rule for rule in listed}
        # Which of two would hold is nobody's decision.
        self._repeated = sorted(
            {rule.method for rule in listed if self._rules[rule.method] is not rule}
        )

    def rule(self, method: str) -> Rule:
        """Return the rule of a method; after `check` there is one for each."""
        return self._rules[method]

    def check(self, services: Iterable[ServiceDescriptor]) -> None:
        """Compare the rules with what is served.

        Raises:
            PolicyIncompleteError: Names each method without a rule or with two, each rule without
                method, and each admission by a field that the request does not have.
        """
        served = {method_name(method): method for each in services for method in each.methods}
        faults = {
            "methods without a rule": sorted(served.keys() - self._rules.keys()),
            "rules without a method": sorted(self._rules.keys() - served.keys()),
            "methods with two rules": self._repeated,
            "admissions by no field": [
                name
                for name in sorted(served.keys() & self._rules.keys())
                if not _has_field(served[name], self._rules[name].admission)
            ],
        }
        if any(faults.values()):
            raise PolicyIncompleteError(
                "; ".join(f"{fault}: {named}" for fault, named in faults.items() if named)
            )

    def __iter__(self) -> Iterator[Rule]:
        return iter(self._rules.values())


def method_name(method: MethodDescriptor) -> str:
    """Return the full name of a method as gRPC writes it, without the leading slash."""
    return f"{method.containing_service.full_name}/{method.name}"


def _has_field(method: MethodDescriptor, admission: Admission | None) -> bool:
    return admission is None or admission.field in method.input_type.fields_by_name
