"""The limit of this machine: raw asyncpg BEGIN, INSERT, INSERT, COMMIT, which does less.

`python -m tests.bench.yardstick URL PASSWORD_FILE SECONDS` prints operations a second.
"""

import asyncio
import sys
import time
import uuid
from pathlib import Path

import asyncpg
import uvloop

CONCURRENCY = 32
CONNECTIONS = 16
_TABLES = (
    "create table if not exists one (id uuid primary key, title text, summary text, priority int);"
    "create table if not exists two (id uuid primary key, subject text, payload bytea)"
)


async def measure(url: str, password: str, seconds: float) -> float:
    """Return operations a second, 32 at once on 16 connections."""
    pool = await asyncpg.create_pool(
        url, password=password, min_size=CONNECTIONS, max_size=CONNECTIONS
    )
    await pool.execute(_TABLES)
    end = time.perf_counter() + seconds
    count = 0

    async def work() -> None:
        nonlocal count
        while time.perf_counter() < end:
            key = uuid.uuid4()
            async with pool.acquire() as connection, connection.transaction():
                await connection.execute(
                    "insert into one values ($1, $2, $3, $4)", key, "title", "summary " * 12, 2
                )
                await connection.execute(
                    "insert into two values ($1, $2, $3)", key, "subject", b"x" * 400
                )
            count += 1

    await asyncio.gather(*(work() for _ in range(CONCURRENCY)))
    await pool.close()
    return count / seconds


def main() -> None:
    """Print the rate."""
    url, password_file, seconds = sys.argv[1:]
    rate = uvloop.run(measure(url, Path(password_file).read_text().strip(), float(seconds)))
    sys.stdout.write(f"{rate:.0f}\n")


if __name__ == "__main__":
    main()
