"""Events of the squads over a real NATS: requests move, and their cases with them."""

import pytest

from chassis.ids import new_id
from jointops.ops.v1 import operation_events_pb2 as ops
from jointops.tech.v1 import examination_events_pb2 as tech
from services.station.casefile.aggregate import CaseState, Squad
from services.station.circulation.aggregate import SquadRequestState
from tests.integration.stage import eventually
from tests.integration.station import wire
from tests.integration.station.squads import ANSWERED, HAPPENED_AT, SIGNED_FOR, Squads

pytestmark = pytest.mark.asyncio(loop_scope="module")

C = CaseState
S = SquadRequestState


async def test_first_squad_that_signs_starts_the_investigation(squads: Squads) -> None:
    case = await wire.put_case(squads.stage, state=C.COMMANDED)
    work = await squads.order(case)

    await squads.say_and_wait(tech.ExaminationSignedFor, work)

    request, moved = await squads.request(work), await squads.case(case)
    assert (request["state"], request["sign_for_time"]) == ("signed_for", HAPPENED_AT)
    assert (moved["state"], moved["update_time"]) == ("investigating", HAPPENED_AT)
    assert await wire.event_names(squads.stage, work.request.squad_request_id, case.case_id) == [
        "Kept",
        "Kept",
        "SquadRequestSignedFor",
        "CaseInvestigationStarted",
    ]


async def test_next_squad_that_signs_leaves_the_case_as_it_is(squads: Squads) -> None:
    case = await wire.put_case(squads.stage, state=C.INVESTIGATING)
    work = await squads.order(case)

    await squads.say_and_wait(tech.ExaminationSignedFor, work)

    assert (await squads.request(work))["state"] == "signed_for"
    assert (await squads.case(case))["version"] == 1


async def test_answer_starts_the_investigation_of_a_case_that_was_suspended_meanwhile(
    squads: Squads,
) -> None:
    case = await wire.put_case(squads.stage, state=C.COMMANDED)
    work = await squads.order(case, state=S.SIGNED_FOR)

    await squads.say_and_wait(tech.ExaminationVerified, work)

    assert (await squads.request(work))["state"] == "answered"
    assert (await squads.case(case))["state"] == "investigating"


@pytest.mark.parametrize(
    ("squad", "state"),
    [
        (Squad.INTELLIGENCE, C.INVESTIGATING),
        (Squad.TECHNICAL, C.INVESTIGATING),
        (Squad.OPERATIONS, C.ARREST_UNDER_WAY),
    ],
)
async def test_squad_signs_for_a_request_and_answers_it(
    squads: Squads, squad: Squad, state: CaseState
) -> None:
    case = await wire.put_case(squads.stage, state=state)
    work = await squads.order(case, squad)
    product_id = new_id()
    fields = {"product_id": product_id} if squad is Squad.INTELLIGENCE else {}

    await squads.say(SIGNED_FOR[squad], work)
    await squads.say_and_wait(ANSWERED[squad], work, **fields)

    answered = await squads.request(work)
    assert (answered["state"], answered["version"]) == ("answered", 3)
    assert str(answered["answer_id"]) == fields.get("product_id", work.work_id)
    assert await squads.held(work) == []


async def test_squad_answers_again_after_its_answer_was_sent_back(squads: Squads) -> None:
    case = await wire.put_case(squads.stage)
    work = await squads.order(case, state=S.SENT_BACK)

    await squads.say_and_wait(tech.ExaminationVerified, work)

    assert (await squads.request(work))["state"] == "answered"


async def test_event_that_comes_twice_is_applied_once(squads: Squads) -> None:
    case = await wire.put_case(squads.stage, state=C.COMMANDED)
    work = await squads.order(case)
    headers = await squads.say(tech.ExaminationSignedFor, work)
    event = tech.ExaminationSignedFor(
        examination_id=work.work_id,
        case_id=case.case_id,
        squad_request_id=work.request.squad_request_id,
    )

    await squads.publish(event, headers)
    await squads.say_and_wait(tech.ExaminationVerified, work)

    assert (await squads.request(work))["version"] == 3
    assert (await squads.case(case))["version"] == 2
    assert await squads.held(work) == []


async def test_event_with_a_field_of_tomorrow_is_applied(squads: Squads) -> None:
    case = await wire.put_case(squads.stage)
    work = await squads.order(case)
    headers = await squads.say(tech.ExaminationReceived, work)
    event = tech.ExaminationSignedFor(
        examination_id=work.work_id,
        case_id=case.case_id,
        squad_request_id=work.request.squad_request_id,
    )
    signed = {
        **headers,
        "ce-id": new_id(),
        "ce-type": event.DESCRIPTOR.full_name,
        "ce-aggregateversion": "2",
    }

    await squads.publish(event, signed, extra=b"\x9a\x06\x03new")

    await squads.wait(signed)
    assert (await squads.request(work))["state"] == "signed_for"


async def test_what_the_squad_says_is_left_alone_when_the_request_was_withdrawn(
    squads: Squads,
) -> None:
    case = await wire.put_case(squads.stage, state=C.COMMANDED)
    work = await squads.order(case, state=S.WITHDRAWN)

    await squads.say(tech.ExaminationSignedFor, work)
    await squads.say_and_wait(tech.ExaminationVerified, work)

    assert (await squads.request(work))["version"] == 1
    assert (await squads.case(case))["version"] == 1
    assert await squads.held(work) == []


async def test_event_waits_in_quarantine_when_its_squad_is_not_the_one_asked(
    squads: Squads,
) -> None:
    case = await wire.put_case(squads.stage)
    work = await squads.order(case, Squad.TECHNICAL)

    await squads.say(ops.OperationSignedFor, work)

    async def quarantined() -> bool:
        return await squads.held(work) == [("poison", "SQUAD_REQUEST_FOREIGN")]

    assert await eventually(quarantined)
    assert (await squads.request(work))["state"] == "ordered"


async def test_operation_leads_its_case_into_custody(squads: Squads) -> None:
    case = await wire.put_case(squads.stage, state=C.INVESTIGATING)
    work = await squads.order(case, Squad.OPERATIONS)

    await squads.say(ops.OperationSignedFor, work)
    await squads.say(ops.OperationPlanned, work)
    await squads.say(ops.OperationApprovalGiven, work)
    await squads.say(ops.OperationApproved, work)
    await squads.say(ops.OperationStarted, work)
    await squads.say_and_wait(ops.OperationCompleted, work)

    assert (await squads.case(case))["state"] == "in_custody"
    assert (await squads.request(work))["state"] == "answered"
    assert await wire.event_names(squads.stage, case.case_id) == [
        "Kept",
        "CaseArrestPlanned",
        "CaseArrestApproved",
        "CaseArrestStarted",
        "CaseTakenIntoCustody",
    ]


async def test_case_is_planned_once_when_the_leader_plans_anew(squads: Squads) -> None:
    case = await wire.put_case(squads.stage, state=C.INVESTIGATING)
    work = await squads.order(case, Squad.OPERATIONS)

    await squads.say(ops.OperationPlanned, work)
    await squads.say(ops.OperationPlanned, work)
    await squads.say_and_wait(ops.OperationApproved, work)

    assert (await squads.case(case))["state"] == "arrest_approved"
    assert (await squads.case(case))["version"] == 3
    assert await squads.held(work) == []


async def test_operation_stood_down_stands_its_case_down(squads: Squads) -> None:
    case = await wire.put_case(squads.stage, state=C.ARREST_UNDER_WAY)
    work = await squads.order(case, Squad.OPERATIONS, S.SIGNED_FOR)

    await squads.say_and_wait(ops.OperationStoodDown, work)

    assert (await squads.case(case))["state"] == "stood_down"
    assert (await squads.request(work))["state"] == "signed_for"


async def test_withdrawal_that_crossed_the_plan_stands_the_case_down(squads: Squads) -> None:
    case = await wire.put_case(squads.stage, state=C.INVESTIGATING)
    work = await squads.order(case, Squad.OPERATIONS, S.WITHDRAWN)

    await squads.say(ops.OperationPlanned, work)
    await squads.say_and_wait(ops.OperationWithdrawn, work)

    assert (await squads.case(case))["state"] == "stood_down"
    assert await squads.held(work) == []


async def test_withdrawn_operation_leaves_a_case_alone_that_has_another_arrest(
    squads: Squads,
) -> None:
    case = await wire.put_case(squads.stage, state=C.INVESTIGATING)
    gone = await squads.order(case, Squad.OPERATIONS, S.WITHDRAWN)
    standing = await squads.order(case, Squad.OPERATIONS)

    await squads.say_and_wait(ops.OperationPlanned, standing)
    await squads.say_and_wait(ops.OperationWithdrawn, gone)

    assert (await squads.case(case))["state"] == "arrest_planned"


async def test_operation_leaves_a_case_alone_that_has_ended(squads: Squads) -> None:
    case = await wire.put_case(squads.stage, state=C.TRANSFERRED)
    work = await squads.order(case, Squad.OPERATIONS, S.SIGNED_FOR)

    await squads.say_and_wait(ops.OperationCompleted, work)

    assert (await squads.request(work))["state"] == "answered"
    assert (await squads.case(case))["version"] == 1
    assert await squads.held(work) == []


async def test_what_an_event_changes_is_on_record_for_the_service(squads: Squads) -> None:
    case = await wire.put_case(squads.stage)
    work = await squads.order(case)

    await squads.say_and_wait(tech.ExaminationSignedFor, work)

    rows = await squads.stage.fetch(
        "SELECT person_id, case_id FROM audit WHERE resource = $1 AND permission = 'event.apply'",
        work.request.squad_request_id,
    )
    assert rows == [{"person_id": "service:station", "case_id": case.case_id}]
