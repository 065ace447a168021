from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from bench.__main__ import BENCHMARKS, main
from bench.processes import BenchError, cpu_seconds, freeze, process, stop, usage, wait_until

SLEEPER = [sys.executable, "-c", "import time; print('here', flush=True); time.sleep(60)"]
WORKING = [sys.executable, "-c", "while True: pass"]


def test_a_child_is_gone_when_its_block_is_left(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), process(SLEEPER, tmp_path / "log") as child:
        raise KeyboardInterrupt
    assert child.returncode == -signal.SIGTERM


def test_a_frozen_child_is_stopped_too(tmp_path: Path) -> None:
    with process(SLEEPER, tmp_path / "log") as child:
        freeze(child.pid)
    assert child.returncode == -signal.SIGTERM


def test_what_is_waited_for_and_ends_is_an_error_with_its_last_words(tmp_path: Path) -> None:
    log = tmp_path / "log"
    argv = [sys.executable, "-c", "raise SystemExit('no room')"]
    with process(argv, log) as child, pytest.raises(BenchError, match=r"status 1:\nno room"):
        wait_until(lambda: False, child, log, within_s=30)


def test_waiting_ends(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with process(SLEEPER, log) as child, pytest.raises(BenchError, match="not there after"):
        wait_until(lambda: False, child, log, within_s=0.05)


def test_usage_and_cpu_are_those_of_the_process(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with process(WORKING, log) as child:
        wait_until(lambda: cpu_seconds(child.pid) >= 0.05, child, log, within_s=30)
        found = usage(child.pid)
        assert 1 < found.rss < 100
        assert found.pss is None or found.pss <= found.rss
        assert stop(child) < 10


def test_an_unknown_benchmark_is_told_with_those_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["speed"])
    assert ", ".join(BENCHMARKS) in capsys.readouterr().err


def test_help_teaches() -> None:
    shown = subprocess.run(
        [sys.executable, "-m", "bench", "--help"], capture_output=True, text=True, check=True
    ).stdout
    for words in ("throughput", "embedder's share", "--quick", "examples:", "JSON"):
        assert words in shown
