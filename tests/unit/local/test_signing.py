"""The tokens of the development issuer."""

from pathlib import Path

from joserfc import jwt
from joserfc.jwk import KeySet

from deploy.local.accounts import Account
from deploy.local.signing import Signer

NOW = 1_700_000_000.0
ISSUER = "http://127.0.0.1:20000"
ACCOUNT = Account("commander-7f3a", ("commander",), "jinqiao", "", "")


def make_signer(folder: Path) -> Signer:
    """Make a signer whose clock stands still."""
    return Signer(folder, issuer=ISSUER, now=lambda: NOW)


def test_token_says_who_may_do_what_until_when(tmp_path: Path) -> None:
    signer = make_signer(tmp_path)

    token = jwt.decode(signer.sign(ACCOUNT), KeySet.import_key_set(signer.key_set()), ["ES256"])

    assert token.claims.pop("jti")
    assert token.claims == {
        "iss": ISSUER,
        "aud": "jointops",
        "sub": "commander-7f3a",
        "client_id": "jointops-local",
        "iat": 1_700_000_000,
        "nbf": 1_700_000_000,
        "exp": 1_700_003_600,
        "roles": ["commander"],
        "station": "jinqiao",
    }


def test_token_is_typed_and_names_its_key(tmp_path: Path) -> None:
    signer = make_signer(tmp_path)
    key = signer.key_set()["keys"][0]

    token = jwt.decode(signer.sign(ACCOUNT), KeySet.import_key_set(signer.key_set()), ["ES256"])

    assert token.header == {"alg": "ES256", "typ": "at+jwt", "kid": key["kid"]}


def test_published_key_is_public(tmp_path: Path) -> None:
    key = make_signer(tmp_path).key_set()["keys"][0]

    assert set(key) == {"kty", "crv", "x", "y", "use", "alg", "kid"}


def test_key_is_kept_and_readable_by_its_owner_only(tmp_path: Path) -> None:
    first = make_signer(tmp_path).key_set()

    assert make_signer(tmp_path).key_set() == first
    assert (tmp_path / "key.json").stat().st_mode & 0o777 == 0o600


def test_every_token_has_its_own_id(tmp_path: Path) -> None:
    signer = make_signer(tmp_path)
    keys = KeySet.import_key_set(signer.key_set())

    ids = {jwt.decode(signer.sign(ACCOUNT), keys, ["ES256"]).claims["jti"] for _ in range(3)}

    assert len(ids) == 3
