"""Tokens: what is believed, what is refused, and how new keys are learnt."""

import asyncio
import base64
import hmac
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from chassis.call import Caller
from chassis.errors import StoreUnavailableError, TokenMissingError, TokenRefusedError
from chassis.roles import Role
from chassis.tokens import Tokens

ISSUER = "https://issuer.test"
KEY = ECKey.generate_key("P-256", {"use": "sig", "kid": "first"})
NEXT_KEY = ECKey.generate_key("P-256", {"use": "sig", "kid": "second"})
HEADER = {"alg": "ES256", "typ": "at+jwt", "kid": "first"}


def publish(folder: Path, *keys: ECKey) -> None:
    """Publish keys as the issuer does."""
    public = [key.as_dict(private=False) for key in keys]
    (folder / "jwks.json").write_text(json.dumps({"keys": public}))


@pytest.fixture
def tokens(tmp_path: Path) -> Tokens:
    """A verifier whose issuer publishes one key."""
    publish(tmp_path, KEY)
    return verifier(tmp_path)


def verifier(folder: Path) -> Tokens:
    url = (folder / "jwks.json").as_uri()
    return Tokens(jwks_url=url, issuer=ISSUER, audience="jointops")


def claims(**changes: Any) -> dict[str, Any]:
    """Make the claims of an analyst on duty."""
    now = datetime.now(UTC)
    usual = {
        "iss": ISSUER,
        "aud": "jointops",
        "sub": "intel_analyst-1",
        "station": "jinqiao",
        "roles": ["intel_analyst"],
        "iat": now,
        "exp": now + timedelta(hours=1),
    }
    return {name: value for name, value in (usual | changes).items() if value is not None}


def bearer(header: dict[str, str] | None = None, key: Any = KEY, **changes: Any) -> str:
    """Sign a token and make the header of a call from it."""
    algorithms = ["ES256", "RS256"]
    token = jwt.encode(header or HEADER, claims(**changes), key, algorithms=algorithms)
    return f"Bearer {token}"


async def test_caller_is_who_the_token_names(tokens: Tokens) -> None:
    caller = await tokens.authenticate(bearer())

    assert caller == Caller("intel_analyst-1", "jinqiao", frozenset({Role.INTEL_ANALYST}))


async def test_roles_that_nobody_knows_give_no_rights(tokens: Tokens) -> None:
    caller = await tokens.authenticate(bearer(roles=["chief", "commander", {"a": 1}, 7]))

    assert caller.roles == frozenset({Role.COMMANDER})


@pytest.mark.parametrize("authorization", [None, "", "Basic YTpi", "bearer x", "Bearer"])
async def test_call_without_token_is_told_so(tokens: Tokens, authorization: str | None) -> None:
    with pytest.raises(TokenMissingError):
        await tokens.authenticate(authorization)


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"exp": datetime.now(UTC) - timedelta(seconds=1)}, id="expired"),
        pytest.param({"exp": None}, id="never_expires"),
        pytest.param({"exp": True}, id="exp_is_no_time"),
        pytest.param({"nbf": datetime.now(UTC) + timedelta(minutes=1)}, id="not_yet_valid"),
        pytest.param({"iss": "https://other.test"}, id="foreign_issuer"),
        pytest.param({"iss": None}, id="no_issuer"),
        pytest.param({"aud": "other"}, id="other_audience"),
        pytest.param({"aud": ["a", "b"]}, id="other_audiences"),
        pytest.param({"aud": None}, id="no_audience"),
        pytest.param({"sub": ""}, id="nobody"),
        pytest.param({"sub": "a\0b"}, id="unstorable_person"),
        pytest.param({"station": ["jinqiao"]}, id="list_of_stations"),
        pytest.param({"station": "*"}, id="station_is_a_wildcard"),
        pytest.param({"station": "jinqiao.ops"}, id="station_is_two_tokens"),
        pytest.param({"roles": "commander"}, id="roles_are_no_list"),
        pytest.param({"roles": None}, id="no_roles"),
    ],
)
async def test_token_is_refused_when_its_claims_are_not_right(
    tokens: Tokens, changes: dict[str, Any]
) -> None:
    with pytest.raises(TokenRefusedError):
        await tokens.authenticate(bearer(**changes))


@pytest.mark.parametrize("kind", ["JWT", "", "dpop+jwt"])
async def test_token_of_another_type_is_refused(tokens: Tokens, kind: str) -> None:
    with pytest.raises(TokenRefusedError):
        await tokens.authenticate(bearer(HEADER | {"typ": kind}))


def forged(algorithm: str, secret: bytes) -> str:
    """Make a token by hand, for a library refuses to."""
    body = claims(iat=None, exp=datetime.now(UTC).timestamp() + 3600)
    parts = (json.dumps(part).encode() for part in (HEADER | {"alg": algorithm}, body))
    signed = b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in parts)
    signature = hmac.digest(secret, signed, "sha256") if secret else b""
    encoded = base64.urlsafe_b64encode(signature).rstrip(b"=")
    return f"Bearer {(signed + b'.' + encoded).decode()}"


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", ""])
async def test_token_without_signature_is_refused(tokens: Tokens, algorithm: str) -> None:
    with pytest.raises(TokenRefusedError):
        await tokens.authenticate(forged(algorithm, b""))


@pytest.mark.parametrize("encoding", ["PEM", "DER"])
async def test_public_key_is_no_shared_secret(
    tokens: Tokens, encoding: Literal["PEM", "DER"]
) -> None:
    with pytest.raises(TokenRefusedError):
        await tokens.authenticate(forged("HS256", KEY.as_bytes(encoding, private=False)))


async def test_strong_algorithm_that_is_not_on_the_list_is_refused(tokens: Tokens) -> None:
    key = RSAKey.generate_key(2048, {"kid": "first"})

    with pytest.raises(TokenRefusedError):
        await tokens.authenticate(bearer(HEADER | {"alg": "RS256"}, key=key))


async def test_signature_of_another_key_under_a_known_id_is_refused(tokens: Tokens) -> None:
    with pytest.raises(TokenRefusedError):
        await tokens.authenticate(bearer(key=NEXT_KEY))


async def test_remembered_token_is_refused_once_it_has_expired(
    tokens: Tokens, monkeypatch: pytest.MonkeyPatch
) -> None:
    authorization = bearer()
    await tokens.authenticate(authorization)

    later = datetime.now(UTC).timestamp() + 3601
    monkeypatch.setattr("time.time", lambda: later)

    with pytest.raises(TokenRefusedError):
        await tokens.authenticate(authorization)


async def test_new_key_is_learnt_without_a_restart(
    tokens: Tokens, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chassis.tokens._FETCH_PAUSE_SECONDS", 0)
    await tokens.authenticate(bearer())

    publish(tmp_path, KEY, NEXT_KEY)
    caller = await tokens.authenticate(bearer(HEADER | {"kid": "second"}, key=NEXT_KEY))

    assert caller.person_id == "intel_analyst-1"


async def test_every_caller_is_known_when_all_come_before_the_keys(tmp_path: Path) -> None:
    publish(tmp_path, KEY)
    tokens = verifier(tmp_path)
    arriving = (bearer(sub=f"intel_analyst-{number}") for number in range(20))

    callers = await asyncio.gather(*(tokens.authenticate(each) for each in arriving))

    assert len({caller.person_id for caller in callers}) == 20


async def test_issuer_is_not_asked_again_and_again_for_ids_that_do_not_exist(
    tokens: Tokens, tmp_path: Path
) -> None:
    await tokens.authenticate(bearer())

    publish(tmp_path, KEY, NEXT_KEY)

    with pytest.raises(TokenRefusedError):
        await tokens.authenticate(bearer(HEADER | {"kid": "second"}, key=NEXT_KEY))


@pytest.mark.parametrize(
    "document", ["", "<html>", "[]", "{}", '{"keys": []}', '{"keys": ["x"]}', '{"keys": 5}']
)
async def test_call_may_be_repeated_when_the_issuer_publishes_nonsense(
    tmp_path: Path, document: str
) -> None:
    (tmp_path / "jwks.json").write_text(document)

    with pytest.raises(StoreUnavailableError):
        await verifier(tmp_path).authenticate(bearer())


async def test_issuer_that_was_away_is_asked_again_after_a_moment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens = verifier(tmp_path)
    for _ in range(2):
        with pytest.raises(StoreUnavailableError):
            await tokens.authenticate(bearer())

    publish(tmp_path, KEY)
    monkeypatch.setattr(tokens, "_fetch_at", float("-inf"))

    assert (await tokens.authenticate(bearer())).station == "jinqiao"


async def test_absent_issuer_is_not_asked_by_every_call(tmp_path: Path) -> None:
    tokens = verifier(tmp_path)
    with pytest.raises(StoreUnavailableError):
        await tokens.authenticate(bearer())

    publish(tmp_path, KEY)

    with pytest.raises(StoreUnavailableError):
        await tokens.authenticate(bearer())


def nested(depth: int) -> str:
    """Make a token whose header is a list in a list in a list."""
    header = base64.urlsafe_b64encode(b"[" * depth).decode()
    return f"{header}.e30.e30"


@pytest.mark.parametrize(
    "token",
    ["x", "..", "a.b.c", "a.b.c.d.e", "e30.e30.e30", "\xff.\u4e2d.x", nested(11_000)],
    ids=["word", "dots", "three", "five", "empty_objects", "not_ascii", "deeply_nested"],
)
async def test_garbage_is_refused(tokens: Tokens, token: str) -> None:
    with pytest.raises(TokenRefusedError):
        await tokens.authenticate(f"Bearer {token}")


@given(header=st.binary(max_size=60), body=st.binary(max_size=60), signature=st.binary(max_size=70))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
def test_any_three_pieces_are_refused(
    tmp_path: Path, header: bytes, body: bytes, signature: bytes
) -> None:
    publish(tmp_path, KEY)
    pieces = (base64.urlsafe_b64encode(part).decode() for part in (header, body, signature))

    with pytest.raises(TokenRefusedError):
        asyncio.run(verifier(tmp_path).authenticate(f"Bearer {'.'.join(pieces)}"))
