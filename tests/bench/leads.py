"""Leads to work on: put into the database of the intelligence service, past its consumers."""

from datetime import UTC, datetime, timedelta

from chassis import assignments
from chassis.call import Call
from chassis.database import Database
from chassis.ids import new_id, new_request_id
from chassis.unit_of_work import UnitOfWork
from jointops.intel.v1 import lead_pb2 as pb
from services.intel.leads import convert, domain
from services.intel.leads.domain import Lead, LeadRecorded
from services.intel.leads.store import Leads
from tests.integration.stage import STATION

ANALYST = "intel-analyst-1"


async def add_leads(url: str, password: str, count: int) -> list[dict[str, str]]:
    """Add leads of one case to which the analyst is assigned."""
    database = Database(url, password=password)
    case_id = new_id()
    leads = [_lead(case_id) for _ in range(count)]
    for number, lead in enumerate(leads):
        async with UnitOfWork(database, _call()) as uow:
            if number == 0:
                assignments.know_case(uow, case_id=case_id, station=STATION)
                assignments.assign(uow, case_id=case_id, person_id=ANALYST)
            event = _recorded(lead)
            Leads(uow).add(lead)
            uow.emit(convert.event_to_row(event, lead))
            uow.record(lead.lead_id, case_id)
            await uow.commit(pb.RecordLeadResponse())
    await database.close()
    return [{"lead_id": lead.lead_id, "etag": "1"} for lead in leads]


def _call() -> Call:
    return Call(
        person_id=ANALYST,
        station=STATION,
        sees_station=False,
        method="bench",
        permission="bench",
        request_id=new_request_id(),
        request_hash=b"",
        traceparent="",
    )


def _lead(case_id: str) -> Lead:
    now = datetime.now(UTC)
    return domain.record(
        LeadRecorded(
            decided_at=now,
            lead_id=new_id(),
            station=STATION,
            case_id=case_id,
            tasking_id=new_id(),
            priority=2,
            summary="summary " * 12,
            purpose="case investigation",
            legal_basis="CPL art. 115",
            expires_at=now + timedelta(days=30),
            recorded_by=ANALYST,
        )
    )


def _recorded(lead: Lead) -> LeadRecorded:
    return LeadRecorded(
        decided_at=lead.created_at,
        lead_id=lead.lead_id,
        station=lead.station,
        case_id=lead.case_id,
        tasking_id=lead.tasking_id,
        priority=lead.priority,
        summary=lead.summary,
        purpose=lead.purpose,
        legal_basis=lead.legal_basis,
        expires_at=lead.expires_at,
        recorded_by=lead.recorded_by,
    )
