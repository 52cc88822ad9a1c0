"""The development issuer as a process: who gets a token, and what becomes of hostile input."""

import contextlib
import http.client
import json
import socket
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from chassis.errors import TokenRefusedError
from chassis.tokens import Tokens
from deploy.local import issuer
from deploy.local.child import Child, Program
from deploy.local.people import Person, make_people
from deploy.local.ports import LOOPBACK, accepts, pick_port
from tests.integration.local.processes import wait_until

pytestmark = pytest.mark.integration
JSON = {"Content-Type": "application/json"}


@dataclass
class Running:
    """An issuer that runs, and the people it knows."""

    port: int
    people: tuple[Person, ...]
    log: Path

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> tuple[int, dict[str, Any], dict[str, str]]:
        """Return code, document and headers of an answer."""
        connection = http.client.HTTPConnection(LOOPBACK, self.port, timeout=5)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read()), dict(answer.getheaders())
        finally:
            connection.close()

    def sign_in(self, person_id: str, secret: str) -> tuple[int, dict[str, Any], dict[str, str]]:
        """Ask for a token."""
        body = json.dumps({"person_id": person_id, "secret": secret}).encode()
        return self.ask("POST", "/token", body, JSON)


def answers(running: Running) -> bool:
    """Tell whether a request is answered and not turned away."""
    with contextlib.suppress(ConnectionError):
        return running.ask("GET", "/healthz")[0] == 200
    return False


@pytest.fixture(name="running", scope="module")
def running_issuer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Run an issuer with people of its own."""
    folder = tmp_path_factory.mktemp("issuer")
    people = make_people(folder)
    port = pick_port()
    options = ("--folder", str(folder / "issuer"), "--port", str(port))
    program = Program("issuer", (sys.executable, "-m", "deploy.local.issuer", *options))
    child = Child.start(program, log=folder / "issuer.log")
    try:
        child.wait_until(lambda: accepts(port), timeout_seconds=20)
        yield Running(port, people, folder / "issuer.log")
    finally:
        child.stop()
    assert child.exit_code == 0


async def test_token_is_accepted_by_the_services(running: Running) -> None:
    person = running.people[0]
    code, document, _ = running.sign_in(person.person_id, person.secret)
    url = issuer.address(running.port)
    tokens = Tokens(jwks_url=f"{url}/.well-known/jwks.json", issuer=url, audience="jointops")

    caller = await tokens.authenticate(f"Bearer {document['access_token']}")

    assert code == 200
    assert (document["token_type"], document["expires_in"]) == ("Bearer", 3600)
    assert (caller.person_id, caller.station) == (person.person_id, "jinqiao")
    assert [role.value for role in caller.roles] == list(person.roles)


async def test_token_for_another_audience_is_refused_by_the_services(running: Running) -> None:
    person = running.people[0]
    _, document, _ = running.sign_in(person.person_id, person.secret)
    url = issuer.address(running.port)
    tokens = Tokens(jwks_url=f"{url}/.well-known/jwks.json", issuer=url, audience="other")

    with pytest.raises(TokenRefusedError):
        await tokens.authenticate(f"Bearer {document['access_token']}")


def test_answer_with_a_token_is_not_stored(running: Running) -> None:
    person = running.people[0]

    _, _, headers = running.sign_in(person.person_id, person.secret)

    assert headers["Cache-Control"] == "no-store"


def test_wrong_secret_and_unknown_person_get_the_same_answer(running: Running) -> None:
    wrong = running.sign_in(running.people[1].person_id, "wrong")
    unknown = running.sign_in("nobody-0000", "wrong")

    assert wrong[:2] == unknown[:2] == (401, {"error": "secret_wrong"})


def test_sixth_wrong_secret_waits_even_when_it_is_right(running: Running) -> None:
    person, other = running.people[2], running.people[3]

    codes = [running.sign_in(person.person_id, "wrong")[0] for _ in range(6)]
    code, document, headers = running.sign_in(person.person_id, person.secret)

    assert codes == [401, 401, 401, 401, 401, 429]
    assert (code, document) == (429, {"error": "too_many_attempts"})
    assert 0 < int(headers["Retry-After"]) <= 60
    assert running.sign_in(other.person_id, other.secret)[0] == 200


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        pytest.param(b"", "body_malformed", id="empty"),
        pytest.param(b"\xff\xfe", "body_malformed", id="not UTF-8"),
        pytest.param(b"[" * 4000, "body_malformed", id="deep"),
        pytest.param(b"9" * 4096, "person_id_malformed", id="long number"),
        pytest.param(b"[1]", "person_id_malformed", id="a list"),
        pytest.param(b"{}", "person_id_malformed", id="no fields"),
        pytest.param(b'{"person_id": 7}', "person_id_malformed", id="a number"),
        pytest.param(b'{"person_id": "a\\n\\n"}', "person_id_malformed", id="line ends"),
        pytest.param(b'{"person_id": "ab"}', "secret_malformed", id="no secret"),
        pytest.param(b'{"person_id": "ab", "secret": ""}', "secret_malformed", id="empty secret"),
    ],
)
def test_malformed_body_is_refused(running: Running, body: bytes, reason: str) -> None:
    code, document, _ = running.ask("POST", "/token", body, JSON)

    assert (code, document) == (400, {"error": reason})


def test_half_a_surrogate_pair_is_only_a_wrong_secret(running: Running) -> None:
    body = b'{"person_id": "surrogate-0000", "secret": "\\ud800"}'

    code, document, _ = running.ask("POST", "/token", body, JSON)

    assert (code, document) == (401, {"error": "secret_wrong"})


@pytest.mark.parametrize(
    ("headers", "code", "reason"),
    [
        ({"Content-Type": "text/plain", "Content-Length": "2"}, 415, "body_not_json"),
        (JSON | {"Content-Length": "-2"}, 411, "length_required"),
        (JSON | {"Content-Length": "two"}, 411, "length_required"),
        (JSON | {"Transfer-Encoding": "chunked"}, 411, "length_required"),
        (JSON | {"Content-Length": "4097"}, 413, "body_too_large"),
        (JSON | {"Content-Length": "9" * 9000}, 413, "body_too_large"),
    ],
    ids=["type", "negative", "word", "chunked", "too large", "nine thousand digits"],
)
def test_body_without_bounds_is_refused(
    running: Running, headers: dict[str, str], code: int, reason: str
) -> None:
    answer = running.ask("POST", "/token", None, headers)

    assert answer[:2] == (code, {"error": reason})


@pytest.mark.parametrize(
    ("method", "path", "code", "reason"),
    [
        ("GET", "/", 404, "path_unknown"),
        ("GET", "/../people.json", 404, "path_unknown"),
        ("GET", "/token", 405, "method_not_allowed"),
        ("POST", "/healthz", 405, "method_not_allowed"),
        ("DELETE", "/token", 501, "request_malformed"),
    ],
)
def test_unknown_route_is_refused(
    running: Running, method: str, path: str, code: int, reason: str
) -> None:
    answer = running.ask(method, path)

    assert answer[:2] == (code, {"error": reason})


def test_bytes_that_are_no_http_get_a_bounded_answer(running: Running) -> None:
    with socket.create_connection((LOOPBACK, running.port), 5) as connection:
        connection.sendall(b"\x16\x03\x01\x00\xff\r\n\r\n")

        answer = connection.recv(4096)

    assert b"Traceback" not in answer
    assert b"Python" not in answer


def test_answers_name_no_versions(running: Running) -> None:
    _, document, headers = running.ask("GET", "/healthz")

    assert headers["Server"] == "jointops"
    assert document == {"state": "serving"}


def test_log_holds_no_secret_and_no_stack_trace(running: Running) -> None:
    person = running.people[0]
    running.sign_in(person.person_id, person.secret)
    running.ask("POST", "/token", b"[" * 4000, JSON)

    text = running.log.read_text()

    assert "answered 200" in text
    assert "Traceback" not in text
    assert not [known.secret for known in running.people if known.secret in text]


def test_idle_connections_do_not_keep_others_out_for_ever(running: Running) -> None:
    with contextlib.ExitStack() as stack:
        for _ in range(issuer.IN_FLIGHT):
            stack.enter_context(socket.create_connection((LOOPBACK, running.port), 5))

        assert wait_until(lambda: answers(running), timeout_seconds=10)
