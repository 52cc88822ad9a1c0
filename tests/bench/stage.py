"""What benchmarks run on: PostgreSQL, NATS and service processes of their own, and their CPU."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import grpc
import psutil
from grpc_health.v1 import health_pb2, health_pb2_grpc

from chassis.migrations import migrate
from chassis.service import Service
from deploy.local.nats import Nats
from deploy.local.ports import pick_port
from deploy.local.postgres import Postgres
from tests.integration.stage import ISSUER, Issuer

READY_SECONDS = 20.0


@dataclass(frozen=True)
class BenchStage:
    """The running components, everything on one machine."""

    folder: Path
    postgres: Postgres
    nats: Nats
    issuer: Issuer

    def make_database(self, service: Service, name: str) -> str:
        """Make and migrate a database; return its address."""
        self.postgres.create_database(name)
        url = self.postgres.url(name)
        migrate(url, self.postgres.password, service.versions)
        return url

    @contextmanager
    def process(
        self, service: str, url: str, *, listen: str, parts: str, **settings: str
    ) -> Iterator[psutil.Process]:
        """Run a service process until the end of the block."""
        log = (self.folder / f"{service}-{parts}-{time.time_ns()}.log").open("wb")
        environment = {
            **os.environ,
            "JOINTOPS_ENVIRONMENT": "local",
            "JOINTOPS_LISTEN": listen,
            "JOINTOPS_DATABASE_URL": url,
            "JOINTOPS_DATABASE_PASSWORD_FILE": str(self.postgres.password_file),
            "JOINTOPS_NATS_URL": self.nats.url,
            "JOINTOPS_NATS_USER": "service",
            "JOINTOPS_NATS_PASSWORD_FILE": str(self.nats.password_file()),
            "JOINTOPS_JWKS_URL": self.issuer.jwks_url,
            "JOINTOPS_ISSUER": ISSUER,
            "JOINTOPS_TRACE_FOLDER": str(self.folder / "traces"),
            "JOINTOPS_PARTS": parts,
            **{f"JOINTOPS_{name.upper()}": value for name, value in settings.items()},
        }
        command = [sys.executable, "-m", f"services.{service}.main", "serve"]
        child = subprocess.Popen(command, env=environment, stderr=log)  # noqa: S603  # our own program
        try:
            yield psutil.Process(child.pid)
        finally:
            child.terminate()
            child.wait(timeout=20)
            log.close()

    def postgres_cpu_seconds(self) -> float:
        """Return the CPU that PostgreSQL has used, all its processes together."""
        assert self.postgres.child is not None
        server = psutil.Process(self.postgres.child.pid)
        return cpu_seconds(server) + sum(cpu_seconds(each) for each in server.children())


@contextmanager
def bench_stage() -> Iterator[BenchStage]:
    """Start PostgreSQL (every commit on disk) and NATS in a folder that goes afterwards."""
    with tempfile.TemporaryDirectory(prefix="jointops-bench-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        with Postgres(folder / "postgres") as postgres, Nats(folder / "nats") as nats:
            # For the benchmark of events: when was each transaction committed?
            postgres.execute("ALTER SYSTEM SET track_commit_timestamp = on;")
            postgres.stop()
            postgres.start()
            yield BenchStage(folder, postgres, nats, Issuer(folder))


def wait_until_serving(address: str) -> None:
    """Wait until a service says that it serves."""
    deadline = time.monotonic() + READY_SECONDS
    with grpc.insecure_channel(address) as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        while time.monotonic() < deadline:
            try:
                answer = stub.Check(health_pb2.HealthCheckRequest(), timeout=1)
            except grpc.RpcError:
                time.sleep(0.05)
                continue
            if answer.status == health_pb2.HealthCheckResponse.SERVING:
                return
            time.sleep(0.05)
    raise TimeoutError(address)


def cpu_seconds(process: psutil.Process) -> float:
    """Return the CPU a process has used; nothing if it is gone."""
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system)


def free_address() -> str:
    """Return an address on this machine where nobody listens."""
    return f"127.0.0.1:{pick_port()}"
