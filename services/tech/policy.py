"""Who may call what in the technical service: one row a method, denied by default.

Whether the caller may see the object itself is decided with its load; `station_roles` see every
object of their own station, everybody else needs to be assigned to the case.
"""

from chassis.assignments import ADMIT_TO_CASE
from chassis.policy import Admission, Policy, Rule
from chassis.roles import Role
from services.tech.exhibits import store as exhibits
from services.tech.lab import store as lab

R = Role
_COMMAND = frozenset({R.COMMANDER})
_EXAMINERS = frozenset({R.TECH_EXAMINER})
# Whose duty brings exhibits into their hands.
_HOLDERS = frozenset({R.CASE_OFFICER, R.PATROL_OFFICER, R.TECH_EXAMINER})
_EXHIBIT_READERS = _HOLDERS | {R.COMMANDER, R.LEGAL_REVIEWER}
_RESULT_READERS = frozenset({R.COMMANDER, R.CASE_OFFICER, R.TECH_EXAMINER, R.LEGAL_REVIEWER})
_CASE = Admission("case_id", ADMIT_TO_CASE)
_EXHIBIT = Admission("exhibit_id", exhibits.ADMIT)
_EXAMINATION = Admission("examination_id", lab.ADMIT)


def _exhibit(
    method: str, permission: str, roles: frozenset[Role], admission: Admission = _EXHIBIT
) -> Rule:
    return Rule(
        f"jointops.tech.v1.ExhibitService/{method}",
        f"tech.exhibit.{permission}",
        roles,
        admission,
        station_roles=_COMMAND,
    )


def _examination(
    method: str, permission: str, roles: frozenset[Role], admission: Admission = _EXAMINATION
) -> Rule:
    return Rule(
        f"jointops.tech.v1.ExaminationService/{method}",
        f"tech.examination.{permission}",
        roles,
        admission,
        station_roles=_COMMAND,
    )


POLICY = Policy(
    (
        _exhibit("GetExhibit", "get", _EXHIBIT_READERS),
        _exhibit("ListExhibits", "list", _EXHIBIT_READERS, _CASE),
        _exhibit("RegisterExhibit", "register", _HOLDERS, _CASE),
        _exhibit("OfferCustodyTransfer", "offer_transfer", _HOLDERS),
        _exhibit("AcceptCustodyTransfer", "accept_transfer", _HOLDERS),
        _exhibit("DeclineCustodyTransfer", "decline_transfer", _HOLDERS),
        _examination("GetExamination", "get", _RESULT_READERS),
        _examination("ListExaminations", "list", _RESULT_READERS, _CASE),
        _examination("SignForExamination", "sign_for", _EXAMINERS),
        _examination("RecordExaminationResult", "record_result", _EXAMINERS),
        _examination("VerifyExamination", "verify", _EXAMINERS),
        _examination("ReturnExamination", "return", _EXAMINERS),
    )
)
