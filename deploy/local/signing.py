"""The key of the development issuer and the tokens it signs.

Source of header and claims: RFC 9068 (JWT profile for access tokens).
"""

import json
import time
import uuid
from collections.abc import Callable
from pathlib import Path

from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, KeySetSerialization

from deploy.local.accounts import Account
from deploy.local.folder import write_secret

ALGORITHM = "ES256"
AUDIENCE = "jointops"
# RFC 9068 wants the client named; every client of the local platform is the same.
CLIENT = "jointops-local"
LIFETIME_SECONDS = 3600


class Signer:
    """Signs access tokens with the key of one folder, made the first time."""

    def __init__(self, folder: Path, *, issuer: str, now: Callable[[], float] = time.time) -> None:
        self._issuer = issuer
        self._now = now
        self._key = _keep_key(folder / "key.json")

    def key_set(self) -> KeySetSerialization:
        """Return the public key as a JSON Web Key Set."""
        return KeySet([self._key]).as_dict(private=False, use="sig", alg=ALGORITHM)

    def sign(self, account: Account) -> str:
        """Return a token that lets a person act for an hour."""
        header = {"alg": ALGORITHM, "typ": "at+jwt", "kid": self._key.thumbprint()}
        issued_at = int(self._now())
        claims = {
            "iss": self._issuer,
            "aud": AUDIENCE,
            "sub": account.person_id,
            "client_id": CLIENT,
            "iat": issued_at,
            "nbf": issued_at,
            "exp": issued_at + LIFETIME_SECONDS,
            "jti": str(uuid.uuid4()),
            "roles": list(account.roles),
            "station": account.station,
        }
        return jwt.encode(header, claims, self._key, algorithms=[ALGORITHM])


def _keep_key(file: Path) -> ECKey:
    if not file.exists():
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        made = ECKey.generate_key("P-256", private=True)
        write_secret(file, json.dumps(made.as_dict(private=True)))
    return ECKey.import_key(json.loads(file.read_text(encoding="utf-8")))
