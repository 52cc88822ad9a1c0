"""The files of the repository, for the rules that hold for all of them."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SERVICES = ("station", "intel", "tech", "ops")


def tracked_files(*suffixes: str) -> list[str]:
    """Return what git tracks and what it would track, without what is generated from protos."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],  # noqa: S607  # the git of whoever works here
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    return sorted(
        name
        for name in set(listed)
        if name.endswith(suffixes or "")
        if not name.startswith("proto/gen/") and (ROOT / name).is_file()
    )


def area_folders() -> list[Path]:
    """Return the folder of every area: a part of a service that has a domain."""
    return sorted(
        file.parent for name in SERVICES for file in (ROOT / "services" / name).glob("*/domain.py")
    )


def area_name(folder: Path) -> str:
    """Return an area as `station.casefile`."""
    return f"{folder.parent.name}.{folder.name}"


def read(name: str) -> str:
    """Return the text of a file; one that is not text has none."""
    try:
        return (ROOT / name).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""
