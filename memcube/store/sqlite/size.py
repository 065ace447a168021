"""How large a store's file is, how much room is left beside it, and what waits in its outbox."""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path
from typing import Any

import apsw

from memcube.errors import StoreFault
from memcube.store.record import StoreSize


def size_of(connection: apsw.Connection, path: Path) -> StoreSize:
    """Raises `StoreFault` when the disk does not tell its room."""
    try:
        free = shutil.disk_usage(path.parent).free
    except OSError as error:
        raise StoreFault(f"{path}: the room on its disk cannot be read: {error}") from error
    # Oldest and number in one statement, so that they are of one moment.
    row: Any = connection.execute("SELECT count(*), min(id) FROM outbox").fetchone()
    return StoreSize(bytes=file_bytes(path), free_bytes=free, outbox=row[0], outbox_oldest=row[1])


def file_bytes(path: Path) -> int:
    """Of the file and of its log of writes."""
    total = 0
    for file in (path, path.with_name(f"{path.name}-wal")):
        with suppress(FileNotFoundError):
            total += file.stat().st_size
    return total
