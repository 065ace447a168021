"""What a role keeps beside its effects, in the same transaction: positions in the log, and the outbox."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from heapq import merge
from itertools import islice
from typing import Any, Final

import apsw
import msgspec

from memcube.store.record import OutboxMessage, OutboxRow, Partition
from schemas.envelope import Headers

TABLES: Final = """
CREATE TABLE IF NOT EXISTS positions(
    role TEXT NOT NULL,
    cluster TEXT NOT NULL,
    topic_id TEXT NOT NULL,
    number INTEGER NOT NULL,
    topic TEXT NOT NULL,
    next INTEGER NOT NULL,
    PRIMARY KEY(role, cluster, topic_id, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS outbox(
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    role TEXT NOT NULL,
    number INTEGER NOT NULL,
    topic TEXT NOT NULL,
    partition INTEGER NOT NULL,
    key BLOB,
    headers BLOB NOT NULL,
    value BLOB
) STRICT;
CREATE INDEX IF NOT EXISTS by_source ON outbox(role, number, id);
"""
# By role and number alone: what was to be told still is when the topic it came from was made anew.
_WAITING: Final = """
SELECT id, topic, partition, key, headers, value FROM outbox
WHERE role = ? AND number = ? ORDER BY id LIMIT ?"""
_PUT_POSITION: Final = """
INSERT INTO positions(role, cluster, topic_id, number, topic, next) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET next = excluded.next"""
_PUT_OUTBOX: Final = """
INSERT INTO outbox(role, number, topic, partition, key, headers, value) VALUES (?, ?, ?, ?, ?, ?, ?)"""
_encode_headers: Final = msgspec.msgpack.Encoder().encode
_decode_headers: Final = msgspec.msgpack.Decoder(Headers).decode


def is_at(connection: apsw.Connection, partition: Partition, base: int) -> bool:
    """Whether nobody has moved the position; one that was never stored starts where the planner did."""
    at = connection.execute(
        "SELECT next FROM positions WHERE role = ? AND cluster = ? AND topic_id = ? AND number = ?",
        _place(partition),
    ).fetchone()
    return at is None or at[0] == base


def advance(connection: apsw.Connection, partition: Partition, next_offset: int) -> None:
    connection.execute(_PUT_POSITION, (*_place(partition), partition.topic, next_offset))


def positions(connection: apsw.Connection, role: str) -> Mapping[Partition, int]:
    rows = connection.execute(
        "SELECT role, cluster, topic_id, topic, number, next FROM positions WHERE role = ?", (role,)
    )
    return {Partition(*row[:5]): row[5] for row in rows}


def reset(connection: apsw.Connection, role: str, topic: str) -> int:
    """Forget the positions of a topic; returns how many there were."""
    connection.execute("DELETE FROM positions WHERE role = ? AND topic = ?", (role, topic))
    return connection.changes()


def put(connection: apsw.Connection, partition: Partition, messages: Iterable[OutboxMessage]) -> None:
    connection.executemany(
        _PUT_OUTBOX,
        [
            (
                partition.role,
                partition.number,
                out.topic,
                out.partition,
                out.key,
                _encode_headers(out.headers),
                out.value,
            )
            for out in messages
        ],
    )


def waiting(connection: apsw.Connection, partitions: Iterable[Partition], limit: int) -> Sequence[OutboxRow]:
    """The oldest messages of these partitions, in the order of the commits."""
    rows = [
        connection.execute(_WAITING, (partition.role, partition.number, limit)) for partition in partitions
    ]
    oldest: list[Any] = list(islice(merge(*rows), limit))
    return [
        OutboxRow(row_id, OutboxMessage(topic, number, key, _decode_headers(headers), value))
        for row_id, topic, number, key, headers, value in oldest
    ]


def drop(connection: apsw.Connection, ids: Sequence[int]) -> None:
    connection.executemany("DELETE FROM outbox WHERE id = ?", [(row_id,) for row_id in ids])


def _place(partition: Partition) -> tuple[str, str, str, int]:
    return partition.role, partition.cluster, partition.topic_id, partition.number
