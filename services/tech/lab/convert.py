"""Where protobuf meets the examination: requests in, responses and events out."""

from collections.abc import Callable
from typing import Any

from google.protobuf.message import Message

from chassis.call import Event
from chassis.emission import Origin, make_event
from chassis.timestamps import to_datetime, to_timestamp
from jointops.station.v1 import squad_request_events_pb2 as station_events
from jointops.tech.v1 import examination_events_pb2 as events
from jointops.tech.v1 import examination_pb2 as pb
from services.tech.exhibits.aggregate import Exhibit
from services.tech.lab import aggregate
from services.tech.lab.aggregate import (
    Conclusion,
    Examination,
    ExaminationEvent,
    ExaminationReceived,
    ExaminationResult,
    ExaminationState,
    ResultDraft,
)
from services.tech.lab.domain import NamedExhibit

STATES = {
    state: pb.ExaminationState.Value(f"EXAMINATION_STATE_{state.name}")
    for state in ExaminationState
}
CONCLUSIONS = {
    conclusion: pb.ExaminationConclusion.Value(f"EXAMINATION_CONCLUSION_{conclusion.name}")
    for conclusion in Conclusion
}
_CONCLUSIONS_OF = {number: conclusion for conclusion, number in CONCLUSIONS.items()}


def examination_to_message(examination: Examination) -> pb.Examination:
    """Show an examination to a member of its case."""
    return pb.Examination(
        examination_id=examination.examination_id,
        station=examination.station,
        case_id=examination.case_id,
        squad_request_id=examination.squad_request_id,
        state=STATES[examination.state],
        due_time=to_timestamp(examination.due_at),
        examiner_id=examination.examiner_id or "",
        results=[_result_to_message(result) for result in examination.results],
        verified_by=examination.verified_by or "",
        return_reason=examination.return_reason,
        create_time=to_timestamp(examination.created_at),
        update_time=to_timestamp(examination.updated_at),
        etag=str(examination.version),
    )


def draft_of(request: pb.RecordExaminationResultRequest) -> ResultDraft:
    """Read the result an examiner hands in."""
    return ResultDraft(
        exhibit_ids=tuple(request.exhibit_ids),
        method=request.method,
        finding=request.finding,
        conclusion=_CONCLUSIONS_OF[request.conclusion],
    )


def named_exhibit(exhibit: Exhibit) -> NamedExhibit:
    """Tell of an exhibit what the laboratory must know."""
    return NamedExhibit(exhibit.exhibit_id, exhibit.case_id, exhibit.holder_id)


def received_from(event: station_events.SquadRequestOrdered, **known: Any) -> ExaminationReceived:
    """Read an order of the station; `known` is what the event itself does not say."""
    return ExaminationReceived(
        case_id=event.case_id,
        squad_request_id=event.squad_request_id,
        due_at=to_datetime(event.due_time),
        **known,
    )


def event_to_row(event: ExaminationEvent, examination: Examination) -> Event:
    """Wrap an event of the examination, which it has just made, as it will travel."""
    origin = Origin(
        "examination",
        examination.examination_id,
        examination.version,
        examination.station,
        examination.case_id,
    )
    return make_event(_MESSAGES[type(event)](examination, event), origin, at=event.decided_at)


def _result_to_message(result: ExaminationResult) -> pb.ExaminationResult:
    return pb.ExaminationResult(
        exhibit_ids=result.draft.exhibit_ids,
        method=result.draft.method,
        finding=result.draft.finding,
        conclusion=CONCLUSIONS[result.draft.conclusion],
        recorded_by=result.recorded_by,
        record_time=to_timestamp(result.recorded_at),
    )


def _ids(examination: Examination) -> dict[str, str]:
    """Name what every event of an examination says."""
    return {
        "examination_id": examination.examination_id,
        "case_id": examination.case_id,
        "squad_request_id": examination.squad_request_id,
    }


def _plain(kind: type[Message]) -> Callable[[Examination, Any], Message]:
    """Make a message that says no more than which examination it is about."""
    return lambda examination, _event: kind(**_ids(examination))


_MESSAGES: dict[type[ExaminationEvent], Callable[[Examination, Any], Message]] = {
    aggregate.ExaminationReceived: lambda examination, event: events.ExaminationReceived(
        **_ids(examination), due_time=to_timestamp(event.due_at)
    ),
    aggregate.ExaminationSignedFor: lambda examination, event: events.ExaminationSignedFor(
        **_ids(examination), examiner_id=event.examiner_id
    ),
    aggregate.ExaminationResultRecorded: lambda examination, event: (
        events.ExaminationResultRecorded(
            **_ids(examination),
            exhibit_ids=event.result.draft.exhibit_ids,
            conclusion=CONCLUSIONS[event.result.draft.conclusion],
            recorded_by=event.result.recorded_by,
        )
    ),
    aggregate.ExaminationVerified: _plain(events.ExaminationVerified),
    aggregate.ExaminationReturned: _plain(events.ExaminationReturned),
    aggregate.ExaminationReopened: _plain(events.ExaminationReopened),
    aggregate.ExaminationWithdrawn: _plain(events.ExaminationWithdrawn),
}
