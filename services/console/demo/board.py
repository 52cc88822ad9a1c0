"""What the person at the terminal sees of the demonstration, live or line by line."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from services.console.demo.checks import Check

# Without a terminal one line a hundred calls says that it goes on.
LINE_EVERY = 100
PERSON_WIDTH = 22


class Board:
    """Shows progress, steps and the final table."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def say(self, sentence: str) -> None:
        """Show one line."""
        self._console.print(sentence, markup=False, soft_wrap=True)

    def begin(self, title: str) -> None:
        """Show that a part begins."""
        self._console.print(f"\n[bold]{title}[/]", soft_wrap=True)

    def tell(self, person_id: str, sentence: str) -> None:
        """Show one step and who took it."""
        self._console.print(f"  [dim]{person_id:<{PERSON_WIDTH}}[/]{sentence}", soft_wrap=True)

    @contextmanager
    def counting(self, what: str, total: int) -> Iterator[Callable[[], None]]:
        """Show how far something has come; calling what it gives counts one."""
        if not self._console.is_terminal:
            yield _line_counter(what, total, self.say)
            return
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
        )
        with Progress(*columns, console=self._console) as progress:
            task = progress.add_task(what, total=total)
            yield lambda: progress.advance(task)

    def show_checks(self, checks: Sequence[Check]) -> None:
        """Show every comparison."""
        table = Table(title="检查 Checks", title_justify="left", box=None, pad_edge=False)
        for heading in ("what", "expected", "found", ""):
            table.add_column(heading, overflow="fold")
        for check in checks:
            mark = "[green]ok[/]" if check.is_ok else "[bold red]failed[/]"
            table.add_row(check.what, check.expected, check.found, mark)
        self._console.print(table)


def write_report(file: Path, facts: dict[str, Any], checks: Sequence[Check]) -> None:
    """Keep the result for programs."""
    rows = [
        {
            "what": check.what,
            "expected": check.expected,
            "found": check.found,
            "ok": check.is_ok,
        }
        for check in checks
    ]
    document = facts | {"ok": all(check.is_ok for check in checks), "checks": rows}
    file.write_text(json.dumps(document, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def _line_counter(what: str, total: int, say: Callable[[str], None]) -> Callable[[], None]:
    count = 0

    def advance() -> None:
        nonlocal count
        count += 1
        if count % LINE_EVERY == 0 or count == total:
            say(f"{what} {count} of {total}")

    return advance
