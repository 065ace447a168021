"""One share of a batch on its way into the record: checked and sealed, then fenced, then written."""

from __future__ import annotations

from typing import Final

import apsw

from memcube.errors import StoreFault
from memcube.store.record import Share, SubjectWork
from memcube.store.sqlite import log_tables
from memcube.store.sqlite.rows import Row, RowCodec

_PUT_SUBJECT: Final = """
INSERT INTO subjects(subject, seq, cubes, versions) VALUES (?, ?, ?, ?)
ON CONFLICT DO UPDATE SET
    seq = excluded.seq, cubes = cubes + excluded.cubes, versions = versions + excluded.versions"""
_PUT_VERSION: Final = (
    "INSERT INTO versions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
# Vectors live as long as a version with their wording: one that belongs to none would outlive an erasure.
_PUT_VECTOR: Final = """
INSERT OR IGNORE INTO vectors(subject, digest, embedder_id, key_id, nonce, ciphertext)
SELECT ?1, ?2, ?3, ?4, ?5, ?6 WHERE EXISTS (SELECT 1 FROM versions WHERE subject = ?1 AND digest = ?2)"""
_DROP_OTHERS: Final = "DELETE FROM vectors WHERE subject = ?1 AND digest = ?2 AND embedder_id != ?3"
_PUT_REEMBEDDED: Final = "INSERT OR REPLACE INTO reembedded(subject, seq, cube_id) VALUES (?, ?, ?)"
_DROP_VECTOR: Final = """
DELETE FROM vectors WHERE subject = ?1 AND digest = ?2
AND NOT EXISTS (SELECT 1 FROM versions WHERE subject = ?1 AND digest = ?2)"""


class PreparedShare:
    """A share whose rows are sealed.

    Made before the transaction begins: the first seal of a subject writes to the key store, which must
    not keep other writers of the record waiting.
    """

    def __init__(self, share: Share, codec: RowCodec) -> None:
        _check(share)
        self.share = share
        self.erases = any(work.erased for work in share.subjects)
        self._versions = [_version_rows(work, codec) for work in share.subjects]
        self._vectors = [
            codec.sealed_vectors(subject, known)
            for subject, embedded in share.vectors.items()
            for known in embedded
        ]

    def write(self, connection: apsw.Connection) -> bool:
        """Write, in the open transaction; False, with nothing written, if another writer was first."""
        share = self.share
        if not _is_first(connection, share):
            return False
        log_tables.advance(connection, share.partition, share.next)
        for work, rows in zip(share.subjects, self._versions, strict=True):
            _write_work(connection, work, rows)
        connection.executemany(_PUT_VECTOR, self._vectors)
        # Vectors of two embedders are never mixed, and no reader asks for the former one's again.
        connection.executemany(_DROP_OTHERS, [vector[:3] for vector in self._vectors])
        for work in share.subjects:
            _erase(connection, work)
        log_tables.put(connection, share.partition, share.outbox)
        return True


def _check(share: Share) -> None:
    """What only a fault of the planner can have made, and what no retry would mend."""
    if share.next <= share.base:
        raise StoreFault(f"{share.partition}: position {share.base} cannot go to {share.next}: it only grows")
    if len({work.subject for work in share.subjects}) != len(share.subjects):
        raise StoreFault(f"{share.partition}: a subject stands twice in one share")
    for work in share.subjects:
        last = work.base_seq
        for cube in work.versions:
            if cube.subject != work.subject or not last < cube.seq <= work.seq:
                raise StoreFault(
                    f"cube {cube.id} version {cube.version} has seq {cube.seq} in {cube.subject}:"
                    f" expected one in ({last}, {work.seq}] in {work.subject}"
                )
            last = cube.seq
        if last + len(work.reembedded) > work.seq:
            raise StoreFault(
                f"{len(work.reembedded)} cubes re-embedded after seq {last}: they do not fit in {work.seq}"
            )
        ended = {cube.id: cube.payload for cube in work.versions}
        for cube_id in work.erased:
            if ended.get(cube_id, ...) is not None:
                raise StoreFault(f"cube {cube_id} is to be erased, but its last version here has a payload")


def _is_first(connection: apsw.Connection, share: Share) -> bool:
    """Whether nobody has written since planning. Without a position, a partition starts at any base."""
    if not log_tables.is_at(connection, share.partition, share.base):
        return False
    for work in share.subjects:
        row = connection.execute("SELECT seq FROM subjects WHERE subject = ?", (work.subject,)).fetchone()
        if work.base_seq != (0 if row is None else row[0]):
            return False
    return True


def _version_rows(work: SubjectWork, codec: RowCodec) -> list[Row]:
    last = {cube.id: cube.version for cube in work.versions}
    return [codec.version(cube, current=last[cube.id] == cube.version) for cube in work.versions]


def _write_work(connection: apsw.Connection, work: SubjectWork, rows: list[Row]) -> None:
    made = _retire_former(connection, work)
    if work.seq > work.base_seq:
        connection.execute(_PUT_SUBJECT, (work.subject, work.seq, made - len(work.erased), len(rows)))
    connection.executemany(_PUT_VERSION, rows)
    first = work.seq - len(work.reembedded) + 1
    connection.executemany(
        _PUT_REEMBEDDED, [(work.subject, first + n, cube_id) for n, cube_id in enumerate(work.reembedded)]
    )
    # An event without effect may have been applied meanwhile from another partition; one with effect
    # has moved the subject's sequence, and this share has been refused.
    connection.executemany(
        "INSERT OR IGNORE INTO applied(subject, event_id) VALUES (?, ?)",
        [(work.subject, event_id) for event_id in work.applied],
    )


def _retire_former(connection: apsw.Connection, work: SubjectWork) -> int:
    """Check that every version follows the newest, and unmark the newest; returns how many cubes are new."""
    newest: dict[str, int] = {}
    made = 0
    for cube in work.versions:
        if cube.id not in newest:
            newest[cube.id] = _stored_version(connection, work.subject, cube.id)
            made += newest[cube.id] == 0
            connection.execute(
                "UPDATE versions SET current = 0 WHERE subject = ? AND cube_id = ? AND version = ?",
                (work.subject, cube.id, newest[cube.id]),
            )
        if cube.version != newest[cube.id] + 1:
            raise StoreFault(f"cube {cube.id} is at version {newest[cube.id]}: {cube.version} cannot follow")
        newest[cube.id] = cube.version
    return made


def _stored_version(connection: apsw.Connection, subject: str, cube_id: str) -> int:
    row = connection.execute(
        "SELECT version FROM versions WHERE subject = ? AND cube_id = ? ORDER BY version DESC LIMIT 1",
        (subject, cube_id),
    ).fetchone()
    return 0 if row is None else int(row[0])


def _erase(connection: apsw.Connection, work: SubjectWork) -> None:
    """Delete all but the last version of what is erased, and the vectors that no version needs any more."""
    digests: set[bytes] = set()
    gone = 0
    for cube_id in work.erased:
        rows = connection.execute(
            "DELETE FROM versions WHERE subject = ? AND cube_id = ? AND current = 0 RETURNING digest",
            (work.subject, cube_id),
        ).fetchall()
        gone += len(rows)
        digests.update(digest for (digest,) in rows if isinstance(digest, bytes))
    if work.erased:
        connection.execute(
            "UPDATE subjects SET versions = versions - ? WHERE subject = ?", (gone, work.subject)
        )
        connection.executemany(_DROP_VECTOR, [(work.subject, digest) for digest in digests])
