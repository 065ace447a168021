"""What a benchmark found: tables for the reader on standard output, everything as JSON in a file."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console
from rich.table import Table as RichTable

from bench.machine import Machine


class Table(msgspec.Struct, frozen=True):
    """One table as it is printed; its first column names the rows."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class Verdict(msgspec.Struct, frozen=True):
    """A figure against what was promised. A `must` or `goal` that is None was not promised."""

    what: str
    measured: float
    unit: str
    must: float | None = None
    goal: float | None = None
    at_least: bool = False
    """True where more is better."""

    @property
    def word(self) -> str:
        if not self._holds(self.must):
            return "must missed"
        return "goal reached" if self.goal is not None and self._holds(self.goal) else "must reached"

    def _holds(self, bound: float | None) -> bool:
        if bound is None:
            return True
        return self.measured >= bound if self.at_least else self.measured < bound


class Findings(msgspec.Struct, frozen=True):
    """`data`: every figure that the tables were made of, by name, with sample sizes."""

    tables: tuple[Table, ...]
    data: Mapping[str, Any]
    verdicts: tuple[Verdict, ...] = ()
    notes: tuple[str, ...] = ()


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """One run of one benchmark. The load averages tell whether something else ran beside it."""

    benchmark: str
    started_at: datetime
    seconds: float
    quick: bool
    machine: Machine
    load_before: tuple[float, float, float]
    load_after: tuple[float, float, float]
    findings: Findings


def show(report: Report, console: Console) -> None:
    """Print the tables, then how they stand to what was promised."""
    load = " ".join(f"{one:.2f}" for one in report.load_before)
    hurry = ", quick: too few samples to quote" if report.quick else ""
    console.print(f"\n[bold]{report.benchmark}[/]  {report.seconds:.0f} s, load average before {load}{hurry}")
    for table in report.findings.tables:
        print_table(table, console)
    if report.findings.verdicts:
        print_table(_verdicts(report.findings.verdicts), console)
    for note in report.findings.notes:
        console.print(f"  {note}", highlight=False)


def save(report: Report, folder: Path) -> Path:
    """Write the report as JSON under a name that no other run has."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{report.benchmark}-{report.started_at.astimezone(UTC):%Y%m%dT%H%M%SZ}.json"
    path.write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n")
    return path


def ms(seconds: float) -> str:
    return f"{seconds * 1000:.1f}"


def _verdicts(verdicts: tuple[Verdict, ...]) -> Table:
    def bound(verdict: Verdict, value: float | None) -> str:
        if value is None:
            return ""
        return f"{'at least' if verdict.at_least else 'under'} {value:g} {verdict.unit}".rstrip()

    rows = tuple(
        (
            one.what,
            f"{one.measured:.3g} {one.unit}".rstrip(),
            bound(one, one.must),
            bound(one, one.goal),
            one.word,
        )
        for one in verdicts
    )
    return Table("Promised", ("figure", "measured", "must", "goal", ""), rows)


def print_table(table: Table, console: Console) -> None:
    """One table, its first column to the left."""
    shown = RichTable(title=table.title, title_justify="left", title_style="", box=None, pad_edge=False)
    for place, column in enumerate(table.columns):
        shown.add_column(column, justify="left" if place == 0 else "right")
    for row in table.rows:
        shown.add_row(*row)
    console.print()
    console.print(shown)
