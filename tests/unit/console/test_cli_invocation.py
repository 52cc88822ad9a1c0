"""A command as it runs: what is read before a write, what is asked, what is shown."""

import json
from pathlib import Path

import pytest
from google.protobuf.message import Message

from chassis.ids import is_uuid
from jointops.station.v1 import alarm_pb2, case_pb2, review_pb2
from services.console.cli.invocation import Invocation, Pages, Repeat, carry_out
from services.console.errors import UsageError
from tests.fakes.console import FakeClient, make_run_folder

MORE = "more"
CASE_ID = "01992f00-5a10-7c3e-9b1d-2f0f6a1c0002"
MADE = Repeat(request_id="", etag="", etag_from=None)


def make_case(etag: str) -> case_pb2.Case:
    """Make a case at a version."""
    return case_pb2.Case(
        case_id=CASE_ID, state=case_pb2.CASE_STATE_REPORTED, call_type="211P", etag=etag
    )


def make_invocation(folder: Path, client: FakeClient, output: str = "table") -> Invocation:
    """Make a run of a command by somebody signed in."""
    return Invocation(
        what="jointops",
        output=output,
        run_folder=make_run_folder(folder),
        open_client=lambda _platform: client,  # type: ignore[arg-type,return-value]  # a fake
    )


async def run(
    folder: Path,
    request: Message,
    *answers: Message,
    output: str = "table",
    repeat: Repeat | None = None,
    pages: Pages | None = None,
) -> list[Message]:
    """Carry a request out and return what was asked."""
    client = FakeClient(answers)
    await carry_out(make_invocation(folder, client, output), request, repeat=repeat, pages=pages)
    return client.asked


async def test_a_write_reads_the_etag_first_and_makes_a_request_id(tmp_path: Path) -> None:
    request = case_pb2.AcceptCaseRequest(case_id=CASE_ID)

    asked = await run(
        tmp_path,
        request,
        case_pb2.GetCaseResponse(case=make_case("4")),
        case_pb2.AcceptCaseResponse(case=make_case("5")),
        repeat=MADE,
    )

    assert asked[0] == case_pb2.GetCaseRequest(case_id=CASE_ID)
    assert isinstance(asked[1], case_pb2.AcceptCaseRequest)
    assert asked[1].etag == "4"
    assert is_uuid(asked[1].request_id)


async def test_a_given_etag_and_request_id_are_sent_unread(tmp_path: Path) -> None:
    request = case_pb2.AcceptCaseRequest(case_id=CASE_ID)

    asked = await run(
        tmp_path,
        request,
        case_pb2.AcceptCaseResponse(case=make_case("5")),
        repeat=Repeat("7b1b8a2e-5f7e-4c55-9d37-0d4cf0a8a001", "4", None),
    )

    assert len(asked) == 1
    assert isinstance(asked[0], case_pb2.AcceptCaseRequest)
    assert asked[0].etag == "4"
    assert asked[0].request_id == "7b1b8a2e-5f7e-4c55-9d37-0d4cf0a8a001"


async def test_a_review_is_opened_with_the_etag_of_its_case(tmp_path: Path) -> None:
    asked = await run(
        tmp_path,
        review_pb2.OpenReviewRequest(case_id=CASE_ID),
        case_pb2.GetCaseResponse(case=make_case("9")),
        review_pb2.OpenReviewResponse(),
        repeat=MADE,
    )

    assert isinstance(asked[1], review_pb2.OpenReviewRequest)
    assert asked[1].case_etag == "9"


async def test_the_etag_of_a_lesson_is_found_among_those_of_its_review(tmp_path: Path) -> None:
    lessons = [review_pb2.Lesson(lesson_id=name, etag=f"of {name}") for name in ("a", "b")]

    asked = await run(
        tmp_path,
        review_pb2.CloseLessonRequest(lesson_id="b", proof="done"),
        review_pb2.ListLessonsResponse(lessons=lessons),
        review_pb2.CloseLessonResponse(),
        repeat=Repeat("", "", review_pb2.ListLessonsRequest(review_id="r")),
    )

    assert isinstance(asked[1], review_pb2.CloseLessonRequest)
    assert asked[1].etag == "of b"


async def test_a_write_is_not_sent_when_its_object_is_not_where_it_should_be(
    tmp_path: Path,
) -> None:
    with pytest.raises(UsageError):
        await run(
            tmp_path,
            review_pb2.CloseLessonRequest(lesson_id="b", proof="done"),
            review_pb2.ListLessonsResponse(),
            repeat=Repeat("", "", review_pb2.ListLessonsRequest(review_id="r")),
        )


async def test_all_pages_of_a_list_are_one_answer(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = case_pb2.ListCasesResponse(cases=[make_case("1")], next_page_token=MORE)
    second = case_pb2.ListCasesResponse(cases=[make_case("2")])

    asked = await run(
        tmp_path,
        case_pb2.ListCasesRequest(),
        first,
        second,
        output="json",
        pages=Pages(size=1, token="", all=True),
    )

    document = json.loads(capsys.readouterr().out)
    assert [case["etag"] for case in document["cases"]] == ["1", "2"]
    assert document["next_page_token"] == ""
    assert isinstance(asked[1], case_pb2.ListCasesRequest)
    assert asked[1].page_token == MORE


async def test_one_page_of_a_list_keeps_the_token_of_the_next(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = case_pb2.ListCasesResponse(cases=[make_case("1")], next_page_token=MORE)

    await run(
        tmp_path,
        case_pb2.ListCasesRequest(),
        page,
        output="json",
        pages=Pages(size=1, token="", all=False),
    )

    assert json.loads(capsys.readouterr().out)["next_page_token"] == MORE


async def test_json_names_fields_as_the_protos_do_and_keeps_zero_values(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    alarm = alarm_pb2.Alarm(alarm_id="a", flags=[alarm_pb2.ALARM_FLAG_LOCATION_MISSING])

    await run(
        tmp_path,
        alarm_pb2.GetAlarmRequest(alarm_id="a"),
        alarm_pb2.GetAlarmResponse(alarm=alarm),
        output="json",
    )

    document = json.loads(capsys.readouterr().out)["alarm"]
    assert document["flags"] == ["ALARM_FLAG_LOCATION_MISSING"]
    assert document["is_serious"] is False
    assert document["unit_id"] == ""
    assert "longitude" not in document


async def test_a_table_shows_states_as_words_and_whole_ids(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = case_pb2.ListCasesResponse(cases=[make_case("1")])

    await run(tmp_path, case_pb2.ListCasesRequest(), page, pages=Pages(25, "", all=False))

    shown = capsys.readouterr().out
    assert CASE_ID in shown
    assert "reported" in shown


async def test_an_empty_list_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    await run(tmp_path, case_pb2.ListCasesRequest(), case_pb2.ListCasesResponse())

    assert "no cases" in capsys.readouterr().out
