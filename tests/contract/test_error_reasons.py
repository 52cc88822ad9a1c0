"""Every refusal is documented where its clients look, and every documented one exists."""

import ast
from collections import Counter
from collections.abc import Iterator

import pytest

from chassis.errors import DomainError
from chassis.status import CODES
from tests.contract.platform_parts import Reason, documented, owner, refusals
from tests.contract.repository import ROOT

REFUSALS = refusals()
DOCUMENTED = {reason.name: reason for reason in documented()}
# A bug is no refusal: its reason has no class (`chassis.status.fault_to_status`).
FAULT = "FAULT"
# Metadata that a refusal makes of what it is given, and not of what it is called with.
OWN_CONSTRUCTORS = {"RequestInvalidError"}


def label(refusal: type[DomainError]) -> str:
    return refusal.reason


@pytest.mark.parametrize("refusal", REFUSALS, ids=label)
def test_refusal_is_documented_by_its_own_service(refusal: type[DomainError]) -> None:
    reason = DOCUMENTED.get(refusal.reason)

    assert reason is not None, f"{refusal.reason} stands in no error_reason.proto"
    assert reason.service == owner(refusal)


@pytest.mark.parametrize("refusal", REFUSALS, ids=label)
def test_refusal_is_documented_with_its_code(refusal: type[DomainError]) -> None:
    assert DOCUMENTED[refusal.reason].code == CODES[refusal.kind].name


@pytest.mark.parametrize("reason", documented(), ids=lambda reason: reason.name)
def test_documented_reason_exists(reason: Reason) -> None:
    assert reason.name == FAULT or reason.name in {each.reason for each in REFUSALS}


def test_reason_is_defined_and_documented_once_on_the_whole_platform() -> None:
    classes = Counter(each.reason for each in REFUSALS)
    values = Counter(reason.name for reason in documented())

    assert [name for name, count in (classes + values).items() if count > 2] == []
    assert max(classes.values()) == max(values.values()) == 1


@pytest.mark.parametrize("refusal", REFUSALS, ids=label)
def test_reason_can_travel(refusal: type[DomainError]) -> None:
    assert len(refusal.reason) <= 63
    assert refusal.reason.replace("_", "").isalnum()
    assert refusal.reason.isupper()
    assert refusal.__name__.endswith("Error")


def raised() -> Iterator[tuple[str, str, frozenset[str]]]:
    """Find where refusals are made: the place, the class and the metadata, if it is written out."""
    names = {each.__name__ for each in REFUSALS} - OWN_CONSTRUCTORS
    for folder in ("chassis", "services"):
        for file in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text())):
                if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
                    continue
                keys = [keyword.arg for keyword in node.keywords]
                if node.func.id in names and None not in keys:
                    place = f"{file.relative_to(ROOT)}:{node.lineno}"
                    yield place, node.func.id, frozenset(key for key in keys if key)


@pytest.mark.parametrize(
    ("place", "name", "keys"),
    [*raised()],
    ids=lambda part: part if isinstance(part, str) else "keys",
)
def test_metadata_is_what_is_documented(place: str, name: str, keys: frozenset[str]) -> None:
    refusal = next(each for each in REFUSALS if each.__name__ == name)

    assert keys == set(DOCUMENTED[refusal.reason].metadata), place
