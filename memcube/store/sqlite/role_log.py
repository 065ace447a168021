"""The file of a role that keeps nothing in the record: how far it has read, and what it has yet to say."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar
from uuid import UUID

import apsw

from memcube.errors import StoreFault
from memcube.store.faults import faults, immediate
from memcube.store.record import OutboxMessage, OutboxRow, Partition
from memcube.store.sqlite import log_tables
from memcube.store.sqlite.connections import Connections
from memcube.store.sqlite.schema import connect

_TABLES: Final = """
CREATE TABLE IF NOT EXISTS meta(name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
"""


class Told(Protocol):
    """One partition's part of a batch: from where to where it was read, and what is to be said of it."""

    @property
    def partition(self) -> Partition: ...

    @property
    def base(self) -> int: ...

    @property
    def next(self) -> int: ...

    @property
    def outbox(self) -> Sequence[OutboxMessage]: ...


S = TypeVar("S", bound=Told)


def nothing_more(_connection: apsw.Connection, _share: Any) -> None:
    """The effect of a share that is read and answered, and no more."""


class RoleLog:
    """Positions and outbox in one SQLite file. What a role keeps besides comes in as `tables`.

    Safe from any thread; one of them commits. Raises `StoreFault`.
    """

    def __init__(self, path: Path, *, tables: str = "", random: Callable[[int], bytes] = os.urandom) -> None:
        self._path = path
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise StoreFault(f"{path.parent} cannot be made: {error.strerror}: check its owner") from error
        self._connections = Connections(partial(connect, path, read_only=False))
        with faults(path), immediate(connection := self.mine()):
            connection.execute(log_tables.TABLES + _TABLES + tables)
            connection.execute(
                "INSERT OR IGNORE INTO meta(name, value) VALUES ('id', ?)",
                (str(UUID(bytes=random(16), version=4)),),
            )

    @property
    def id(self) -> str:
        """Names this file for ever: who writes it shares a consumer group with nobody else."""
        with faults(self._path):
            row = self.mine().execute("SELECT value FROM meta WHERE name = 'id'").fetchone()
        if row is None:
            raise StoreFault(f"{self._path}: it has lost its id: remove the file, then it is made anew")
        return str(row[0])

    def mine(self) -> apsw.Connection:
        """The connection of the calling thread, for the role's own tables. What it raises is `apsw`'s."""
        return self._connections.mine()

    def commit(
        self, shares: Sequence[S], effect: Callable[[apsw.Connection, S], None] = nothing_more
    ) -> frozenset[Partition]:
        """One durable transaction; returns the partitions that another worker was first with.

        effect: writes what else the share changes, in the same transaction.
        """
        refused = set()
        with faults(self._path), immediate(connection := self.mine()):
            for share in shares:
                if not log_tables.is_at(connection, share.partition, share.base):
                    refused.add(share.partition)
                    continue
                log_tables.advance(connection, share.partition, share.next)
                effect(connection, share)
                log_tables.put(connection, share.partition, share.outbox)
        return frozenset(refused)

    def positions(self, role: str) -> Mapping[Partition, int]:
        with faults(self._path):
            return log_tables.positions(self.mine(), role)

    def reset_positions(self, role: str, topic: str) -> int:
        """As `CubeStore.reset_positions`."""
        with faults(self._path), immediate(connection := self.mine()):
            return log_tables.reset(connection, role, topic)

    def outbox(self, partitions: Iterable[Partition], limit: int) -> Sequence[OutboxRow]:
        with faults(self._path):
            return log_tables.waiting(self.mine(), partitions, limit)

    def sent(self, ids: Sequence[int]) -> None:
        with faults(self._path), immediate(connection := self.mine()):
            log_tables.drop(connection, ids)

    def close(self) -> None:
        with faults(self._path):
            self._connections.close()
