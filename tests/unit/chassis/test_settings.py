"""Settings: complete or not at all, secrets from files only."""

from pathlib import Path

import pytest

from chassis.settings import (
    ServiceSettings,
    SettingsError,
    load_settings,
    load_settings_or_exit,
)

COMPLETE = {
    "JOINTOPS_LISTEN": "127.0.0.1:0",
    "JOINTOPS_DATABASE_URL": "postgresql://station@127.0.0.1:5432/station",
    "JOINTOPS_NATS_URL": "nats://127.0.0.1:4222",
    "JOINTOPS_JWKS_URL": "http://127.0.0.1:8080/jwks.json",
    "JOINTOPS_ISSUER": "http://127.0.0.1:8080",
}


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """An environment that is complete."""
    for name, value in COMPLETE.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def test_every_missing_variable_is_named_at_once(environment: pytest.MonkeyPatch) -> None:
    for name in COMPLETE:
        environment.delenv(name)

    with pytest.raises(SettingsError) as caught:
        load_settings(ServiceSettings)

    assert str(caught.value).splitlines() == [
        "The configuration is not complete:",
        "  JOINTOPS_LISTEN: field required",
        "  JOINTOPS_DATABASE_URL: field required",
        "  JOINTOPS_NATS_URL: field required",
        "  JOINTOPS_JWKS_URL: field required",
        "  JOINTOPS_ISSUER: field required",
    ]


def test_missing_variable_ends_the_process_with_its_name(
    environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    environment.delenv("JOINTOPS_ISSUER")

    with pytest.raises(SystemExit) as caught:
        load_settings_or_exit(ServiceSettings)

    assert caught.value.code == 2
    assert "JOINTOPS_ISSUER: field required" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("JOINTOPS_ENVIRONMENT", "staging"),
        ("JOINTOPS_DATABASE_CONNECTIONS", "0"),
        ("JOINTOPS_DATABASE_CONNECTIONS", "many"),
        ("JOINTOPS_MOST_CALLS", "0"),
        ("JOINTOPS_TRACE_READ_RATIO", "1.1"),
        ("JOINTOPS_PARTS", "serve,relais"),
        ("JOINTOPS_PARTS", ""),
        ("JOINTOPS_DATABASE_PASSWORD_FILE", "/does/not/exist"),
        ("JOINTOPS_NATS_PASSWORD_FILE", "/"),
    ],
)
def test_wrong_variable_is_named(environment: pytest.MonkeyPatch, name: str, value: str) -> None:
    environment.setenv(name, value)

    with pytest.raises(SettingsError, match=name):
        load_settings(ServiceSettings)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("JOINTOPS_DATABASE_URL", "postgresql://station:hunter2@127.0.0.1/station"),
        ("JOINTOPS_DATABASE_URL", "postgresql://station@127.0.0.1/station?password=hunter2"),
        ("JOINTOPS_NATS_URL", "nats://service:hunter2@127.0.0.1:4222"),
    ],
)
def test_secret_in_an_address_is_refused_and_not_repeated(
    environment: pytest.MonkeyPatch, name: str, value: str
) -> None:
    environment.setenv(name, value)

    with pytest.raises(SettingsError, match=name) as caught:
        load_settings(ServiceSettings)

    assert "hunter2" not in str(caught.value)


def test_secret_is_read_from_its_file(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("hunter2\n")
    environment.setenv("JOINTOPS_DATABASE_PASSWORD_FILE", str(file))

    assert load_settings(ServiceSettings).database_password == "hunter2"


def test_secret_in_the_environment_is_not_read(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("JOINTOPS_DATABASE_PASSWORD", "hunter2")
    environment.setenv("JOINTOPS_NATS_PASSWORD", "hunter2")

    settings = load_settings(ServiceSettings)

    assert (settings.database_password, settings.nats_password) == (None, None)


def test_process_runs_only_the_parts_it_was_given(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("JOINTOPS_PARTS", "relay,consume")

    settings = load_settings(ServiceSettings)

    assert [settings.runs(part) for part in ("serve", "relay", "consume")] == [False, True, True]
