"""The people of the demonstration: one per role, and a second one where two people are needed.

Their secrets are generated at the first start. `people.json` keeps them in the clear, readable by
its owner only, because the command line and the demonstration sign in with them; the issuer itself
holds hashes. Such a file has no place outside a development machine.
"""

import json
import secrets
from dataclasses import asdict, dataclass, field
from pathlib import Path

from chassis.roles import Role
from deploy.local.accounts import hash_secret, write_accounts
from deploy.local.errors import LocalError
from deploy.local.folder import SECRET_BYTES, write_secret

STATION = "jinqiao"
# These four act in pairs: grading, verifying, approving and taking over need a second person.
PAIRED = frozenset({Role.TECH_EXAMINER, Role.INTEL_ANALYST, Role.OPS_LEADER, Role.CASE_OFFICER})
# Four hexadecimal digits tell the people of two machines apart at a glance.
SUFFIXES = range(0x1000, 0x10000)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who can sign in; `person_id` names a post, never a human being."""

    person_id: str
    roles: tuple[str, ...]
    station: str
    secret: str = field(repr=False)


def load_people(folder: Path) -> tuple[Person, ...]:
    """Return the people of a run folder, with their secrets; never log them.

    Raises:
        LocalError: The platform never ran in this folder.
    """
    try:
        rows = json.loads(_file(folder).read_text(encoding="utf-8"))
    except FileNotFoundError:
        sentence = f"There are no people in {folder}: start the platform first."
        raise LocalError(sentence) from None
    return tuple(Person(**row | {"roles": tuple(row["roles"])}) for row in rows)


def make_people(folder: Path) -> tuple[Person, ...]:
    """Make the people of a run folder and the issuer's accounts for them; replaces earlier ones."""
    roles = sorted([*Role, *PAIRED])
    suffixes = secrets.SystemRandom().sample(SUFFIXES, len(roles))
    people = tuple(map(_person, roles, suffixes))
    rows = [asdict(person) for person in people]
    accounts = [_account(person) for person in people]
    write_accounts(folder / "issuer", accounts)
    # Last: whoever finds this file may rely on the accounts.
    write_secret(_file(folder), json.dumps(rows, indent=2))
    return people


def has_people(folder: Path) -> bool:
    """Tell whether the people of a run folder were made."""
    return _file(folder).exists()


def _person(role: Role, suffix: int) -> Person:
    person_id = f"{role.replace('_', '-')}-{suffix:x}"
    return Person(person_id, (role.value,), STATION, secrets.token_urlsafe(SECRET_BYTES))


def _account(person: Person) -> dict[str, object]:
    row = asdict(person)
    return row | hash_secret(row.pop("secret"))


def _file(folder: Path) -> Path:
    return folder / "people.json"
