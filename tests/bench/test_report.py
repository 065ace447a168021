from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rich.console import Console

from bench.machine import Machine, describe
from bench.report import Findings, Report, Table, Verdict, save, show


@pytest.mark.parametrize(
    ("measured", "word"), [(20.0, "goal reached"), (30.0, "must reached"), (100.0, "must missed")]
)
def test_less_is_better_unless_said_otherwise(measured: float, word: str) -> None:
    assert Verdict("p50", measured, "ms", must=100.0, goal=30.0).word == word


@pytest.mark.parametrize(("measured", "word"), [(0.7, "must reached"), (0.69, "must missed")])
def test_a_share_must_be_at_least_so_much(measured: float, word: str) -> None:
    assert Verdict("share", measured, "", must=0.7, at_least=True).word == word


def test_tables_verdicts_and_notes_are_printed() -> None:
    written = io.StringIO()
    show(report(), Console(file=written, width=120))
    for words in (
        "latency",
        "load average before 0.10",
        "Kafka",
        "22.3",
        "under 100 ms",
        "must reached",
        "a note",
    ):
        assert words in written.getvalue()


def test_a_quick_run_says_that_its_figures_are_none() -> None:
    written = io.StringIO()
    show(report(quick=True), Console(file=written, width=120))
    assert "not" in written.getvalue().splitlines()[1] or "quote" in written.getvalue()


def test_the_file_holds_everything_and_has_a_name_of_its_own(tmp_path: Path) -> None:
    path = save(report(), tmp_path / "results")
    assert path.name == "latency-20261123T120000Z.json"
    kept = json.loads(path.read_text())
    assert kept["findings"]["data"] == {"p50": 22.3, "samples": 300}
    assert kept["machine"]["cores"] == 2
    assert kept["load_before"] == [0.1, 0.2, 0.3]


def test_the_machine_is_described() -> None:
    machine = describe()
    assert machine.cores >= 1
    assert machine.memory_mb > 100
    assert machine.packages["aiokafka"][0].isdigit()


def report(*, quick: bool = False) -> Report:
    return Report(
        benchmark="latency",
        started_at=datetime(2026, 11, 23, 12, tzinfo=UTC),
        seconds=60.0,
        quick=quick,
        machine=Machine("a processor", 2, 8000, "Linux", "3.11", "0.1.0", None, {}),
        load_before=(0.1, 0.2, 0.3),
        load_after=(1.0, 0.5, 0.4),
        findings=Findings(
            tables=(Table("Since publishing", ("way", "p50 ms"), (("Kafka", "22.3"),)),),
            data={"p50": 22.3, "samples": 300},
            verdicts=(Verdict("p50", 41.4, "ms", must=100.0, goal=30.0),),
            notes=("a note",),
        ),
    )
