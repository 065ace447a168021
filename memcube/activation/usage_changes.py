"""What a batch of recalls changes in the usage of memories, and how it is written."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

import apsw
import msgspec

from memcube.activation.heat import Heat, first_use
from memcube.store.record import OutboxMessage, Partition
from memcube.store.sqlite import log_tables
from schemas.topics import RECALLS

# Times are whole microseconds since 1970, in UTC.
TABLES: Final = """
CREATE TABLE IF NOT EXISTS meta(name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS heat(
    subject TEXT NOT NULL,
    cube_id TEXT NOT NULL,
    value REAL NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY(subject, cube_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS recalled(
    subject TEXT NOT NULL,
    id TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY(subject, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS recalled_at ON recalled(at);
CREATE TABLE IF NOT EXISTS subjects(
    subject TEXT PRIMARY KEY,
    tenant TEXT NOT NULL,
    looked INTEGER NOT NULL,
    waiting INTEGER,
    rest INTEGER,
    granted INTEGER NOT NULL DEFAULT 0,
    asked TEXT,
    members TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS by_looked ON subjects(looked);
CREATE INDEX IF NOT EXISTS by_tenant ON subjects(tenant, granted);
CREATE INDEX IF NOT EXISTS by_waiting ON subjects(tenant, waiting) WHERE waiting IS NOT NULL;
CREATE TABLE IF NOT EXISTS builds(
    subject TEXT PRIMARY KEY,
    job_id TEXT NOT NULL,
    block_id TEXT NOT NULL,
    members TEXT NOT NULL,
    tokens INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS held(
    subject TEXT NOT NULL,
    block_id TEXT NOT NULL,
    tokens INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    value REAL NOT NULL,
    at INTEGER NOT NULL,
    given_up INTEGER NOT NULL,
    PRIMARY KEY(subject, block_id)
) STRICT, WITHOUT ROWID;
"""
# A broker drops whole segments, and the last one is a week old before it ends: a record may be read again
# for twice its retention. What is older than this is not counted, so its id need not be kept.
REMEMBERED: Final = 2 * timedelta(milliseconds=RECALLS.retention_ms) + timedelta(days=1)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_PUT_HEAT: Final = """
INSERT INTO heat(subject, cube_id, value, at) VALUES (?, ?, ?, ?)
ON CONFLICT DO UPDATE SET value = excluded.value, at = excluded.at"""
_PUT_HELD: Final = """
INSERT INTO held(subject, block_id, tokens, bytes, value, at, given_up) VALUES (?, ?, ?, ?, ?, ?, 0)
ON CONFLICT DO UPDATE SET tokens = excluded.tokens, bytes = excluded.bytes, value = excluded.value,
    at = excluded.at"""
_PUT_BUILD: Final = """
INSERT INTO builds(subject, job_id, block_id, members, tokens, bytes, at) VALUES (?, ?, ?, ?, ?, ?, ?)"""


class Use(msgspec.Struct, frozen=True):
    """What one recall used, by the log's time."""

    subject: str
    tenant: str
    recall: str
    cubes: tuple[str, ...]
    at: datetime


class UnderWay(msgspec.Struct, frozen=True):
    """A build that was asked for. tokens, bytes: as estimated. members: a digest of ids and versions."""

    subject: str
    job_id: str
    block_id: str
    members: str
    tokens: int
    bytes: int
    at: datetime


class Held(msgspec.Struct, frozen=True):
    """A block that is kept. value: the prefill, in tokens, that it was expected to save as of `at`."""

    subject: str
    block_id: str
    tokens: int
    bytes: int
    value: float
    at: datetime
    given_up: bool = False


class Look(msgspec.Struct, frozen=True):
    """What a look at one subject found. forgotten: memories whose heat is of no more use.

    finished: the build whose result is known by now. waiting: since when another is wanted, if one is.
    rest: until when no other may be asked for.
    """

    subject: str
    held: tuple[Held, ...]
    forgotten: tuple[str, ...] = ()
    finished: str | None = None
    waiting: datetime | None = None
    rest: datetime | None = None


class Asked(msgspec.Struct, frozen=True):
    """A build, as the `grant`th of all. Not done if another was granted meanwhile, or one is under way."""

    build: UnderWay
    grant: int
    rest: datetime
    why: str
    message: OutboxMessage


class GivenUp(msgspec.Struct, frozen=True):
    """A block that is to go. Done once."""

    subject: str
    block_id: str
    why: str
    message: OutboxMessage


class UsageShare(msgspec.Struct, frozen=True):
    """What one partition's part of a batch changes. now: the log's time."""

    partition: Partition
    base: int
    next: int
    now: datetime
    half_life: timedelta
    uses: tuple[Use, ...]
    looks: tuple[Look, ...]
    asked: tuple[Asked, ...]
    given_up: tuple[GivenUp, ...]
    outbox: tuple[OutboxMessage, ...]


def apply(connection: apsw.Connection, share: UsageShare) -> bool:
    """Within a transaction; False if another writer has moved the position."""
    if not log_tables.is_at(connection, share.partition, share.base):
        return False
    log_tables.advance(connection, share.partition, share.next)
    now = microseconds(share.now)
    connection.execute(
        "UPDATE meta SET value = ? WHERE name = 'clock' AND CAST(value AS INTEGER) < ?", (str(now), now)
    )
    for use in share.uses:
        _count(connection, use, share)
    for look in share.looks:
        _note(connection, look, now)
    for asked in share.asked:
        _ask(connection, asked, share.partition)
    for block in share.given_up:
        _give_up(connection, block, share.partition)
    log_tables.put(connection, share.partition, share.outbox)
    connection.execute("DELETE FROM recalled WHERE at < ?", (microseconds(share.now - REMEMBERED),))
    return True


def microseconds(time: datetime) -> int:
    return (time - _EPOCH) // timedelta(microseconds=1)


def moment(stored: int) -> datetime:
    return _EPOCH + timedelta(microseconds=stored)


def heated(before: Heat | None, at: datetime, half_life: timedelta) -> Heat:
    """With one more use; the first, if there was none."""
    return first_use(at) if before is None else before.used(at, half_life)


def _count(connection: apsw.Connection, use: Use, share: UsageShare) -> None:
    if use.at < share.now - REMEMBERED:
        return
    connection.execute(
        "INSERT OR IGNORE INTO recalled(subject, id, at) VALUES (?, ?, ?)",
        (use.subject, use.recall, microseconds(use.at)),
    )
    if not connection.changes():
        return
    connection.execute(
        "INSERT OR IGNORE INTO subjects(subject, tenant, looked) VALUES (?, ?, ?)",
        (use.subject, use.tenant, microseconds(share.now)),
    )
    for cube_id in use.cubes:
        row = connection.execute(
            "SELECT value, at FROM heat WHERE subject = ? AND cube_id = ?", (use.subject, cube_id)
        ).fetchone()
        before = None if row is None else Heat(row[0], moment(row[1]))
        heat = heated(before, use.at, share.half_life)
        connection.execute(_PUT_HEAT, (use.subject, cube_id, heat.value, microseconds(heat.at)))


def _note(connection: apsw.Connection, look: Look, now: int) -> None:
    subject = look.subject
    connection.executemany(
        "DELETE FROM heat WHERE subject = ? AND cube_id = ?", [(subject, one) for one in look.forgotten]
    )
    kept = {held.block_id for held in look.held}
    known = connection.execute("SELECT block_id FROM held WHERE subject = ?", (subject,)).fetchall()
    for (block_id,) in known:
        if block_id not in kept:
            connection.execute("DELETE FROM held WHERE subject = ? AND block_id = ?", (subject, block_id))
    for held in look.held:
        row = (subject, held.block_id, held.tokens, held.bytes, held.value, microseconds(held.at))
        connection.execute(_PUT_HELD, row)
    if look.finished is not None:
        connection.execute("DELETE FROM builds WHERE subject = ? AND job_id = ?", (subject, look.finished))
    connection.execute(
        "UPDATE subjects SET looked = ?, waiting = ?, rest = coalesce(?, rest) WHERE subject = ?",
        (now, _stored(look.waiting), _stored(look.rest), subject),
    )
    connection.execute(
        "DELETE FROM subjects WHERE subject = ?1 AND NOT EXISTS (SELECT 1 FROM heat WHERE subject = ?1)"
        " AND NOT EXISTS (SELECT 1 FROM held WHERE subject = ?1)"
        " AND NOT EXISTS (SELECT 1 FROM builds WHERE subject = ?1)",
        (subject,),
    )


def _ask(connection: apsw.Connection, asked: Asked, partition: Partition) -> None:
    build = asked.build
    if connection.execute("SELECT 1 FROM builds WHERE subject = ?", (build.subject,)).fetchone():
        return
    connection.execute(
        "UPDATE meta SET value = ? WHERE name = 'grants' AND CAST(value AS INTEGER) = ?",
        (str(asked.grant), asked.grant - 1),
    )
    if not connection.changes():
        return
    row = (build.subject, build.job_id, build.block_id, build.members, build.tokens, build.bytes)
    connection.execute(_PUT_BUILD, (*row, microseconds(build.at)))
    connection.execute(
        "UPDATE subjects SET waiting = NULL, rest = ?, granted = ?, asked = ?, members = ? WHERE subject = ?",
        (microseconds(asked.rest), asked.grant, build.block_id, build.members, build.subject),
    )
    log_tables.put(connection, partition, [asked.message])


def _give_up(connection: apsw.Connection, block: GivenUp, partition: Partition) -> None:
    connection.execute(
        "UPDATE held SET given_up = 1 WHERE subject = ? AND block_id = ? AND NOT given_up",
        (block.subject, block.block_id),
    )
    if connection.changes():
        log_tables.put(connection, partition, [block.message])


def _stored(time: datetime | None) -> int | None:
    return None if time is None else microseconds(time)
