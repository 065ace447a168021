"""`memcube chat` against a gateway that listens, and a model process that is directed."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from gateway.cli.app import app
from gateway.cli.chat import _Talk
from gateway.http.model_client import ModelClient
from memcube.models.wire import Begun, Failed, Text
from tests.gateway.models import FakeModel
from tests.gateway.running import Run, Running, document

ANA = ("--user", "ana")


@pytest.fixture
def model() -> Iterator[FakeModel]:
    """In a thread and a loop of its own: the command runs in this one."""
    model, ready, done = FakeModel(), threading.Event(), asyncio.Event()
    loop = asyncio.new_event_loop()

    async def serve() -> None:
        async with model.serving():
            ready.set()
            await done.wait()

    def run() -> None:
        loop.run_until_complete(serve())
        loop.close()

    thread = threading.Thread(target=run)
    thread.start()
    assert ready.wait(10)
    yield model
    loop.call_soon_threadsafe(done.set)
    thread.join(10)


@pytest.fixture
def system(tmp_path: Path, model: FakeModel) -> Iterator[Running]:
    running = Running(tmp_path / "data", source=lambda: ModelClient([model.url]))
    running.start()
    yield running
    running.stop()


@pytest.fixture
def run(system: Running) -> Run:
    def invoke(*arguments: str, stdin: str | bytes | None = None) -> Result:
        return CliRunner().invoke(app, [*arguments, "--data", str(system.folder.root)], input=stdin)

    return invoke


def test_the_answer_stands_alone_and_what_was_used_beside_it(run: Run, model: FakeModel) -> None:
    assert run("remember", *ANA, "Ana lives in Hamburg").exit_code == 0
    result = run("chat", *ANA, "Where does Ana live?")
    assert result.exit_code == 0, result.output
    assert result.stdout == "You live in Hamburg.\n"
    assert "route text; 10 tokens of memory; first word after " in result.stderr
    assert model.wanted.recalled[0].cube_id in result.stderr
    assert (model.wanted.route, model.wanted.exact) == ("auto", False)


def test_as_json_it_is_the_document_itself(run: Run, model: FakeModel) -> None:
    told = document(run("chat", *ANA, "--json", "--route", "kv", "--exact", "--no-store", "Hello"))
    assert told["memory"]["reason"] == "no block"
    assert told["memory"]["prompt_event_id"] is None
    assert (model.wanted.route, model.wanted.exact) == ("kv", True)


def test_a_conversation_goes_on_until_its_input_ends(run: Run, model: FakeModel) -> None:
    result = run("chat", "--system", "Be brief.", stdin="Hello\n\nAnd now?\n")
    assert result.exit_code == 0, result.output
    assert result.stdout == "You live in Hamburg.\n" * 2
    assert "no subject" in result.stderr
    assert [one.text for one in model.wanted.messages] == [
        "Be brief.",
        "Hello",
        "You live in Hamburg.",
        "And now?",
    ]


def test_what_breaks_off_is_told(run: Run, model: FakeModel) -> None:
    begun = Begun(route="none", cubes=(), memory_tokens=0, prompt_tokens=9)
    model.lines = [begun, Text("You\x1b[2J"), Failed("The model failed", "a logit was not a number", 500)]
    result = run("chat", *ANA, "Hello")
    assert result.exit_code == 1
    assert "error: The model failed\na logit was not a number" in result.stderr
    assert "\x1b[2J" not in result.stdout, "what a model says commands no terminal"


def test_without_a_model_it_says_how_to_get_one(tmp_path: Path) -> None:
    running = Running(tmp_path / "data")
    running.start()
    try:
        for more in ((), ("--json",)):
            asked = ["chat", *more, "Hello", "--data", str(running.folder.root)]
            result = CliRunner().invoke(app, asked)
            assert result.exit_code == 1
            assert "make setup-models" in result.stderr
    finally:
        running.stop()


def test_ctrl_c_cancels_the_answer_and_takes_the_turn_back(
    run: Run, model: FakeModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    streamed = _Talk._streamed

    def cancelled(talk: _Talk) -> str:
        if talk._said[-1]["content"] == "Long story?":
            raise KeyboardInterrupt
        return streamed(talk)

    monkeypatch.setattr(_Talk, "_streamed", cancelled)
    assert run("chat", "Long story?").exit_code == 130
    result = run("chat", stdin="Long story?\nShort one?\n")
    assert result.exit_code == 0
    assert "(cancelled)" in result.stderr
    assert [one.text for one in model.wanted.messages] == ["Short one?"]
