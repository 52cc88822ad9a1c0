"""A service on a real database, in this process: what integration tests act on."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import grpc
from joserfc import jwt
from joserfc.jwk import ECKey

from chassis.bus import Bus
from chassis.client import open_channel
from chassis.database import Database
from chassis.pipeline import Pipeline
from chassis.relay import Relay
from chassis.roles import Role
from chassis.server import Server
from chassis.service import Service
from chassis.telemetry import Telemetry
from chassis.tokens import Tokens

ISSUER = "https://issuer.test"
STATION = "jinqiao"


class Issuer:
    """Issues tokens; its keys are a file, which the service reads as it would read an address."""

    def __init__(self, folder: Path) -> None:
        self._key = ECKey.generate_key("P-256", {"use": "sig"})
        self._key.ensure_kid()
        self._file = folder / "jwks.json"
        self._file.write_text(json.dumps({"keys": [self._key.as_dict(private=False)]}))
        self.jwks_url = self._file.as_uri()

    def token(self, person_id: str, *roles: Role, station: str = STATION, **claims: object) -> str:
        """Sign a token; `claims` replace or add to the usual ones."""
        now = datetime.now(UTC)
        usual = {
            "iss": ISSUER,
            "aud": "jointops",
            "sub": person_id,
            "station": station,
            "roles": list(roles),
            "iat": now,
            "exp": now + timedelta(hours=1),
        }
        header = {"alg": "ES256", "typ": "at+jwt", "kid": self._key.kid}
        return jwt.encode(header, usual | claims, self._key)

    def tokens(self) -> Tokens:
        """Make the verifier that trusts this issuer."""
        return Tokens(jwks_url=self.jwks_url, issuer=ISSUER, audience="jointops")


@dataclass
class Stage:
    """One running service."""

    service: Service
    database: Database
    telemetry: Telemetry
    address: str
    issuer: Issuer
    _channels: list[grpc.aio.Channel] = field(default_factory=list)

    def channel(self, person_id: str, *roles: Role, station: str = STATION) -> grpc.aio.Channel:
        """Open a channel on which this person calls."""
        token = self.issuer.token(person_id, *roles, station=station)
        return self.open(lambda: token)

    def open(self, token: Callable[[], str] | None = None) -> grpc.aio.Channel:
        """Open a channel that the stage closes."""
        channel = open_channel(self.address, token=token)
        self._channels.append(channel)
        return channel

    async def fetch(self, query: str, *arguments: object) -> list[dict[str, Any]]:
        """Look into the database, past every store."""
        connection = await self.database.acquire()
        try:
            rows = await connection._raw.fetch(query, *arguments)
        finally:
            self.database.release(connection)
        return [dict(row) for row in rows]

    async def count(self, table: str) -> int:
        """Count the rows of a table."""
        rows = await self.fetch(f"SELECT count(*) AS rows FROM {table}")  # noqa: S608  # a test's own word
        return int(rows[0]["rows"])

    async def close(self) -> None:
        """Close what the test opened."""
        for channel in self._channels:
            await channel.close()


@asynccontextmanager
async def serve(
    service: Service,
    database: Database,
    telemetry: Telemetry,
    issuer: Issuer,
    *,
    most_calls: int = 64,
) -> AsyncIterator[Stage]:
    """Serve gRPC on a free port, without NATS."""
    pipeline = Pipeline(
        policy=service.policy,
        tokens=issuer.tokens(),
        database=database,
        telemetry=telemetry,
        most_calls=most_calls,
    )
    server = Server(
        pipeline,
        service.serve(database),
        listen="127.0.0.1:0",
        probes=[database.ping],
        is_production=False,
    )
    stop = asyncio.Event()
    running = asyncio.create_task(server.run(stop))
    await server.started.wait()
    stage = Stage(service, database, telemetry, f"127.0.0.1:{server.port}", issuer)
    try:
        yield stage
    finally:
        await stage.close()
        stop.set()
        await running


@asynccontextmanager
async def on_bus(
    stage: Stage, url: str, password: str, *, relays: bool = True, consumes: bool = True
) -> AsyncIterator[Bus]:
    """Let a service relay and consume as well."""
    bus = Bus(stage.service.name)
    await bus.connect(url, "service", password)
    stage.database.on_write(bus.wake)
    stop = asyncio.Event()
    tasks = []
    if relays:
        tasks.append(asyncio.create_task(Relay(stage.database, bus, stage.telemetry).run(stop)))
    for consumer in stage.service.consumers if consumes else ():
        work = consumer.run(stage.database, bus, stage.telemetry, stop)
        tasks.append(asyncio.create_task(work))
    try:
        yield bus
    finally:
        stop.set()
        await asyncio.gather(*tasks)
        await bus.close()


async def eventually(check: Callable[[], Any], *, seconds: float = 10.0) -> Any:
    """Await a condition: return the first true answer of an async check, or fail."""
    deadline = asyncio.get_running_loop().time() + seconds
    while True:
        with suppress(AssertionError):
            answer = await check()
            if answer:
                return answer
        if asyncio.get_running_loop().time() > deadline:
            raise AssertionError("The condition did not come true in time.")
        await asyncio.sleep(0.02)
