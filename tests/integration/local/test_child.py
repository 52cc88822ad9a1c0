"""One child process: its log, its end, and what happens when it does not want to end."""

import sys
from pathlib import Path

import psutil
import pytest

from deploy.local import child
from deploy.local.child import Child, Program
from deploy.local.errors import StartFailedError
from tests.integration.local.processes import wait_until

pytestmark = pytest.mark.integration
STUBBORN = (
    "import signal, subprocess, sys\n"
    "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
    "print('deaf', flush=True)\n"
    "signal.pause()\n"
)


def start(folder: Path, script: str) -> Child:
    """Start a script that logs to the folder."""
    return Child.start(Program("script", (sys.executable, "-c", script)), log=folder / "log")


def test_report_ends_with_the_last_twenty_lines(tmp_path: Path) -> None:
    script = start(tmp_path, "for n in range(30): print('line', n)\nraise SystemExit(3)")

    with pytest.raises(StartFailedError) as caught:
        script.wait_until(lambda: False, timeout_seconds=10)

    lines = str(caught.value).splitlines()
    assert lines[0] == "script ended with 3."
    assert lines[1:] == [f"    line {number}" for number in range(10, 30)]


def test_program_that_is_never_ready_is_reported(tmp_path: Path) -> None:
    script = start(tmp_path, "import time; time.sleep(600)")

    with pytest.raises(StartFailedError, match=r"was not ready in 0\.1 s"):
        script.wait_until(lambda: False, timeout_seconds=0.1)

    script.stop()
    assert script.exit_code == -15


def test_stop_kills_a_deaf_program_and_its_children(tmp_path: Path) -> None:
    script = start(tmp_path, STUBBORN)
    assert wait_until(lambda: "deaf" in script.tail())
    grandchildren = psutil.Process(script.pid).children()

    script.stop(timeout_seconds=0.2)

    assert script.ending() == "was killed by SIGKILL"
    assert len(grandchildren) == 1
    assert wait_until(lambda: not grandchildren[0].is_running())


def test_stop_of_a_program_that_ended_changes_nothing(tmp_path: Path) -> None:
    script = start(tmp_path, "pass")
    script.wait(timeout_seconds=10)

    script.stop()

    assert script.ending() == "ended with 0"


def test_program_that_cannot_be_run_is_reported(tmp_path: Path) -> None:
    with pytest.raises(StartFailedError, match="No such file or directory"):
        child.run(Program("none", ("/no/such/program",)), log=tmp_path / "log", timeout_seconds=10)


def test_program_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    program = Program("slow", (sys.executable, "-c", "import time; time.sleep(600)"))

    with pytest.raises(StartFailedError, match=r"slow did not end in 0\.2 s"):
        child.run(program, log=tmp_path / "log", timeout_seconds=0.2)
