"""How far a role has come, read from beside it, whatever else it keeps in its file."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from memcube.store.faults import faults
from memcube.store.record import Partition
from memcube.store.sqlite import log_tables
from memcube.store.sqlite.schema import connect


def positions_in(path: Path, role: str) -> Mapping[Partition, int]:
    """Its positions; none while it has never started. Raises `StoreFault`."""
    if not path.exists():
        return {}
    with faults(path), closing(connect(path, read_only=True)) as connection:
        return log_tables.positions(connection, role)
