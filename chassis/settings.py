"""Configuration from the environment and from files; fails at once and names what is missing.

A secret is never a value of the environment: `JOINTOPS_DATABASE_PASSWORD_FILE` names the file.
"""

import sys
from pathlib import Path
from typing import Literal, TypeVar
from urllib.parse import parse_qs, urlsplit

from pydantic import Field, FilePath, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

_PREFIX = "JOINTOPS_"
_PARTS = frozenset({"serve", "relay", "consume"})


class ServiceSettings(BaseSettings):
    """What every service needs to know; a field `x` is read from `JOINTOPS_X`."""

    model_config = SettingsConfigDict(env_prefix=_PREFIX, frozen=True)

    environment: Literal["local", "production"] = "production"
    listen: str = Field(description="host:port to serve gRPC on")
    database_url: str = Field(description="postgresql://user@host:port/database")
    database_password_file: FilePath | None = None
    database_connections: int = Field(default=16, ge=2, le=64)
    nats_url: str = Field(description="nats://host:port")
    nats_user: str | None = None
    nats_password_file: FilePath | None = None
    jwks_url: str = Field(description="where the token issuer publishes its keys")
    issuer: str = Field(description="`iss` of the tokens")
    audience: str = "jointops"
    most_calls: int = Field(default=64, ge=1, description="calls in hand before refusing more")
    trace_folder: Path = Path(".run/traces")
    trace_read_ratio: float = Field(default=0.05, ge=0, le=1)
    # Which parts of the service this process runs; all of them unless load is spread.
    parts: str = "serve,relay,consume"

    @field_validator("database_url", "nats_url")
    @classmethod
    def _holds_no_secret(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.password is not None or "password" in parse_qs(parts.query):
            message = "must not hold a password; name a file with it"
            raise ValueError(message)
        return url

    @field_validator("parts")
    @classmethod
    def _names_parts(cls, parts: str) -> str:
        if not _PARTS.issuperset(parts.split(",")):
            message = f"must name some of {', '.join(sorted(_PARTS))}"
            raise ValueError(message)
        return parts

    @property
    def database_password(self) -> str | None:
        """The database password, from its file."""
        return _secret(self.database_password_file)

    @property
    def nats_password(self) -> str | None:
        """The NATS password, from its file."""
        return _secret(self.nats_password_file)

    def runs(self, part: Literal["serve", "relay", "consume"]) -> bool:
        """Tell whether this process runs a part of the service."""
        return part in self.parts.split(",")


class SettingsError(Exception):
    """The configuration is incomplete or wrong; the message names every variable."""


Settings = TypeVar("Settings", bound=ServiceSettings)


def load_settings(kind: type[Settings]) -> Settings:
    """Read the settings.

    Raises:
        SettingsError: Names each variable that is missing or wrong, and why.
    """
    try:
        return kind()
    except ValidationError as cause:
        lines = [
            f"  {_PREFIX}{str(error['loc'][0]).upper()}: {error['msg'].lower()}"
            for error in cause.errors()
        ]
        raise SettingsError("\n".join(["The configuration is not complete:", *lines])) from cause


def load_settings_or_exit(kind: type[Settings]) -> Settings:
    """Read the settings; a fault is printed and ends the process with code 2."""
    try:
        return load_settings(kind)
    except SettingsError as fault:
        sys.stderr.write(f"{fault}\n")
        raise SystemExit(2) from fault


def _secret(file: Path | None) -> str | None:
    return file.read_text().strip() if file is not None else None
