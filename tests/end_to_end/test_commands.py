"""Every command, as it is typed, on a running system. How one comes up and goes down: `test_life.py`."""

from __future__ import annotations

import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import pytest

from schemas.topics import TOPICS
from tests.end_to_end.system import MemCube, command

TOLD: Final[list[dict[str, Any]]] = [
    {"role": "user", "content": "I live in Faro.", "timestamp": "2026-01-05T10:00:00+00:00", "name": "Ann"},
    {"role": "assistant", "content": "Faro is lovely.", "timestamp": "2026-01-05T10:00:05+00:00"},
    {"role": "user", "content": "Good morning to the lighthouse!", "timestamp": "2026-01-06T08:00:00+00:00"},
    {
        "role": "user",
        "content": "The dentist appointment is next Tuesday.",
        "timestamp": "2026-01-07T09:00:00+01:00",
        "name": "Ann",
        "id": "turn-4",
    },
    {"role": "user", "content": "I live in Oslo.", "timestamp": "2026-03-05T10:00:00+00:00", "name": "Ann"},
]


@pytest.fixture(scope="module")
def told(memcube: MemCube) -> MemCube:
    """With the turns above as the memory of user `ann`, who is only asked."""
    memcube.json("import", "-", "--user", "ann", stdin=json.dumps(TOLD))
    return memcube


def test_import_json_and_again(memcube: MemCube, tmp_path: Path) -> None:
    file = tmp_path / "told.json"
    file.write_text(json.dumps(TOLD))
    told = memcube.json("import", str(file), "--user", "file")
    assert {"events", "memories", "seconds", "events_per_s"} <= told.keys()
    assert (told["events"], told["memories"]) == (5, 3)
    assert told["seconds"] > 0
    assert told["events_per_s"] > 0
    before = memcube.json("cubes", "list", "--user", "file", "--episodes")
    again = memcube.json("import", str(file), "--user", "file")
    assert (again["events"], again["new"], again["memories"]) == (5, 0, 0)
    assert memcube.json("cubes", "list", "--user", "file", "--episodes") == before


def test_import_jsonl_and_standard_input(memcube: MemCube, tmp_path: Path) -> None:
    lines = "\n".join(json.dumps(turn) for turn in TOLD)
    file = tmp_path / "told.jsonl"
    file.write_text(lines + "\n")
    assert memcube.json("import", str(file), "--user", "jsonl")["memories"] == 3
    assert memcube.json("import", "-", "--user", "piped", stdin=lines)["memories"] == 3
    wrapped = json.dumps({"messages": TOLD})
    assert memcube.json("import", "-", "--user", "wrapped", stdin=wrapped)["events"] == 5
    assert "5 events" in memcube.command("import", str(file), "--user", "worded").stdout


def test_import_maps_roles_and_ids(memcube: MemCube) -> None:
    turns = [
        {"role": "system", "content": "Be kind.", "user_id": "roles"},
        {"role": "user", "content": "I like jazz.", "user_id": "roles", "name": "Ann"},
        {"role": "assistant", "content": "Jazz it is.", "user_id": "roles"},
        {"role": "user", "content": "My locker is 12.", "group_id": "team", "user_id": "eva", "name": "Eva"},
    ]
    told = memcube.json("import", "-", "--user", "roles", stdin=json.dumps(turns))
    assert (told["events"], told["skipped"]) == (3, 1)
    assert memcube.texts("roles") == {"Ann likes jazz"}
    speakers = {
        cube["text"]: cube["provenance"][0]["speaker"]
        for cube in memcube.json("cubes", "list", "--user", "roles", "--episodes")["cubes"]
    }
    assert (speakers["I like jazz."], speakers["Jazz it is."]) == ("Ann", "assistant")
    [team] = memcube.json("cubes", "list", "--group", "team")["cubes"]
    assert "Eva" in team["text"]


def test_import_names_what_is_bad_and_goes_on(memcube: MemCube, tmp_path: Path) -> None:
    turns = [
        TOLD[0],
        {"role": "user"},
        {"role": "user", "content": ""},
        {**TOLD[4], "timestamp": "yesterday"},
    ]
    bad = memcube.command("import", "-", "--user", "bad-turns", "--json", stdin=json.dumps(turns))
    assert bad.returncode == 1
    assert json.loads(bad.stdout)["events"] == 1
    assert re.findall(r"^message (\d+): ", bad.stderr, re.MULTILINE) == ["2", "3", "4"]
    for content in (b"", b"{not json", b"\xff\xfe\x00", b"17"):
        done = memcube.command("import", "-", "--user", "bad-turns", stdin=content)
        assert done.returncode == 1, content
        assert done.stderr.startswith("error: "), done.stderr
    assert memcube.command("import", str(tmp_path / "nowhere.json"), "--user", "bad-turns").returncode == 1
    nobodys = memcube.command("import", "-", stdin=json.dumps(TOLD))
    assert nobodys.returncode == 1
    assert "whose memory?" in nobodys.stderr


def test_recall(told: MemCube) -> None:
    found = told.json("recall", "where does Ann live?", "--user", "ann", "-k", "3")["memories"]
    assert len(found) <= 3
    best = found[0]
    assert best.keys() >= {"id", "text", "score", "kind", "state", "valid_from", "valid_to", "provenance"}
    assert (best["text"], best["state"], best["kind"]) == ("Ann lives in Oslo", "active", "plaintext")
    assert best["valid_to"] is None
    [source] = best["provenance"]
    assert source.keys() == {"event_id", "source_id", "speaker", "time"}
    assert (source["speaker"], source["time"]) == ("Ann", "2026-03-05T10:00:00Z")
    assert "Ann lives in Oslo" in told.command("recall", "where does Ann live?", "--user", "ann").stdout


def test_a_fact_and_its_own_turn_are_one_result(told: MemCube) -> None:
    found = told.json("recall", "dentist appointment Ann Oslo Faro", "--user", "ann", "-k", "50")["memories"]
    events = [source["event_id"] for memory in found for source in memory["provenance"]]
    assert len(events) == len(set(events))


def test_a_dated_event_has_its_date_and_stays_true(told: MemCube) -> None:
    [dentist] = [
        cube for cube in told.json("cubes", "list", "--user", "ann")["cubes"] if "dentist" in cube["text"]
    ]
    assert datetime.fromisoformat(dentist["valid_from"]).date().isoformat() == "2026-01-13"
    assert (dentist["valid_to"], dentist["state"]) == (None, "active")
    assert dentist["provenance"][0]["source_id"] == "turn-4"
    found = told.json("recall", "When is Ann's dentist appointment?", "--user", "ann", "-k", "1")["memories"]
    assert found[0]["valid_to"] is None


def test_what_was_replaced_ends_and_is_answered_as_of_then(told: MemCube) -> None:
    question = ("recall", "where does Ann live?", "--user", "ann")
    now = [memory["text"] for memory in told.json(*question)["memories"]]
    assert "Ann lives in Oslo" in now
    assert not any("Faro." in text or "in Faro" in text for text in now)
    then = told.json(*question, "--as-of", "2026-02-01")["memories"]
    assert then[0]["text"] == "Ann lives in Faro"
    assert "Ann lives in Oslo" not in [memory["text"] for memory in then]
    [old] = [c for c in told.json("cubes", "list", "--user", "ann")["cubes"] if "Faro" in c["text"]]
    assert (old["state"], old["valid_to"]) == ("superseded", "2026-03-05T10:00:00Z")
    history = told.json("cubes", "history", old["id"], "--user", "ann")["versions"]
    assert [(v["version"], v["state"]) for v in history] == [(1, "active"), (2, "superseded")]
    assert "superseded" in told.command("cubes", "history", old["id"], "--user", "ann").stdout


def test_cubes_are_memories_and_turns_on_request(told: MemCube) -> None:
    listed = told.json("cubes", "list", "--user", "ann")["cubes"]
    assert all({"id", "text", "state"} <= cube.keys() for cube in listed)
    assert {cube["form"] for cube in listed} == {"fact"}
    assert len(told.json("cubes", "list", "--user", "ann", "--limit", "2")["cubes"]) == 2
    with_turns = told.json("cubes", "list", "--user", "ann", "--episodes")["cubes"]
    assert len(with_turns) == len(listed) + len(TOLD)
    shown = told.json("cubes", "show", listed[0]["id"], "--user", "ann")
    assert shown == listed[0]
    assert listed[0]["id"] in told.command("cubes", "list", "--user", "ann").stdout


def test_a_turn_that_gave_no_memory_is_recallable(told: MemCube) -> None:
    texts = {cube["text"] for cube in told.json("cubes", "list", "--user", "ann")["cubes"]}
    assert not any("lighthouse" in text for text in texts)
    [found, *_] = told.json("recall", "lighthouse", "--user", "ann")["memories"]
    assert (found["text"], found["form"]) == ("Good morning to the lighthouse!", "episode")


def test_remember_edit_pin_forget_and_undo(memcube: MemCube) -> None:
    whose = ("--user", "hands-on")
    [made] = memcube.json("remember", "The spare key is under the mat.", *whose)["changes"]
    [edited] = memcube.json("edit", made["id"], "The spare key is with Eva.", *whose)["changes"]
    assert (edited["id"], edited["version"], edited["decision"]) == (made["id"], 2, "edit")
    assert memcube.json("pin", made["id"], *whose)["changes"][0]["decision"] == "pin"
    assert memcube.json("cubes", "show", made["id"], *whose)["pinned"] is True
    assert memcube.json("pin", made["id"], "--off", *whose)["changes"][0]["version"] == 4
    other = memcube.json("remember", "The bins go out on Monday.", *whose)
    assert memcube.json("undo", other["event_id"], *whose)["changes"][0]["state"] == "retracted"
    assert "bins" not in str(memcube.json("recall", "bins", *whose))

    forgotten = memcube.json("forget", made["id"], *whose)
    assert [change["state"] for change in forgotten["changes"]] == ["erased"]
    assert "Eva" not in str(memcube.json("recall", "spare key", *whose))
    assert "Eva" not in str(memcube.json("cubes", "history", made["id"], *whose))
    taken_back = memcube.command("undo", forgotten["event_id"], *whose)
    assert taken_back.returncode == 1
    assert "cannot be undone" in taken_back.stderr


def test_forget_everything_of_one_subject(memcube: MemCube) -> None:
    for user in ("gone", "stays"):
        memcube.json("remember", f"The code of {user} is 4411.", "--user", user)
    asked = memcube.command("forget", "--everything", "--user", "gone", stdin="n\n")
    assert asked.returncode == 1
    assert memcube.texts("gone")
    memcube.json("forget", "--everything", "--yes", "--user", "gone")
    assert memcube.json("cubes", "list", "--user", "gone")["cubes"] == []
    assert memcube.json("recall", "code", "--user", "gone")["memories"] == []
    assert memcube.texts("stays")
    memcube.until_quiet()
    memcube.json("remember", "The new code is 5522.", "--user", "gone")
    assert memcube.recalled("gone", "code") == ["The new code is 5522."]


def test_subjects_and_tenants_are_apart(memcube: MemCube) -> None:
    for kind in ("user", "agent", "run", "group"):
        memcube.json("remember", f"The code of this {kind} is 4411.", f"--{kind}", "same")
    memcube.json("remember", "The code of this tenant is 4411.", "--user", "same", "--tenant", "acme")
    for kind in ("user", "agent", "run", "group"):
        [found] = memcube.json("recall", "code", f"--{kind}", "same")["memories"]
        assert found["text"] == f"The code of this {kind} is 4411."
    assert len(memcube.json("recall", "code", "--user", "same", "--tenant", "acme")["memories"]) == 1
    both = memcube.command("recall", "code", "--user", "same", "--group", "same")
    assert both.returncode == 2
    assert "exactly one" in both.stderr


def test_status_topics_and_doctor(memcube: MemCube) -> None:
    status = memcube.json("status")
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+", status["gateway"])
    assert memcube.http.get(f"{status['gateway']}/healthz").is_success
    assert (status["ready"], status["reason"]) == (True, None)
    assert {role: len(parts) for role, parts in status["lag"].items()} == {
        "memory": 12,
        "audit": 1,
        "promote": 12,
    }
    assert status["store"]["bytes"] > 0
    assert isinstance(status["deadletters"], int)
    assert "http://127.0.0.1:" in memcube.command("status").stdout

    topics = {topic["name"]: topic for topic in memcube.json("topics")["topics"]}
    for topic in TOPICS:
        assert topics[topic.name]["partitions"] == topic.partitions()
        assert topics[topic.name]["compacted"] == topic.compacted
    assert "memory.deadletter" in memcube.command("topics").stdout

    doctor = memcube.json("doctor")
    assert doctor["healthy"]
    assert {"java", "embedding model", "running system"} <= {check["name"] for check in doctor["checks"]}


def test_without_a_system_each_command_says_so(tmp_path: Path) -> None:
    nowhere = ("--data", str(tmp_path / "empty"))
    for arguments in (("recall", "x", "--user", "u"), ("topics",), ("deadletters", "list"), ("import", "-")):
        done = command(*arguments, *nowhere, stdin=json.dumps(TOLD))
        assert done.returncode == 1, arguments
        assert "no MemCube is running" in done.stderr
        assert "memcube up" in done.stderr
    status = command("status", "--json", *nowhere)
    assert status.returncode == 1
    assert "no MemCube is running" in json.loads(status.stdout)["reason"]
    assert json.loads(status.stdout)["gateway"] is None
    assert command("--help").returncode == 0
