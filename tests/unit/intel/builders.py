"""Makes taskings, leads, products and calls for tests; every field may be given."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from chassis.call import Call
from chassis.ids import new_request_id
from chassis.roles import Role
from services.intel.leads import domain as leads
from services.intel.products import domain as products
from services.intel.taskings import domain as taskings

ANALYST = "intel-7f3a"
SECOND_ANALYST = "intel-19bc"
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LATER = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
EXPIRY = datetime(2026, 3, 9, 9, 0, tzinfo=UTC)

TASKING_ID = "0198c2f4-0000-7000-8000-000000000001"
CASE_ID = "0198c2f4-0000-7000-8000-000000000002"
SQUAD_REQUEST_ID = "0198c2f4-0000-7000-8000-000000000003"
LEAD_ID = "0198c2f4-0000-7000-8000-000000000004"
OTHER_LEAD_ID = "0198c2f4-0000-7000-8000-000000000005"
PRODUCT_ID = "0198c2f4-0000-7000-8000-000000000006"
UNKNOWN_ID = "0198c2f4-0000-7000-8000-00000000000f"

RECEIVED = taskings.TaskingReceived(
    decided_at=NOW,
    tasking_id=TASKING_ID,
    station="jinqiao",
    case_id=CASE_ID,
    squad_request_id=SQUAD_REQUEST_ID,
    due_at=EXPIRY,
)
RECORDED = leads.LeadRecorded(
    decided_at=NOW,
    lead_id=LEAD_ID,
    station="jinqiao",
    case_id=CASE_ID,
    tasking_id=TASKING_ID,
    priority=3,
    summary="The van was seen at the goods yard.",
    purpose="Find the van",
    legal_basis="CPL art. 54",
    expires_at=EXPIRY,
    recorded_by=ANALYST,
)
DRAFTED = products.ProductDrafted(
    decided_at=NOW,
    product_id=PRODUCT_ID,
    station="jinqiao",
    case_id=CASE_ID,
    tasking_id=TASKING_ID,
    title="Where the van stands",
    assessment="The van stands in the goods yard at night.",
    lead_ids=(LEAD_ID, OTHER_LEAD_ID),
    drafted_by=ANALYST,
)


def make_tasking(**changes: Any) -> taskings.Tasking:
    """Make a received tasking with the given fields changed."""
    return replace(taskings.receive(RECEIVED), **changes)


def make_lead(**changes: Any) -> leads.Lead:
    """Make an open lead with the given fields changed."""
    return replace(leads.record(RECORDED), **changes)


def make_support(**changes: Any) -> products.Support:
    """Make a confirmed, unexpired support with the given fields changed."""
    return replace(products.Support(LEAD_ID, is_confirmed=True, expires_at=EXPIRY), **changes)


def make_supports() -> tuple[products.Support, ...]:
    """Make what the product of `make_product` rests on."""
    return (make_support(), make_support(lead_id=OTHER_LEAD_ID))


def make_product(**changes: Any) -> products.Product:
    """Make a drafted product with the given fields changed."""
    return replace(products.draft(DRAFTED, supports=make_supports()), **changes)


def make_call(**changes: Any) -> Call:
    """Make a call of an analyst, under a fresh request_id, with the given fields changed."""
    call = Call(
        person_id=ANALYST,
        station="jinqiao",
        sees_station=False,
        method="jointops.intel.v1.TestService/Test",
        permission="intel.test",
        request_id=new_request_id(),
        request_hash=b"hash",
        traceparent="",
        roles=frozenset({Role.INTEL_ANALYST}),
    )
    return replace(call, **changes)
