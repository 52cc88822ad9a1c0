"""Who plays which part: one person a duty, and a second one where two people are needed."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.console.people import Person, pick


@dataclass(frozen=True, slots=True)
class Cast:
    """The people of the demonstration."""

    commander: Person
    dispatcher: Person
    case_officer: Person
    relief_officer: Person
    analyst: Person
    second_analyst: Person
    examiner: Person
    second_examiner: Person
    leader: Person
    second_leader: Person
    patrol_officer: Person
    legal_reviewer: Person

    @property
    def members(self) -> tuple[Person, ...]:
        """Return who is assigned to the case besides its officer; the commander needs no place."""
        return (
            self.relief_officer,
            self.analyst,
            self.second_analyst,
            self.examiner,
            self.second_examiner,
            self.leader,
            self.second_leader,
            self.patrol_officer,
            self.legal_reviewer,
        )


def make_cast(people: Sequence[Person]) -> Cast:
    """Choose the people.

    Raises:
        NotSignedInError: The platform lacks somebody.
    """
    return Cast(
        commander=pick(people, "commander"),
        dispatcher=pick(people, "dispatcher"),
        case_officer=pick(people, "case_officer"),
        relief_officer=pick(people, "case_officer:2"),
        analyst=pick(people, "intel_analyst"),
        second_analyst=pick(people, "intel_analyst:2"),
        examiner=pick(people, "tech_examiner"),
        second_examiner=pick(people, "tech_examiner:2"),
        leader=pick(people, "ops_leader"),
        second_leader=pick(people, "ops_leader:2"),
        patrol_officer=pick(people, "patrol_officer"),
        legal_reviewer=pick(people, "legal_reviewer"),
    )
