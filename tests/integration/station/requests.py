"""One sound request for each method of the station."""

from collections.abc import Iterator

from google.protobuf.message import Message

from chassis.ids import new_request_id
from jointops.station.v1 import alarm_pb2, case_pb2, review_pb2, squad_request_pb2
from services.station.casefile.aggregate import Case
from tests.integration.station.wire import (
    Known,
    of_alarm,
    of_case,
    of_request,
    of_review,
    order,
    report,
    tomorrow,
)


def every_request(known: Known) -> dict[str, Message]:
    """Make one sound request for each method, by the name of its type."""
    requests = (
        *_of_cases(known.case),
        *_of_alarms(known),
        *_of_squad_requests(known),
        *_of_reviews(known),
    )
    return {request.DESCRIPTOR.name: request for request in requests}


def _of_cases(case: Case) -> Iterator[Message]:
    yield case_pb2.GetCaseRequest(case_id=case.case_id)
    yield case_pb2.ListCasesRequest()
    yield case_pb2.AcceptCaseRequest(**of_case(case))
    yield case_pb2.FileCaseRequest(**of_case(case, legal_basis="CPL art. 112"))
    yield case_pb2.CommandCaseRequest(
        **of_case(case, objective="Find.", squads=[case_pb2.SQUAD_TECHNICAL], due_time=tomorrow())
    )
    yield case_pb2.AssignMemberRequest(**of_case(case, person_id="intel-7f3a"))
    yield case_pb2.ReleaseMemberRequest(**of_case(case, person_id="analyst-1"))
    yield case_pb2.PassEvidenceGateRequest(**of_case(case))
    yield case_pb2.SuspendCaseRequest(**of_case(case, reason="No lead."))
    yield case_pb2.ResumeCaseRequest(**of_case(case))
    yield case_pb2.TransferCaseRequest(**of_case(case, agency="Prosecutor"))
    yield case_pb2.MergeCaseRequest(**of_case(case, into_case_id=case.case_id))
    yield case_pb2.CloseCaseRequest(**of_case(case))


def _of_alarms(known: Known) -> Iterator[Message]:
    alarm = known.alarm
    yield report()
    yield alarm_pb2.GetAlarmRequest(alarm_id=alarm.alarm_id)
    yield alarm_pb2.ListAlarmsRequest()
    yield alarm_pb2.DispatchAlarmRequest(**of_alarm(alarm, unit_id="1C24"))
    yield alarm_pb2.RecordArrivalRequest(**of_alarm(alarm))
    yield alarm_pb2.EscalateAlarmRequest(**of_alarm(alarm, case_officer_id="case_officer-1"))
    yield alarm_pb2.CloseAlarmRequest(
        **of_alarm(alarm, disposition=alarm_pb2.ALARM_DISPOSITION_SETTLED)
    )


def _of_squad_requests(known: Known) -> Iterator[Message]:
    request = known.request
    yield order(known.case)
    yield squad_request_pb2.GetSquadRequestRequest(squad_request_id=request.squad_request_id)
    yield squad_request_pb2.ListSquadRequestsRequest(case_id=known.case.case_id)
    yield squad_request_pb2.VerifySquadRequestRequest(**of_request(request, rating=4))
    yield squad_request_pb2.SendBackSquadRequestRequest(**of_request(request, reason="No scale."))
    yield squad_request_pb2.WithdrawSquadRequestRequest(**of_request(request))


def _of_reviews(known: Known) -> Iterator[Message]:
    case, review, lesson = known.case, known.review, known.lesson
    yield review_pb2.OpenReviewRequest(
        case_id=case.case_id, case_etag=str(case.version), request_id=new_request_id()
    )
    yield review_pb2.GetReviewRequest(review_id=review.review_id)
    yield review_pb2.ListReviewsRequest(case_id=case.case_id)
    yield review_pb2.ScoreReviewRequest(
        **of_review(
            review, criterion=review_pb2.REVIEW_CRITERION_LEGAL_BASIS, mark=5, note="Valid."
        )
    )
    yield review_pb2.PublishReviewRequest(**of_review(review))
    yield review_pb2.OpenLessonRequest(
        review_id=review.review_id,
        request_id=new_request_id(),
        title="Sign sooner",
        owner_id="case_officer-1",
        due_time=tomorrow(),
    )
    yield review_pb2.ListLessonsRequest(review_id=review.review_id)
    yield review_pb2.CloseLessonRequest(
        lesson_id=lesson.lesson_id,
        etag=str(lesson.version),
        request_id=new_request_id(),
        proof="Order 31",
    )
    yield review_pb2.GetTimelineRequest(case_id=case.case_id)
