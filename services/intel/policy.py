"""Who may call what in the intelligence service: one row a method, denied by default.

Whether the caller may see the object itself is decided with its load; `station_roles` see every
object of their own station, everybody else needs to be assigned to the case. Leads stay with the
analysts and the commander; what leaves the squad is the product.
"""

from chassis.assignments import ADMIT_TO_CASE
from chassis.policy import Admission, Policy, Rule
from chassis.roles import Role
from services.intel.leads import store as leads
from services.intel.products import store as products
from services.intel.taskings import store as taskings

R = Role
_COMMAND = frozenset({R.COMMANDER})
_ANALYSTS = frozenset({R.INTEL_ANALYST})
_LEAD_READERS = frozenset({R.INTEL_ANALYST, R.COMMANDER})
_TASKING_READERS = frozenset({R.INTEL_ANALYST, R.COMMANDER, R.CASE_OFFICER})
_PRODUCT_READERS = frozenset(
    {R.INTEL_ANALYST, R.COMMANDER, R.CASE_OFFICER, R.OPS_LEADER, R.LEGAL_REVIEWER}
)
_CASE = Admission("case_id", ADMIT_TO_CASE)
_TASKING = Admission("tasking_id", taskings.ADMIT)
_LEAD = Admission("lead_id", leads.ADMIT)
_PRODUCT = Admission("product_id", products.ADMIT)


def _rule(method: str, permission: str, roles: frozenset[Role], admission: Admission) -> Rule:
    return Rule(
        f"jointops.intel.v1.{method}",
        f"intel.{permission}",
        roles,
        admission,
        station_roles=_COMMAND,
    )


POLICY = Policy(
    (
        _rule("TaskingService/GetTasking", "tasking.get", _TASKING_READERS, _TASKING),
        _rule("TaskingService/ListTaskings", "tasking.list", _TASKING_READERS, _CASE),
        _rule("TaskingService/SignForTasking", "tasking.sign_for", _ANALYSTS, _TASKING),
        _rule("LeadService/GetLead", "lead.get", _LEAD_READERS, _LEAD),
        _rule("LeadService/ListLeads", "lead.list", _LEAD_READERS, _CASE),
        _rule("LeadService/RecordLead", "lead.record", _ANALYSTS, _TASKING),
        _rule("LeadService/ReprioritiseLead", "lead.reprioritise", _ANALYSTS, _LEAD),
        _rule("LeadService/ConfirmLead", "lead.confirm", _ANALYSTS, _LEAD),
        _rule("LeadService/RejectLead", "lead.reject", _ANALYSTS, _LEAD),
        _rule("ProductService/GetProduct", "product.get", _PRODUCT_READERS, _PRODUCT),
        _rule("ProductService/ListProducts", "product.list", _PRODUCT_READERS, _CASE),
        _rule("ProductService/DraftProduct", "product.draft", _ANALYSTS, _TASKING),
        _rule("ProductService/GradeProduct", "product.grade", _ANALYSTS, _PRODUCT),
        _rule("ProductService/PublishProduct", "product.publish", _ANALYSTS, _PRODUCT),
    )
)
