"""Processes that a benchmark starts, what they use, and their end, whatever happens.

Read from /proc: the same numbers as `ps` and `top` show, without a package for it.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec

from infra.process import tied_to_parent

# More than `memcube up` takes for itself and its children.
GRACE_S: Final = 15.0
_TICKS: Final = os.sysconf("SC_CLK_TCK")


class BenchError(Exception):
    """A benchmark cannot go on; the message says what failed and where to look."""


class Usage(msgspec.Struct, frozen=True):
    """Memory of a process in MB. PSS counts a page shared by n processes as 1/n; None if not readable."""

    rss: float
    pss: float | None


@contextmanager
def process(
    argv: Sequence[str], log: Path, env: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """A child that is gone, with what it started, when the block is left. Its words go to `log`."""
    with log.open("ab") as words:
        child = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=words,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(env or {})},
            preexec_fn=tied_to_parent(),  # noqa: PLW1509 - two system calls, no lock taken
        )
    try:
        yield child
    finally:
        stop(child)


def stop(child: subprocess.Popen[bytes], with_signal: signal.Signals = signal.SIGTERM) -> float:
    """The seconds from the signal to the end; by force after `GRACE_S`."""
    since = time.perf_counter()
    if child.poll() is None:
        child.send_signal(signal.SIGCONT)  # a frozen one would hear nothing
        child.send_signal(with_signal)
        try:
            child.wait(GRACE_S)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
    return time.perf_counter() - since


def wait_until(
    holds: Callable[[], bool],
    child: subprocess.Popen[bytes],
    log: Path,
    *,
    within_s: float,
    every_s: float = 0.01,
) -> None:
    """Raises `BenchError` when the child ends before, or time runs out."""
    deadline = time.monotonic() + within_s
    while not holds():
        if child.poll() is not None:
            raise BenchError(f"{_name(child)} ended with status {child.returncode}:\n{_tail(log)}")
        if time.monotonic() > deadline:
            raise BenchError(f"{_name(child)} is not there after {within_s:.0f} s:\n{_tail(log)}")
        time.sleep(every_s)


def freeze(pid: int) -> None:
    """Stop it where it stands; `thaw` lets it go on."""
    os.kill(pid, signal.SIGSTOP)
    while _stat(pid)[0] != "T":
        time.sleep(0.001)


def thaw(pid: int) -> None:
    os.kill(pid, signal.SIGCONT)


def cpu_seconds(pid: int) -> float:
    """User and system time of all its threads, to 10 ms."""
    fields = _stat(pid)
    return (int(fields[11]) + int(fields[12])) / _TICKS


def usage(pid: int) -> Usage:
    status = _fields(Path(f"/proc/{pid}/status"))
    try:
        pss = _fields(Path(f"/proc/{pid}/smaps_rollup"))["Pss"] / 1024
    except (OSError, KeyError):
        pss = None
    return Usage(rss=status["VmRSS"] / 1024, pss=pss)


def _stat(pid: int) -> list[str]:
    # The name, in brackets, may hold anything: what follows the last one is fixed.
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def _fields(file: Path) -> dict[str, int]:
    """The lines that are sizes, in kB."""
    split = (line.split() for line in file.read_text().splitlines())
    return {words[0].rstrip(":"): int(words[1]) for words in split if len(words) == 3 and words[2] == "kB"}


def _name(child: subprocess.Popen[bytes]) -> str:
    words = [str(word) for word in child.args] if isinstance(child.args, list | tuple) else [str(child.args)]
    return " ".join(words[1:5] if words[0] == sys.executable else words[:4])


def _tail(log: Path) -> str:
    return log.read_text(errors="replace")[-2000:]
