"""Who may call what in the station service: one row a method, denied by default.

Whether the caller may see the object itself is decided with its load; `station_roles` see every
object of their own station, everybody else needs to be assigned to the case. An alarm belongs to
no case yet, so whoever may call sees those of their station and no others.
"""

from chassis.assignments import ADMIT_TO_CASE
from chassis.policy import Admission, Policy, Rule
from chassis.roles import Role
from services.station.casefile import store as casefile
from services.station.circulation import store as circulation
from services.station.dispatch import store as dispatch
from services.station.review import store as review

R = Role
_COMMAND = frozenset({R.COMMANDER})
_OFFICERS = frozenset({R.COMMANDER, R.CASE_OFFICER})
_REVIEWERS = frozenset({R.COMMANDER, R.LEGAL_REVIEWER})
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
_CALL_TAKERS = frozenset({R.COMMANDER, R.DISPATCHER, R.PATROL_OFFICER, R.DEVICE})
_DISPATCHERS = frozenset({R.COMMANDER, R.DISPATCHER})
_PATROL = _DISPATCHERS | {R.PATROL_OFFICER}

_CASE = Admission("case_id", casefile.ADMIT)
_BELOW_CASE = Admission("case_id", ADMIT_TO_CASE)
_ALARM = Admission("alarm_id", dispatch.ADMIT)
_SQUAD_REQUEST = Admission("squad_request_id", circulation.ADMIT)
_REVIEW = Admission("review_id", review.ADMIT_TO_REVIEW)
_LESSON = Admission("lesson_id", review.ADMIT_TO_LESSON)


def _case(
    method: str, permission: str, roles: frozenset[Role], admission: Admission | None = _CASE
) -> Rule:
    return _rule(f"CaseService/{method}", f"case.{permission}", roles, admission)


def _alarm(
    method: str, permission: str, roles: frozenset[Role], admission: Admission | None = _ALARM
) -> Rule:
    return Rule(
        f"jointops.station.v1.AlarmService/{method}",
        f"station.alarm.{permission}",
        roles,
        admission,
        station_roles=roles,
    )


def _circulation(
    method: str, permission: str, roles: frozenset[Role], admission: Admission = _SQUAD_REQUEST
) -> Rule:
    return _rule(f"CirculationService/{method}", f"squad_request.{permission}", roles, admission)


def _review(method: str, permission: str, roles: frozenset[Role], admission: Admission) -> Rule:
    return _rule(f"ReviewService/{method}", permission, roles, admission)


def _rule(
    method: str, permission: str, roles: frozenset[Role], admission: Admission | None
) -> Rule:
    return Rule(
        f"jointops.station.v1.{method}",
        f"station.{permission}",
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
        _alarm("ReportAlarm", "report", _CALL_TAKERS, admission=None),
        _alarm("GetAlarm", "get", _PATROL),
        _alarm("ListAlarms", "list", _PATROL, admission=None),
        _alarm("DispatchAlarm", "dispatch", _DISPATCHERS),
        _alarm("RecordArrival", "record_arrival", _PATROL),
        _alarm("EscalateAlarm", "escalate", _DISPATCHERS),
        _alarm("CloseAlarm", "close", _DISPATCHERS),
        _circulation("OrderSquadRequest", "order", _OFFICERS, _BELOW_CASE),
        _circulation("GetSquadRequest", "get", _MEMBERS),
        _circulation("ListSquadRequests", "list", _MEMBERS, _BELOW_CASE),
        _circulation("VerifySquadRequest", "verify", _OFFICERS),
        _circulation("SendBackSquadRequest", "send_back", _OFFICERS),
        _circulation("WithdrawSquadRequest", "withdraw", _OFFICERS),
        _review("OpenReview", "review.open", _REVIEWERS, _BELOW_CASE),
        _review("GetReview", "review.get", _MEMBERS, _REVIEW),
        _review("ListReviews", "review.list", _MEMBERS, _BELOW_CASE),
        _review("ScoreReview", "review.score", _REVIEWERS, _REVIEW),
        _review("PublishReview", "review.publish", _COMMAND, _REVIEW),
        _review("OpenLesson", "lesson.open", _REVIEWERS, _REVIEW),
        _review("ListLessons", "lesson.list", _MEMBERS, _REVIEW),
        _review("CloseLesson", "lesson.close", _OFFICERS | _REVIEWERS, _LESSON),
        _review("GetTimeline", "timeline.get", _MEMBERS, _BELOW_CASE),
    )
)
