"""Every refusal of the technical service is documented, and every documented one exists."""

from inspect import getmembers, isclass

from chassis.errors import DomainError
from jointops.tech.v1 import error_reason_pb2
from services.tech.exhibits import domain as exhibits
from services.tech.lab import domain as lab


def test_reasons_and_their_documentation_agree() -> None:
    refusals = [
        kind
        for module in (exhibits, lab)
        for _, kind in getmembers(module, isclass)
        if issubclass(kind, DomainError) and kind is not DomainError
    ]

    documented = set(error_reason_pb2.ErrorReason.keys()) - {"ERROR_REASON_UNSPECIFIED"}

    assert {f"ERROR_REASON_{kind.reason}" for kind in refusals} == documented
