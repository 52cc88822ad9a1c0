"""Exhibits over the wire, on PostgreSQL."""

import hashlib
import json
from datetime import UTC

import grpc
import pytest

from chassis.ids import new_request_id
from chassis.roles import Role
from jointops.tech.v1 import exhibit_pb2 as pb
from tests.integration.stage import Stage
from tests.integration.tech import desk
from tests.integration.tech.desk import EXHIBITS, call, examiner, refusal
from tests.unit.tech.builders import HOLDER, RECEIVER

GET = f"{EXHIBITS}/GetExhibit"
LIST = f"{EXHIBITS}/ListExhibits"
REGISTER = f"{EXHIBITS}/RegisterExhibit"
OFFER = f"{EXHIBITS}/OfferCustodyTransfer"
ACCEPT = f"{EXHIBITS}/AcceptCustodyTransfer"
DECLINE = f"{EXHIBITS}/DeclineCustodyTransfer"
PRECONDITION = grpc.StatusCode.FAILED_PRECONDITION
COUNTS = {GET: 2, LIST: 2, REGISTER: 2, OFFER: 3, ACCEPT: 2, DECLINE: 2}


async def registered(stage: Stage) -> pb.Exhibit:
    """Register an exhibit of a fresh case, held by HOLDER."""
    case_id = await desk.known_case(stage)
    exhibit: pb.Exhibit = await call(examiner(stage), REGISTER, case_id=case_id)
    return exhibit


async def offered(stage: Stage) -> pb.Exhibit:
    """Register an exhibit and offer it to RECEIVER."""
    exhibit_id = (await registered(stage)).exhibit_id
    exhibit: pb.Exhibit = await call(examiner(stage), OFFER, exhibit_id=exhibit_id)
    return exhibit


async def test_a_patrol_officer_registers_what_was_found(stage: Stage) -> None:
    case_id = await desk.known_case(stage)
    officer = stage.channel(HOLDER, Role.PATROL_OFFICER)

    exhibit = await call(officer, REGISTER, case_id=case_id)

    assert (exhibit.holder_id, exhibit.state) == (HOLDER, pb.EXHIBIT_STATE_HELD)
    assert (exhibit.seal_number, exhibit.legal_basis) == ("S-88152", "CPL art. 141")
    assert [entry.act for entry in exhibit.custody] == [pb.CUSTODY_ACT_REGISTERED]
    assert exhibit.is_custody_intact
    assert await desk.events_of(stage, exhibit.exhibit_id) == ["ExhibitRegistered"]


async def test_an_exhibit_changes_hands_with_two_signatures(stage: Stage) -> None:
    exhibit = await offered(stage)

    taken = await call(
        examiner(stage, RECEIVER), ACCEPT, exhibit_id=exhibit.exhibit_id, etag=exhibit.etag
    )

    assert (taken.holder_id, taken.receiver_id) == (RECEIVER, "")
    assert [entry.person_id for entry in taken.custody] == [HOLDER, HOLDER, RECEIVER]
    assert taken.custody[2].previous_sha256 == taken.custody[1].sha256
    assert taken == await call(examiner(stage), GET, exhibit_id=exhibit.exhibit_id)
    assert await desk.events_of(stage, exhibit.exhibit_id) == [
        "ExhibitRegistered",
        "CustodyTransferOffered",
        "CustodyTransferAccepted",
    ]


async def test_an_outsider_recomputes_every_hash_from_what_is_shown(stage: Stage) -> None:
    exhibit = await offered(stage)
    exhibit = await call(
        examiner(stage, RECEIVER), DECLINE, exhibit_id=exhibit.exhibit_id, etag=exhibit.etag
    )

    recomputed = [digest(exhibit, position) for position in (1, 2, 3)]

    assert recomputed == [entry.sha256 for entry in exhibit.custody]


def digest(exhibit: pb.Exhibit, position: int) -> str:
    """Hash the canonical record of an entry as exhibit.proto describes it, without our code."""
    entry = exhibit.custody[position - 1]
    signed_at = entry.sign_time.ToDatetime(UTC)
    record = {
        "act": pb.CustodyAct.Name(entry.act).removeprefix("CUSTODY_ACT_").lower(),
        "person_id": entry.person_id,
        "holder_id": entry.holder_id,
        "receiver_id": entry.receiver_id or None,
        "seal_number": entry.seal_number,
        "reason": entry.reason,
        "signed_at": f"{signed_at:%Y-%m-%dT%H:%M:%S.%f}+00:00",
        "previous_sha256": entry.previous_sha256,
        "position": position,
        "exhibit_id": exhibit.exhibit_id,
        "station": exhibit.station,
        "case_id": exhibit.case_id,
        "description": exhibit.description,
        "content_sha256": exhibit.content_sha256,
        "legal_basis": exhibit.legal_basis,
    }
    canonical = json.dumps(record, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


async def test_a_declined_exhibit_stays_where_it_is(stage: Stage) -> None:
    exhibit = await offered(stage)

    kept = await call(
        examiner(stage, RECEIVER), DECLINE, exhibit_id=exhibit.exhibit_id, etag=exhibit.etag
    )

    assert (kept.holder_id, kept.state) == (HOLDER, pb.EXHIBIT_STATE_HELD)
    assert kept.is_custody_intact


async def test_a_list_shows_the_exhibits_of_one_case(stage: Stage) -> None:
    exhibit = await registered(stage)
    await registered(stage)

    page = await call(examiner(stage), LIST, case_id=exhibit.case_id)

    assert list(page.exhibits) == [exhibit]


async def test_a_page_token_of_another_case_is_refused(stage: Stage) -> None:
    case_id = await desk.known_case(stage)
    await call(examiner(stage), REGISTER, case_id=case_id)
    await call(examiner(stage), REGISTER, case_id=case_id)
    page = await call(examiner(stage), LIST, case_id=case_id, page_size=1)

    answer = await refusal(
        examiner(stage),
        LIST,
        case_id=await desk.known_case(stage),
        page_token=page.next_page_token,
    )

    assert answer == (
        grpc.StatusCode.INVALID_ARGUMENT,
        "PAGE_TOKEN_INVALID",
        {"field": "page_token"},
    )


async def test_an_altered_exhibit_is_shown_as_broken_and_cannot_move(stage: Stage) -> None:
    exhibit = await registered(stage)
    alter = "UPDATE exhibit SET description = 'Spoon' WHERE exhibit_id = $1"
    await stage.fetch(alter, exhibit.exhibit_id)

    shown = await call(examiner(stage), GET, exhibit_id=exhibit.exhibit_id)
    answer = await refusal(examiner(stage), OFFER, exhibit_id=exhibit.exhibit_id)

    assert not shown.is_custody_intact
    assert answer == (
        PRECONDITION,
        "EXHIBIT_CUSTODY_BROKEN",
        {"exhibit_id": exhibit.exhibit_id, "position": "1"},
    )


async def test_an_exhibit_that_is_held_cannot_be_accepted(stage: Stage) -> None:
    exhibit_id = (await registered(stage)).exhibit_id

    answer = await refusal(examiner(stage, RECEIVER), ACCEPT, exhibit_id=exhibit_id)

    metadata = {"exhibit_id": exhibit_id, "state": "held", "step": "accept_transfer"}
    assert answer == (PRECONDITION, "EXHIBIT_STATE_FORBIDS", metadata)


async def test_only_the_holder_offers(stage: Stage) -> None:
    exhibit_id = (await registered(stage)).exhibit_id

    answer = await refusal(examiner(stage, RECEIVER), OFFER, exhibit_id=exhibit_id)

    assert answer == (PRECONDITION, "EXHIBIT_OFFERER_NOT_HOLDER", {"exhibit_id": exhibit_id})


@pytest.mark.parametrize(
    ("receiver_id", "reason"),
    [(HOLDER, "EXHIBIT_RECEIVER_IS_HOLDER"), ("tech-0000", "EXHIBIT_RECEIVER_NOT_ASSIGNED")],
)
async def test_an_offer_goes_only_to_another_member_of_the_case(
    stage: Stage, receiver_id: str, reason: str
) -> None:
    exhibit_id = (await registered(stage)).exhibit_id

    answer = await refusal(examiner(stage), OFFER, exhibit_id=exhibit_id, receiver_id=receiver_id)

    metadata = {"exhibit_id": exhibit_id, "receiver_id": receiver_id}
    assert answer == (PRECONDITION, reason, metadata)


@pytest.mark.parametrize("method", [ACCEPT, DECLINE])
async def test_only_the_receiver_named_answers_an_offer(stage: Stage, method: str) -> None:
    exhibit_id = (await offered(stage)).exhibit_id

    answer = await refusal(examiner(stage), method, exhibit_id=exhibit_id, etag="2")

    assert answer == (PRECONDITION, "EXHIBIT_RECEIVER_IS_ANOTHER", {"exhibit_id": exhibit_id})


async def test_another_seal_is_not_accepted(stage: Stage) -> None:
    exhibit_id = (await offered(stage)).exhibit_id

    answer = await refusal(
        examiner(stage, RECEIVER), ACCEPT, exhibit_id=exhibit_id, etag="2", seal_number="S-1"
    )

    metadata = {"exhibit_id": exhibit_id, "seal_number": "S-88152"}
    assert answer == (PRECONDITION, "EXHIBIT_SEAL_DIFFERS", metadata)


async def test_registering_twice_with_one_request_id_makes_one_exhibit(stage: Stage) -> None:
    case_id = await desk.known_case(stage)
    request = desk.request_of(REGISTER, case_id=case_id)

    first = await desk.send(examiner(stage), REGISTER, request)
    second = await desk.send(examiner(stage), REGISTER, request)

    assert first == second
    assert await desk.events_of(stage, first.exhibit.exhibit_id) == ["ExhibitRegistered"]
    page = await call(examiner(stage), LIST, case_id=case_id)
    assert len(page.exhibits) == 1


async def test_a_request_id_with_another_body_is_refused(stage: Stage) -> None:
    exhibit = await registered(stage)
    request_id = new_request_id()
    known = {"exhibit_id": exhibit.exhibit_id, "request_id": request_id}
    await call(examiner(stage), OFFER, **known)

    answer = await refusal(examiner(stage), OFFER, **known, reason="Another")

    metadata = {"request_id": request_id}
    assert answer == (grpc.StatusCode.INVALID_ARGUMENT, "REQUEST_ID_REUSED", metadata)


async def test_a_stale_etag_is_aborted(stage: Stage) -> None:
    exhibit_id = (await registered(stage)).exhibit_id

    answer = await refusal(examiner(stage), OFFER, exhibit_id=exhibit_id, etag="7")

    assert answer == (grpc.StatusCode.ABORTED, "ETAG_STALE", {})


@pytest.mark.parametrize(("method", "count"), COUNTS.items())
async def test_a_call_costs_so_many_statements(stage: Stage, method: str, count: int) -> None:
    is_answer = method in (ACCEPT, DECLINE)
    exhibit = await (offered(stage) if is_answer else registered(stage))
    person_id = RECEIVER if is_answer else HOLDER
    ids = {"exhibit_id": exhibit.exhibit_id, "case_id": exhibit.case_id, "etag": exhibit.etag}
    before = await desk.statement_count(stage)

    await call(examiner(stage, person_id), method, **ids)

    assert await desk.statement_count(stage) - before == count
