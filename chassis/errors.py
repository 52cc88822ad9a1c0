"""Refusals: what a caller did that cannot be done, and what they can do about it.

A refusal is raised where the rule stands and reaches the caller through one map
(`chassis.status`). Faults of the world and bugs are not refusals and have no class here.
"""

from enum import Enum
from typing import ClassVar


class Kind(Enum):
    """What the caller can do about a refusal; each has one gRPC code in `chassis.status`."""

    INVALID = "invalid"
    UNAUTHENTICATED = "unauthenticated"
    DENIED = "denied"
    NOT_FOUND = "not_found"
    EXISTS = "exists"
    PRECONDITION = "precondition"
    CONFLICT = "conflict"
    QUOTA = "quota"
    DEADLINE = "deadline"
    UNKNOWN_METHOD = "unknown_method"
    UNAVAILABLE = "unavailable"


class DomainError(Exception):
    """A refusal with its kind, its documented reason and the values behind the sentence.

    Subclasses name both in their header and are documented in an `error_reason.proto`:

        class LeadClosedError(DomainError, kind=Kind.PRECONDITION, reason="LEAD_CLOSED"):

    The message is one sentence for an operator who does not know the code: no personal data, and
    every variable part also in `metadata`. Metadata `field` becomes a field violation.
    """

    kind: ClassVar[Kind]
    reason: ClassVar[str]

    def __init_subclass__(cls, *, kind: Kind, reason: str) -> None:
        """Take kind and reason from the class header, so that none can be forgotten."""
        cls.kind = kind
        cls.reason = reason

    def __init__(self, message: str, /, **metadata: str) -> None:
        super().__init__(message)
        self.message = message
        self.metadata = metadata


class FieldViolation:
    """One field that breaks a rule: its path, as `leads[2].summary`, and the rule in words."""

    __slots__ = ("description", "field")

    def __init__(self, field: str, description: str) -> None:
        self.field = field
        self.description = description


class TokenMissingError(DomainError, kind=Kind.UNAUTHENTICATED, reason="TOKEN_MISSING"):
    """The call carries no token."""


class TokenRefusedError(DomainError, kind=Kind.UNAUTHENTICATED, reason="TOKEN_REFUSED"):
    """The token is expired, foreign, forged or not meant for this platform."""


class RoleNotAllowedError(DomainError, kind=Kind.DENIED, reason="ROLE_NOT_ALLOWED"):
    """No role of the caller may call the method."""


class NotAssignedError(DomainError, kind=Kind.DENIED, reason="NOT_ASSIGNED"):
    """The object is not the caller's to see; said the same whether it exists or not."""


class RequestInvalidError(DomainError, kind=Kind.INVALID, reason="REQUEST_INVALID"):
    """Fields break their rules; carries every violation, not only the first."""

    def __init__(self, violations: list[FieldViolation]) -> None:
        named = ", ".join(sorted({violation.field for violation in violations}))
        super().__init__(f"The request is refused; see: {named}.")
        self.violations = violations


class BodyUndecodableError(DomainError, kind=Kind.INVALID, reason="BODY_UNDECODABLE"):
    """The bytes are no message of the method's type."""


class RequestIdReusedError(DomainError, kind=Kind.INVALID, reason="REQUEST_ID_REUSED"):
    """The request_id belongs to another request of this caller."""


class PageTokenInvalidError(DomainError, kind=Kind.INVALID, reason="PAGE_TOKEN_INVALID"):
    """The page token is not one this method gave out."""


class EtagStaleError(DomainError, kind=Kind.CONFLICT, reason="ETAG_STALE"):
    """Somebody else changed the object since the caller read it."""


class NotFoundError(DomainError, kind=Kind.NOT_FOUND, reason="NOT_FOUND"):
    """There is no such object; only for callers who may know."""


class DeadlineMissingError(DomainError, kind=Kind.INVALID, reason="DEADLINE_MISSING"):
    """The call would wait for ever."""


class DeadlineTooShortError(DomainError, kind=Kind.DEADLINE, reason="DEADLINE_TOO_SHORT"):
    """Too little time is left to answer."""


class MethodUnknownError(DomainError, kind=Kind.UNKNOWN_METHOD, reason="METHOD_UNKNOWN"):
    """The service has no such method."""


class TooManyCallsError(DomainError, kind=Kind.QUOTA, reason="TOO_MANY_CALLS"):
    """The service has as many calls in hand as it takes."""


class StoreUnavailableError(DomainError, kind=Kind.UNAVAILABLE, reason="STORE_UNAVAILABLE"):
    """The database cannot be reached or was too slow."""
