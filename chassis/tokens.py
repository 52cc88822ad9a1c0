"""Verifies tokens: who calls, and as what. Keys come from the issuer's JWKS and nowhere else.

A token is verified once and remembered until it expires; the signature check costs more than the
rest of a command's pipeline. Source of the claims: RFC 9068 (JWT profile for access tokens).
"""

import asyncio
import json
import re
import time
import urllib.request
from typing import Any

from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from chassis.call import Caller
from chassis.errors import StoreUnavailableError, TokenMissingError, TokenRefusedError
from chassis.roles import Role

_ALGORITHMS = ["ES256", "EdDSA"]
_TYPE = "at+jwt"
_REMEMBERED_COUNT = 4096
_FETCH_TIMEOUT_SECONDS = 3.0
# An unknown key id asks the issuer again, but not more often than this: anybody can send one.
_FETCH_PAUSE_SECONDS = 5.0
_RETRY_PAUSE_SECONDS = 1.0
# What a hostile header, body or key set makes of the parsers behind it.
_FAULTS = (JoseError, ValueError, TypeError, KeyError, AttributeError, RecursionError)
# A station is a token of a subject, and nobody else's.
_STATION = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
_BEARER = "Bearer "
_UNREACHABLE = "The token issuer cannot be reached; try again."


class Tokens:
    """Turns the `authorization` of a call into its caller."""

    def __init__(self, *, jwks_url: str, issuer: str, audience: str) -> None:
        self._jwks_url = jwks_url
        self._claims = jwt.JWTClaimsRegistry(
            iss={"essential": True, "value": issuer},
            aud={"essential": True, "value": audience},
            sub={"essential": True},
            exp={"essential": True},
            station={"essential": True},
            roles={"essential": True},
        )
        self._keys = KeySet([])
        self._fetch_at = float("-inf")
        self._is_reachable = True
        self._fetching = asyncio.Lock()
        self._remembered: dict[str, tuple[Caller, float]] = {}

    async def authenticate(self, authorization: str | None) -> Caller:
        """Return the person behind the header `authorization: Bearer ...`.

        Raises:
            TokenMissingError: There is no such header.
            TokenRefusedError: The token is expired, foreign, forged or for somebody else.
        """
        if authorization is None or not authorization.startswith(_BEARER):
            raise TokenMissingError("The call carries no token; sign in first.")
        known = self._remembered.get(authorization)
        if known is not None and known[1] > time.time():
            return known[0]
        claims = await self._verify(authorization.removeprefix(_BEARER))
        caller = _caller(claims)
        if len(self._remembered) >= _REMEMBERED_COUNT:
            self._remembered.clear()
        self._remembered[authorization] = (caller, float(claims["exp"]))
        return caller

    async def _verify(self, token: str) -> dict[str, Any]:
        try:
            keys = self._keys
            try:
                decoded = jwt.decode(token, keys, algorithms=_ALGORITHMS)
            except InvalidKeyIdError:
                # The key may be newer than what we hold: a rotation needs no restart.
                if not await self._fetch(keys):
                    raise
                decoded = jwt.decode(token, self._keys, algorithms=_ALGORITHMS)
            self._claims.validate(decoded.claims)
        except _FAULTS as cause:
            raise _refused() from cause
        if decoded.header.get("typ") != _TYPE:
            raise _refused()
        return dict(decoded.claims)

    async def _fetch(self, known: KeySet) -> bool:
        """Fetch the issuer's keys; return whether there is anything else than what is known.

        One call fetches; those that come meanwhile wait for what it brings.
        """
        async with self._fetching:
            if self._keys is not known:
                return True
            now = time.monotonic()
            if now < self._fetch_at:
                if not self._is_reachable:
                    raise StoreUnavailableError(_UNREACHABLE)
                return False
            try:
                document = await asyncio.to_thread(_read, self._jwks_url)
                self._keys = KeySet.import_key_set(document)
            except (OSError, *_FAULTS) as cause:
                self._is_reachable = False
                self._fetch_at = now + _RETRY_PAUSE_SECONDS
                raise StoreUnavailableError(_UNREACHABLE) from cause
            self._is_reachable = True
            self._fetch_at = now + _FETCH_PAUSE_SECONDS
            return True


def _caller(claims: dict[str, Any]) -> Caller:
    """Read the caller from verified claims; roles we do not know give no rights."""
    known = {role.value for role in Role}
    station, roles = claims["station"], claims["roles"]
    if not isinstance(roles, list) or not isinstance(station, str) or "\0" in claims["sub"]:
        raise _refused()
    if _STATION.fullmatch(station) is None:
        raise _refused()
    return Caller(
        person_id=claims["sub"],
        station=station,
        roles=frozenset(Role(role) for role in roles if isinstance(role, str) and role in known),
    )


def _refused() -> TokenRefusedError:
    return TokenRefusedError("The token is expired, foreign or not meant for this platform.")


def _read(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=_FETCH_TIMEOUT_SECONDS) as answer:  # noqa: S310  # from configuration
        return json.load(answer)
