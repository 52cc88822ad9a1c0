"""Names: as the installed semantic conventions have them, and none for a person's data."""

import pytest
from opentelemetry.semconv._incubating.attributes import messaging_attributes, rpc_attributes
from opentelemetry.semconv._incubating.metrics import rpc_metrics
from opentelemetry.semconv.attributes import (
    deployment_attributes,
    error_attributes,
    service_attributes,
)

from chassis import telemetry_names as names

CONVENTIONS = {
    **vars(rpc_attributes),
    **vars(messaging_attributes),
    **vars(rpc_metrics),
    **vars(error_attributes),
    **vars(service_attributes),
    **vars(deployment_attributes),
}
OURS = {key: name for key, name in vars(names).items() if key.isupper() and isinstance(name, str)}
STANDARD = ("rpc.", "messaging.", "service.", "deployment.", "error.")


@pytest.mark.parametrize(
    "key", sorted(key for key, value in OURS.items() if value.startswith(STANDARD))
)
def test_a_standard_name_is_the_one_of_the_conventions(key: str) -> None:
    assert CONVENTIONS[key] == OURS[key]


@pytest.mark.parametrize("name", sorted(OURS.values()))
def test_no_name_of_ours_is_forbidden(name: str) -> None:
    assert name not in names.FORBIDDEN_KEYS


@pytest.mark.parametrize(
    "key",
    ["given_name", "family_name", "phone_number", "address", "summary", "plate_number", "email"],
)
def test_what_describes_a_person_is_forbidden(key: str) -> None:
    assert key in names.FORBIDDEN_KEYS
