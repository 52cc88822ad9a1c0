"""Pages of a list: by key, never by offset; tokens opaque, checked anew with every page."""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from chassis.errors import PageTokenInvalidError
from chassis.ids import is_uuid

DEFAULT_SIZE = 25
# Greater than every UUID we make: the first page starts below it.
LAST_ID = "ffffffff-ffff-ffff-ffff-ffffffffffff"


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a list is asked for: `size` rows whose id is below `before`.

    `scope` names the list (method and filters), so that a token of another list is refused.
    """

    size: int
    before: str
    scope: str

    @property
    def limit(self) -> int:
        """How many rows to fetch: one more than shown, to know whether there is a next page."""
        return self.size + 1

    def cut(self, rows: Sequence[Any], key: str) -> tuple[Sequence[Any], str]:
        """Return the rows of this page and the token of the next one, empty on the last."""
        if len(rows) <= self.size:
            return rows, ""
        shown = rows[: self.size]
        return shown, _encode(str(shown[-1][key]), self.scope)


def read_page(request: Any, *scope: str) -> Page:
    """Read `page_size` and `page_token` of a list request.

    Raises:
        PageTokenInvalidError: The token is not one this list gave out.
    """
    name = "/".join((request.DESCRIPTOR.name, *scope))
    before = _decode(request.page_token, name) if request.page_token else LAST_ID
    return Page(request.page_size or DEFAULT_SIZE, before, name)


def _encode(last_id: str, scope: str) -> str:
    return base64.urlsafe_b64encode(json.dumps([last_id, scope]).encode()).decode().rstrip("=")


def _decode(token: str, scope: str) -> str:
    try:
        last_id, token_scope = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    except (binascii.Error, ValueError, TypeError, RecursionError) as cause:
        raise _refused() from cause
    if token_scope != scope or not isinstance(last_id, str) or not is_uuid(last_id):
        raise _refused()
    return last_id


def _refused() -> PageTokenInvalidError:
    return PageTokenInvalidError(
        "The page token is not one this list gave out; start again without it.", field="page_token"
    )
