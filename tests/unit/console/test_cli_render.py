"""Tables that fit: what matters least goes first, long texts are folded, ids stay whole."""

import pytest
from rich.console import Console

from jointops.intel.v1 import lead_pb2
from jointops.tech.v1 import exhibit_pb2
from services.console.cli.render import render, to_dict

LEAD_ID = "01992f00-5a10-7c3e-9b1d-2f0f6a1c0021"
SUMMARY = "A witness saw a person in a green jacket leave towards the light rail stop."


def drawn(width: int) -> str:
    """Return a list of one lead on a terminal so wide."""
    lead = lead_pb2.Lead(
        lead_id=LEAD_ID, state=lead_pb2.LEAD_STATE_CONFIRMED, summary=SUMMARY, priority=2
    )
    lead.expire_time.FromJsonString("2026-12-23T08:00:00Z")
    return text_of(lead_pb2.ListLeadsResponse(leads=[lead]), width)


def text_of(response: object, width: int) -> str:
    """Return what is drawn, as text."""
    console = Console(width=width)
    with console.capture() as capture:
        console.print(render(response, width))  # type: ignore[arg-type]  # a message of any kind
    return capture.get()


@pytest.mark.parametrize("width", [60, 80, 100, 200])
def test_an_id_is_never_cut(width: int) -> None:
    assert LEAD_ID in drawn(width)


@pytest.mark.parametrize("width", [80, 100, 200])
def test_a_long_text_is_folded_and_not_lost(width: int) -> None:
    shown = " ".join(drawn(width).split())

    assert "witness" in shown
    assert "stop." in shown


def test_columns_that_do_not_fit_are_left_out_from_the_right() -> None:
    assert "expire time" in drawn(200)
    assert "expire time" not in drawn(80)
    assert "confirmed" in drawn(80)


def test_parts_of_a_resource_are_drawn_below_it() -> None:
    entry = exhibit_pb2.CustodyEntry(act=exhibit_pb2.CUSTODY_ACT_REGISTERED, person_id="patrol-1")
    exhibit = exhibit_pb2.Exhibit(exhibit_id="e", is_custody_intact=True, custody=[entry])

    shown = text_of(exhibit_pb2.GetExhibitResponse(exhibit=exhibit), 160)

    assert "is custody intact  yes" in shown
    assert "registered" in shown
    assert "patrol-1" in shown


def test_a_part_that_is_absent_is_not_drawn() -> None:
    shown = text_of(exhibit_pb2.GetExhibitResponse(exhibit=exhibit_pb2.Exhibit()), 80)

    assert "create time" not in shown


def test_json_holds_times_as_text() -> None:
    lead = lead_pb2.Lead()
    lead.expire_time.FromJsonString("2026-12-23T08:00:00Z")

    assert to_dict(lead)["expire_time"] == "2026-12-23T08:00:00Z"
