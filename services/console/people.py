"""The made-up people of a platform on one machine, with whose secrets the console signs in.

`people.json` is a list of objects `person_id`, `roles`, `station`, `secret`, readable by its owner
only.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from services.console.errors import NotSignedInError


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody the console can sign in as; `person_id` names a post, never a human being."""

    person_id: str
    roles: tuple[str, ...]
    secret: str = field(repr=False)


def load_people(file: Path) -> tuple[Person, ...]:
    """Return the people of a platform; none when it has no such file."""
    try:
        rows = json.loads(file.read_text(encoding="utf-8"))
    except OSError:
        return ()
    return tuple(Person(row["person_id"], tuple(row["roles"]), row["secret"]) for row in rows)


def pick(people: Sequence[Person], name: str) -> Person:
    """Pick by id, by role (the first who has it), or as `role:2` for the second of a role.

    Raises:
        NotSignedInError: There is nobody of that name.
    """
    role, _, number = name.replace("-", "_").partition(":")
    for person in people:
        if person.person_id == name:
            return person
    holders = [person for person in people if role in person.roles]
    place = int(number) if number.isascii() and number.isdigit() else 1
    if not 0 < place <= len(holders):
        sentence = f"Nobody here is {name!r}: neither a person nor a role of this platform."
        raise NotSignedInError(sentence)
    return holders[place - 1]
