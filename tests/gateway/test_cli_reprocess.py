"""`memcube reprocess`: what it shows, asks, sends and says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from typer.testing import CliRunner

from gateway.cli.app import app
from gateway.cli.planning import Plan, Reading, Window, planned, reading_shown
from gateway.cli.sending import Shipment
from tests.gateway.running import Run, Running, document
from tests.processors.rule_sets import deaf_to, rules

ANN = ("--user", "ann")
SHOWN = "memcube undo "


@pytest.fixture
def told(run: Run) -> Run:
    """A system on which rules that were deaf to jazz have heard of it."""
    turns = [
        {"role": "user", "name": "Ann", "content": text, "timestamp": f"2026-01-0{day}T10:00:00+00:00"}
        for day, text in ((1, "I live in Faro."), (2, "I like jazz."))
    ]
    with rules(deaf_to("jazz")):
        document(run("import", "-", *ANN, "--json", stdin=json.dumps(turns)))
    return run


def texts(run: Run, *more: str) -> set[str]:
    return {cube["text"] for cube in document(run("cubes", "list", *ANN, *more, "--json"))["cubes"]}


def test_a_dry_run_shows_the_difference_and_changes_nothing(told: Run) -> None:
    shown = told("reprocess", "--dry-run").stdout
    assert "Ann likes jazz (active, 2026-01-02 10:00, ann/likes)" in shown
    assert "1 new, 0 gone, 0 changed; 1 kept there; 0 memories to embed anew; subjects: 1" in shown
    plan = document(told("reprocess", "--dry-run", "--json"))
    assert plan["events"] == []
    assert plan["plans"][0]["changes"][0]["before"] is None
    assert texts(told) == {"Ann lives in Faro"}


def test_it_is_applied_told_and_taken_back(told: Run) -> None:
    shown = told("reprocess", *ANN).stdout
    assert "user ann: 1 changed by event " in shown
    assert texts(told) == {"Ann lives in Faro", "Ann likes jazz"}
    event = shown.split(SHOWN)[1].split()[0]
    assert told("undo", event, *ANN).exit_code == 0
    assert document(told("cubes", "list", *ANN, "--state", "active", "--json"))["cubes"][0]["text"] == (
        "Ann lives in Faro"
    )


def test_several_events_are_taken_back_the_last_one_first(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    turns = [
        {"role": "user", "name": "Ann", "content": text, "timestamp": f"2026-01-0{day}T10:00:00+00:00"}
        for day, text in ((1, "I live in Faro."), (2, "I live in Rome."), (3, "I like jazz."))
    ]
    with rules(deaf_to("Faro", "Rome", "jazz")):
        run("import", "-", *ANN, "--json", stdin=json.dumps(turns))
    # As it would be of a large subject: each turn is an event of its own.
    cut = [("2026-01-01", "2026-01-02"), ("2026-01-02", "2026-01-03"), ("2026-01-03", None)]
    real = planned

    def in_three(*place: Any) -> list[Plan]:
        windows = tuple(
            Window(f"{since}T00:00:00Z", until and f"{until}T00:00:00Z", 1) for since, until in cut
        )
        return [msgspec.structs.replace(plan, windows=windows) for plan in real(*place)]

    with monkeypatch.context() as patch:
        patch.setattr("gateway.cli.reprocessing.planned", in_three)
        shown = run("reprocess", *ANN).stdout
    assert shown.count("changed by event") == 3
    events = shown.split("`memcube undo ")[1].split(" --user")[0].split()
    assert len(events) == 3
    in_the_wrong_order = run("undo", events[0], events[2], *ANN)
    assert in_the_wrong_order.exit_code == 1
    assert f"event {events[2]}, after 1 of 2 were taken back" in in_the_wrong_order.stderr
    undone = document(run("undo", *events[1:], *ANN, "--json"))
    assert [one["event_id"] for one in undone["undone"]]
    assert texts(run, "--state", "active") == set()


@pytest.mark.parametrize(("answer", "applied"), [("n\n", False), ("y\n", True)])
def test_on_a_terminal_it_asks(
    told: Run, system: Running, monkeypatch: pytest.MonkeyPatch, answer: str, *, applied: bool
) -> None:
    monkeypatch.setattr("gateway.cli.reprocessing._somebody_there", lambda: True)
    result = told("reprocess", stdin=answer)
    assert "Apply 1 changes and embed 0 memories anew, of 1 subjects? [y/N]" in result.stderr
    assert (result.exit_code == 0) is applied
    assert ("nothing was changed" in result.stderr) is not applied
    assert ("Ann likes jazz" in texts(told)) is applied
    assert told("reprocess", "--yes").exit_code == 0
    assert "Ann likes jazz" in texts(told)


def test_ctrl_c_tells_what_was_sent(told: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_: Shipment) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Shipment, "wait", interrupted)
        result = told("reprocess", *ANN)
    assert result.exit_code == 130
    assert "interrupted: 1 of 1 events were confirmed; running it again is safe" in result.stderr
    assert f"sent for user ann, to be undone with `{SHOWN}" in result.stderr
    assert told("reprocess", *ANN).exit_code == 0
    assert texts(told) == {"Ann lives in Faro", "Ann likes jazz"}


def test_only_from_a_day_on(told: Run) -> None:
    assert "no memory would change" in told("reprocess", "--dry-run", "--since", "2026-01-03").stdout
    assert "1 new" in told("reprocess", "--dry-run", "--since", "2026-01-02").stdout
    result = told("reprocess", "--dry-run", "--since", "yesterday")
    assert result.exit_code == 2
    assert "write a day like 2026-11-23" in result.stderr


def test_nobody_else_is_touched(told: Run) -> None:
    elsewhere = [("--user", "ann", "--tenant", "other"), ("--user", "eve"), ("--group", "ann")]
    turn = json.dumps([{"role": "user", "name": "Ann", "content": "I like jazz."}])
    with rules(deaf_to("jazz")):
        for whose in elsewhere:
            told("import", "-", *whose, stdin=turn)
    assert "Ann likes jazz" in told("reprocess", *ANN).stdout
    for whose in elsewhere:
        assert document(told("cubes", "list", *whose, "--json"))["cubes"] == []
    everybody = told("reprocess").stdout
    assert "user eve: 1 changed" in everybody
    assert "group ann: 1 changed" in everybody
    assert document(told("cubes", "list", *elsewhere[0], "--json"))["cubes"] == []


def test_a_terminal_sees_how_far_it_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with reading_shown() as heard:
        heard(Reading(0.5, 2))
    assert capsys.readouterr().err == ""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    with reading_shown() as heard:
        heard(Reading(0.5, 2))
    assert "25%" in capsys.readouterr().err


def test_a_name_for_the_shell_is_quoted(run: Run) -> None:
    odd = "it's me; $HOME"
    turn = [{"role": "user", "name": "Ann", "content": "I like jazz."}]
    with rules(deaf_to("jazz")):
        run("import", "-", "--user", odd, "--tenant", "a b", stdin=json.dumps(turn))
    shown = run("reprocess", "--tenant", "a b").stdout
    assert "--user 'it'\"'\"'s me; $HOME' --tenant 'a b'`" in shown


def test_nobody_there_and_no_system(run: Run, tmp_path: Path) -> None:
    assert "no memory would change" in run("reprocess", "--user", "nobody", "--dry-run").stdout
    for options, what in (((), "no MemCube is running"), (("--dry-run",), "there is no record yet")):
        result = CliRunner().invoke(app, ["reprocess", *options, "--data", str(tmp_path / "empty")])
        assert result.exit_code == 1
        assert what in result.stderr
        assert "memcube up" in result.stderr
