"""The ledger: every audit record, in the order in which it came, chained so that tampering shows.

Each link is SHA-256 over the link before and the record's own hash, with the leaf and node prefixes
of RFC 9162, so that a record can never pass for a link. A file of its own: the record's writer
cannot touch it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Final
from uuid import UUID

import apsw
import msgspec

from memcube.errors import StoreFault
from memcube.store.faults import faults, immediate
from memcube.store.record import OutboxMessage, OutboxRow, Partition
from memcube.store.sqlite import log_tables
from memcube.store.sqlite.connections import Connections
from memcube.store.sqlite.schema import connect
from schemas.events import Audited

_TABLES: Final = """
CREATE TABLE IF NOT EXISTS meta(name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS entries(
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    subject TEXT NOT NULL,
    cube_id TEXT,
    version INTEGER,
    record BLOB NOT NULL,
    link BLOB NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS by_event ON entries(subject, CAST(record AS TEXT) ->> 'event_id');
CREATE INDEX IF NOT EXISTS by_cube ON entries(subject, cube_id, version) WHERE cube_id IS NOT NULL;
"""
_GENESIS: Final = bytes(32)
_decode: Final = msgspec.json.Decoder(Audited).decode


class Entry(msgspec.Struct, frozen=True):
    """An audit record as it came. `cube_id` and `version` are set if it tells of a version that was made."""

    id: str
    subject: str
    record: bytes
    cube_id: str | None = None
    version: int | None = None


class LedgerShare(msgspec.Struct, frozen=True):
    """What one partition's part of a batch adds."""

    partition: Partition
    base: int
    next: int
    entries: tuple[Entry, ...]
    outbox: tuple[OutboxMessage, ...]


class Head(msgspec.Struct, frozen=True):
    """How many entries there are, and the last link (hex). Whoever keeps it can prove a later rewrite."""

    entries: int
    link: str


class Ledger:
    """Appends only. Readers beside the writer pass `read_only`; the file must then exist."""

    def __init__(
        self, path: Path, *, read_only: bool = False, random: Callable[[int], bytes] = os.urandom
    ) -> None:
        self._path = path
        if not read_only:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        elif not path.exists():
            raise StoreFault(f"{path}: there is no ledger yet: start the system once with `memcube up`")
        self._connections = Connections(partial(connect, path, read_only=read_only))
        if not read_only:
            with faults(path), immediate(connection := self._mine()):
                connection.execute(log_tables.TABLES + _TABLES)
                connection.execute(
                    "INSERT OR IGNORE INTO meta(name, value) VALUES ('ledger_id', ?)",
                    (str(UUID(bytes=random(16), version=4)),),
                )

    @property
    def ledger_id(self) -> str:
        """Names this ledger for ever."""
        with faults(self._path):
            row = self._mine().execute("SELECT value FROM meta WHERE name = 'ledger_id'").fetchone()
        if row is None:
            raise StoreFault(f"{self._path}: the ledger has lost its id: restore it from a backup")
        return str(row[0])

    def commit(self, shares: Sequence[LedgerShare]) -> frozenset[Partition]:
        """One durable transaction; returns the partitions that another writer was first with.

        An entry that the ledger holds already, by id, is passed over.
        """
        refused = set()
        with faults(self._path), immediate(connection := self._mine()):
            for share in shares:
                if not log_tables.is_at(connection, share.partition, share.base):
                    refused.add(share.partition)
                    continue
                log_tables.advance(connection, share.partition, share.next)
                _append(connection, share.entries)
                log_tables.put(connection, share.partition, share.outbox)
        return frozenset(refused)

    def positions(self, role: str) -> Mapping[Partition, int]:
        with faults(self._path):
            return log_tables.positions(self._mine(), role)

    def reset_positions(self, role: str, topic: str) -> int:
        """As `CubeStore.reset_positions`."""
        with faults(self._path), immediate(connection := self._mine()):
            return log_tables.reset(connection, role, topic)

    def outbox(self, partitions: Iterable[Partition], limit: int) -> Sequence[OutboxRow]:
        with faults(self._path):
            return log_tables.waiting(self._mine(), partitions, limit)

    def sent(self, ids: Sequence[int]) -> None:
        with faults(self._path), immediate(connection := self._mine()):
            log_tables.drop(connection, ids)

    def versions(self, subject: str) -> frozenset[tuple[str, int]]:
        """The cubes and versions of a subject that an entry tells of."""
        with faults(self._path):
            rows = self._mine().execute(
                "SELECT cube_id, version FROM entries WHERE subject = ? AND cube_id IS NOT NULL", (subject,)
            )
            return frozenset((str(cube_id), int(version)) for cube_id, version in rows)

    def of_event(self, subject: str, event_id: str) -> Sequence[Audited]:
        """What the ledger tells of one event of a subject, in its order."""
        with faults(self._path):
            rows = self._mine().execute(
                "SELECT record FROM entries WHERE subject = ? AND CAST(record AS TEXT) ->> 'event_id' = ?"
                " ORDER BY number",
                (subject, event_id),
            )
            return [_decode(record) for (record,) in rows]

    def head(self) -> Head:
        with faults(self._path):
            number, link = _last(self._mine())
        return Head(number, link.hex())

    def intact(self) -> bool:
        """Whether every link follows from the records before it. Reads the whole ledger."""
        expected, link = 1, _GENESIS
        with faults(self._path):
            for number, record, stored in self._mine().execute(
                "SELECT number, record, link FROM entries ORDER BY number"
            ):
                link = _link(link, record)
                if number != expected or stored != link:
                    return False
                expected += 1
        return True

    def close(self) -> None:
        with faults(self._path):
            self._connections.close()

    def _mine(self) -> apsw.Connection:
        return self._connections.mine()


def _append(connection: apsw.Connection, entries: Iterable[Entry]) -> None:
    number, link = _last(connection)
    for entry in entries:
        if connection.execute("SELECT 1 FROM entries WHERE id = ?", (entry.id,)).fetchone():
            continue
        number, link = number + 1, _link(link, entry.record)
        connection.execute(
            "INSERT INTO entries(number, id, subject, cube_id, version, record, link)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (number, entry.id, entry.subject, entry.cube_id, entry.version, entry.record, link),
        )


def _last(connection: apsw.Connection) -> tuple[int, bytes]:
    row = connection.execute("SELECT number, link FROM entries ORDER BY number DESC LIMIT 1").fetchone()
    return (0, _GENESIS) if row is None else (int(row[0]), bytes(row[1]))


def _link(before: bytes, record: bytes) -> bytes:
    return sha256(b"\x01" + before + sha256(b"\x00" + record).digest()).digest()
