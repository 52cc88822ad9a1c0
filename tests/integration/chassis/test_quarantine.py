"""Events that cannot be applied: who is to blame, what waits, and how they are tried again."""

from chassis.cloudevents import Delivery
from chassis.errors import NotFoundError
from chassis.event_unit import EventUnit
from chassis.ids import new_id
from chassis.quarantine import list_held, redrive
from tests.integration.chassis.acts import Message, message
from tests.integration.chassis.conftest import Mirror, StartMirror, has_held, position_reaches
from tests.integration.chassis.mirror import Poison, accepting, cause
from tests.integration.stage import eventually


async def test_poison_event_is_quarantined_after_five_tries(start_mirror: StartMirror) -> None:
    poison = Poison(version=1)
    mirror = await start_mirror(accepting(poison))

    await message(new_id(), 1).send(mirror.jetstream)

    await eventually(lambda: is_quarantined(mirror))
    assert poison.tries == 5
    assert await mirror.seen() == []


async def test_poison_event_stops_its_own_case_and_no_other(start_mirror: StartMirror) -> None:
    mirror = await start_mirror(accepting(Poison(version=2)))
    sick, well = new_id(), new_id()

    for version in (1, 2, 3):
        await message(sick, version).send(mirror.jetstream)
    await message(well, 1).send(mirror.jetstream)

    await eventually(lambda: is_quarantined(mirror))
    await eventually(lambda: has_held(mirror, 2))
    assert await mirror.held() == [(2, "poison", "ZeroDivisionError"), (3, "gap", "")]
    assert await mirror.seen(sick) == [("CaseAccepted", 1)]
    assert await mirror.seen(well) == [("CaseAccepted", 1)]


async def is_quarantined(mirror: Mirror) -> bool:
    return any(reason == "poison" for _, reason, _ in await mirror.held())


async def test_redriven_event_and_what_waited_behind_it_are_applied(
    start_mirror: StartMirror,
) -> None:
    poison = Poison(version=2)
    mirror = await start_mirror(accepting(poison))
    case_id = new_id()
    events = [message(case_id, version) for version in (1, 2, 3)]
    for each in events:
        await each.send(mirror.jetstream)
    await eventually(lambda: is_quarantined(mirror))

    poison.version = None
    count = await redrive(mirror.stage.database, events[1].event_id)

    await position_reaches(mirror, case_id, 3)
    assert count == 1
    assert [version for _, version in await mirror.seen()] == [1, 2, 3]
    assert await mirror.held() == []


async def test_redriven_event_returns_to_quarantine_when_it_still_fails(
    start_mirror: StartMirror,
) -> None:
    poison = Poison(version=1)
    mirror = await start_mirror(accepting(poison))
    sick, well = message(new_id(), 1), message(new_id(), 1, "CaseReported")
    await sick.send(mirror.jetstream)
    await eventually(lambda: is_quarantined(mirror))

    await redrive(mirror.stage.database, sick.event_id)

    await eventually(lambda: was_tried(poison, 10))
    await eventually(lambda: is_quarantined(mirror))
    await well.send(mirror.jetstream)
    await position_reaches(mirror, well.case_id, 1)


async def was_tried(poison: Poison, times: int) -> bool:
    return poison.tries == times


async def test_event_behind_a_gap_is_to_blame_for_itself_and_not_who_closed_the_gap(
    start_mirror: StartMirror,
) -> None:
    mirror = await start_mirror(accepting(Poison(version=2)))
    case_id = new_id()

    await message(case_id, 2).send(mirror.jetstream)
    await eventually(lambda: has_held(mirror, 1))
    await message(case_id, 1).send(mirror.jetstream)

    await eventually(lambda: is_quarantined(mirror))
    assert await mirror.held() == [(2, "poison", "ZeroDivisionError")]
    assert await mirror.seen() == [("CaseAccepted", 1)]


async def test_event_that_the_domain_refuses_is_quarantined_with_the_reason(
    start_mirror: StartMirror,
) -> None:
    async def refuse(_unit: EventUnit, _delivery: Delivery) -> None:
        raise NotFoundError("There is no such case.")

    mirror = await start_mirror(accepting(refuse))

    await message(new_id(), 1).send(mirror.jetstream)

    await eventually(lambda: is_quarantined(mirror))
    assert await mirror.held() == [(1, "poison", "NOT_FOUND")]


async def test_undecodable_payload_is_quarantined_and_listed(start_mirror: StartMirror) -> None:
    mirror = await start_mirror()
    spoiled = Message(
        case_id=new_id(),
        version=1,
        event_id=new_id(),
        event_type="CaseMemberAssigned",
        payload=b"\xff\xff\xff",
    )

    await spoiled.send(mirror.jetstream)

    await eventually(lambda: is_quarantined(mirror))
    assert await list_held(mirror.stage.database) == [
        f"mirror-on-station {spoiled.event_id} of {spoiled.case_id} v1 poison MalformedEventError"
    ]


async def test_event_that_leaves_no_audit_row_is_not_applied(start_mirror: StartMirror) -> None:
    mirror = await start_mirror(accepting(cause))

    await message(new_id(), 1).send(mirror.jetstream)

    await eventually(lambda: is_quarantined(mirror))
    assert await mirror.held() == [(1, "poison", "RuntimeError")]
    assert await mirror.stage.count("outbox") == 0
