"""Pages: cut by key, continued by a token that only its own list accepts."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.errors import PageTokenInvalidError
from chassis.ids import new_id
from chassis.paging import LAST_ID, Page, read_page
from jointops.station.v1 import alarm_pb2, case_pb2


def rows(count: int) -> list[dict[str, str]]:
    """Make as many rows as a store fetched."""
    return [{"case_id": new_id()} for _ in range(count)]


def test_first_page_starts_above_every_id() -> None:
    page = read_page(case_pb2.ListCasesRequest())

    assert (page.size, page.limit, page.before) == (25, 26, LAST_ID)
    assert new_id() < LAST_ID


def test_token_continues_below_the_last_row_shown() -> None:
    request = case_pb2.ListCasesRequest(page_size=2)
    fetched = rows(3)

    shown, token = read_page(request).cut(fetched, "case_id")
    request.page_token = token

    assert shown == fetched[:2]
    assert read_page(request) == Page(2, fetched[1]["case_id"], "ListCasesRequest")


@pytest.mark.parametrize("count", [0, 1, 2])
def test_last_page_has_no_token(count: int) -> None:
    shown, token = Page(2, LAST_ID, "ListCasesRequest").cut(rows(count), "case_id")

    assert (len(shown), token) == (count, "")


def test_token_of_another_list_is_refused() -> None:
    _, token = read_page(case_pb2.ListCasesRequest(page_size=1)).cut(rows(2), "case_id")

    with pytest.raises(PageTokenInvalidError) as caught:
        read_page(alarm_pb2.ListAlarmsRequest(page_token=token))

    assert caught.value.metadata == {"field": "page_token"}


def test_token_of_other_filters_is_refused() -> None:
    request = case_pb2.ListCasesRequest(page_size=1)
    _, request.page_token = read_page(request, "open").cut(rows(2), "case_id")

    with pytest.raises(PageTokenInvalidError):
        read_page(request, "closed")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"null",
        b"7",
        b"{}",
        b'"ab"',
        b'["x", "ListCasesRequest"]',
        b'[7, "ListCasesRequest"]',
        b'["0198c2f4-8a1b-7c3d-9e4f-a0b1c2d3e4f5"]',
        b'["0198c2f4-8a1b-7c3d-9e4f-a0b1c2d3e4f5", "ListCasesRequest", 1]',
        b"\xff\xfe",
        b"[" * 100_000,
    ],
)
def test_forged_token_is_refused(content: bytes) -> None:
    token = base64.urlsafe_b64encode(content).decode() or "="

    with pytest.raises(PageTokenInvalidError):
        read_page(case_pb2.ListCasesRequest(page_token=token))


@given(st.text(min_size=1))
def test_any_text_for_a_token_is_refused(text: str) -> None:
    request = case_pb2.ListCasesRequest(page_token=text)

    with pytest.raises(PageTokenInvalidError):
        read_page(request)
