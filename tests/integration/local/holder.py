"""Run PostgreSQL and NATS until killed: the program whose death the tests study."""

import signal
import sys
from pathlib import Path

from deploy.local.nats import Nats
from deploy.local.postgres import Durability, Postgres


def main() -> None:
    """Start both below the folder given, say so, and wait."""
    folder = Path(sys.argv[1])
    with Postgres(folder / "postgres", durability=Durability.NONE), Nats(folder / "nats"):
        (folder / "started").touch()
        signal.pause()


if __name__ == "__main__":
    main()
