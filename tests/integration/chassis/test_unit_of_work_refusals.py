"""A refusal between two reads: the caller's own request may have brought it about meanwhile."""

import pytest

from chassis.call import AlreadyAnsweredError
from chassis.unit_of_work import UnitOfWork
from jointops.station.v1 import case_pb2 as pb
from services.station.casefile import domain
from services.station.casefile.aggregate import Case
from services.station.casefile.domain import CaseStateForbidsError
from services.station.casefile.store import Cases
from tests.integration.chassis.acts import add_case, call_for, suspend, suspend_request
from tests.integration.stage import Stage


async def suspend_late(
    stage: Stage, case: Case, mine: pb.SuspendCaseRequest, other: pb.SuspendCaseRequest
) -> None:
    """Read a case twice for one request, while another one is carried out in between."""
    async with UnitOfWork(stage.database, call_for("SuspendCase", mine)) as uow:
        await Cases(uow).load(case.case_id, etag="1")
        await suspend(stage.database, other)
        changed = await Cases(uow).read(case.case_id)
        domain.suspend(changed, reason="Witness abroad.", now=case.created_at)


async def test_refusal_is_the_answer_when_the_same_request_was_faster(station: Stage) -> None:
    case = await add_case(station.database)
    request = suspend_request(case.case_id)

    with pytest.raises(AlreadyAnsweredError) as caught:
        await suspend_late(station, case, request, request)

    answer = pb.SuspendCaseResponse.FromString(caught.value.response)
    assert answer.case.state == pb.CASE_STATE_SUSPENDED


async def test_refusal_stays_when_another_request_was_faster(station: Stage) -> None:
    case = await add_case(station.database)

    with pytest.raises(CaseStateForbidsError):
        await suspend_late(
            station, case, suspend_request(case.case_id), suspend_request(case.case_id)
        )
