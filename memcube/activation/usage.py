"""Usage: how hot memories are, which blocks are held and which builds are under way. Ids only, no words.

A file of its own, beside the record: what stands here is lost without harm, and never part of a digest.
Several processes may write it. What a share says is true whatever another has written meanwhile, or it is
passed over together with the message that tells of it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

from memcube.activation import usage_changes
from memcube.activation.heat import Heat
from memcube.activation.usage_changes import Held, UnderWay, UsageShare, moment
from memcube.errors import StoreFault
from memcube.store.faults import faults, immediate
from memcube.store.record import OutboxRow, Partition, StoreSize
from memcube.store.sqlite import log_tables
from memcube.store.sqlite.connections import Connections
from memcube.store.sqlite.schema import connect
from memcube.store.sqlite.size import size_of


class Place(msgspec.Struct, frozen=True):
    """Where a subject stands: since when it waits for a build, until when it may not have another.

    asked: the last build that was asked for; members: a digest of the ids and versions in it.
    """

    subject: str
    tenant: str
    waiting: datetime | None = None
    rest: datetime | None = None
    asked: str | None = None
    members: str | None = None


class Totals(msgspec.Struct, frozen=True):
    """Of all subjects. bytes, tokens: of the blocks held. grants: builds asked for, ever."""

    bytes: int
    tokens: int
    waiting: int
    under_way: int
    grants: int


class Usage:
    """Readers beside the writers pass `read_only`; the file must then exist."""

    def __init__(
        self, path: Path, *, read_only: bool = False, random: Callable[[int], bytes] = os.urandom
    ) -> None:
        self._path = path
        if not read_only:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        elif not path.exists():
            raise StoreFault(
                f"{path}: nothing is known of usage yet: start the system once with `memcube up`"
            )
        self._connections = Connections(partial(connect, path, read_only=read_only))
        if not read_only:
            with faults(path), immediate(connection := self._connections.mine()):
                connection.execute(log_tables.TABLES + usage_changes.TABLES)
                connection.execute(
                    "INSERT OR IGNORE INTO meta(name, value) VALUES ('usage_id', ?), ('clock', '0'),"
                    " ('grants', '0')",
                    (str(UUID(bytes=random(16), version=4)),),
                )

    @property
    def usage_id(self) -> str:
        """Names this file for ever."""
        return self._meta("usage_id")

    def clock(self) -> datetime:
        """The log's time as of the last commit."""
        return moment(int(self._meta("clock")))

    def commit(self, shares: Sequence[UsageShare]) -> frozenset[Partition]:
        """One durable transaction; returns the partitions that another writer was first with."""
        with faults(self._path), immediate(connection := self._connections.mine()):
            return frozenset(
                share.partition for share in shares if not usage_changes.apply(connection, share)
            )

    def positions(self, role: str) -> Mapping[Partition, int]:
        with faults(self._path):
            return log_tables.positions(self._connections.mine(), role)

    def reset_positions(self, role: str, topic: str) -> int:
        """As `CubeStore.reset_positions`."""
        with faults(self._path), immediate(connection := self._connections.mine()):
            return log_tables.reset(connection, role, topic)

    def outbox(self, partitions: Iterable[Partition], limit: int) -> Sequence[OutboxRow]:
        with faults(self._path):
            return log_tables.waiting(self._connections.mine(), partitions, limit)

    def sent(self, ids: Sequence[int]) -> None:
        with faults(self._path), immediate(connection := self._connections.mine()):
            log_tables.drop(connection, ids)

    def heats(self, subject: str) -> Mapping[str, Heat]:
        """Of every memory of the subject that was used, by id."""
        rows = self._rows("SELECT cube_id, value, at FROM heat WHERE subject = ?", subject)
        return {cube_id: Heat(value, moment(at)) for cube_id, value, at in rows}

    def counted(self, recalls: Iterable[tuple[str, str]]) -> frozenset[tuple[str, str]]:
        """Those recalls, by subject and id, whose uses are part of the heat already."""
        one = "SELECT 1 FROM recalled WHERE subject = ? AND id = ?"
        return frozenset(recall for recall in recalls if self._rows(one, *recall))

    def place(self, subject: str) -> Place | None:
        """None: nothing is known of this subject."""
        found = self._rows(
            "SELECT subject, tenant, waiting, rest, asked, members FROM subjects WHERE subject = ?", subject
        )
        for name, tenant, waiting, rest, asked, members in found:
            return Place(name, tenant, _moment(waiting), _moment(rest), asked, members)
        return None

    def first_waiting(self, limit: int) -> Sequence[str]:
        """Subjects whose turn is next: of each tenant the one that waits longest, then each one's second."""
        rows = self._rows(
            "SELECT subject FROM (SELECT subject, tenant, row_number() OVER"
            " (PARTITION BY tenant ORDER BY waiting, subject) AS nth FROM subjects WHERE waiting IS NOT NULL)"
            " AS queue ORDER BY nth, (SELECT max(granted) FROM subjects WHERE tenant = queue.tenant), tenant"
            " LIMIT ?",
            limit,
        )
        return [subject for (subject,) in rows]

    def longest_unseen(self, limit: int) -> Sequence[str]:
        """Subjects that were looked at longest ago, those with a block first."""
        rows = self._rows(
            "SELECT subject FROM subjects WHERE subject IN (SELECT subject FROM held WHERE NOT given_up)"
            " ORDER BY looked, subject LIMIT ?",
            limit,
        )
        rest = self._rows("SELECT subject FROM subjects ORDER BY looked, subject LIMIT ?", limit)
        return list(dict.fromkeys(subject for (subject,) in [*rows, *rest]))

    def grants(self, tenants: Collection[str]) -> Mapping[str, int]:
        """By tenant, the number of the last build that it was granted; 0 if it had none."""
        one = "SELECT max(granted) FROM subjects WHERE tenant = ?"
        return {tenant: self._rows(one, tenant)[0][0] or 0 for tenant in tenants}

    def under_way(self) -> Sequence[UnderWay]:
        """The builds whose result is not known yet."""
        rows = self._rows("SELECT subject, job_id, block_id, members, tokens, bytes, at FROM builds")
        return [
            UnderWay(subject, job_id, block_id, members, tokens, size, moment(at))
            for subject, job_id, block_id, members, tokens, size, at in rows
        ]

    def held(self) -> Sequence[Held]:
        """The blocks of all subjects, as they were when they were last looked at."""
        rows = self._rows("SELECT subject, block_id, tokens, bytes, value, at, given_up FROM held")
        return [
            Held(subject, block_id, tokens, size, value, moment(at), bool(given_up))
            for subject, block_id, tokens, size, value, at, given_up in rows
        ]

    def totals(self) -> Totals:
        [row] = self._rows(
            "SELECT (SELECT coalesce(sum(bytes), 0) FROM held WHERE NOT given_up),"
            " (SELECT coalesce(sum(tokens), 0) FROM held WHERE NOT given_up),"
            " (SELECT count(*) FROM subjects WHERE waiting IS NOT NULL), (SELECT count(*) FROM builds),"
            " (SELECT CAST(value AS INTEGER) FROM meta WHERE name = 'grants')"
        )
        return Totals(*row)

    def size(self) -> StoreSize:
        """As `CubeStore.size`."""
        with faults(self._path):
            return size_of(self._connections.mine(), self._path)

    def close(self) -> None:
        with faults(self._path):
            self._connections.close()

    def _meta(self, name: str) -> str:
        for (value,) in self._rows("SELECT value FROM meta WHERE name = ?", name):
            return str(value)
        raise StoreFault(f"{self._path}: it has lost its {name}: stop the system and delete this file")

    def _rows(self, statement: str, *values: str | int) -> list[Any]:
        with faults(self._path):
            return self._connections.mine().execute(statement, values).fetchall()


def _moment(stored: int | None) -> datetime | None:
    return None if stored is None else moment(stored)
