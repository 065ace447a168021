"""Imports, live updates and what became of an event, against the whole system."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.end_to_end.system import COMMAND, ENV, ROOT, MemCube, until

GUIDE = "# Guide\n\n## Install\n\nUnpack the archive into /opt.\n\n## Use\n\nStart it with the red button.\n"


@contextmanager
def tail(memcube: MemCube, *options: str) -> Iterator[subprocess.Popen[str]]:
    command = [*COMMAND, "tail", "--data", str(memcube.folder), *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=ENV, cwd=ROOT) as process:
        try:
            yield process
        finally:
            process.kill()


def update(process: subprocess.Popen[str]) -> dict[str, Any]:
    assert process.stdout is not None
    found: dict[str, Any] = json.loads(process.stdout.readline())
    return found


def events(memcube: MemCube) -> int:
    """How many the log holds."""
    topics = memcube.get("/v1/topics")["topics"]
    return int({topic["name"]: topic["records"] for topic in topics}["memory.events"])


def test_a_conversation_of_several_is_imported_and_each_event_can_be_traced(
    memcube: MemCube, tmp_path: Path
) -> None:
    sample = {
        "sample_id": "talk-1",
        "conversation": {
            "session_1_date_time": "1:56 pm on 8 May, 2023",
            "session_1": [
                {"speaker": "Ida", "dia_id": "D1:1", "text": "I live in Porto."},
                {"speaker": "Leo", "dia_id": "D1:2", "text": "Look at this!", "blip_caption": "a goat"},
            ],
        },
    }
    file = tmp_path / "talks.json"
    file.write_text(json.dumps([sample]))
    told = memcube.json("import", str(file))
    assert (told["events"], told["new"], told["bad"]) == (2, 2, 0)
    assert memcube.json("import", str(file))["new"] == 0
    found = memcube.post("/v1/recall", {"group_id": "talk-1", "query": "Where does Ida live?"})["memories"]
    origin = found[0]["provenance"][0]
    assert (origin["speaker"], origin["source_id"]) == ("Ida", "D1:1")
    memcube.until_quiet()
    event = memcube.json("events", "show", origin["event_id"], "--group", "talk-1")
    assert event["turn"]["text"] == "I live in Porto."
    assert {step["decision"] for step in event["audit"]} == {"add"}
    assert {change["id"] for change in event["changes"]} == {step["cube_id"] for step in event["audit"]}


def test_a_document_is_replaced_and_each_change_is_followed(memcube: MemCube, tmp_path: Path) -> None:
    file = tmp_path / "guide.md"
    file.write_text(GUIDE)
    with tail(memcube, "--user", "docs", "--since", "start", "--json") as process:
        memcube.json("import", str(file), "--user", "docs")
        first = {update(process)["text"], update(process)["text"]}
        install = "Guide > Install: Unpack the archive into /opt."
        assert first == {install, "Guide > Use: Start it with the red button."}
        file.write_text(GUIDE.replace("red", "green"))
        told = memcube.json("import", str(file), "--user", "docs")
        assert [told["documents"][0][count] for count in ("new", "unchanged", "removed")] == [1, 1, 1]
        assert update(process)["event"] == "cube.erased"
        assert update(process)["text"] == "Guide > Use: Start it with the green button."
    assert memcube.texts("docs") == {install, "Guide > Use: Start it with the green button."}


def test_tail_goes_on_when_the_gateway_was_killed(memcube: MemCube) -> None:
    def gateway() -> int:
        [pid] = [child["pid"] for child in memcube.json("status")["children"] if child["name"] == "gateway"]
        return int(pid)

    with tail(memcube, "--user", "kim", "--since", "start", "--json") as process:
        memcube.json("remember", "Before the fall.", "--user", "kim")
        assert update(process)["text"] == "Before the fall."
        killed = gateway()
        os.kill(killed, signal.SIGKILL)
        until(lambda: memcube.command("status").returncode == 0 and gateway() != killed, 60, memcube.told)
        memcube.json("remember", "After the fall.", "--user", "kim")
        assert update(process)["text"] == "After the fall."


def test_an_import_into_a_system_that_stands_still_can_be_interrupted(
    memcube: MemCube, tmp_path: Path
) -> None:
    file = tmp_path / "guide.md"
    file.write_text(GUIDE)
    [memory] = [one["pid"] for one in memcube.json("status")["children"] if one["name"] == "memory"]
    command = [*COMMAND, "import", str(file), "--user", "ivy", "--data", str(memcube.folder)]
    os.kill(memory, signal.SIGSTOP)
    try:
        before = events(memcube)
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=ENV, cwd=ROOT) as process:
            until(lambda: events(memcube) == before + 2, 30, memcube.told)
            process.send_signal(signal.SIGINT)
            _, told = process.communicate(timeout=30)
    finally:
        os.kill(memory, signal.SIGCONT)
    assert process.returncode == 130
    assert "importing again is safe" in told
    until(lambda: memcube.command("status").returncode == 0, 60, memcube.told)
    memcube.until_quiet()
    told_again = memcube.json("import", str(file), "--user", "ivy")
    assert told_again["documents"][0]["unchanged"] == 2
    assert len(memcube.texts("ivy")) == 2
