"""`memcube activations` and `memcube models`, against a gateway that really listens."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread

import pytest
from typer.testing import CliRunner, Result

from gateway.cli.app import app
from memcube.models import catalogue, smollm2
from tests.gateway.blocks import ABOUT, MODEL, URL, Process, answer, jobs
from tests.gateway.running import Run, Running, document

ANA = ("--user", "ana")


class Worker:
    """Answers each job as soon as it is there. `reason`: with another one it builds nothing."""

    def __init__(self, system: Running) -> None:
        self.reason = "built"
        self._house = system.house
        self._stop = Event()
        self._thread = Thread(target=lambda: asyncio.run(self._work(system)))
        self._thread.start()

    async def _work(self, system: Running) -> None:
        done = 0
        while not self._stop.is_set():
            for job in jobs(self._house)[done:]:
                done += 1
                if job.type.endswith("build.v1"):
                    call = answer(self._house, job, reason=self.reason)
                    asyncio.run_coroutine_threadsafe(call, system._loop).result(10)
            await asyncio.sleep(0.005)

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()


@pytest.fixture
def model() -> Process:
    return Process()


@pytest.fixture
def system(tmp_path: Path, model: Process) -> Iterator[Running]:
    running = Running(tmp_path / "data", model=MODEL, models=model)
    running.start()
    yield running
    running.stop()


@pytest.fixture
def worker(system: Running) -> Iterator[Worker]:
    found = Worker(system)
    yield found
    found.stop()


def test_a_block_is_built_listed_shown_and_dropped(run: Run, worker: Worker) -> None:
    del worker
    assert "no blocks" in run("activations", "list", *ANA).stdout
    run("remember", "The spare key is under the pot.", *ANA)
    built = document(run("activations", "build", *ANA, "--json"))
    block = built["activation"]
    assert (built["done"], block["tokens"], block["current"]) == (True, 52, True)
    [row] = [line for line in run("activations", "list", *ANA).stdout.splitlines() if block["id"] in line]
    assert "served" in row
    assert "4.0 MB" in row
    shown = run("activations", "show", block["id"], *ANA).stdout
    assert ABOUT.fingerprint in shown
    assert f"{block['parents'][0]['id']}, version 1" in shown
    again = run("activations", "build", *ANA)
    assert "nothing had to be done" in again.stdout
    dropped = document(run("activations", "drop", block["id"], *ANA, "--json"))
    assert dropped["changes"][0]["state"] == "archived"
    [gone] = document(run("activations", "list", *ANA, "--json"))["activations"]
    assert (gone["current"], gone["reason"]) == (False, "asked")


def test_a_build_that_failed_ends_with_what_to_do(run: Run, worker: Worker) -> None:
    worker.reason = "disk-full"
    run("remember", "Rui has a boat.", *ANA)
    result = run("activations", "build", *ANA)
    assert result.exit_code == 1
    assert "no block was built" in result.stderr
    assert "build again" in result.stderr


def test_without_waiting_the_block_is_only_asked_for(run: Run, system: Running) -> None:
    run("remember", "Rui has a boat.", *ANA)
    result = run("activations", "build", *ANA, "--no-wait", "--budget", "100")
    assert result.exit_code == 0
    assert "asked for: block" in result.stdout
    assert len(jobs(system.house)) == 1


def test_what_a_block_cannot_be_built_of_or_by(run: Run, model: Process) -> None:
    nothing = run("activations", "build", *ANA)
    assert nothing.exit_code == 1
    assert "say something first" in nothing.stderr
    run("remember", "Rui has a boat.", *ANA)
    model.about = None
    silent = run("activations", "build", *ANA)
    assert silent.exit_code == 1
    assert URL in silent.stderr
    assert "error: No model process answers" in silent.stderr
    assert run("activations", "show", "..", *ANA).exit_code == 2
    unknown = run("activations", "show", "b1", *ANA)
    assert "There is no such block" in unknown.stderr


def test_status_tells_of_processes_and_blocks(run: Run, system: Running, model: Process) -> None:
    folder = system.folder.blocks / "ab"
    folder.mkdir(parents=True)
    (folder / "ab12.kv").write_bytes(b"x" * 1_500_000)
    found = document(run("status", "--json"))
    [process] = found["models"]
    assert (process["url"], process["ready"], process["model"]) == (URL, True, "tiny")
    assert (found["blocks"]["kept"], found["blocks"]["bytes"]) == (1, 1_500_000)
    table = run("status").stdout
    assert "ready: tiny on cpu in float32" in table
    assert "1, 1.5 MB of" in table
    model.about = None
    silent = document(run("status", "--json"))
    # Chat would fail, and memory itself would not: `up` watches over its process.
    assert (silent["ready"], silent["models"][0]["ready"]) == (True, False)
    assert "does not answer (ConnectError)" in run("status").stdout


# --- models -----------------------------------------------------------------------------------------------


def models(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["models", *arguments])


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without torch, with an empty cache."""
    monkeypatch.setenv("MEMCUBE_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("MEMCUBE_MODEL", raising=False)
    monkeypatch.setattr(catalogue, "available", lambda: False)
    monkeypatch.setattr(smollm2, "weights", lambda: None)
    return tmp_path / "cache"


@pytest.mark.usefixtures("bare")
def test_a_machine_without_a_model_says_how_to_get_one() -> None:
    listed = models("list")
    assert listed.exit_code == 0
    assert "not installed" in listed.stdout
    assert "make setup-models" in listed.stderr
    installed = models("install")
    assert installed.exit_code == 1
    assert "make setup-models" in installed.stderr
    told = document(models("list", "--json"))
    assert (told["available"], told["models"][0]["folder"]) == (False, None)


def test_a_model_that_was_put_into_the_cache_is_listed_and_shown(bare: Path) -> None:
    folder = bare / "models" / "mine"
    folder.mkdir(parents=True)
    (folder / "config.json").write_text("{}")
    assert "mine" in models("list").stdout
    shown = document(models("show", "mine", "--json"))
    assert (shown["folder"], shown["bytes"], shown["chosen"]) == (str(folder), 2, False)
    assert "ready: mine" in models("install", "mine").stdout
    unknown = models("show", "yours")
    assert unknown.exit_code == 1
    assert "'yours'" in unknown.stderr


@pytest.mark.usefixtures("bare")
def test_the_doctor_misses_the_model_and_is_well_without(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["doctor", "--data", str(tmp_path), "--json"])
    [check] = [one for one in document(result)["checks"] if one["name"] == "language model"]
    assert (check["ok"], check["needed"]) == (False, False)
    assert "make setup-models" in check["remedy"]
