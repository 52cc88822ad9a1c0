"""Builds exhibits and examinations in any state, with literal values."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from chassis.call import Call
from chassis.ids import new_request_id
from services.tech.exhibits import aggregate as exhibit_aggregate
from services.tech.exhibits import domain as exhibit_domain
from services.tech.exhibits.aggregate import Exhibit, ExhibitLabel, ExhibitState
from services.tech.lab.aggregate import (
    Conclusion,
    Examination,
    ExaminationResult,
    ExaminationState,
    ResultDraft,
)
from services.tech.lab.domain import NamedExhibit

NOW = datetime(2031, 3, 14, 9, 30, tzinfo=UTC)
BEFORE = datetime(2031, 3, 12, 14, 28, tzinfo=UTC)
EXHIBIT_ID = "01957c1e-0000-7000-8000-0000000000e1"
OTHER_EXHIBIT_ID = "01957c1e-0000-7000-8000-0000000000e2"
CASE_ID = "01957c1e-0000-7000-8000-0000000000c1"
OTHER_CASE_ID = "01957c1e-0000-7000-8000-0000000000c2"
EXAMINATION_ID = "01957c1e-0000-7000-8000-0000000000f1"
SQUAD_REQUEST_ID = "01957c1e-0000-7000-8000-0000000000a1"
HOLDER = "tech-7f3a"
RECEIVER = "tech-9b21"
STRANGER = "tech-0000"


def make_call(person_id: str, request_id: str = "", **changes: Any) -> Call:
    """Build the call of an officer of the station; a fresh request unless it is given."""
    call = Call(
        person_id=person_id,
        station="jinqiao",
        sees_station=False,
        method="m",
        permission="p",
        request_id=request_id or new_request_id(),
        request_hash=b"hash",
        traceparent="",
    )
    return replace(call, **changes)


def make_label(**changes: Any) -> ExhibitLabel:
    """Build the label of a knife taken at a scene."""
    label = ExhibitLabel(
        exhibit_id=EXHIBIT_ID,
        station="jinqiao",
        case_id=CASE_ID,
        description="Knife, blade 12 cm",
        content_sha256="ab" * 32,
        legal_basis="CPL art. 141",
    )
    return replace(label, **changes)


def make_exhibit(state: ExhibitState = ExhibitState.HELD) -> Exhibit:
    """Build an exhibit held by HOLDER, or offered by HOLDER to RECEIVER, its chain intact."""
    event = exhibit_domain.register(make_label(), seal_number="S-88120", by=HOLDER, now=BEFORE)
    held = exhibit_aggregate.register(event)
    return held if state is ExhibitState.HELD else offered(held)


def offered(exhibit: Exhibit) -> Exhibit:
    """Offer an exhibit to RECEIVER."""
    event = exhibit_domain.offer_transfer(
        exhibit,
        receiver=exhibit_domain.Receiver(RECEIVER, is_assigned=True),
        seal_number="S-88152",
        reason="Examination",
        by=exhibit.holder_id,
        now=BEFORE,
    )
    return exhibit_aggregate.apply(exhibit, event)


def accepted(exhibit: Exhibit) -> Exhibit:
    """Accept an exhibit that RECEIVER was offered."""
    event = exhibit_domain.accept_transfer(exhibit, seal_number="S-88152", by=RECEIVER, now=NOW)
    return exhibit_aggregate.apply(exhibit, event)


def make_draft(**changes: Any) -> ResultDraft:
    """Build a result over one exhibit."""
    draft = ResultDraft(
        exhibit_ids=(EXHIBIT_ID,),
        method="GA/T 383-2014",
        finding="A full profile was obtained from the handle.",
        conclusion=Conclusion.SUPPORTS,
    )
    return replace(draft, **changes)


def make_named_exhibit(**changes: Any) -> NamedExhibit:
    """Build what the laboratory knows of an exhibit that HOLDER holds."""
    return replace(NamedExhibit(EXHIBIT_ID, CASE_ID, HOLDER), **changes)


def make_examination(
    state: ExaminationState = ExaminationState.RECEIVED, **changes: Any
) -> Examination:
    """Build an examination by HOLDER; from `recorded` on with one result."""
    has_result = state not in {ExaminationState.RECEIVED, ExaminationState.SIGNED_FOR}
    examination = Examination(
        examination_id=EXAMINATION_ID,
        station="jinqiao",
        case_id=CASE_ID,
        squad_request_id=SQUAD_REQUEST_ID,
        state=state,
        due_at=datetime(2031, 3, 20, 8, 0, tzinfo=UTC),
        examiner_id=None if state is ExaminationState.RECEIVED else HOLDER,
        results=(ExaminationResult(make_draft(), HOLDER, BEFORE),) if has_result else (),
        verified_by=RECEIVER if state is ExaminationState.VERIFIED else None,
        return_reason="Name the kit used." if state is ExaminationState.RETURNED else "",
        created_at=BEFORE,
        updated_at=BEFORE,
        version=3,
    )
    return replace(examination, **changes)
