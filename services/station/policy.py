"""Who may call what in the station service: one row a method, denied by default.

Whether the caller may see the object itself is decided with its load; `station_roles` see every
object of their own station, everybody else needs to be assigned to the case.
"""

from chassis.policy import Admission, Policy, Rule
from chassis.roles import Role
from services.station.casefile import store as casefile

R = Role
_COMMAND = frozenset({R.COMMANDER})
_OFFICERS = frozenset({R.COMMANDER, R.CASE_OFFICER})
_MEMBERS = frozenset(
    {
        R.COMMANDER,
        R.CASE_OFFICER,
        R.INTEL_ANALYST,
        R.TECH_EXAMINER,
        R.OPS_LEADER,
        R.LEGAL_REVIEWER,
        R.PATROL_OFFICER,
    }
)
_CASE = Admission("case_id", casefile.ADMIT)


def _case(
    method: str, permission: str, roles: frozenset[Role], admission: Admission | None = _CASE
) -> Rule:
    return Rule(
        f"jointops.station.v1.CaseService/{method}",
        f"station.case.{permission}",
        roles,
        admission,
        station_roles=_COMMAND,
    )


POLICY = Policy(
    (
        _case("GetCase", "get", _MEMBERS),
        _case("ListCases", "list", _MEMBERS, admission=None),
        _case("AcceptCase", "accept", _OFFICERS),
        _case("FileCase", "file", _COMMAND),
        _case("CommandCase", "command", _COMMAND),
        _case("AssignMember", "assign_member", _OFFICERS),
        _case("ReleaseMember", "release_member", _OFFICERS),
        _case("PassEvidenceGate", "pass_evidence_gate", _COMMAND),
        _case("SuspendCase", "suspend", _COMMAND),
        _case("ResumeCase", "resume", _COMMAND),
        _case("TransferCase", "transfer", _COMMAND),
        _case("MergeCase", "merge", _COMMAND),
        _case("CloseCase", "close", _COMMAND),
    )
)
