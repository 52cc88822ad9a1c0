"""Tokens: asked of the issuer with a person's secret, kept in memory or in the session file.

`session.json` in the run folder holds the person and the token of `jointops login`, never the
secret; only its owner can read it.
"""

import base64
import binascii
import http.client
import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from services.console.errors import ConsoleError, Exit, NotSignedInError, PlatformDownError
from services.console.people import Person

# A token is renewed this long before it expires: longer than any call.
EARLY_SECONDS = 60.0
TIMEOUT_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Session:
    """Who is signed in; the claims are shown, and trusted by nobody but the services."""

    token: str = field(repr=False)
    person_id: str
    roles: tuple[str, ...]
    station: str
    expires_at: datetime

    def is_fresh(self, now: float) -> bool:
        """Tell whether the token still carries a call."""
        return self.expires_at.timestamp() - EARLY_SECONDS > now


class Desk:
    """Signs people in at one issuer and remembers their tokens until shortly before expiry."""

    def __init__(self, issuer: str, now: Callable[[], float] = time.time) -> None:
        self._issuer = issuer
        self._now = now
        self._sessions: dict[str, Session] = {}

    def sign_in(self, person: Person) -> Session:
        """Return a session of a person, a remembered one while it is fresh.

        Raises:
            NotSignedInError: The issuer does not take the secret.
            PlatformDownError: There is no issuer.
        """
        session = self._sessions.get(person.person_id)
        if session is None or not session.is_fresh(self._now()):
            session = read_token(ask_token(self._issuer, person.person_id, person.secret))
            self._sessions[person.person_id] = session
        return session


def ask_token(issuer: str, person_id: str, secret: str) -> str:
    """Exchange a secret for a token.

    Raises:
        NotSignedInError: The issuer does not take the secret.
        PlatformDownError: There is no issuer.
    """
    body = json.dumps({"person_id": person_id, "secret": secret})
    code, answer = _post(issuer, "/token", body)
    if code == HTTPStatus.OK and "access_token" in answer:
        return str(answer["access_token"])
    if code == HTTPStatus.TOO_MANY_REQUESTS:
        raise ConsoleError(
            f"The issuer lets {person_id} try no more for now.",
            advice="稍候再试 Wait a minute and sign in again.",
            code=Exit.REFUSED,
        )
    if code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise PlatformDownError(f"The issuer {issuer} failed.")
    raise NotSignedInError(f"The issuer does not let {person_id} in: {answer.get('error', code)}.")


def read_token(token: str) -> Session:
    """Read who a token is for; its signature is for the services to check.

    Raises:
        NotSignedInError: It is no token.
    """
    try:
        payload = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return Session(
            token=token,
            person_id=claims["sub"],
            roles=tuple(claims["roles"]),
            station=claims["station"],
            expires_at=datetime.fromtimestamp(claims["exp"], UTC),
        )
    except (IndexError, KeyError, TypeError, ValueError, binascii.Error) as cause:
        raise NotSignedInError(
            "What the issuer gave, or the session holds, is no token."
        ) from cause


def keep_session(folder: Path, session: Session) -> Path:
    """Write the session file, readable by its owner only; whole or not at all."""
    file = _session_file(folder)
    draft = file.with_name(f".{file.name}.draft")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        json.dump({"person_id": session.person_id, "token": session.token}, stream)
    draft.replace(file)
    return file


def load_session(folder: Path, now: Callable[[], float] = time.time) -> Session:
    """Return who is signed in.

    Raises:
        NotSignedInError: Nobody is, or not any more.
    """
    try:
        kept = json.loads(_session_file(folder).read_text(encoding="utf-8"))
        session = read_token(kept["token"])
    except (OSError, ValueError, KeyError, TypeError):
        raise NotSignedInError("Nobody is signed in.") from None
    if not session.is_fresh(now()):
        raise NotSignedInError(f"The session of {session.person_id} has ended.")
    return session


def _session_file(folder: Path) -> Path:
    return folder / "session.json"


def _post(issuer: str, path: str, body: str) -> tuple[HTTPStatus, dict[str, Any]]:
    parts = urlsplit(issuer)
    is_secure = parts.scheme == "https"
    kind = http.client.HTTPSConnection if is_secure else http.client.HTTPConnection
    connection = kind(parts.netloc, timeout=TIMEOUT_SECONDS)
    try:
        connection.request(
            "POST", parts.path.rstrip("/") + path, body, {"Content-Type": "application/json"}
        )
        response = connection.getresponse()
        answer = json.loads(response.read())
        return HTTPStatus(response.status), answer if isinstance(answer, dict) else {}
    except (OSError, ValueError, http.client.HTTPException) as cause:
        raise PlatformDownError(
            f"The issuer {issuer or 'is not named and'} cannot be reached."
        ) from cause
    finally:
        connection.close()
