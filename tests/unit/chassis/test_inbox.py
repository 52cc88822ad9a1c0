"""What is next, what is early, what is known: whatever the order events arrive in."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from chassis.cloudevents import Delivery
from chassis.inbox import _sort

AGGREGATES = ("a", "b", "c")


def delivery(aggregate: str, version: int) -> Delivery:
    return Delivery(
        event_id=f"{aggregate}{version}",
        event_type="t",
        aggregate_id=aggregate,
        aggregate_version=version,
        case_id="",
        event_time=datetime(2026, 11, 23, tzinfo=UTC),
        traceparent="",
        station="jinqiao",
        subject="s",
        payload=b"",
    )


def names(deliveries: list[Delivery]) -> list[str]:
    return [each.event_id for each in deliveries]


def test_next_versions_are_ready_in_order() -> None:
    found = _sort([delivery("a", 3), delivery("a", 2), delivery("b", 1)], {"a": 1})

    assert names(found.ready) == ["a2", "a3", "b1"]
    assert (found.early, found.repeated) == ([], [])


def test_version_behind_a_gap_is_early() -> None:
    found = _sort([delivery("a", 1), delivery("a", 3), delivery("b", 2)], {})

    assert (names(found.ready), names(found.early)) == (["a1"], ["a3", "b2"])


def test_version_that_was_applied_is_repeated() -> None:
    found = _sort([delivery("a", 1), delivery("a", 2), delivery("a", 2)], {"a": 1})

    assert (names(found.ready), names(found.repeated)) == (["a2"], ["a1", "a2"])


@st.composite
def deliveries(draw: st.DrawFn) -> list[Delivery]:
    """Draw versions 1 to n of some aggregates, some of them twice, in any order."""
    once = [
        delivery(aggregate, version)
        for aggregate in AGGREGATES
        for version in range(1, draw(st.integers(0, 6)) + 1)
    ]
    again = draw(st.lists(st.sampled_from(once), max_size=8)) if once else []
    return draw(st.permutations(once + again))


@given(deliveries(), st.integers(1, 5))
def test_everything_is_applied_once_and_in_order(arrived: list[Delivery], size: int) -> None:
    """Plays the consumer: batches of any size; what is early is held and offered again."""
    positions: dict[str, int] = {}
    held: dict[str, Delivery] = {}
    applied: list[Delivery] = []
    batches = [arrived[start : start + size] for start in range(0, len(arrived), size)]

    for batch in batches:
        waiting = batch
        while (found := _sort(waiting, positions)).ready:
            applied += found.ready
            positions |= {each.aggregate_id: each.aggregate_version for each in found.ready}
            held = {key: each for key, each in held.items() if each not in found.ready}
            held |= {each.event_id: each for each in found.early}
            waiting = list(held.values())
        held |= {each.event_id: each for each in found.early}

    of_each = {a: [x.aggregate_version for x in applied if x.aggregate_id == a] for a in AGGREGATES}
    assert of_each == {a: list(range(1, positions.get(a, 0) + 1)) for a in AGGREGATES}
    assert len(applied) == len({each.event_id for each in arrived})


@given(deliveries())
def test_every_event_of_a_batch_is_sorted_somewhere(arrived: list[Delivery]) -> None:
    found = _sort(arrived, {"a": 2})

    assert sorted(names([*found.ready, *found.early, *found.repeated])) == sorted(names(arrived))
