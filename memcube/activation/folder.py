"""The folder of stored blocks, seen from outside: how many there are and what room they take."""

from __future__ import annotations

from pathlib import Path

import msgspec


class Kept(msgspec.Struct, frozen=True):
    """Blocks on disk. bytes: of their files."""

    blocks: int
    bytes: int


def kept(folder: Path) -> Kept:
    """Of a folder that is not there: none. A file that goes away meanwhile is not counted."""
    sizes = [size for path in folder.glob("*/*.kv") if (size := _size(path)) is not None]
    return Kept(len(sizes), sum(sizes))


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except OSError:
        return None
