"""What is checked in but made by a program is what the program makes now."""

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from tests.contract.repository import ROOT, read

BUF = str(Path(sys.executable).parent / "buf")
EVENTS = "jointops/station/v1/case_events.proto"


def load(script: str) -> ModuleType:
    """Load a script that is not part of a package."""
    spec = importlib.util.spec_from_file_location(Path(script).parent.name, ROOT / script)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def check(script: str) -> subprocess.CompletedProcess[str]:
    """Let a generator compare what is checked in with what it would write."""
    return subprocess.run(  # noqa: S603  # our own script
        [sys.executable, str(ROOT / script), "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("script", ["proto/generate.py", "docs/generate.py"])
def test_generated_files_are_current(script: str) -> None:
    checked = check(script)

    assert checked.returncode == 0, checked.stderr


def test_generated_code_is_stale_when_a_proto_changes(tmp_path: Path) -> None:
    generator = load("proto/generate.py")
    assert generator.generate(tmp_path, [EVENTS]) == 0
    made = tmp_path / "jointops/station/v1/case_events_pb2.py"
    made.write_text(made.read_text() + "# changed\n")

    outcome = generator.compare(tmp_path, ["jointops/station/v1"])

    assert outcome == 1


def test_validation_rules_are_those_of_the_locked_wheel() -> None:
    rendered = load("proto/third_party/render.py").render()

    assert read("proto/third_party/buf/validate/validate.proto") == rendered


def test_every_event_has_a_sentence_and_an_aggregate() -> None:
    facts = list(load("docs/generate.py").read_facts())

    assert len({fact.event_type for fact in facts}) == len(facts)
    assert [fact for fact in facts if not (fact.comment and fact.aggregate and fact.fields)] == []


def test_a_field_that_goes_breaks_the_baseline(tmp_path: Path) -> None:
    image = tmp_path / "changed.binpb"
    changed = tmp_path / "proto"
    for name in ("buf.yaml", "jointops", "third_party"):
        copy(ROOT / "proto" / name, changed / name)
    remove(changed / EVENTS, "  string alarm_id = 2;\n")
    buf(changed, "build", "--path", "jointops", "--output", str(image))

    outcome = buf(changed, "breaking", str(image), "--against", str(ROOT / "proto/baseline.binpb"))

    assert outcome.returncode != 0
    assert 'field "2" with name "alarm_id" on message "CaseReported" was deleted' in outcome.stdout


def copy(source: Path, target: Path) -> None:
    """Copy a file or a folder with what it holds."""
    for file in [source] if source.is_file() else source.rglob("*.proto"):
        place = target if source.is_file() else target / file.relative_to(source)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(file.read_bytes())


def remove(file: Path, line: str) -> None:
    """Take a line out of a file that has it."""
    text = file.read_text()
    assert line in text
    file.write_text(text.replace(line, ""))


def buf(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run buf."""
    return subprocess.run(  # noqa: S603  # the locked tool on a copy of our own files
        [BUF, *words], cwd=folder, capture_output=True, text=True, check=False
    )
