"""Where protobuf meets the case: requests in, responses and events out."""

from collections.abc import Callable
from typing import Any

from google.protobuf.message import Message

from chassis.call import Event
from chassis.emission import Origin, make_event
from chassis.timestamps import to_timestamp
from jointops.station.v1 import case_events_pb2 as events
from jointops.station.v1 import case_pb2 as pb
from services.station.casefile import aggregate
from services.station.casefile.aggregate import Case, CaseEvent, CaseState, Squad

STATES = {state: pb.CaseState.Value(f"CASE_STATE_{state.name}") for state in CaseState}
SQUADS = {squad: pb.Squad.Value(f"SQUAD_{squad.name}") for squad in Squad}
_SQUADS_OF = {number: squad for squad, number in SQUADS.items()}


def case_to_message(case: Case) -> pb.Case:
    """Show a case to a member of it."""
    return pb.Case(
        case_id=case.case_id,
        station=case.station,
        state=STATES[case.state],
        alarm_id=case.alarm_id,
        call_type=case.call_type,
        case_officer_id=case.case_officer_id,
        member_ids=case.member_ids,
        objective=case.objective,
        squads=[SQUADS[squad] for squad in case.squads],
        due_time=to_timestamp(case.due_at) if case.due_at is not None else None,
        gate_missing_ids=case.gate_missing_ids,
        gate_met_ids=case.gate_met_ids,
        is_gate_passed=case.is_gate_passed,
        is_reviewed=case.is_reviewed,
        create_time=to_timestamp(case.created_at),
        update_time=to_timestamp(case.updated_at),
        etag=str(case.version),
        legal_basis=case.legal_basis,
        suspend_reason=case.suspend_reason,
        transferred_to=case.transferred_to,
        merged_into_id=case.merged_into_id or "",
    )


def squads_of(request: pb.CommandCaseRequest) -> tuple[Squad, ...]:
    """Read the squads of a command."""
    return tuple(_SQUADS_OF[number] for number in request.squads)


def event_to_row(event: CaseEvent, case: Case) -> Event:
    """Wrap an event of the case, which it has just made, as it will travel."""
    origin = Origin("case", case.case_id, case.version, case.station, case.case_id)
    return make_event(_MESSAGES[type(event)](case, event), origin, at=event.decided_at)


def _plain(kind: type[Message]) -> Callable[[Case, Any], Message]:
    """Make a message that says no more than which case it is about."""
    return lambda case, _event: kind(case_id=case.case_id)


def _of_request(kind: type[Message]) -> Callable[[Case, Any], Message]:
    return lambda case, event: kind(case_id=case.case_id, squad_request_id=event.squad_request_id)


def _of_person(kind: type[Message]) -> Callable[[Case, Any], Message]:
    return lambda case, event: kind(case_id=case.case_id, person_id=event.person_id)


_MESSAGES: dict[type[CaseEvent], Callable[[Case, Any], Message]] = {
    aggregate.CaseReported: lambda case, _: events.CaseReported(
        case_id=case.case_id, alarm_id=case.alarm_id, case_officer_id=case.case_officer_id
    ),
    aggregate.CaseAccepted: _plain(events.CaseAccepted),
    aggregate.CaseFiled: _plain(events.CaseFiled),
    aggregate.CaseCommanded: lambda case, event: events.CaseCommanded(
        case_id=case.case_id,
        squads=[SQUADS[squad] for squad in event.squads],
        due_time=to_timestamp(event.due_at),
    ),
    aggregate.CaseInvestigationStarted: _plain(events.CaseInvestigationStarted),
    aggregate.CaseMemberAssigned: _of_person(events.CaseMemberAssigned),
    aggregate.CaseMemberReleased: _of_person(events.CaseMemberReleased),
    aggregate.CaseGateRequestNamed: _of_request(events.CaseGateRequestNamed),
    aggregate.CaseGateRequestMet: _of_request(events.CaseGateRequestMet),
    aggregate.CaseGateRequestDropped: _of_request(events.CaseGateRequestDropped),
    aggregate.CaseEvidenceGatePassed: _plain(events.CaseEvidenceGatePassed),
    aggregate.CaseArrestPlanned: lambda case, event: events.CaseArrestPlanned(
        case_id=case.case_id, operation_id=event.operation_id
    ),
    aggregate.CaseArrestApproved: _plain(events.CaseArrestApproved),
    aggregate.CaseArrestStarted: _plain(events.CaseArrestStarted),
    aggregate.CaseTakenIntoCustody: _plain(events.CaseTakenIntoCustody),
    aggregate.CaseStoodDown: _plain(events.CaseStoodDown),
    aggregate.CaseEvaluationStarted: _plain(events.CaseEvaluationStarted),
    aggregate.CaseReviewed: _plain(events.CaseReviewed),
    aggregate.CaseClosed: _plain(events.CaseClosed),
    aggregate.CaseSuspended: lambda case, event: events.CaseSuspended(
        case_id=case.case_id, suspended_from=STATES[event.suspended_from]
    ),
    aggregate.CaseResumed: lambda case, _: events.CaseResumed(
        case_id=case.case_id, state=STATES[case.state]
    ),
    aggregate.CaseTransferred: _plain(events.CaseTransferred),
    aggregate.CaseMerged: lambda case, event: events.CaseMerged(
        case_id=case.case_id, into_case_id=event.into_case_id
    ),
}
