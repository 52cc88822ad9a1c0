"""The plan of a run: which ports it takes, and what the services are told."""

import socket
from pathlib import Path

import pytest

from deploy.local.errors import LocalError, PortInUseError
from deploy.local.plan import SERVICES, Plan, make_plan
from deploy.local.ports import FIRST_PORT, LAST_PORT, LOOPBACK, pick_port

pytestmark = pytest.mark.integration


def ports_of_second_run(folder: Path, **given: int) -> tuple[Plan, Plan]:
    """Plan a run, remember its ports, and plan the next one."""
    first = make_plan(folder, given={})
    first.remember_ports()
    return first, make_plan(folder, given=given)


def test_every_part_gets_a_port_of_its_own(tmp_path: Path) -> None:
    ports = make_plan(tmp_path, given={}).ports

    assert list(ports) == ["postgres", "nats", "issuer", "station", "intel", "tech", "ops"]
    assert len(set(ports.values())) == 7
    assert all(FIRST_PORT <= port < LAST_PORT for port in ports.values())


def test_next_run_takes_the_same_ports(tmp_path: Path) -> None:
    first, second = ports_of_second_run(tmp_path)

    assert second.ports == first.ports


def test_next_run_takes_another_port_for_one_that_is_in_use(tmp_path: Path) -> None:
    first = make_plan(tmp_path, given={})
    first.remember_ports()

    with socket.create_server((LOOPBACK, first.ports["station"])):
        second = make_plan(tmp_path, given={})

    assert second.ports["station"] != first.ports["station"]
    assert second.ports["intel"] == first.ports["intel"]


def test_given_port_wins_over_the_one_of_the_last_run(tmp_path: Path) -> None:
    port = pick_port()

    _, second = ports_of_second_run(tmp_path, station=port)

    assert second.ports["station"] == port


def test_port_given_to_another_part_is_not_taken_from_memory(tmp_path: Path) -> None:
    first = make_plan(tmp_path, given={})
    first.remember_ports()

    second = make_plan(tmp_path, given={"ops": first.ports["postgres"]})

    assert second.ports["ops"] == first.ports["postgres"]
    assert second.ports["postgres"] != first.ports["postgres"]


@pytest.mark.parametrize("text", [b"", b"{", b"station=x", b"station=99999999", b"\xff"])
def test_broken_memory_of_ports_is_forgotten(tmp_path: Path, text: bytes) -> None:
    (tmp_path / "ports").write_bytes(text)

    assert FIRST_PORT <= make_plan(tmp_path, given={}).ports["station"] < LAST_PORT


def test_port_of_an_unknown_part_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LocalError, match="There is no 'sation'; ports can be given for postgres"):
        make_plan(tmp_path, given={"sation": 50051})


def test_same_port_twice_is_refused(tmp_path: Path) -> None:
    port = pick_port()

    with pytest.raises(LocalError, match="given twice"):
        make_plan(tmp_path, given={"station": port, "intel": port})


def test_given_port_in_use_is_refused(tmp_path: Path) -> None:
    with socket.create_server((LOOPBACK, pick_port())) as listener:
        port = listener.getsockname()[1]

        with pytest.raises(PortInUseError):
            make_plan(tmp_path, given={"station": port})


def test_service_is_told_everything_and_no_secret(tmp_path: Path) -> None:
    plan = make_plan(tmp_path, given={})
    postgres, nats, issuer, station = (
        plan.ports[name] for name in ("postgres", "nats", "issuer", "station")
    )

    assert plan.service_environment(SERVICES[0]) == {
        "JOINTOPS_ENVIRONMENT": "local",
        "JOINTOPS_LISTEN": f"127.0.0.1:{station}",
        "JOINTOPS_DATABASE_URL": f"postgresql://station@127.0.0.1:{postgres}/station",
        "JOINTOPS_DATABASE_PASSWORD_FILE": f"{tmp_path}/secrets/station-database",
        "JOINTOPS_NATS_URL": f"nats://127.0.0.1:{nats}",
        "JOINTOPS_NATS_USER": "service",
        "JOINTOPS_NATS_PASSWORD_FILE": f"{tmp_path}/nats/service-password",
        "JOINTOPS_JWKS_URL": f"http://127.0.0.1:{issuer}/.well-known/jwks.json",
        "JOINTOPS_ISSUER": f"http://127.0.0.1:{issuer}",
        "JOINTOPS_AUDIENCE": "jointops",
        "JOINTOPS_TRACE_FOLDER": f"{tmp_path}/traces",
    }
