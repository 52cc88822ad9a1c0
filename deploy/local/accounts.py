"""Who the issuer knows: hashes of secrets, and how often somebody may be wrong."""

import hashlib
import hmac
import json
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from deploy.local.errors import LocalError
from deploy.local.folder import write_secret

# 16 MB and about 40 ms a check. The secrets are generated with 256 bits, so that the cost of a
# check is not what protects them; it bounds how fast anybody can try.
SCRYPT_N = 2**14
SCRYPT_R = 8
SCRYPT_P = 1
SALT_BYTES = 16
WRONG_COUNT = 5
WRONG_WINDOW_SECONDS = 60.0
# Filling this with other ids takes longer than the window, given the cost of a check.
REMEMBERED_COUNT = 4096


@dataclass(frozen=True, slots=True)
class Account:
    """What the issuer knows about a person."""

    person_id: str
    roles: tuple[str, ...]
    station: str
    salt: str
    hash: str


class Accounts:
    """Checks secrets against their hashes, at the same cost for people it does not know."""

    def __init__(self, accounts: Sequence[Account]) -> None:
        self._accounts = {account.person_id: account for account in accounts}
        self._nobody = Account("", (), "", **hash_secret(secrets.token_urlsafe()))

    @classmethod
    def load(cls, folder: Path) -> "Accounts":
        """Load the accounts of an issuer's folder.

        Raises:
            LocalError: There are none.
        """
        try:
            rows = json.loads(_file(folder).read_text(encoding="utf-8"))
        except FileNotFoundError:
            sentence = f"There are no accounts in {folder}: start the platform first."
            raise LocalError(sentence) from None
        return cls([Account(**row | {"roles": tuple(row["roles"])}) for row in rows])

    def check(self, person_id: str, secret: str) -> Account | None:
        """Return the account whose secret this is, or None."""
        account = self._accounts.get(person_id, self._nobody)
        given = _scrypt(secret, bytes.fromhex(account.salt))
        is_right = hmac.compare_digest(given, bytes.fromhex(account.hash))
        return account if is_right and account is not self._nobody else None


class Throttle:
    """Counts wrong secrets per person; safe to use from several threads."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._attempts: OrderedDict[str, list[float]] = OrderedDict()

    def enter(self, person_id: str) -> float:
        """Count an attempt as wrong until `leave` says otherwise.

        Counting first keeps attempts made at the same time from all passing.

        Returns:
            0 when the secret may be checked, else the seconds to wait.
        """
        with self._lock:
            now = self._now()
            since = now - WRONG_WINDOW_SECONDS
            attempts = [at for at in self._attempts.pop(person_id, []) if at > since]
            is_allowed = len(attempts) < WRONG_COUNT
            self._attempts[person_id] = [*attempts, now] if is_allowed else attempts
            if len(self._attempts) > REMEMBERED_COUNT:
                self._attempts.popitem(last=False)
            return 0.0 if is_allowed else attempts[0] - since

    def leave(self, person_id: str) -> None:
        """Forget the attempts of a person whose secret was right."""
        with self._lock:
            self._attempts.pop(person_id, None)


def hash_secret(secret: str) -> dict[str, str]:
    """Return salt and hash of a secret, in hexadecimal."""
    salt = secrets.token_bytes(SALT_BYTES)
    return {"salt": salt.hex(), "hash": _scrypt(secret, salt).hex()}


def write_accounts(folder: Path, accounts: Sequence[Mapping[str, object]]) -> None:
    """Write the accounts of an issuer, readable by its owner only."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_secret(_file(folder), json.dumps(list(accounts), indent=2))


def _scrypt(secret: str, salt: bytes) -> bytes:
    # JSON can carry half a surrogate pair, which UTF-8 cannot.
    material = secret.encode("utf-8", "surrogatepass")
    return hashlib.scrypt(material, salt=salt, n=SCRYPT_N, r=SCRYPT_R, p=SCRYPT_P)


def _file(folder: Path) -> Path:
    return folder / "accounts.json"
