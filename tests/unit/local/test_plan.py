"""What is written on the command line of `make run`, and the environment of its children."""

import pytest

from deploy.local.errors import LocalError
from deploy.local.plan import SERVICES, Service, parse_ports, parse_services, surroundings


def test_ports_are_read() -> None:
    assert parse_ports(["station=50051", " ops=1 "]) == {"station": 50051, "ops": 1}


@pytest.mark.parametrize(
    "text", ["station", "station=", "station=x", "station=0", "station=65536", "station=-1", "a=٣"]
)
def test_malformed_port_is_refused(text: str) -> None:
    with pytest.raises(LocalError, match="is no port; write NAME=PORT"):
        parse_ports([text])


def test_no_named_service_means_all() -> None:
    assert parse_services([]) == SERVICES
    assert [service.name for service in SERVICES] == ["station", "intel", "tech", "ops"]


def test_named_services_are_read() -> None:
    assert parse_services(["a=b.c"]) == (Service("a", "b.c"),)


@pytest.mark.parametrize("text", ["a", "a=", "A=b", "=b", "x'; --=b"])
def test_malformed_service_is_refused(text: str) -> None:
    with pytest.raises(LocalError):
        parse_services([text])


def test_children_do_not_ask_a_proxy_about_our_own_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("no_proxy", "example.org")

    assert surroundings()["no_proxy"] == "example.org,127.0.0.1,localhost"
