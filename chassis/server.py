"""The gRPC server of one service: limits, health that tells the truth, reflection off production.

Refuses to start while a method has no rule.
"""

import asyncio
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import grpc
from google.protobuf.descriptor import ServiceDescriptor
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from chassis.errors import DomainError
from chassis.logs import get_logger
from chassis.pipeline import Pipeline

# Limits. Source: docs/architecture.md, "Limits".
_OPTIONS = [
    ("grpc.max_receive_message_length", 1 << 20),
    ("grpc.max_send_message_length", 4 << 20),
    ("grpc.max_metadata_size", 16 << 10),
    ("grpc.max_concurrent_streams", 256),
    ("grpc.max_connection_idle_ms", 15 * 60_000),
    ("grpc.max_connection_age_ms", 30 * 60_000),
    ("grpc.max_connection_age_grace_ms", 30_000),
    ("grpc.keepalive_time_ms", 60_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.so_reuseport", 1),
]
# Below `terminationGracePeriodSeconds` of the manifests, so that a drain is never cut short.
DRAIN_SECONDS = 10.0
_PROBE_SECONDS = 1.0
_log = get_logger()

Probe = Callable[[], Any]


class Served(NamedTuple):
    """One gRPC service: its descriptor, the servicer, and the generated function that adds it."""

    descriptor: ServiceDescriptor
    servicer: Any
    add: Callable[[Any, Any], None]


class Server:
    """Listens, tells its health, and drains when told to stop."""

    def __init__(
        self,
        pipeline: Pipeline,
        services: Iterable[Served],
        *,
        listen: str,
        probes: Iterable[Probe],
        is_production: bool,
    ) -> None:
        self._services = list(services)
        pipeline.policy.check(served.descriptor for served in self._services)
        self._pipeline = pipeline
        self._listen = listen
        self._probes = list(probes)
        self._is_production = is_production
        self._health = health.aio.HealthServicer()
        self.port = 0
        self.started = asyncio.Event()

    async def run(self, stop: asyncio.Event) -> None:
        """Serve until told to stop; then turn new calls away and finish those in hand."""
        server = grpc.aio.server(options=_OPTIONS)
        for served in self._services:
            served.add(served.servicer, self._pipeline)
        health_pb2_grpc.add_HealthServicer_to_server(self._health, server)
        if not self._is_production:
            reflection.enable_server_reflection(self._names(), server)
        # Last, because it answers for whatever nobody else serves.
        server.add_generic_rpc_handlers((self._pipeline,))
        self.port = server.add_insecure_port(self._listen)
        await server.start()
        self.started.set()
        _log.info("server_started", listen=self._listen, port=self.port)
        try:
            await self._tell_health(stop)
        finally:
            await self._health.enter_graceful_shutdown()
            await server.stop(DRAIN_SECONDS)
            _log.info("server_stopped")

    async def _tell_health(self, stop: asyncio.Event) -> None:
        """Ask every probe again and again; NOT_SERVING while one of them fails."""
        while not stop.is_set():
            await self._set_health(is_serving=await self._is_well())
            try:
                async with asyncio.timeout(_PROBE_SECONDS):
                    await stop.wait()
            except TimeoutError:
                continue

    async def _is_well(self) -> bool:
        try:
            async with asyncio.timeout(_PROBE_SECONDS):
                for probe in self._probes:
                    await probe()
        except (DomainError, OSError) as cause:
            _log.warning("probe_failed", cause=type(cause).__name__)
            return False
        return True

    async def _set_health(self, *, is_serving: bool) -> None:
        serving = health_pb2.HealthCheckResponse
        state = serving.SERVING if is_serving else serving.NOT_SERVING
        for name in ("", *(served.descriptor.full_name for served in self._services)):
            await self._health.set(name, state)

    def _names(self) -> list[str]:
        own = [served.descriptor.full_name for served in self._services]
        return [*own, health.SERVICE_NAME, reflection.SERVICE_NAME]
