"""Assembles a service from its parts and runs it; each `main.py` only names the parts.

python -m services.station.main migrate | serve | quarantine [--redrive EVENT_ID]
"""

import argparse
import asyncio
import gc
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import uvloop

from chassis import lifecycle
from chassis.bus import Bus
from chassis.consumer import Consumer
from chassis.database import Database
from chassis.pipeline import Pipeline
from chassis.policy import Policy
from chassis.quarantine import list_held, redrive
from chassis.relay import Relay
from chassis.server import Served, Server
from chassis.settings import ServiceSettings, load_settings_or_exit
from chassis.sweep import sweep_answers
from chassis.telemetry import Telemetry, setup_telemetry
from chassis.tokens import Tokens

VERSION = "0.1.0"
_GARBAGE_COUNT = 20_000


@dataclass(frozen=True, slots=True)
class Service:
    """What makes one service: its name, who may call what, what it serves and what it consumes."""

    name: str
    policy: Policy
    serve: Callable[[Database], Sequence[Served]]
    consumers: Sequence[Consumer]
    versions: Path
    settings: type[ServiceSettings] = ServiceSettings


def main(service: Service) -> None:
    """Run the command that the command line names."""
    parser = argparse.ArgumentParser(prog=f"services.{service.name}.main")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("migrate", help="bring the database up to date")
    commands.add_parser("serve", help="serve gRPC, relay and consume events until SIGTERM")
    held = commands.add_parser("quarantine", help="list the events that could not be applied")
    held.add_argument("--redrive", metavar="EVENT_ID", help="try this one again")
    arguments = parser.parse_args()
    settings = load_settings_or_exit(service.settings)
    if arguments.command == "migrate":
        # Only here, because a service that serves need not load Alembic.
        from chassis.migrations import migrate  # noqa: PLC0415  # see above

        migrate(settings.database_url, settings.database_password, service.versions)
    elif arguments.command == "serve":
        uvloop.run(_serve(service, settings))
    else:
        uvloop.run(_quarantine(settings, arguments.redrive))


async def _serve(service: Service, settings: ServiceSettings) -> None:
    telemetry = setup_telemetry(
        service.name,
        VERSION,
        settings.environment,
        settings.trace_folder,
        settings.trace_read_ratio,
    )
    database = _open_database(settings)
    bus = Bus(service.name)
    database.on_write(bus.wake)
    tasks: list[lifecycle.Task] = []
    if settings.runs("serve"):
        tasks.append(_make_server(service, settings, database, bus, telemetry).run)
        tasks.append(lambda stop: sweep_answers(database, stop))
    tasks.append(lambda stop: _work_on_bus(service, settings, database, bus, telemetry, stop))
    # What is loaded stays: the collector need not walk it again and again, nor after every 700
    # objects, which a single command makes.
    gc.collect()
    gc.freeze()
    gc.set_threshold(_GARBAGE_COUNT)
    try:
        await lifecycle.run(*tasks)
    finally:
        await bus.close()
        await database.close()
        telemetry.shutdown()


def _open_database(settings: ServiceSettings) -> Database:
    return Database(
        settings.database_url,
        password=settings.database_password,
        size=settings.database_connections,
    )


def _make_server(
    service: Service,
    settings: ServiceSettings,
    database: Database,
    bus: Bus,
    telemetry: Telemetry,
) -> Server:
    tokens = Tokens(jwks_url=settings.jwks_url, issuer=settings.issuer, audience=settings.audience)
    pipeline = Pipeline(
        policy=service.policy,
        tokens=tokens,
        database=database,
        telemetry=telemetry,
        most_calls=settings.most_calls,
    )
    return Server(
        pipeline,
        service.serve(database),
        listen=settings.listen,
        probes=[database.ping, bus.ping],
        is_production=settings.environment == "production",
    )


async def _work_on_bus(
    service: Service,
    settings: ServiceSettings,
    database: Database,
    bus: Bus,
    telemetry: Telemetry,
    stop: asyncio.Event,
) -> None:
    """Relay and consume as soon as NATS is there; serving does not wait for it."""
    connecting = asyncio.create_task(
        bus.connect(settings.nats_url, settings.nats_user, settings.nats_password)
    )
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait((connecting, stopping), return_when=asyncio.FIRST_COMPLETED)
    if not connecting.done():
        connecting.cancel()
        return
    connecting.result()
    async with asyncio.TaskGroup() as group:
        if settings.runs("relay"):
            group.create_task(Relay(database, bus, telemetry).run(stop))
        if settings.runs("consume"):
            for consumer in service.consumers:
                group.create_task(consumer.run(database, bus, telemetry, stop))
        await stopping


async def _quarantine(settings: ServiceSettings, event_id: str | None) -> None:
    database = _open_database(settings)
    if event_id is not None:
        count = await redrive(database, event_id)
        sys.stdout.write(f"{count} event(s) will be tried again within 5 s\n")
    else:
        for line in await list_held(database):
            sys.stdout.write(f"{line}\n")
    await database.close()
