"""The record in one SQLite file: what is durable after a commit, and what readers see of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote
from uuid import UUID

import apsw

from memcube.cube import Form, Kind, MemCube, State
from memcube.errors import NoSuchCube
from memcube.governance.sealing import Sealer
from memcube.store.digest import replay_digest
from memcube.store.faults import faults, immediate
from memcube.store.record import Change, HeldBlock, OutboxRow, Partition, Share, Statistics, StoreSize, Vector
from memcube.store.sqlite import log_tables
from memcube.store.sqlite.changes import newest_since
from memcube.store.sqlite.commit import PreparedShare
from memcube.store.sqlite.connections import Connections
from memcube.store.sqlite.listing import DUE, listed
from memcube.store.sqlite.rows import Row, RowCodec
from memcube.store.sqlite.schema import BUSY_MS, connect, open_record
from memcube.store.sqlite.size import file_bytes, size_of
from schemas.subject import Others

# An erasure does not wait longer than this for readers to leave the write-ahead log: the rows in it
# are sealed, and the next commit tries again.
SCRUB_MS: Final = 20

_LAST_TEXT: Final = "\U0010ffff"


class SQLiteCubeStore:
    """`CubeStore` on a file. Each thread that uses it gets a connection of its own.

    `read_only`: for readers beside the writer; the record must exist.
    """

    def __init__(
        self,
        path: Path,
        sealer: Sealer,
        *,
        read_only: bool = False,
        random: Callable[[int], bytes] = os.urandom,
    ) -> None:
        self._path = path
        self._codec = RowCodec(sealer)
        new_id = str(UUID(bytes=random(16), version=4))
        self._record_id = open_record(path, new_id, read_only=read_only)
        self._connections = Connections(partial(connect, path, read_only=read_only))
        # A process killed right after an erasure leaves the log of writes to the next one.
        self._scrub_due = not read_only

    @property
    def record_id(self) -> str:
        return self._record_id

    # --- writing -----------------------------------------------------------------------------------

    def commit(self, shares: Sequence[Share]) -> frozenset[Partition]:
        prepared = [PreparedShare(share, self._codec) for share in shares]
        with self._connection() as connection:
            with immediate(connection):
                written = [share for share in prepared if share.write(connection)]
            self._scrub_due = self._scrub_due or any(share.erases for share in written)
            if self._scrub_due:
                self._scrub(connection)
        return frozenset(share.partition for share in shares) - {done.share.partition for done in written}

    def reset_positions(self, role: str, topic: str) -> int:
        with self._connection() as connection, immediate(connection):
            return log_tables.reset(connection, role, topic)

    def sent(self, ids: Sequence[int]) -> None:
        with self._connection() as connection, immediate(connection):
            log_tables.drop(connection, ids)

    def _scrub(self, connection: apsw.Connection) -> None:
        """Empty the write-ahead log, which keeps the bytes of deleted rows until then.

        Hygiene: `secure_delete` misses old copies of rows that SQLite moved between pages. What ends a
        text for certain is the destruction of its key.
        """
        connection.set_busy_timeout(SCRUB_MS)
        try:
            connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
            self._scrub_due = False
        except apsw.Error:
            # The commit stands. A reader in the way, or a disk that is full, may be gone at the next one.
            self._scrub_due = True
        finally:
            connection.set_busy_timeout(BUSY_MS)

    # --- positions and outbox ------------------------------------------------------------------------

    def positions(self, role: str) -> Mapping[Partition, int]:
        with self._connection() as connection:
            return log_tables.positions(connection, role)

    def outbox(self, partitions: Iterable[Partition], limit: int) -> Sequence[OutboxRow]:
        with self._snapshot() as connection:
            return log_tables.waiting(connection, partitions, limit)

    # --- cubes -----------------------------------------------------------------------------------------

    def sequence(self, subject: str) -> int:
        with self._connection() as connection:
            return _sequence(connection, subject)

    def changes(
        self,
        subject: str,
        after: int,
        embedder_id: str,
        *,
        limit: int | None = None,
        vectors_after: int | None = None,
        known_at: datetime | None = None,
    ) -> tuple[int, Sequence[Change]]:
        with self._snapshot() as connection:
            sequence = _sequence(connection, subject)
            if sequence <= after:
                return sequence, []
            heard = max(after, vectors_after or 0)
            reading = self._codec.reading(subject)
            last, found = newest_since(
                connection,
                reading,
                subject=subject,
                embedder_id=embedder_id,
                after=after,
                vectors_after=heard,
                limit=limit,
                known_at=known_at,
            )
        return last if len(found) == limit else sequence, found

    def list_cubes(
        self,
        subject: str,
        *,
        limit: int,
        kind: Kind | None = Kind.PLAINTEXT,
        form: Form | None = None,
        states: Collection[State] | None = None,
        others: Others | None = None,
        before: int | None = None,
        as_of: datetime | None = None,
        known_at: datetime | None = None,
    ) -> Sequence[MemCube]:
        return listed(
            self._cubes,
            subject,
            limit=limit,
            kind=kind,
            form=form,
            states=states,
            others=others,
            before=before,
            as_of=as_of,
            known_at=known_at,
        )

    def count(self, subject: str) -> Mapping[Form, int]:
        rows = self._rows(
            "SELECT form, count(*) FROM versions WHERE subject = ? AND current = 1 AND state != ?"
            " GROUP BY form",
            subject,
            State.ERASED.value,
        )
        return {Form(form): int(number) for form, number in rows}

    def cube(self, subject: str, cube_id: str) -> MemCube:
        found = self._cubes(
            "SELECT * FROM versions WHERE subject = ? AND cube_id = ? ORDER BY version DESC LIMIT 1",
            subject,
            cube_id,
        )
        if not found:
            raise _no_such_cube(subject, cube_id)
        return found[0]

    def cubes(self, subject: str, cube_ids: Collection[str]) -> Sequence[MemCube]:
        with self._snapshot() as connection:
            return self._newest(connection, subject, cube_ids)

    def blocks(self, subject: str) -> Sequence[HeldBlock]:
        with self._snapshot() as connection:
            rows = connection.execute(
                "SELECT * FROM versions WHERE subject = ? AND current = 1 AND form = ? AND state = ?"
                " ORDER BY seq DESC",
                (subject, Form.BLOCK.value, State.ACTIVE.value),
            ).fetchall()
            blocks = [cube for row in rows if (cube := self._codec.cube(row)).payload is not None]
            return [
                HeldBlock(cube, tuple(self._newest(connection, subject, _parents(cube)))) for cube in blocks
            ]

    def history(self, subject: str, cube_id: str) -> Sequence[MemCube]:
        found = self._cubes(
            "SELECT * FROM versions WHERE subject = ? AND cube_id = ? ORDER BY version", subject, cube_id
        )
        if not found:
            raise _no_such_cube(subject, cube_id)
        return found

    def caused_by(self, subject: str, event_id: str) -> Sequence[MemCube]:
        return self._cubes(
            "SELECT * FROM versions WHERE subject = ? AND cause = ? ORDER BY seq", subject, event_id
        )

    def applied(self, subject: str, event_ids: Iterable[str]) -> frozenset[str]:
        with self._connection() as connection:
            return frozenset(
                event_id
                for event_id in event_ids
                if connection.execute(
                    "SELECT 1 FROM applied WHERE subject = ? AND event_id = ?", (subject, event_id)
                ).fetchone()
            )

    def vectors(self, subject: str, texts: Sequence[str], embedder_id: str) -> Mapping[str, Vector]:
        known: dict[str, Vector] = {}
        if not self._rows("SELECT 1 FROM vectors WHERE subject = ? LIMIT 1", subject):
            return known  # a digest would make a key for a subject that may not even exist
        for text in texts:
            digest = self._codec.digest(subject, text)
            for row in self._rows(
                "SELECT key_id, nonce, ciphertext FROM vectors"
                " WHERE subject = ? AND digest = ? AND embedder_id = ?",
                subject,
                digest,
                embedder_id,
            ):
                vector, _ = self._codec.reading(subject).vectors(digest, embedder_id, row)
                if vector is not None:
                    known[text] = vector
        return known

    # --- the whole -------------------------------------------------------------------------------------

    def subjects(self, tenant: str | None = None) -> Sequence[str]:
        if tenant is None:
            rows = self._rows("SELECT subject FROM subjects ORDER BY subject")
        else:
            # Keys begin with the encoded tenant and a slash; `0` is the character after `/`.
            start = quote(tenant, safe="")
            rows = self._rows(
                "SELECT subject FROM subjects WHERE subject >= ? AND subject < ? ORDER BY subject",
                f"{start}/",
                f"{start}0",
            )
        return [subject for (subject,) in rows]

    def due(self, now: datetime) -> Sequence[str]:
        return [str(subject) for (subject,) in self._rows(DUE, now.timestamp())]

    def statistics(self) -> Statistics:
        [(subjects, cubes, versions, outbox)] = self._rows(
            "SELECT count(*), coalesce(sum(cubes), 0), coalesce(sum(versions), 0),"
            " (SELECT count(*) FROM outbox) FROM subjects"
        )
        return Statistics(subjects, cubes, versions, outbox, file_bytes(self._path))

    def size(self) -> StoreSize:
        with self._connection() as connection:
            return size_of(connection, self._path)

    def digest(self, subject: str | None = None) -> str:
        with self._snapshot() as connection:
            rows = connection.execute(
                "SELECT * FROM versions INDEXED BY by_cube WHERE subject BETWEEN ? AND ?"
                " ORDER BY subject, cube_id, version",
                ("", _LAST_TEXT) if subject is None else (subject, subject),
            )
            return replay_digest(self._codec.cube(row) for row in rows)

    def close(self) -> None:
        with faults(self._path):
            self._connections.close()

    def _newest(self, connection: apsw.Connection, subject: str, cube_ids: Iterable[str]) -> list[MemCube]:
        sql = "SELECT * FROM versions WHERE subject = ? AND cube_id = ? AND current = 1"
        rows = [connection.execute(sql, (subject, cube_id)).fetchone() for cube_id in cube_ids]
        reading = self._codec.reading(subject)
        return [reading.cube(row) for row in rows if row is not None]

    @contextmanager
    def _connection(self) -> Iterator[apsw.Connection]:
        with faults(self._path):
            yield self._connections.mine()

    @contextmanager
    def _snapshot(self) -> Iterator[apsw.Connection]:
        """All that is read inside is of one moment."""
        with self._connection() as connection:
            connection.execute("BEGIN")
            try:
                yield connection
            finally:
                connection.execute("COMMIT")

    def _rows(self, sql: str, *values: Any) -> list[Row]:
        with self._connection() as connection:
            return connection.execute(sql, values).fetchall()

    def _cubes(self, sql: str, *values: Any) -> list[MemCube]:
        return [self._codec.cube(row) for row in self._rows(sql, *values)]


def _parents(block: MemCube) -> list[str]:
    return [parent.cube_id for parent in block.payload.parents] if block.payload else []


def _sequence(connection: apsw.Connection, subject: str) -> int:
    row = connection.execute("SELECT seq FROM subjects WHERE subject = ?", (subject,)).fetchone()
    return 0 if row is None else int(row[0])


def _no_such_cube(subject: str, cube_id: str) -> NoSuchCube:
    return NoSuchCube(f"no cube {cube_id[:80]!a} in {subject}")
