"""A folder of state: who holds it, and the secrets in it."""

import os
from pathlib import Path

import pytest

from deploy.local.errors import FolderInUseError
from deploy.local.folder import hold, keep_secret, write_secret


def test_folder_is_held_by_one_at_a_time(tmp_path: Path) -> None:
    with hold(tmp_path), pytest.raises(FolderInUseError, match=str(os.getpid())), hold(tmp_path):
        pass


def test_folder_is_free_again_afterwards(tmp_path: Path) -> None:
    with hold(tmp_path / "new"):
        pass

    with hold(tmp_path / "new"):
        assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700


def test_secret_is_generated_once(tmp_path: Path) -> None:
    first = keep_secret(tmp_path / "secret")

    assert len(first) == 43
    assert keep_secret(tmp_path / "secret") == first


def test_secret_is_replaced_as_a_whole_and_stays_private(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("old, longer and open to everybody")
    file.chmod(0o644)

    write_secret(file, "new")

    assert file.read_text() == "new"
    assert file.stat().st_mode & 0o777 == 0o600
    assert [entry.name for entry in tmp_path.iterdir()] == ["secret"]
