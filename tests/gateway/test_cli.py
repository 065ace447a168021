"""The command line against a gateway that really listens; Kafka is a list behind it.

One file, since starting that gateway is what costs time.
"""

from __future__ import annotations

import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from gateway.cli import sending
from memcube.settings import Child, DataFolder, System
from schemas.topics import EVENTS
from tests.gateway.running import CHILDREN, Run, Running, document


def file_of(folder: Path, *messages: dict[str, Any]) -> str:
    path = folder / "messages.json"
    path.write_text(json.dumps(messages))
    return str(path)


def said(content: str, **more: Any) -> dict[str, Any]:
    return {"role": "user", "content": content, **more}


CONVERSATION = (
    said("I live in Porto.", timestamp="2026-03-01T10:00:00", name="Ann"),
    {"role": "assistant", "content": "Noted.", "timestamp": "2026-03-01T10:00:05Z"},
    {"role": "system", "content": "be kind"},
    said("I have a cat named Miso.", id="m4"),
)


# --- import and recall --------------------------------------------------------------------------------


def test_import_then_recall_with_provenance(run: Run, tmp_path: Path) -> None:
    told = document(run("import", file_of(tmp_path, *CONVERSATION), "--user", "ann", "--json"))
    assert (told["events"], told["new"], told["skipped"], told["bad"]) == (3, 3, 1, 0)
    assert told["memories"] >= 2
    assert told["seconds"] > 0
    assert told["events_per_s"] > 0
    found = document(run("recall", "what is the cat called?", "--user", "ann", "-k", "1", "--json"))
    [memory] = found["memories"]
    assert "Miso" in memory["text"]
    assert memory["provenance"][0]["source_id"] == "m4"
    table = run("recall", "where does Ann live?", "--user", "ann")
    assert "Porto" in table.stdout
    assert "2026-03-01 10:00" in table.stdout
    context = run("recall", "where does Ann live?", "--user", "ann", "--max-tokens", "300").stdout
    assert any(line.startswith("[2026-03-01] Ann lives in Porto (") for line in context.splitlines())


def test_importing_the_same_file_twice_changes_nothing(run: Run, tmp_path: Path) -> None:
    file = file_of(tmp_path, *CONVERSATION)
    run("import", file, "--user", "ann")
    listed = ("cubes", "list", "--user", "ann", "--episodes", "--json")
    before = document(run(*listed))
    time.sleep(0.01)  # another moment: what has no time of its own must not become another event by it
    again = document(run("import", file, "--user", "ann", "--json"))
    assert (again["events"], again["new"], again["memories"]) == (3, 0, 0)
    assert document(run(*listed)) == before


def test_import_from_standard_input_in_several_requests(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "BATCH", 2)
    lines = "\n".join(json.dumps(said(f"Locker {n} belongs to Rui.", user_id="ann")) for n in range(5))
    told = document(run("import", "-", "--json", stdin=lines))
    assert (told["events"], told["memories"]) == (5, 5)
    turns = document(run("cubes", "list", "--user", "ann", "--episodes", "--json"))["cubes"]
    texts = [cube["text"] for cube in turns if cube["form"] == "episode"]
    assert texts == [f"Locker {n} belongs to Rui." for n in reversed(range(5))]


def test_bad_messages_are_named_and_the_others_imported(run: Run, tmp_path: Path) -> None:
    file = file_of(
        tmp_path,
        said("I live in Porto."),
        said("", id="empty"),
        said("when?", timestamp="yesterday"),
        said("x" * 300_000),
        said("I have a cat named Miso."),
    )
    result = run("import", file, "--user", "ann", "--json")
    assert result.exit_code == 1
    told = json.loads(result.stdout)
    assert (told["events"], told["bad"]) == (2, 3)
    assert [line.split(":")[0] for line in result.stderr.splitlines()] == [
        "message 2",
        "message 3",
        "message 4",
    ]
    assert run("import", file, "--user", "ann", "--skip-bad").exit_code == 0


def test_import_says_what_is_wrong_with_a_file(run: Run, tmp_path: Path) -> None:
    for argument, hint in (
        (str(tmp_path), "folder"),
        (str(tmp_path / "none.json"), "cannot be read"),
        ("-", "empty"),
    ):
        result = run("import", argument, stdin="")
        assert result.exit_code == 1
        assert hint in result.stderr
        assert len(result.stderr.splitlines()) == 2


def test_a_broker_that_is_down_ends_the_import_with_the_way_to_go_on(
    run: Run, system: Running, tmp_path: Path
) -> None:
    system.house.bus.down = True
    result = run("import", file_of(tmp_path, *CONVERSATION), "--user", "ann")
    assert result.exit_code == 1
    assert "after 0 of 3 events" in result.stderr
    assert "nothing is doubled" in result.stderr


# --- one memory ---------------------------------------------------------------------------------------


def test_remember_edit_pin_history_forget(run: Run) -> None:
    ann = ("--user", "ann")
    done = document(run("remember", "The spare key is under the blue pot.", *ann, "--json"))
    key = done["changes"][0]["id"]
    assert run("edit", key, "The spare key is with Rui.", *ann).exit_code == 0
    assert run("pin", key, *ann).exit_code == 0
    history = document(run("cubes", "history", key, *ann, "--json"))
    assert [version["decision"] for version in history["versions"]] == ["add", "edit", "pin"]
    assert "blue pot" in run("cubes", "history", key, *ann).stdout
    then = ("--known-at", history["versions"][0]["recorded_at"])
    assert "blue pot" in run("cubes", "show", key, *then, *ann).stdout
    assert "not known" in run("cubes", "show", key, "--known-at", "2020-01-01", *ann).stderr
    question = ("recall", "where is the spare key?", *ann, "--json")
    assert "Rui" in document(run(*question))["memories"][0]["text"]
    assert "blue pot" in document(run(*question, *then))["memories"][0]["text"]
    assert document(run("cubes", "show", key, *ann, "--json"))["pinned"] is True
    assert "Rui" in run("cubes", "show", key, *ann).stdout
    assert "Rui" in run("cubes", "list", *ann).stdout
    assert run("forget", key, *ann).exit_code == 0
    assert document(run("cubes", "list", *ann, "--json"))["cubes"] == []
    assert document(run(*question, *then))["memories"] == []
    assert document(run("cubes", "show", key, *ann, "--json"))["state"] == "erased"


def test_a_wrong_id_says_so_in_two_lines(run: Run) -> None:
    for command in (("forget", "nope"), ("edit", "nope", "text"), ("pin", "nope"), ("cubes", "show", "nope")):
        result = run(*command, "--user", "ann")
        assert result.exit_code == 1
        what, remedy = result.stderr.splitlines()
        assert what.startswith("error: ")
        assert "nope" in remedy
        assert "cubes list" in remedy


def test_forget_everything_asks_first(run: Run) -> None:
    run("remember", "The code is 4711.", "--user", "ann")
    refused = run("forget", "--everything", "--user", "ann", stdin="n\n")
    assert refused.exit_code == 1
    assert len(document(run("cubes", "list", "--user", "ann", "--json"))["cubes"]) == 1
    assert run("forget", "--everything", "--yes", "--user", "ann").exit_code == 0
    assert document(run("cubes", "list", "--user", "ann", "--json"))["cubes"] == []


def test_tenants_are_apart(run: Run) -> None:
    run("remember", "The code is 4711.", "--user", "ann", "--tenant", "acme")
    assert document(run("cubes", "list", "--user", "ann", "--json"))["cubes"] == []
    assert len(document(run("cubes", "list", "--user", "ann", "--tenant", "acme", "--json"))["cubes"]) == 1
    before = run("--tenant", "acme", "cubes", "list", "--user", "ann", "--json")
    assert len(document(before)["cubes"]) == 1


@pytest.mark.parametrize("subject", [(), ("--user", "a", "--group", "b"), ("--run", "a", "--agent", "b")])
def test_exactly_one_subject(run: Run, subject: tuple[str, ...]) -> None:
    result = run("recall", "tea", *subject)
    assert result.exit_code == 2
    assert "exactly one of --user, --agent, --run, --group" in result.stderr


def test_a_question_of_nothing_is_refused(run: Run) -> None:
    result = run("recall", "", "--user", "ann")
    assert result.exit_code != 0
    assert "query" in result.stderr


def test_what_would_command_the_terminal_is_not_printed(run: Run) -> None:
    run("remember", "Red \x1b[31malert\x1b[0m [bold]not markup[/bold].", "--user", "ann")
    shown = run("cubes", "list", "--user", "ann").stdout
    assert "\x1b" not in shown
    assert "[bold]not markup[/bold]" in shown


# --- operation ----------------------------------------------------------------------------------------


def test_status_is_ready_only_when_everything_is(run: Run, system: Running) -> None:
    ready = document(run("status", "--json"))
    assert ready["gateway"] == system.url
    assert ready["kafka"] == "127.0.0.1:9092"
    assert (ready["ready"], ready["reason"], ready["deadletters"]) == (True, None, 0)
    assert set(ready["lag"]) == {"memory", "audit"}
    assert len(ready["children"]) == 4
    assert ready["store"]["versions"] == 0
    assert run("status").exit_code == 0

    system.house.bus.down = True
    assert "Kafka" in document(run("status", "--json"), exit_code=1)["reason"]
    system.house.bus.down = False

    system.write((*CHILDREN[:1], Child("memory", "restarting", None, "killed by SIGKILL"), *CHILDREN[2:]))
    result = run("status")
    assert result.exit_code == 1
    assert "memory is restarting: killed by SIGKILL" in result.stderr

    system.write(CHILDREN)
    system.stop_gateway()
    stopped = document(run("status", "--json"), exit_code=1)
    assert stopped["gateway"] == system.url
    assert "cannot be reached" in stopped["reason"]


def test_dead_letters(run: Run, system: Running) -> None:
    run("forget", "nope", "--user", "ann")
    [letter] = document(run("deadletters", "list", "--json"))["deadletters"]
    assert letter["reason"] == "no-such-cube"
    assert "no-such-cube" in run("deadletters", "list").stdout
    assert document(run("deadletters", "show", "0", "--json"))["type"] == "memcube.command.forget.v1"
    assert "nope" in run("deadletters", "show", "0").stdout
    assert "sent again" in run("deadletters", "retry", "0").stdout
    assert run("deadletters", "show", "99").exit_code == 1


def test_topics_and_positions(run: Run, system: Running) -> None:
    run("remember", "The code is 4711.", "--user", "ann")
    topics = document(run("topics", "--json"))["topics"]
    assert {topic["name"]: topic["records"] for topic in topics}["memory.events"] == 1
    [position] = document(run("positions", "list", "--json"))["positions"]
    assert (position["role"], position["topic"], position["next"]) == ("memory", "memory.events", 1)

    reset = ("positions", "reset", "--role", "memory", "--topic", "memory.events")
    refused = run(*reset)
    assert refused.exit_code == 1
    assert "memory is ready" in refused.stderr
    system.write((*CHILDREN[:1], Child("memory", "blocked", None, "needs a human"), *CHILDREN[2:]))
    assert document(run(*reset, "--json"))["reset"] == 1
    assert document(run("positions", "list", "--json"))["positions"] == []
    assert run("positions", "reset", "--role", "nobody", "--topic", "x").exit_code == 2


# --- without a system ---------------------------------------------------------------------------------


def memcube(*arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from gateway.cli import main; main()", *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=60, check=False, env={**os.environ, **env}
    )


def test_no_system_running_is_two_lines_that_say_what_to_do(tmp_path: Path) -> None:
    for command in (("recall", "tea", "--user", "ann"), ("topics",), ("deadletters", "list")):
        result = memcube(*command, MEMCUBE_DATA=str(tmp_path))
        assert result.returncode == 1
        assert result.stdout == ""
        what, remedy = result.stderr.splitlines()
        assert what == f"error: no MemCube is running on {tmp_path}"
        assert "memcube up" in remedy


def test_status_without_a_system_says_so_in_json(tmp_path: Path) -> None:
    result = memcube("status", "--json", "--data", str(tmp_path))
    assert result.returncode == 1
    status = json.loads(result.stdout)
    assert (status["ready"], status["gateway"]) == (False, None)
    assert "no MemCube is running" in status["reason"]


def test_doctor_says_what_is_missing_and_how_to_get_it(tmp_path: Path) -> None:
    result = memcube("doctor", "--json", "--data", str(tmp_path), MEMCUBE_EMBEDDER="hash")
    report = json.loads(result.stdout)
    checks = {check["name"]: check for check in report["checks"]}
    assert result.returncode == (0 if report["healthy"] else 1)
    assert checks["python"]["ok"]
    assert checks["data folder"]["ok"]
    assert "memcube up" in checks["running system"]["remedy"]

    blocked = tmp_path / "file"
    blocked.write_text("")
    result = memcube("doctor", "--data", str(blocked / "data"))
    assert result.returncode == 1
    assert "--data" in result.stdout


def test_a_setting_that_cannot_be_is_named(tmp_path: Path) -> None:
    result = memcube("status", MEMCUBE_DATA=str(tmp_path), MEMCUBE_EMBEDDER="magic")
    assert result.returncode == 1
    assert "MEMCUBE_EMBEDDER is 'magic'" in result.stderr
    assert "Traceback" not in result.stderr


def test_an_interrupt_ends_quietly_with_130(tmp_path: Path) -> None:
    # A folder that is locked and names a gateway that accepts and never answers.
    folder = DataFolder(tmp_path)
    folder.run.mkdir()
    with socket.create_server(("127.0.0.1", 0)) as silent, folder.lock.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        system = System(os.getpid(), "2026-11-23T12:00:00+00:00", "127.0.0.1:1", url, CHILDREN)
        folder.state.write_bytes(msgspec.json.encode(system))
        command = [
            sys.executable,
            "-c",
            "from gateway.cli import main; main()",
            "topics",
            "--data",
            str(tmp_path),
        ]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            accepted, _ = silent.accept()
            with accepted:
                process.send_signal(signal.SIGINT)
                out, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert (out, err) == (b"", b"")


def test_neither_help_nor_a_command_imports_what_is_heavy() -> None:
    script = (
        "import sys\nfrom gateway.cli.app import app\n"
        "heavy = {'torch', 'faust', 'aiokafka', 'fastapi', 'httpx', 'numpy', 'onnxruntime', 'rich.console'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"


@pytest.mark.parametrize("times", [1, 2])
def test_a_write_whose_answer_is_lost_is_sent_again_and_done_once(
    run: Run, system: Running, monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    answered = httpx.HTTPTransport.handle_request
    lost: list[str] = []

    def lose(transport: httpx.HTTPTransport, request: httpx.Request) -> httpx.Response:
        response = answered(transport, request)
        if request.url.path == "/v1/commands" and len(lost) < times:
            response.read()
            lost.append(request.headers["idempotency-key"])
            raise httpx.ReadError("the connection was reset")
        return response

    monkeypatch.setattr(httpx.HTTPTransport, "handle_request", lose)
    monkeypatch.setattr(time, "sleep", lambda _: None)
    assert run("remember", "Ann prefers window seats", "--user", "ann").exit_code == 0
    assert len(system.house.log.of(EVENTS.name)) == times + 1
    assert len(set(lost)) == 1
    [cube] = document(run("cubes", "list", "--user", "ann", "--json"))["cubes"]
    assert (cube["version"], cube["decision"]) == (1, "add")
