"""How answers are printed: JSON as it came, or a table."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from typing import Any

import typer


def as_json(document: Any) -> None:
    """One JSON document on standard output."""
    typer.echo(json.dumps(document, ensure_ascii=False, indent=2))


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]], *, empty: str) -> None:
    """A table on standard output, or the sentence for no rows."""
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    cells = [[Text(printable(cell)) for cell in row] for row in rows]
    if not cells:
        typer.echo(empty)
        return
    drawn = Table(box=None, header_style="bold", pad_edge=False)
    for column in columns:
        drawn.add_column(column, overflow="fold")
    for row in cells:
        drawn.add_row(*row)
    # In a pipe or a file nobody can make the window wider, and ids must stay whole.
    Console(width=None if sys.stdout.isatty() else 240).print(drawn)


def printable(cell: Any) -> str:
    """The text without what would command the terminal: memories hold whatever people sent."""
    text = "" if cell is None else str(cell)
    return "".join(
        char if char.isprintable() or char == "\n" else "\N{REPLACEMENT CHARACTER}" for char in text
    )


def day(time: str | None) -> str:
    """The date and minute of an ISO time."""
    return "" if time is None else time[:16].replace("T", " ")
