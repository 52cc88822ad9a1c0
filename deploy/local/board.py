"""What the person at the terminal sees: a live table, or one line per change without a terminal."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.panel import Panel
from rich.table import Table

from deploy.local.addresses import Addresses
from deploy.local.part import Part, PartState
from deploy.local.people import Person
from deploy.local.ports import LOOPBACK

STYLES = {
    PartState.WAITING: "dim",
    PartState.MIGRATING: "cyan",
    PartState.STARTING: "cyan",
    PartState.READY: "green",
    PartState.STOPPING: "yellow",
    PartState.STOPPED: "dim",
    PartState.FAILED: "bold red",
}
REFRESH_PER_SECOND = 8
NAME_WIDTH = 22
PAGE_BYTES = 4096
MEGABYTE = 1024**2


class Board:
    """Shows the parts; a context manager around a phase in which they change."""

    def __init__(self, console: Console, parts: Sequence[Part]) -> None:
        self._console = console
        self._parts = parts
        self._told: dict[str, PartState] = {}
        self._live: Live | None = None

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._live = Live(
                console=self._console,
                get_renderable=lambda: table_of(self._parts),
                refresh_per_second=REFRESH_PER_SECOND,
            )
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.show()
        if self._live is not None:
            self._live.stop()
            self._live = None

    def show(self) -> None:
        """Tell what changed since the last time, where no live table shows it."""
        if self._console.is_terminal:
            return
        for part in self._parts:
            if self._told.get(part.name, PartState.WAITING) is not part.state:
                self._told[part.name] = part.state
                self._say(line_of(part))

    def show_report(self, sentence: str, logs: Path) -> None:
        """Show why the platform stops."""
        self._console.rule("[bold red]The platform stops", style="red")
        self._say(sentence.rstrip())
        self._say(f"Logs: {logs}")

    def show_secrets(self, people: Iterable[Person], file: Path) -> None:
        """Show the people and their secrets, this once."""
        # Plain lines, not a table: a narrow terminal must not cut what will be copied.
        self._say("The people of the demonstration and their secrets:")
        for person in people:
            self._say(f"  {person.person_id:<{NAME_WIDTH}} {person.secret}")
        self._say(f"Shown this once; kept in {file}, which only you can read.")

    def show_addresses(self, addresses: Addresses) -> None:
        """Show where everything is and how to sign in."""
        table = Table.grid(padding=(0, 2))
        table.add_column()
        # A long path goes on in the next line rather than losing its end.
        table.add_column(overflow="fold")
        for name, address in addresses.services.items():
            table.add_row(name, address)
        table.add_row("issuer", addresses.issuer)
        table.add_row("logs", addresses.log_folder)
        table.add_row("people", f"{addresses.people_folder}/people.json")
        table.add_row("sign in", "jointops login PERSON_ID")
        table.add_row("stop", "Ctrl-C")
        panel = Panel(table, title="The platform is up", title_align="left", expand=False)
        self._console.print(panel, highlight=False)

    def say(self, sentence: str) -> None:
        """Show one line."""
        self._say(sentence)

    def _say(self, text: str) -> None:
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)


def table_of(parts: Sequence[Part]) -> Table:
    """Return the table of all parts."""
    table = Table(box=None, pad_edge=False)
    columns: Sequence[tuple[str, Callable[[Part], str]]] = (
        ("part", lambda part: part.name),
        ("state", lambda part: f"[{STYLES[part.state]}]{part.state}[/]"),
        ("pid", pid_of),
        ("address", lambda part: f"{LOOPBACK}:{part.port}"),
        ("ready after", ready_after),
        ("memory", memory_of),
    )
    for title, _ in columns:
        table.add_column(title, min_width=8, no_wrap=True)
    for part in parts:
        table.add_row(*(cell(part) for _, cell in columns))
    return table


def line_of(part: Part) -> str:
    """Return the line that tells what became of a part."""
    if part.state is PartState.READY:
        where = f"{LOOPBACK}:{part.port} pid {pid_of(part)}"
        return f"{part.name} ready after {ready_after(part)} at {where}"
    return f"{part.name} {part.state}"


def ready_after(part: Part) -> str:
    """Return how long a part took to be ready."""
    return "" if part.ready_after_seconds is None else f"{part.ready_after_seconds:.1f} s"


def pid_of(part: Part) -> str:
    """Return the process id of a part, as text."""
    return "" if part.child is None or part.child.exit_code is not None else str(part.child.pid)


def memory_of(part: Part) -> str:
    """Return the resident memory of a part's process."""
    try:
        pages = int(Path(f"/proc/{pid_of(part)}/statm").read_text().split()[1])
    except (OSError, IndexError):
        return ""
    return f"{pages * PAGE_BYTES / MEGABYTE:.0f} MB"
