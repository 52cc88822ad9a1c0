"""Reads the table of call types, `call_types.csv`: priority, and whether a call becomes a case.

The codes and descriptions are all 145 that the City of Sacramento's calls for service of 1 to 14
January 2019 use (city open data); `source` names the statute a code is numbered after, where it is
one. Priority and seriousness are this platform's, because the source has neither:

* Priority 1: life in danger, or violence or burglary in progress. 2: it has just happened, or
  nobody can tell yet. 3: a report with nobody waiting in danger. 4: administration, and alarms
  known to be false.
* Serious, which means that it becomes a case: an established felony of violence, a sexual offence,
  an offence against a child or partner, arson, burglary, hit and run with injuries, or theft of a
  firearm. These call for more than one squad and touch rights that need a record: evidence, custody
  and review. Not serious: suspicion alone (shots heard, a suspicious person), which becomes a case
  by the decision of whoever looked into it; theft, vandalism and traffic, which a patrol's report
  settles; and the station's own errands. By this table 197 of the 11,347 calls are serious.
"""

import csv
from importlib.resources import files

from services.station.dispatch.aggregate import CallType

_PRIORITIES = frozenset({"1", "2", "3", "4"})
_ANSWERS = {"yes": True, "no": False}


def load() -> dict[str, CallType]:
    """Read the table that comes with the service; once, at start."""
    return parse(files(__package__).joinpath("call_types.csv").read_text(encoding="utf-8"))


def parse(text: str) -> dict[str, CallType]:
    """Make call types by code from CSV text.

    Raises:
        ValueError: A row is malformed or a code comes twice; names the line.
    """
    known: dict[str, CallType] = {}
    reader = csv.DictReader(text.splitlines())
    for row in reader:
        call_type = _parse_row(row, reader.line_num)
        if call_type.code in known:
            raise ValueError(f"line {reader.line_num}: {call_type.code} comes twice")
        known[call_type.code] = call_type
    return known


def _parse_row(row: dict[str, str], line: int) -> CallType:
    code, priority, is_serious = row["code"], row["priority"], row["is_serious"]
    if (
        not code
        or code != code.upper()
        or priority not in _PRIORITIES
        or is_serious not in _ANSWERS
    ):
        raise ValueError(f"line {line}: {row} is no call type")
    return CallType(
        code=code,
        description=row["description"],
        priority=int(priority),
        is_serious=_ANSWERS[is_serious],
        source=row["source"],
    )
