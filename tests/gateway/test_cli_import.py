"""`memcube import` of every format, against a gateway that really listens."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from gateway.cli import files
from gateway.cli.app import app
from schemas.topics import EVENTS
from tests.gateway.running import Run, Running, document

ANN = ("--user", "ann")
GUIDE = "# Guide\n\n## Install\n\nUnpack the archive into /opt.\n\n## Use\n\nStart it with the red button.\n"


def write(folder: Path, name: str, content: str | bytes) -> str:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return str(path)


def replaced(told: dict[str, Any]) -> list[tuple[Any, ...]]:
    counts = ("new", "unchanged", "removed", "kept")
    return [(one["name"], *(one[count] for count in counts)) for one in told["documents"]]


def held(run: Run, *subject: str) -> set[str]:
    cubes = document(run("cubes", "list", *(subject or ANN), "--json"))["cubes"]
    return {cube["text"] for cube in cubes}


# --- conversations ------------------------------------------------------------------------------------


def chatgpt(*texts: str) -> str:
    mapping: dict[str, Any] = {"root": {"id": "root", "parent": None, "message": None}}
    before = "root"
    for number, text in enumerate(texts):
        said = {
            "author": {"role": "user"},
            "content": {"content_type": "text", "parts": [text]},
            "create_time": 1_770_000_000 + number,
        }
        mapping[f"m{number}"] = {"id": f"m{number}", "parent": before, "message": said}
        before = f"m{number}"
    mapping["aside"] = {"id": "aside", "parent": "m0", "message": mapping["m0"]["message"]}
    return json.dumps([{"id": "c1", "mapping": mapping, "current_node": before}])


def test_a_chatgpt_export_is_detected_and_becomes_the_user_s_memory(run: Run, tmp_path: Path) -> None:
    file = write(tmp_path, "conversations.json", chatgpt("I live in Porto.", "I have a cat named Miso."))
    told = document(run("import", file, *ANN, "--json"))
    assert (told["events"], told["bad"], told["skipped_by"]) == (2, 0, {"on another branch": 1})
    [memory] = document(run("recall", "the cat's name?", *ANN, "-k", "1", "--json"))["memories"]
    assert "Miso" in memory["text"]
    assert memory["provenance"][0]["source_id"] == "c1/m1"
    assert document(run("import", file, *ANN, "--json"))["new"] == 0

    nobodys = run("import", file)
    assert nobodys.exit_code == 1
    assert "does not say" in nobodys.stderr
    assert "--user" in nobodys.stderr


def test_locomo_becomes_one_group_a_sample(run: Run, tmp_path: Path) -> None:
    sample = {
        "sample_id": "talk-1",
        "conversation": {
            "session_1_date_time": "1:56 pm on 8 May, 2023",
            "session_1": [
                {"speaker": "Ida", "dia_id": "D1:1", "text": "I live in Porto."},
                {"speaker": "Leo", "dia_id": "D1:2", "text": "Look!", "blip_caption": "a goat on a sofa"},
            ],
        },
    }
    file = write(tmp_path, "talks.json", json.dumps([sample]))
    assert document(run("import", file, "--json"))["events"] == 2
    listed = document(run("cubes", "list", "--group", "talk-1", "--episodes", "--json"))["cubes"]
    turns = {cube["text"]: cube["provenance"][0] for cube in listed if cube["form"] == "episode"}
    assert set(turns) == {"I live in Porto.", "Look! [image: a goat on a sofa]"}
    origin = turns["I live in Porto."]
    assert (origin["speaker"], origin["source_id"], origin["time"][:10]) == ("Ida", "D1:1", "2023-05-08")


# --- documents ----------------------------------------------------------------------------------------


def test_a_document_imported_again_replaces_only_what_changed(run: Run, tmp_path: Path) -> None:
    file = write(tmp_path, "guide.md", GUIDE)
    first = document(run("import", file, *ANN, "--json"))
    assert (replaced(first), first["memories"]) == ([("guide.md", 2, 0, 0, 0)], 2)
    install = "Guide > Install: Unpack the archive into /opt."
    assert held(run) == {install, "Guide > Use: Start it with the red button."}

    again = document(run("import", file, *ANN, "--json"))
    assert (replaced(again), again["events"]) == ([("guide.md", 0, 2, 0, 0)], 0)

    write(tmp_path, "guide.md", GUIDE.replace("red button", "green button"))
    assert replaced(document(run("import", file, *ANN, "--json"))) == [("guide.md", 1, 1, 1, 0)]
    assert held(run) == {install, "Guide > Use: Start it with the green button."}

    write(tmp_path, "guide.md", GUIDE)  # and back
    table = run("import", file, *ANN)
    assert "guide.md: 2 chunks, 1 new, 1 unchanged, 1 removed" in table.stdout
    assert held(run) == {install, "Guide > Use: Start it with the red button."}


def test_a_mended_word_replaces_the_chunk_although_it_says_nearly_the_same(run: Run, tmp_path: Path) -> None:
    file = write(tmp_path, "a.txt", "The boiler in the celllar is looked after by the company Warmhaus.")
    run("import", file, *ANN)
    write(tmp_path, "a.txt", "The boiler in the cellar is looked after by the company Warmhaus.")
    run("import", file, *ANN)
    assert held(run) == {"The boiler in the cellar is looked after by the company Warmhaus."}


# One statement in other words: they become one memory.
ALIKE = (
    "The pump in room A is looked after by the company Warmhaus.",
    "The pump in room A is currently looked after by the company Warmhaus.",
)


def lines(*paragraphs: str) -> str:
    return "\n\n".join(paragraphs)


def said_by(run: Run, text: str) -> int:
    """How many events say the memory with these words."""
    listed = document(run("cubes", "list", *ANN, "--json"))["cubes"]
    return sum(len(cube["provenance"]) for cube in listed if cube["text"] == text)


def test_chunks_that_became_one_memory_are_known_when_they_are_imported_again(
    run: Run, tmp_path: Path
) -> None:
    one, other = ALIKE
    other_file = write(tmp_path, "other.txt", "Something else, which only this document has to say.")
    file = write(tmp_path, "a.txt", lines(one, other))
    assert replaced(document(run("import", file, other_file, *ANN, "--json")))[0] == ("a.txt", 2, 0, 0, 0)
    assert (len(held(run)), said_by(run, one)) == (2, 2)  # merged
    before = document(run("cubes", "list", *ANN, "--json"))

    again = document(run("import", file, *ANN, "--json"))
    assert (replaced(again), again["new"]) == ([("a.txt", 0, 2, 0, 0)], 0)
    assert document(run("cubes", "list", *ANN, "--json")) == before

    # The one whose words the memory has is gone; the other, which was merged into it, is still said.
    write(tmp_path, "a.txt", other)
    assert replaced(document(run("import", file, *ANN, "--json"))) == [("a.txt", 1, 0, 1, 0)]
    assert said_by(run, other) == 1
    assert said_by(run, one) == 0
    # It comes back, and is merged again; and again nothing changes.
    write(tmp_path, "a.txt", lines(other, one))
    assert replaced(document(run("import", file, *ANN, "--json"))) == [("a.txt", 1, 1, 0, 0)]
    assert said_by(run, other) == 2
    again = document(run("import", file, *ANN, "--json"))
    assert (replaced(again), again["new"]) == ([("a.txt", 0, 2, 0, 0)], 0)

    # Forgotten by hand, both come back, for the document still says them.
    [cube] = [
        cube["id"]
        for cube in document(run("cubes", "list", *ANN, "--json"))["cubes"]
        if cube["text"] == other
    ]
    run("forget", cube, *ANN)
    assert replaced(document(run("import", file, *ANN, "--json"))) == [("a.txt", 2, 0, 0, 0)]
    assert said_by(run, other) == 2


def test_a_chunk_that_was_merged_into_what_another_document_says_is_not_told_as_kept(
    run: Run, tmp_path: Path
) -> None:
    files = [write(tmp_path, f"{n}.txt", text) for n, text in enumerate(ALIKE)]
    run("import", *files, *ANN)
    assert len(held(run)) == 1
    told = document(run("import", files[1], *ANN, "--json"))
    assert replaced(told) == [("1.txt", 0, 1, 0, 0)]
    write(tmp_path, "1.txt", "Something else, which nobody has said so far in any document.")
    assert replaced(document(run("import", files[1], *ANN, "--json"))) == [("1.txt", 1, 0, 0, 1)]


def test_what_another_document_or_a_person_says_too_is_not_lost(run: Run, tmp_path: Path) -> None:
    shared = "Wear gloves when the boiler is hot, always."
    one = write(tmp_path, "one.md", f"# Safety\n\n{shared}\n\n# Mine\n\nOnly in this one.")
    other = write(tmp_path, "other.md", f"# Safety\n\n{shared}\n")
    told = document(run("import", one, other, *ANN, "--json"))
    assert replaced(told) == [("one.md", 2, 0, 0, 0), ("other.md", 1, 0, 0, 0)]
    assert len(held(run)) == 2

    write(tmp_path, "one.md", "# Mine\n\nOnly in this one.")
    table = run("import", one, *ANN)
    assert "0 removed, 1 no longer in it but kept" in table.stdout
    assert f"Safety: {shared}" in held(run)
    assert replaced(document(run("import", other, *ANN, "--json"))) == [("other.md", 0, 1, 0, 0)]


def test_an_edit_stands_while_the_document_says_what_was_edited(run: Run, tmp_path: Path) -> None:
    file = write(tmp_path, "guide.md", GUIDE)
    run("import", file, *ANN)
    listed = document(run("cubes", "list", *ANN, "--json"))["cubes"]
    [cube] = [cube["id"] for cube in listed if "red button" in cube["text"]]
    run("edit", cube, "Start it with the lever.", *ANN)
    assert replaced(document(run("import", file, *ANN, "--json"))) == [("guide.md", 0, 2, 0, 0)]
    assert "Start it with the lever." in held(run)

    write(tmp_path, "guide.md", "# Guide\n\n## Install\n\nUnpack the archive into /opt.\n")
    assert replaced(document(run("import", file, *ANN, "--json"))) == [("guide.md", 0, 1, 0, 1)]
    assert "Start it with the lever." in held(run)


def test_a_folder_needs_recursive_and_then_gives_its_documents(run: Run, tmp_path: Path) -> None:
    docs = tmp_path / "docs"
    write(docs, "a.md", "# A\n\nAlpha is first.")
    write(docs, "deep/b.txt", "Beta is second, in a paragraph of its own that is long enough.")
    write(docs, "deep/empty.md", "")
    write(docs, ".git/c.md", "# Hidden")
    write(docs, "picture.png", b"\x89PNG\0")
    refused = run("import", str(docs), *ANN)
    assert refused.exit_code == 1
    assert "is a folder" in refused.stderr
    assert "--recursive" in refused.stderr
    exported = run("import", str(docs), "-r", "--format", "chatgpt", *ANN)
    assert "name the chatgpt file in it" in exported.stderr

    result = run("import", str(docs), "--recursive", *ANN, "--json")
    assert result.exit_code == 1
    told = json.loads(result.stdout)
    assert replaced(told) == [("docs/a.md", 1, 0, 0, 0), ("docs/deep/b.txt", 1, 0, 0, 0)]
    assert "empty.md: file 1: the file is empty" in result.stderr
    assert run("import", str(docs), "-r", "--skip-bad", *ANN).exit_code == 0
    (docs / "none").mkdir()
    assert "holds no documents" in run("import", str(docs / "none"), "-r", *ANN).stderr


def test_a_name_is_given_where_the_file_has_none_of_use(run: Run, tmp_path: Path) -> None:
    spoken = ("import", "-", "--format", "text", *ANN)
    assert "--name" in run(*spoken, stdin="A note.").stderr
    told = document(run(*spoken, "--name", "notes", "--json", stdin="A note."))
    assert replaced(told) == [("notes", 1, 0, 0, 0)]
    origin = document(run("cubes", "list", *ANN, "--json"))["cubes"][0]["provenance"][0]
    assert (origin["source_id"], origin["speaker"]) == ("notes", "notes")

    long = run(*spoken, "--name", "n" * 300, stdin="A note.")
    assert "at most 256" in long.stderr
    same = [write(tmp_path / folder, "README.md", "# Hi\n\nThere.") for folder in "ab"]
    assert "2 documents are named README.md" in run("import", *same, *ANN).stderr
    conversation = write(tmp_path, "m.json", '[{"role": "user", "content": "x"}]')
    assert run("import", conversation, "--name", "x", *ANN).exit_code == 2


# --- what can go wrong --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content", "hint"),
    [
        ("cut.json", chatgpt("I live in Porto.")[:-30], "cut off"),
        ("cut.jsonl", '[{"role": "user", "content": "x"}, {"ro', "cut off"),
        ("empty.md", "", "empty"),
        ("none.json", "[]", "nothing is said in it"),
        ("none.jsonl", '{"messages": []}', "nothing is said in it"),
        ("conversations.json", '{"id": "c1", "mapping": {}}', "nothing is said in it"),
        ("talks.json", '[{"sample_id": "s", "conversation": {"session_1": []}}]', "nothing is said in it"),
        ("latin.md", b"caf\xe9", "iconv"),
        ("picture.md", b"\x89PNG\0\0", "binary"),
        ("export.zip", b"PK\x03\x04...", "unpack"),
        ("diary", "Dear diary", "--format"),
    ],
)
def test_a_file_that_cannot_be_imported_says_why_and_nothing_is_sent(
    run: Run, tmp_path: Path, name: str, content: str | bytes, hint: str
) -> None:
    good = write(tmp_path, "good.md", GUIDE)
    result = run("import", good, write(tmp_path, name, content), *ANN)
    assert result.exit_code == 1
    what, remedy = result.stderr.splitlines()
    assert what.startswith("error: ")
    assert hint in what + remedy
    assert held(run) == set()


def test_the_wrong_format_says_what_was_expected(run: Run, tmp_path: Path) -> None:
    messages = write(tmp_path, "m.json", '[{"role": "user", "content": "x"}]')
    guide = write(tmp_path, "guide.md", GUIDE)
    for file, form, hint in (
        (messages, "chatgpt", "leave --format out"),
        (messages, "locomo", "leave --format out"),
        (guide, "messages", "not JSON"),
        (guide, "chatgpt", "not JSON"),
    ):
        result = run("import", file, "--format", form, *ANN)
        assert result.exit_code == 1
        assert hint in result.stderr


def test_a_format_that_does_not_exist_lists_those_that_do(run: Run, tmp_path: Path) -> None:
    result = run("import", write(tmp_path, "a.md", GUIDE), "--format", "pdf", *ANN)
    assert result.exit_code == 2
    assert "'chatgpt', 'locomo'" in result.stderr


def test_a_file_that_is_too_large_says_so(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MAX_MB", 1)
    line = json.dumps({"role": "user", "content": "x" * 1000}) + "\n"
    result = run("import", write(tmp_path, "big.jsonl", line * 1100), *ANN)
    assert "larger than 1 MB" in result.stderr
    assert "split it" in result.stderr


def test_a_full_backlog_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    system = Running(tmp_path / "data", worker=False, lag_limit=1)
    system.start()
    waits = []

    def work_meanwhile(seconds: float) -> None:
        waits.append(seconds)
        assert system.house.process is not None
        system.house.process.drain()
        system.look()

    try:
        with httpx.Client(base_url=system.url, trust_env=False) as http:
            turn = {"user_id": "ann", "role": "user", "content": "Hello."}
            http.post("/v1/events", json={"events": [turn] * 3}).raise_for_status()
        system.look()
        monkeypatch.setattr(time, "sleep", work_meanwhile)
        arguments = ["import", write(tmp_path, "guide.md", GUIDE), *ANN, "--json"]
        told = CliRunner().invoke(app, [*arguments, "--data", str(system.folder.root)])
        assert replaced(document(told)) == [("guide.md", 2, 0, 0, 0)]
        assert waits[0] == 60  # as it was told: nobody knew how fast the worker is
    finally:
        monkeypatch.undo()
        system.stop()


def test_an_interrupt_says_what_was_sent_and_that_importing_again_is_safe(tmp_path: Path) -> None:
    system = Running(tmp_path / "data", worker=False)  # nothing becomes recallable: it would wait
    system.start()
    file = write(tmp_path, "guide.md", GUIDE)
    command = [sys.executable, "-m", "gateway.cli", "import", file, *ANN, "--data", str(system.folder.root)]
    try:
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
            while len(system.house.log.of(EVENTS.name)) < 2:
                time.sleep(0.005)
            process.send_signal(signal.SIGINT)
            _, told = process.communicate(timeout=30)
    finally:
        system.stop()
    assert process.returncode == 130
    assert re.fullmatch(
        r"interrupted: [12] of 2 events were confirmed; importing again is safe: nothing is doubled\n", told
    )
