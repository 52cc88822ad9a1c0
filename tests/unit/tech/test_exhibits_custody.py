"""Tests that every alteration of a custody chain is found, and where."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta, timezone
from typing import Any

import pytest

from services.tech.exhibits import aggregate
from services.tech.exhibits.aggregate import CustodyAct, CustodyEntry, Exhibit, ExhibitState
from tests.unit.tech.builders import BEFORE, STRANGER, accepted, make_exhibit, offered

Chain = tuple[CustodyEntry, ...]

SIGNATURE_CHANGES: dict[str, dict[str, Any]] = {
    "act": {"act": CustodyAct.DECLINED},
    "person": {"person_id": STRANGER},
    "holder": {"holder_id": STRANGER},
    "receiver": {"receiver_id": STRANGER},
    "seal": {"seal_number": "S-00000"},
    "reason": {"reason": "Another"},
    "time": {"signed_at": BEFORE + timedelta(microseconds=1)},
}
LABEL_CHANGES = {
    "exhibit": {"exhibit_id": "01957c1e-0000-7000-8000-0000000000e9"},
    "station": {"station": "elsewhere"},
    "case": {"case_id": "01957c1e-0000-7000-8000-0000000000c9"},
    "description": {"description": "Spoon"},
    "content": {"content_sha256": "cd" * 32},
    "legal basis": {"legal_basis": "CPL art. 142"},
}
EXHIBIT_CHANGES: dict[str, dict[str, Any]] = {
    "holder": {"holder_id": STRANGER},
    "receiver": {"receiver_id": STRANGER},
    "seal": {"seal_number": "S-00000"},
    "state": {"state": ExhibitState.OFFERED},
}
CHAIN_CHANGES: dict[str, tuple[Callable[[Chain], Chain], int]] = {
    "first removed": (lambda chain: chain[1:], 1),
    "middle removed": (lambda chain: (chain[0], chain[2]), 2),
    "re-ordered": (lambda chain: (chain[0], chain[2], chain[1]), 2),
    "repeated": (lambda chain: (*chain, chain[2]), 4),
    "tail cut": (lambda chain: chain[:2], 3),
    "all removed": (lambda _: (), 1),
}


def test_verify_chain_finds_nothing_when_nothing_was_altered() -> None:
    exhibit = _transferred()

    position = aggregate.verify_chain(exhibit)

    assert position is None


@pytest.mark.parametrize("change", SIGNATURE_CHANGES.values(), ids=SIGNATURE_CHANGES)
def test_verify_chain_finds_the_entry_when_its_signature_was_changed(
    change: dict[str, Any],
) -> None:
    exhibit = _transferred()
    first, second, third = exhibit.custody
    forged = replace(second, signature=replace(second.signature, **change))

    position = aggregate.verify_chain(replace(exhibit, custody=(first, forged, third)))

    assert position == 2


@pytest.mark.parametrize("change", SIGNATURE_CHANGES.values(), ids=SIGNATURE_CHANGES)
def test_verify_chain_finds_the_next_entry_when_the_changed_one_was_hashed_anew(
    change: dict[str, Any],
) -> None:
    exhibit = _transferred()
    first, second, third = exhibit.custody
    forged = aggregate.chain(exhibit.label, (first,), replace(second.signature, **change))

    position = aggregate.verify_chain(replace(exhibit, custody=(first, forged, third)))

    assert position == 3


@pytest.mark.parametrize("change", LABEL_CHANGES.values(), ids=LABEL_CHANGES)
def test_verify_chain_finds_the_first_entry_when_the_label_was_changed(
    change: dict[str, str],
) -> None:
    exhibit = _transferred()

    position = aggregate.verify_chain(replace(exhibit, label=replace(exhibit.label, **change)))

    assert position == 1


@pytest.mark.parametrize("change", EXHIBIT_CHANGES.values(), ids=EXHIBIT_CHANGES)
def test_verify_chain_finds_the_last_entry_when_the_exhibit_says_otherwise(
    change: dict[str, Any],
) -> None:
    exhibit = _transferred()

    position = aggregate.verify_chain(replace(exhibit, **change))

    assert position == 3


@pytest.mark.parametrize(("alter", "place"), CHAIN_CHANGES.values(), ids=CHAIN_CHANGES)
def test_verify_chain_finds_the_place_when_entries_were_moved_or_taken_out(
    alter: Callable[[Chain], Chain], place: int
) -> None:
    exhibit = _transferred()

    position = aggregate.verify_chain(replace(exhibit, custody=alter(exhibit.custody)))

    assert position == place


def test_chain_hashes_the_documented_canonical_record() -> None:
    exhibit = make_exhibit()
    canonical = (
        '{"act":"registered","case_id":"01957c1e-0000-7000-8000-0000000000c1",'
        f'"content_sha256":"{"ab" * 32}","description":"Knife, blade 12 cm",'
        '"exhibit_id":"01957c1e-0000-7000-8000-0000000000e1","holder_id":"tech-7f3a",'
        '"legal_basis":"CPL art. 141","person_id":"tech-7f3a","position":1,'
        f'"previous_sha256":"{"0" * 64}","reason":"","receiver_id":null,'
        '"seal_number":"S-88120","signed_at":"2031-03-12T14:28:00.000000+00:00",'
        '"station":"jinqiao"}'
    )

    digest = exhibit.custody[0].sha256

    assert digest == hashlib.sha256(canonical.encode()).hexdigest()


def test_chain_gives_the_same_hash_when_the_time_comes_in_another_zone() -> None:
    exhibit = make_exhibit()
    signature = exhibit.custody[0].signature
    there = signature.signed_at.astimezone(timezone(timedelta(hours=8)))

    entry = aggregate.chain(exhibit.label, (), replace(signature, signed_at=there))

    assert entry.sha256 == exhibit.custody[0].sha256


def _transferred() -> Exhibit:
    return accepted(offered(make_exhibit()))
