"""Where the console looks for the platform, and who it can sign in as."""

import json
import os
from datetime import timedelta
from pathlib import Path

import pytest

from services.console.errors import Exit, NotSignedInError, PlatformDownError, UsageError
from services.console.people import Person, pick
from services.console.platform import find_platform
from services.console.sign_in import keep_session, load_session, read_token
from tests.fakes.console import make_run_folder, make_token

PEOPLE = (
    Person("commander-1a2b", ("commander",), "s"),
    Person("ops-leader-3c4d", ("ops_leader",), "s"),
    Person("ops-leader-5e6f", ("ops_leader",), "s"),
)
# The kernel gives no process this id.
NOBODY = 2**22 + 1


def test_the_platform_is_found_in_its_run_folder(tmp_path: Path) -> None:
    platform = find_platform(make_run_folder(tmp_path), {})

    assert platform.address("station") == "127.0.0.1:1"
    assert platform.station == "jinqiao"
    assert platform.trace_folder == tmp_path / "traces"


def test_the_run_folder_can_be_named_by_the_environment(tmp_path: Path) -> None:
    make_run_folder(tmp_path)

    platform = find_platform(None, {"JOINTOPS_RUN_FOLDER": str(tmp_path)})

    assert platform.run_folder == tmp_path


def test_an_empty_folder_means_that_the_platform_is_down(tmp_path: Path) -> None:
    with pytest.raises(PlatformDownError) as caught:
        find_platform(tmp_path, {})

    assert caught.value.code is Exit.UNAVAILABLE
    assert "make run" in caught.value.advice


def test_what_a_killed_run_left_behind_does_not_count(tmp_path: Path) -> None:
    (tmp_path / "stack.json").write_text(json.dumps({"pid": NOBODY, "services": {}}))

    with pytest.raises(PlatformDownError):
        find_platform(tmp_path, {})


def test_explicit_addresses_need_no_run_folder(tmp_path: Path) -> None:
    environment = {
        "JOINTOPS_SERVICES": "station=ops.example:443, intel=ops.example:444",
        "JOINTOPS_ISSUER": "https://id.example",
    }

    platform = find_platform(tmp_path, environment)

    assert platform.services == {"station": "ops.example:443", "intel": "ops.example:444"}
    assert platform.issuer == "https://id.example"


def test_an_address_that_is_none_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        find_platform(tmp_path, {"JOINTOPS_SERVICES": "station"})


def test_a_service_that_does_not_run_is_named(tmp_path: Path) -> None:
    platform = find_platform(make_run_folder(tmp_path), {})

    with pytest.raises(PlatformDownError, match="tech"):
        platform.address("tech")


@pytest.mark.parametrize(
    ("name", "person_id"),
    [
        pytest.param("ops-leader-5e6f", "ops-leader-5e6f", id="id"),
        pytest.param("ops_leader", "ops-leader-3c4d", id="role"),
        pytest.param("ops-leader", "ops-leader-3c4d", id="role-with-hyphen"),
        pytest.param("ops_leader:2", "ops-leader-5e6f", id="second-of-a-role"),
    ],
)
def test_people_are_picked_by_id_or_role(name: str, person_id: str) -> None:
    assert pick(PEOPLE, name).person_id == person_id


@pytest.mark.parametrize("name", ["auditor", "ops_leader:3", "ops_leader:0", ""])
def test_picking_nobody_is_refused(name: str) -> None:
    with pytest.raises(NotSignedInError):
        pick(PEOPLE, name)


def test_a_session_is_kept_for_its_owner_only(tmp_path: Path) -> None:
    file = keep_session(tmp_path, read_token(make_token("commander-7f3a")))

    assert file.stat().st_mode & 0o777 == 0o600
    assert load_session(tmp_path).person_id == "commander-7f3a"
    assert "secret" not in file.read_text()


def test_a_session_that_has_ended_is_no_session(tmp_path: Path) -> None:
    keep_session(tmp_path, read_token(make_token("commander-7f3a", timedelta(seconds=30))))

    with pytest.raises(NotSignedInError, match="has ended"):
        load_session(tmp_path)


@pytest.mark.parametrize("token", ["", "a.b", "a.!!!.c", "a.e30.c"])
def test_what_is_no_token_is_refused(token: str) -> None:
    with pytest.raises(NotSignedInError):
        read_token(token)


def test_a_person_does_not_show_their_secret() -> None:
    assert "hunter2" not in repr(Person("a", (), "hunter2"))


def test_processes_of_others_count_as_running(tmp_path: Path) -> None:
    (tmp_path / "stack.json").write_text(json.dumps({"pid": os.getppid(), "services": {"a": "b"}}))

    assert find_platform(tmp_path, {}).services == {"a": "b"}
