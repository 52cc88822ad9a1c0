"""The development token issuer: a person's id and secret against a signed token.

It stands in for an OpenID Connect provider on one machine and must not be used anywhere else. Run
as a process of its own: `python -m deploy.local.issuer --folder FOLDER --port PORT`.
"""

import argparse
import json
import logging
import math
import re
import signal
import sys
import threading
from collections.abc import Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socket import socket
from typing import Any, ClassVar

from deploy.local.accounts import Accounts, Throttle
from deploy.local.errors import LocalError
from deploy.local.ports import LOOPBACK
from deploy.local.signing import LIFETIME_SECONDS, Signer

BODY_BYTES = 4096
SECRET_LENGTH = 256
# Each holds a thread and, while a secret is checked, 16 MB.
IN_FLIGHT = 8
READ_TIMEOUT_SECONDS = 2
PERSON_ID = re.compile(r"[a-z0-9][a-z0-9._-]{1,63}")

log = logging.getLogger("issuer")


class RefusedError(Exception):
    """A request that gets no token: the answer's code, its reason and further headers."""

    def __init__(
        self, code: HTTPStatus, reason: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason
        self.headers = headers or {}


class Desk:
    """Gives tokens to people who know their secret."""

    def __init__(self, accounts: Accounts, signer: Signer, throttle: Throttle) -> None:
        self._accounts = accounts
        self._throttle = throttle
        self.signer = signer

    def issue(self, person_id: str, secret: str) -> str:
        """Return a token.

        Raises:
            RefusedError: The secret is wrong, the person unknown, or there were too many attempts.
        """
        wait_seconds = self._throttle.enter(person_id)
        if wait_seconds > 0:
            retry = {"Retry-After": str(math.ceil(wait_seconds))}
            raise RefusedError(HTTPStatus.TOO_MANY_REQUESTS, "too_many_attempts", retry)
        account = self._accounts.check(person_id, secret)
        if account is None:
            raise RefusedError(HTTPStatus.UNAUTHORIZED, "secret_wrong")
        self._throttle.leave(person_id)
        return self.signer.sign(account)


class Server(ThreadingHTTPServer):
    """The HTTP server; takes a bounded number of requests at a time."""

    daemon_threads = True

    def __init__(self, port: int, desk: Desk) -> None:
        super().__init__((LOOPBACK, port), Handler)
        self.desk = desk
        self._places = threading.BoundedSemaphore(IN_FLIGHT)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Start a thread for a request, or close the connection when all places are taken."""
        if not self._places.acquire(blocking=False):
            self.shutdown_request(request)
            return
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Answer a request and free its place."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._places.release()

    def handle_error(self, request: socket | tuple[bytes, socket], client_address: Any) -> None:
        """Note a connection that broke; the traceback would only repeat where."""
        del request, client_address
        log.warning("connection_broke: %s", type(sys.exception()).__name__)


class Handler(BaseHTTPRequestHandler):
    """Answers one request in JSON; never with a page, a version or a stack trace."""

    server: Server
    timeout = READ_TIMEOUT_SECONDS
    routes: ClassVar[dict[tuple[str, str], str]] = {
        ("GET", "/.well-known/jwks.json"): "_get_keys",
        ("GET", "/healthz"): "_get_health",
        ("POST", "/token"): "_post_token",
    }

    def do_GET(self) -> None:
        """Answer a GET request."""
        self._answer_route()

    def do_POST(self) -> None:
        """Answer a POST request."""
        self._answer_route()

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Refuse a request that HTTP itself does not allow."""
        del message, explain
        self._answer(HTTPStatus(code), {"error": "request_malformed"})

    def version_string(self) -> str:
        """Return the name of the server, without versions."""
        return "jointops"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - named by the base
        """Log nothing of what the client sent; `_answer` logs the code."""

    def _answer_route(self) -> None:
        try:
            body, headers = getattr(self, self._route())()
        except RefusedError as refusal:
            self._answer(refusal.code, {"error": refusal.reason}, refusal.headers)
        except OSError:
            # The client went away or was too slow; there is nobody to answer.
            self.close_connection = True
        except Exception:
            log.exception("request_failed")
            self._answer(HTTPStatus.INTERNAL_SERVER_ERROR, {"error": "internal"})
        else:
            self._answer(HTTPStatus.OK, body, headers)

    def _route(self) -> str:
        name = self.routes.get((self.command, self.path))
        if name is not None:
            return name
        allowed = [method for method, path in self.routes if path == self.path]
        if not allowed:
            raise RefusedError(HTTPStatus.NOT_FOUND, "path_unknown")
        raise RefusedError(
            HTTPStatus.METHOD_NOT_ALLOWED, "method_not_allowed", {"Allow": ", ".join(allowed)}
        )

    def _get_keys(self) -> tuple[dict[str, Any], dict[str, str]]:
        return {**self.server.desk.signer.key_set()}, {"Cache-Control": "public, max-age=300"}

    def _get_health(self) -> tuple[dict[str, Any], dict[str, str]]:
        return {"state": "serving"}, {"Cache-Control": "no-store"}

    def _post_token(self) -> tuple[dict[str, Any], dict[str, str]]:
        person_id, secret = credentials(self._read_body())
        token = self.server.desk.issue(person_id, secret)
        body = {"access_token": token, "token_type": "Bearer", "expires_in": LIFETIME_SECONDS}
        return body, {"Cache-Control": "no-store"}

    def _read_body(self) -> bytes:
        if self.headers.get_content_type() != "application/json":
            raise RefusedError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "body_not_json")
        length = self.headers.get("Content-Length", "")
        if "Transfer-Encoding" in self.headers or not (length.isascii() and length.isdigit()):
            raise RefusedError(HTTPStatus.LENGTH_REQUIRED, "length_required")
        # Compared by its digits first: a number of a thousand digits is slow to read.
        if len(length) > len(str(BODY_BYTES)) or int(length) > BODY_BYTES:
            raise RefusedError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "body_too_large")
        return self.rfile.read(int(length))

    def _answer(
        self, code: HTTPStatus, body: Mapping[str, Any], headers: Mapping[str, str] | None = None
    ) -> None:
        document = json.dumps(body).encode()
        self.close_connection = True
        self.send_response(code)
        common = {"Content-Type": "application/json", "Content-Length": str(len(document))}
        for name, value in (common | dict(headers or {})).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(document)
        log.info("answered %d", code)


def credentials(body: bytes) -> tuple[str, str]:
    """Read person and secret from the body of a request.

    Raises:
        RefusedError: The body is anything but an object with these two.
    """
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        raise RefusedError(HTTPStatus.BAD_REQUEST, "body_malformed") from None
    fields = document if isinstance(document, dict) else {}
    person_id, secret = fields.get("person_id"), fields.get("secret")
    if not isinstance(person_id, str) or PERSON_ID.fullmatch(person_id) is None:
        raise RefusedError(HTTPStatus.BAD_REQUEST, "person_id_malformed")
    if not isinstance(secret, str) or not 0 < len(secret) <= SECRET_LENGTH:
        raise RefusedError(HTTPStatus.BAD_REQUEST, "secret_malformed")
    return person_id, secret


def main() -> None:
    """Serve until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(
        prog="python -m deploy.local.issuer",
        description="The development token issuer. Only for one machine and made-up people.",
    )
    parser.add_argument("--folder", type=Path, required=True, help="its accounts and its key")
    parser.add_argument("--port", type=int, required=True, help="port on the loopback address")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    signal.signal(signal.SIGINT, lambda *_: sys.exit(0))
    try:
        serve(options.folder, options.port)
    except LocalError as error:
        sys.exit(str(error))


def serve(folder: Path, port: int) -> None:
    """Answer requests until the process is asked to end."""
    signer = Signer(folder, issuer=address(port))
    with Server(port, Desk(Accounts.load(folder), signer, Throttle())) as server:
        server.serve_forever(poll_interval=0.1)


def address(port: int) -> str:
    """Return the address of an issuer, which is also its name in tokens."""
    return f"http://{LOOPBACK}:{port}"


if __name__ == "__main__":
    main()
