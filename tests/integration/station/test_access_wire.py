"""Who is refused at every method of the station, before anything else is said."""

import grpc
import pytest
import pytest_asyncio
from google.protobuf.message import Message

from chassis.ids import new_id
from chassis.policy import Rule
from chassis.roles import Role
from services.station.policy import POLICY
from tests.integration.stage import Stage
from tests.integration.station import wire
from tests.integration.station.requests import every_request
from tests.integration.station.wire import METHODS, Known, Person

pytestmark = pytest.mark.asyncio(loop_scope="module")

DENIED = grpc.StatusCode.PERMISSION_DENIED
RULES = [pytest.param(rule, id=rule.method.rpartition("/")[2]) for rule in POLICY]
# About an object or below a case; lists of the station and reports of alarms are about nothing yet.
ABOUT_CASES = [
    pytest.param(rule, id=rule.method.rpartition("/")[2])
    for rule in POLICY
    if rule.admission is not None and rule.roles - rule.station_roles
]
OF_STATION = [
    pytest.param(rule, id=rule.method.rpartition("/")[2])
    for rule in POLICY
    if rule.admission is not None and Role.COMMANDER in rule.roles
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def known(shared_stage: Stage) -> Known:
    """One of each."""
    return await wire.put_all(shared_stage)


def request_of(rule: Rule, known: Known) -> Message:
    """Make a sound request for the method of a rule."""
    return every_request(known)[f"{rule.method.rpartition('/')[2]}Request"]


async def test_there_is_a_request_for_every_method() -> None:
    assert sorted(every_request(Known())) == sorted(METHODS)


@pytest.mark.parametrize("rule", RULES)
async def test_method_refuses_who_brings_no_token(
    shared_stage: Stage, known: Known, rule: Rule
) -> None:
    refused = await wire.refusal(shared_stage, None, request_of(rule, known))

    assert refused == (grpc.StatusCode.UNAUTHENTICATED, "TOKEN_MISSING", {})


@pytest.mark.parametrize("rule", RULES)
async def test_method_refuses_who_has_no_role_for_it(
    shared_stage: Stage, known: Known, rule: Rule
) -> None:
    outsider = Person("auditor-1", (Role.AUDITOR, Role.SECURITY_ADMIN, Role.SYSTEM_ADMIN))

    refused = await wire.refusal(shared_stage, outsider, request_of(rule, known))

    metadata = {"method": rule.method, "permission": rule.permission}
    assert refused == (DENIED, "ROLE_NOT_ALLOWED", metadata)


@pytest.mark.parametrize("rule", ABOUT_CASES)
async def test_method_refuses_a_stranger_alike_whether_the_object_exists(
    shared_stage: Stage, known: Known, rule: Rule
) -> None:
    stranger = Person("stranger", tuple(sorted(rule.roles - rule.station_roles)))
    request = request_of(rule, known)
    unknown = type(request)()
    unknown.CopyFrom(request)
    setattr(unknown, rule.admission.field if rule.admission else "", new_id())

    foreign = await wire.refusal(shared_stage, stranger, request)
    missing = await wire.refusal(shared_stage, stranger, unknown)

    assert foreign == missing == (DENIED, "NOT_ASSIGNED", {"permission": rule.permission})


@pytest.mark.parametrize("rule", OF_STATION)
async def test_method_finds_nothing_for_the_commander_of_another_station(
    shared_stage: Stage, known: Known, rule: Rule
) -> None:
    foreign = Person("commander-9", (Role.COMMANDER,), station="beicai")

    refused = await wire.refusal(shared_stage, foreign, request_of(rule, known))

    assert refused == (grpc.StatusCode.NOT_FOUND, "NOT_FOUND", {})


@pytest.mark.parametrize("rule", ABOUT_CASES)
async def test_stranger_learns_nothing_from_an_unsound_request(
    shared_stage: Stage, known: Known, rule: Rule
) -> None:
    stranger = Person("stranger", tuple(sorted(rule.roles - rule.station_roles)))
    sound = request_of(rule, known)
    field = rule.admission.field if rule.admission else ""
    unsound = type(sound)(**{field: getattr(sound, field)})

    refused = await wire.refusal(shared_stage, stranger, unsound)

    assert refused == (DENIED, "NOT_ASSIGNED", {"permission": rule.permission})


async def test_device_may_report_an_alarm_and_nothing_else(shared_stage: Stage) -> None:
    device = Person("panel-17", (Role.DEVICE,))

    response = await wire.send(shared_stage, device, wire.report())

    assert response.alarm.station == "jinqiao"
    assert [rule.permission for rule in POLICY if Role.DEVICE in rule.roles] == [
        "station.alarm.report"
    ]


async def test_denied_call_is_on_record(shared_stage: Stage, known: Known) -> None:
    person = Person("on-record", (Role.CASE_OFFICER,))

    await wire.refusal(shared_stage, person, wire.order(known.case))

    rows = await shared_stage.fetch(
        "SELECT permission, resource, is_granted FROM audit WHERE person_id = 'on-record'"
    )
    assert rows == [
        {
            "permission": "station.squad_request.order",
            "resource": "NOT_ASSIGNED",
            "is_granted": False,
        }
    ]
