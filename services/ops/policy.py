"""Who may call what in the operations service: one row a method, denied by default.

Whether the caller may see the object itself is decided with its load; `station_roles` see every
object of their own station, everybody else needs to be assigned to the case.
"""

from chassis.assignments import ADMIT_TO_CASE
from chassis.policy import Admission, Policy, Rule
from chassis.roles import Role
from services.ops.custody import store as custody
from services.ops.operations import store as operations

R = Role
_COMMAND = frozenset({R.COMMANDER})
_LEADERS = frozenset({R.OPS_LEADER})
_MEMBERS = frozenset(
    {R.COMMANDER, R.CASE_OFFICER, R.OPS_LEADER, R.PATROL_OFFICER, R.LEGAL_REVIEWER}
)
# Whoever leads a team in the field reports from there.
_ARRESTING = frozenset({R.OPS_LEADER, R.PATROL_OFFICER})
_RECEIVING = frozenset({R.CASE_OFFICER, R.COMMANDER})
_APPROVING = frozenset({R.COMMANDER, R.OPS_LEADER, R.LEGAL_REVIEWER})
_OPERATION = Admission("operation_id", operations.ADMIT)
_ARREST = Admission("arrest_id", custody.ADMIT)


def _operation(
    method: str, permission: str, roles: frozenset[Role], admission: Admission = _OPERATION
) -> Rule:
    return Rule(
        f"jointops.ops.v1.OperationService/{method}",
        f"ops.operation.{permission}",
        roles,
        admission,
        station_roles=_COMMAND,
    )


def _arrest(
    method: str, permission: str, roles: frozenset[Role], admission: Admission = _ARREST
) -> Rule:
    return Rule(
        f"jointops.ops.v1.ArrestService/{method}",
        f"ops.arrest.{permission}",
        roles,
        admission,
        station_roles=_COMMAND,
    )


POLICY = Policy(
    (
        _operation("GetOperation", "get", _MEMBERS),
        _operation("ListOperations", "list", _MEMBERS, Admission("case_id", ADMIT_TO_CASE)),
        _operation("SignForOperation", "sign_for", _LEADERS),
        _operation("AddTarget", "add_target", _LEADERS),
        _operation("AddTeam", "add_team", _LEADERS),
        _operation("PlanOperation", "plan", _LEADERS),
        _operation("ApproveOperation", "approve", _APPROVING),
        _operation("StartOperation", "start", _LEADERS),
        _operation("StandDownOperation", "stand_down", _LEADERS | _COMMAND),
        _operation("CompleteOperation", "complete", _LEADERS),
        _arrest("GetArrest", "get", _MEMBERS),
        _arrest("ListArrests", "list", _MEMBERS, _OPERATION),
        _arrest("RecordArrest", "record", _ARRESTING, _OPERATION),
        _arrest("OfferHandOver", "offer_hand_over", _ARRESTING),
        _arrest("AcceptHandOver", "accept_hand_over", _RECEIVING),
    )
)
