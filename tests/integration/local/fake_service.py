"""A service without rules: what the tests of the supervisor run instead of a real one.

It needs what a real one needs (its database, NATS, the issuer's keys) and misbehaves on request:
a file `<name>-<command>` in the folder `JOINTOPS_TEST_FAULTS` makes that command fail.
"""

import asyncio
import os
import signal
import sys
import urllib.request
from concurrent import futures
from pathlib import Path

import asyncpg
import grpc
import nats
from grpc_health.v1 import health, health_pb2, health_pb2_grpc


def main() -> None:
    """Run the command that the command line names."""
    command = sys.argv[1]
    name = os.environ["JOINTOPS_DATABASE_URL"].rpartition("/")[2]
    sys.stderr.write(f"{name} {command} begins\n")
    if (Path(os.environ["JOINTOPS_TEST_FAULTS"]) / f"{name}-{command}").exists():
        sys.exit(f"{name} cannot {command}")
    if command == "migrate":
        asyncio.run(migrate())
    else:
        serve(name)


async def migrate() -> None:
    """Count the migrations of this database in a table of its own."""
    password = read_secret("JOINTOPS_DATABASE_PASSWORD_FILE")
    connection = await asyncpg.connect(os.environ["JOINTOPS_DATABASE_URL"], password=password)
    await connection.execute("CREATE TABLE IF NOT EXISTS runs ()")
    await connection.execute("INSERT INTO runs DEFAULT VALUES")
    count = await connection.fetchval("SELECT count(*) FROM runs")
    sys.stderr.write(f"migrated {count} times\n")
    await connection.close()


async def reach_nats() -> None:
    """Connect to NATS as the service user."""
    password = read_secret("JOINTOPS_NATS_PASSWORD_FILE")
    user = os.environ["JOINTOPS_NATS_USER"]
    client = await nats.connect(os.environ["JOINTOPS_NATS_URL"], user=user, password=password)
    await client.close()


def fetch_keys() -> None:
    """Fetch the keys of the issuer."""
    url = os.environ["JOINTOPS_JWKS_URL"]
    with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - from the supervisor
        answer.read()


def read_secret(variable: str) -> str:
    """Read the secret in the file that a variable names."""
    return Path(os.environ[variable]).read_text()


def serve(name: str) -> None:
    """Serve health until SIGTERM."""
    asyncio.run(reach_nats())
    fetch_keys()
    server = grpc.server(futures.ThreadPoolExecutor(2))
    servicer = health.HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
    servicer.set("", health_pb2.HealthCheckResponse.SERVING)
    server.add_insecure_port(os.environ["JOINTOPS_LISTEN"])
    signal.signal(signal.SIGTERM, lambda *_: server.stop(0.1))
    server.start()
    server.wait_for_termination()
    sys.stderr.write(f"{name} ended in order\n")


if __name__ == "__main__":
    main()
