"""The people of the demonstration."""

import json
from collections import Counter
from pathlib import Path

import pytest

from chassis.roles import Role
from deploy.local.accounts import Accounts
from deploy.local.errors import LocalError
from deploy.local.people import has_people, load_people, make_people


@pytest.fixture(name="folder", scope="module")
def folder_with_people(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the people of a run folder; their hashes take half a second."""
    folder = tmp_path_factory.mktemp("people")
    make_people(folder)
    return folder


def test_every_role_has_a_person_and_four_have_two(folder: Path) -> None:
    counts = Counter(person.roles[0] for person in load_people(folder))

    assert set(counts) == set(Role)
    assert {role for role, count in counts.items() if count == 2} == {
        "tech_examiner",
        "intel_analyst",
        "ops_leader",
        "case_officer",
    }
    assert sum(counts.values()) == 16


def test_people_are_loaded_as_they_were_made(tmp_path: Path) -> None:
    made = make_people(tmp_path)

    assert has_people(tmp_path)
    assert load_people(tmp_path) == made


def test_people_of_a_folder_that_never_ran_are_refused(tmp_path: Path) -> None:
    with pytest.raises(LocalError, match="start the platform first"):
        load_people(tmp_path)


def test_person_id_says_the_role(folder: Path) -> None:
    people = {person.roles[0]: person.person_id for person in load_people(folder)}

    assert people["patrol_officer"].startswith("patrol-officer-")
    assert len(people["commander"]) == len("commander-7f3a")


def test_people_know_their_secret_and_the_issuer_a_hash_of_it(folder: Path) -> None:
    person = load_people(folder)[0]

    account = Accounts.load(folder / "issuer").check(person.person_id, person.secret)

    assert account is not None
    assert (account.person_id, account.roles, account.station) == (
        person.person_id,
        person.roles,
        "jinqiao",
    )
    assert person.secret not in (folder / "issuer" / "accounts.json").read_text()


@pytest.mark.parametrize("name", ["people.json", "issuer/accounts.json"])
def test_secrets_and_hashes_are_readable_by_their_owner_only(folder: Path, name: str) -> None:
    assert (folder / name).stat().st_mode & 0o777 == 0o600
    assert json.loads((folder / name).read_text())


def test_secret_is_not_in_what_a_person_prints(folder: Path) -> None:
    person = load_people(folder)[0]

    assert person.secret not in repr(person)
