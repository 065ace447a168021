"""The broker's jars: a closed list, fetched once into the user's cache, checked at every start."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import msgspec
from platformdirs import user_cache_dir

from infra.errors import JarMismatchError

KAFKA = "4.1.2"
LOCK_FILE = Path(__file__).with_name("jars.lock")
_UNFINISHED = ".unfinished-"


class Jar(msgspec.Struct, frozen=True):
    """One line of the lock file."""

    group: str
    artifact: str
    version: str
    sha256: str

    @property
    def name(self) -> str:
        return f"{self.artifact}-{self.version}.jar"

    @property
    def coordinate(self) -> str:
        return f"{self.group}:{self.artifact}:{self.version}"


class JarProgress(msgspec.Struct, frozen=True):
    """How far the broker's preparation has come: `done` of `total` steps, and what comes next."""

    done: int
    total: int
    what: str


Progress = Callable[[JarProgress], None]
Fetch = Callable[[Jar, Path], Path]


def read_lock(path: Path = LOCK_FILE) -> tuple[Jar, ...]:
    """The jars of the lock file, in its order."""
    jars = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            coordinate, sha256 = line.split()
            group, artifact, version = coordinate.split(":")
            jars.append(Jar(group, artifact, version, sha256))
    return tuple(jars)


def cache_folder(env: Mapping[str, str] = os.environ) -> Path:
    """Where the jars of this Kafka are kept: under MEMCUBE_CACHE, else the user's cache folder."""
    return Path(env.get("MEMCUBE_CACHE") or user_cache_dir("memcube")) / "kafka" / KAFKA


def fetch_from_maven(jar: Jar, folder: Path) -> Path:
    """The jar as the Maven repository gives it, under `folder`."""
    from infra.kafka import maven  # noqa: PLC0415 - its 0.15 s are for a first start only

    return maven.download(jar.group, jar.artifact, jar.version, folder)


def ensure_jars(
    folder: Path,
    jars: tuple[Jar, ...] | None = None,
    progress: Progress | None = None,
    fetch: Fetch = fetch_from_maven,
) -> tuple[Path, ...]:
    """Every jar of the lock file as a checked file in `folder`; only what is missing or spoilt is fetched."""
    wanted = read_lock() if jars is None else jars
    paths = tuple(folder / jar.name for jar in wanted)
    if _missing(folder, wanted):
        with exclusive(folder):
            # Asked again: another process may have fetched them while this one waited for the lock.
            missing = _missing(folder, wanted)
            for done, jar in enumerate(missing):
                if progress is not None:
                    progress(JarProgress(done, len(missing), jar.name))
                _bring(jar, folder, fetch)
            if progress is not None and missing:
                progress(JarProgress(len(missing), len(missing), "all jars checked"))
    return paths


@contextmanager
def exclusive(folder: Path) -> Iterator[None]:
    """One process at a time changes the cache. The kernel frees the lock of a process that was killed."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for stale in folder.glob(_UNFINISHED + "*"):
            shutil.rmtree(stale, ignore_errors=True)
        yield


@contextmanager
def unfinished(folder: Path) -> Iterator[Path]:
    """A folder for work in progress, on the cache's file system so that a rename finishes it."""
    with tempfile.TemporaryDirectory(prefix=_UNFINISHED, dir=folder, ignore_cleanup_errors=True) as name:
        yield Path(name)


def _missing(folder: Path, jars: tuple[Jar, ...]) -> list[Jar]:
    return [jar for jar in jars if _sha256(folder / jar.name) != jar.sha256]


def _bring(jar: Jar, folder: Path, fetch: Fetch) -> None:
    with unfinished(folder) as work:
        fetched = fetch(jar, work)
        got = _sha256(fetched)
        if got != jar.sha256:
            raise JarMismatchError(
                f"{jar.coordinate} is not the jar that jars.lock names: "
                f"expected sha256 {jar.sha256}, got {got}. It was not kept. "
                "Check the mirror or proxy that is set; if none is, report this and do not go on."
            )
        fetched.replace(folder / jar.name)


def _sha256(path: Path) -> str | None:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        return None
