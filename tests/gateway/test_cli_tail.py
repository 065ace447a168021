"""`memcube tail`, and what it shows: memories that are made, judged, expired and forgotten."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.gateway.running import Run, Running, document

ANN = ("--user", "ann")
COMMAND = (sys.executable, "-m", "gateway.cli")


@contextmanager
def tail(system: Running, *options: str) -> Iterator[subprocess.Popen[str]]:
    command = [*COMMAND, "tail", "--data", str(system.folder.root), *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().rstrip("\n")


def remember(run: Run, text: str, *options: str) -> str:
    done = document(run("remember", text, *(options or ANN), "--json"))
    return str(done["changes"][0]["id"])


def told(run: Run, *options: str) -> list[dict[str, Any]]:
    result = run("tail", "--since", "start", "--json", *options)
    assert result.exit_code == 0, result.output
    return [json.loads(one) for one in result.stdout.splitlines()]


def test_a_change_is_a_line_when_it_happens(run: Run, system: Running) -> None:
    first = remember(run, "The key is under the blue pot.")
    with tail(system, *ANN, "--since", "start") as process:
        assert line(process).endswith(f"  user:ann  add (new)  {first}  The key is under the blue pot.")
        run("edit", first, "The key is\nwith \x1b[31mRui.", *ANN)
        edited = line(process)
        assert edited.endswith(
            f"  user:ann  edit (edited)  {first}  The key is with \N{REPLACEMENT CHARACTER}[31mRui."
        )
        assert edited[:10].count("-") == 2
        run("forget", first, *ANN)
        assert line(process).strip() == f"user:ann  erase  {first}"


def test_whose_and_what_can_be_chosen(run: Run) -> None:
    ann = remember(run, "Ann's code is 4711.")
    ben = remember(run, "Ben's code is 1234.", "--user", "ben")
    other = remember(run, "Of another tenant.", "--user", "ann", "--tenant", "acme")
    run("pin", ann, *ANN)
    run("forget", ben, "--user", "ben")

    def seen(*options: str, count: int) -> list[tuple[str, str]]:
        return [
            (one["cube_id"], one.get("decision", "erase")) for one in told(run, "-n", str(count), *options)
        ]

    assert seen("--user", "ann", count=2) == [(ann, "add"), (ann, "pin")]
    assert seen("--user", "ann", "--tenant", "acme", count=1) == [(other, "add")]
    assert set(seen(count=4)) == {(ann, "add"), (ann, "pin"), (ben, "add"), (ben, "erase")}
    assert seen("--decision", "pin", count=1) == [(ann, "pin")]
    assert seen("--state", "erased", count=1) == [(ben, "erase")]


def test_raw_turns_only_when_asked_for(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "m.json"
    file.write_text(json.dumps([{"role": "user", "content": "I live in Porto.", "name": "Ann"}]))
    run("import", str(file), *ANN)
    assert told(run, *ANN, "-n", "1")[0]["form"] == "fact"
    assert {one["form"] for one in told(run, *ANN, "--episodes", "-n", "2")} == {"episode", "fact"}


def test_it_goes_on_behind_an_id(run: Run) -> None:
    for text in ("one", "two", "three"):
        remember(run, f"Number {text}.")
    first, _ = told(run, *ANN, "-n", "2")
    result = run("tail", *ANN, "--since", first["id"], "-n", "2", "--json")
    assert [json.loads(one)["text"] for one in result.stdout.splitlines()] == ["Number two.", "Number three."]


def test_a_gateway_that_restarts_is_followed_without_a_gap_or_a_repeat(run: Run, system: Running) -> None:
    remember(run, "Before.")
    with tail(system, *ANN, "--since", "start") as process:
        assert line(process).endswith("Before.")
        system.stop_gateway()
        assert process.stderr is not None
        assert "the gateway is away" in process.stderr.readline()
        system.start()
        remember(run, "While it came back.")
        assert line(process).endswith("While it came back.")
        assert "the gateway is back" in process.stderr.readline()


def test_ctrl_c_and_a_closed_pipe_end_it_quietly(run: Run, system: Running) -> None:
    remember(run, "One.")
    with tail(system, *ANN, "--since", "start") as process:
        line(process)
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=20) == ("", "")
        assert process.returncode == 130
    with tail(system, *ANN, "--since", "start") as process:
        line(process)
        assert process.stdout is not None
        process.stdout.close()
        remember(run, "Two.")
        process.wait(timeout=20)
        assert process.stderr is not None
        assert process.stderr.read() == ""


def test_what_cannot_be_followed_says_so(run: Run, tmp_path: Path) -> None:
    refused = run("tail", *ANN, "--since", "nonsense")
    assert refused.exit_code == 1
    assert "nonsense" in refused.stderr
    none = subprocess.run(
        [*COMMAND, "tail", "--data", str(tmp_path / "none")], capture_output=True, text=True, check=False
    )
    assert none.returncode == 1
    assert "no MemCube is running" in none.stderr
    assert run("tail", "--state", "dead").exit_code == 2


# --- feedback, tick, events ---------------------------------------------------------------------------


def test_feedback_moves_trust_and_says_how_far(run: Run) -> None:
    cubes = [remember(run, "The code is 4711."), remember(run, "The blue pot is broken.")]
    table = run("feedback", "up", *cubes, *ANN)
    assert table.exit_code == 0
    assert table.stdout.count("0.50 to 0.62") == 2
    assert "0.62 to 0.47" in run("feedback", "down", cubes[0], *ANN).stdout
    told = document(run("feedback", "down", cubes[1], *ANN, "--json"))
    assert [change["reason"] for change in told["changes"]] == ["down"]
    unknown = run("feedback", "up", "nope", *ANN)
    assert unknown.exit_code == 1
    assert "cubes list" in unknown.stderr
    assert run("feedback", "sideways", cubes[0], *ANN).exit_code == 2


def test_a_tick_expires_what_is_due(run: Run) -> None:
    assert "nothing had to be changed" in run("tick", *ANN).stdout
    remember(run, "The door code is 4711.", *ANN, "--expires-at", "2026-01-01")
    assert "expire" in run("tick", *ANN).stdout
    [cube] = document(run("cubes", "list", *ANN, "--json"))["cubes"]
    assert cube["state"] == "expired"


def test_an_event_shows_what_became_of_it(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "m.json"
    file.write_text(json.dumps([{"role": "user", "content": "I live in Porto.", "name": "Ann"}]))
    run("import", str(file), *ANN)
    [memory] = document(run("recall", "Where does Ann live?", *ANN, "-k", "1", "--json"))["memories"]
    event = memory["provenance"][0]["event_id"]
    shown = document(run("events", "show", event, *ANN, "--json"))
    assert (shown["event_id"], shown["applied"]) == (event, True)
    assert shown["turn"]["text"] == "I live in Porto."
    table = run("events", "show", event, *ANN).stdout
    assert "I live in Porto." in table
    assert "add (new)" in table
    assert memory["id"] in table
    unknown = run("events", "show", "nope", *ANN)
    assert unknown.exit_code == 1
    assert "nope" in unknown.stderr
    assert run("events", "show", "../x", *ANN).exit_code == 2
