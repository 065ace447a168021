"""`memcube demo`: the main job on real input, with the real embedder; and Ctrl-C in the middle of it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

from gateway.demo.script import load_script
from tests.end_to_end.system import COMMAND, ENV, ROOT, STOPS_WITHIN_S, processes_of, until

# With the jars in place: 20 s on an idle machine with two cores, and with a model another 60 s.
FINISHES_WITHIN_S = 100
WITH_A_MODEL_WITHIN_S = 300


def start(output: Path, *options: str) -> subprocess.Popen[bytes]:
    with output.open("wb") as written:
        return subprocess.Popen(
            [*COMMAND, "demo", *options],
            cwd=ROOT,
            env={**ENV, "COLUMNS": "200"},
            stdin=subprocess.DEVNULL,
            stdout=written,
            stderr=written,
            start_new_session=True,
        )


def test_the_demo_answers_its_six_questions_and_leaves_nothing(tmp_path: Path) -> None:
    folders = demo_folders()
    output = tmp_path / "demo.txt"
    demo = start(output)
    try:
        status = demo.wait(FINISHES_WITHIN_S)
    finally:
        end(demo)
    told = output.read_text()
    assert status == 0, told
    script = load_script()
    assert len(script.questions) == 6
    for question in script.questions:
        assert question.question in told
        for word in question.expect:
            assert word in told
    assert f"as of {script.superseded.as_of}" in told
    assert "superseded" in told
    assert "chain intact" in told
    assert processes_of(demo.pid) == {}
    assert demo_folders() == folders


@pytest.mark.models
@pytest.mark.timeout(WITH_A_MODEL_WITHIN_S + 60)
def test_the_demo_with_a_model_shows_a_block_from_its_promotion_to_its_end(tmp_path: Path) -> None:
    folders = demo_folders()
    output = tmp_path / "demo.txt"
    demo = start(output, "--models")
    try:
        status = demo.wait(WITH_A_MODEL_WITHIN_S)
    finally:
        end(demo)
    told = output.read_text()
    assert status == 0, told
    acts = (
        "chat with memory",
        "what is asked for often becomes a KV cache",
        "first token: before, by text",
        "a memory changes, and the block ends with it",
        "the block is superseded (parent-changed)",
    )
    places = [told.find(act) for act in acts]
    assert -1 not in places, (acts, places)
    assert places == sorted(places)
    # The block is large enough for its tokens to take a while to read.
    [tokens] = re.findall(r"role model built \d+ memories, (\d+) tokens", told)
    assert int(tokens) >= 200
    assert "chain intact" in told
    assert processes_of(demo.pid) == {}
    assert demo_folders() == folders


@pytest.mark.parametrize("moment", ["while it starts", "while it plays"])
def test_ctrl_c_in_the_middle_stops_everything(tmp_path: Path, moment: str) -> None:
    folders = demo_folders()
    output = tmp_path / "demo.txt"
    demo = start(output)

    def has_come() -> bool:
        plays = "turns sent" in output.read_text()
        return plays or (moment == "while it starts" and len(processes_of(demo.pid)) > 1)

    try:
        until(has_come, 60, output.read_text)
        began = time.monotonic()
        os.killpg(demo.pid, signal.SIGINT)
        status = demo.wait(2 * STOPS_WITHIN_S)
        took = time.monotonic() - began
        left = processes_of(demo.pid)
    finally:
        end(demo)
    assert status in {0, 130}, output.read_text()
    assert took < STOPS_WITHIN_S
    assert left == {}
    assert demo_folders() == folders
    assert "Traceback" not in output.read_text()


def demo_folders() -> set[Path]:
    return set(Path(tempfile.gettempdir()).glob("memcube-demo-*"))


def end(demo: subprocess.Popen[bytes]) -> None:
    if demo.poll() is None:
        os.killpg(demo.pid, signal.SIGKILL)
        demo.wait()
