"""Names that a second run finds again."""

from pathlib import Path
from uuid import UUID

from chassis.traceparent import format_traceparent, parse_traceparent
from services.console.demo.names import keep_seed, request_id, trace_of


def test_a_request_id_is_a_uuid_of_version_four() -> None:
    made = UUID(request_id("seed", "7303184", "report"))

    assert made.version == 4
    assert made.variant == "specified in RFC 4122"


def test_the_same_step_has_the_same_request_id() -> None:
    assert request_id("seed", "1", "report") == request_id("seed", "1", "report")


def test_other_steps_calls_and_run_folders_have_other_request_ids() -> None:
    made = {
        request_id("seed", "1", "report"),
        request_id("seed", "1", "dispatch"),
        request_id("seed", "2", "report"),
        request_id("other", "1", "report"),
        request_id("seed", "1r", "eport"),
    }

    assert len(made) == 5


def test_a_trace_is_a_valid_sampled_traceparent() -> None:
    place = trace_of("seed", "7303184")

    assert parse_traceparent(format_traceparent(place)) == place
    assert place.is_sampled


def test_a_seed_is_kept_for_its_owner_only(tmp_path: Path) -> None:
    folder = tmp_path / "run"

    first, second = keep_seed(folder), keep_seed(folder)

    assert first == second
    assert (folder / "demo-seed").stat().st_mode & 0o777 == 0o600
