"""Identifiers: valid UUIDs, ordered by the time they were made."""

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis import ids
from chassis.ids import is_uuid, new_id, new_request_id


@pytest.fixture(autouse=True)
def _fresh_stamps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each test set the clock: stamps never go back."""
    monkeypatch.setattr(ids, "_STAMPS", ids._Stamps())


def test_new_id_is_a_uuid_of_version_7() -> None:
    made = uuid.UUID(new_id())

    assert (made.version, made.variant) == (7, uuid.RFC_4122)


def test_new_id_holds_the_millisecond_it_was_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.time_ns", lambda: 1_732_352_400_123_999_999)

    assert int(new_id().replace("-", "")[:12], 16) == 1_732_352_400_123


def test_later_id_is_greater(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(1, 1_000_000_000, 1_000_000))
    monkeypatch.setattr("time.time_ns", lambda: next(clock))

    made = [new_id() for _ in range(500)]

    assert made == sorted(made)


def test_ids_of_one_millisecond_sort_in_the_order_in_which_they_were_made(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("time.time_ns", lambda: 1)

    made = [new_id() for _ in range(10_000)]

    assert made == sorted(set(made))


def test_later_id_is_greater_when_the_clock_was_set_back(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter((2_000_000_000, 1_000_000_000))
    monkeypatch.setattr("time.time_ns", lambda: next(clock))

    first, second = new_id(), new_id()

    assert first < second


@pytest.mark.parametrize("bits", [b"\0" * 10, b"\xff" * 10])
def test_randomness_never_reaches_version_or_variant(
    monkeypatch: pytest.MonkeyPatch, bits: bytes
) -> None:
    monkeypatch.setattr("os.urandom", lambda _count: bits)

    made = uuid.UUID(new_id())

    assert (made.version, made.variant) == (7, uuid.RFC_4122)


def test_request_id_is_a_uuid_of_version_4() -> None:
    assert uuid.UUID(new_request_id()).version == 4


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("0198c2f4-8a1b-7c3d-9e4f-a0b1c2d3e4f5", True, id="canonical"),
        pytest.param("0198C2F4-8A1B-7C3D-9E4F-A0B1C2D3E4F5", True, id="upper_case"),
        pytest.param("{0198c2f4-8a1b-7c3d-9e4f-a0b1c2d3e4f5}", False, id="braces"),
        pytest.param("urn:uuid:0198c2f4-8a1b-7c3d-9e4f-a0b1c2d3e4f5", False, id="urn"),
        pytest.param("0198c2f48a1b7c3d9e4fa0b1c2d3e4f5", False, id="no_dashes"),
        pytest.param("０198c2f4-8a1b-7c3d-9e4f-a0b1c2d3e4f5", False, id="fullwidth_digit"),
        pytest.param("", False, id="empty"),
    ],
)
def test_uuid_is_told_by_its_canonical_form(text: str, expected: bool) -> None:
    assert is_uuid(text) is expected


@given(st.text())
def test_any_text_can_be_asked_about(text: str) -> None:
    assert is_uuid(text) is False
