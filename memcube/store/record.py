"""The port of the record: cubes with all versions, positions in the log, the outbox, one transaction.

The record is the truth. What a batch changes, how far it has read, and what it has to tell others
become durable together or not at all; that commit *is* the acknowledgement of the events.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

import msgspec

from memcube.cube import Form, Kind, MemCube, State
from memcube.vectors import TokenVectors, Vector
from schemas.envelope import Headers
from schemas.subject import Others

__all__ = [
    "Change",
    "CubeStore",
    "Embedded",
    "HeldBlock",
    "OutboxMessage",
    "OutboxRow",
    "Partition",
    "Share",
    "Statistics",
    "StoreSize",
    "SubjectWork",
    "Vector",
]


class Partition(msgspec.Struct, frozen=True, order=True):
    """One partition of one topic as one role reads it. A topic re-created has another `topic_id`."""

    role: str
    cluster: str
    topic_id: str
    topic: str
    number: int


class OutboxMessage(msgspec.Struct, frozen=True):
    """A Kafka record to be sent after the commit. `value` None is a tombstone."""

    topic: str
    partition: int
    key: bytes | None
    headers: Headers
    value: bytes | None


class OutboxRow(msgspec.Struct, frozen=True):
    """A message that waits. `id` grows in the order of the commits."""

    id: int
    message: OutboxMessage


class Embedded(msgspec.Struct, frozen=True):
    """The vectors of one wording; kept under a keyed digest of it, so that they are also the cache."""

    text: str
    vector: Vector
    embedder_id: str
    tokens: TokenVectors | None = None


class SubjectWork(msgspec.Struct, frozen=True):
    """What one batch changes in one subject.

    base_seq, seq: the subject's change sequence before and after. `versions` carry each their own `seq`
    in (base_seq, seq]. Every id in `erased` has its last, payload-less version among `versions`; all
    its older versions, and vectors that no remaining cube needs, leave the record.
    applied: the ids of the events whose effect this is, or that had none; each is applied once.
    reembedded: cubes whose text, the same as before, has a new vector in the share. Each takes one place in
    the sequence behind the versions, so that readers hear of it.
    """

    subject: str
    base_seq: int
    seq: int
    versions: tuple[MemCube, ...]
    erased: frozenset[str]
    applied: tuple[str, ...]
    reembedded: tuple[str, ...] = ()


class Share(msgspec.Struct, frozen=True):
    """One partition's part of a batch: it is committed whole, or refused whole.

    Of `vectors` those are kept whose wording some remaining version has, in place of those of other
    embedders.
    """

    partition: Partition
    base: int  # the position that planning started from
    next: int  # the offset to be read next
    subjects: tuple[SubjectWork, ...]
    vectors: Mapping[str, tuple[Embedded, ...]]  # by subject
    outbox: tuple[OutboxMessage, ...]


class Change(msgspec.Struct, frozen=True):
    """The newest version of a cube that changed, with the vectors of its wording where there are any."""

    cube: MemCube
    vector: Vector | None
    tokens: TokenVectors | None = None


class HeldBlock(msgspec.Struct, frozen=True):
    """An active block and the newest versions of its memories, of one moment, in the block's order.

    A memory that is not there any more, or is erased, is left out: then they are fewer than the parents.
    """

    cube: MemCube
    parents: tuple[MemCube, ...]

    @property
    def current(self) -> bool:
        """Whether every memory is still active, at the version that was prefilled."""
        made_of = self.cube.payload.parents if self.cube.payload else ()
        return [(one.cube_id, one.version) for one in made_of] == [
            (one.id, one.version) for one in self.parents if one.state is State.ACTIVE
        ]


class Statistics(msgspec.Struct, frozen=True):
    """Sizes for `status` and metrics."""

    subjects: int
    cubes: int
    versions: int
    outbox: int
    bytes: int


class StoreSize(msgspec.Struct, frozen=True):
    """Of a store's files and of its outbox. `outbox_oldest`: the row that waits longest, if one does."""

    bytes: int
    free_bytes: int
    outbox: int
    outbox_oldest: int | None


class CubeStore(Protocol):
    """The record. Raises `StoreFault` when it cannot be read or written.

    Reading is safe from any process and thread with its own instance; a commit fences other writers.
    """

    @property
    def record_id(self) -> str:
        """Names this record for ever, copies included; the consumer groups carry it."""

    def commit(self, shares: Sequence[Share]) -> frozenset[Partition]:
        """One durable transaction. Returns the partitions refused because another writer was first.

        A share is refused when its partition is not at `base`, or one of its subjects not at
        `base_seq`; the other shares are committed. A retry of a commit whose outcome was lost is
        refused, never applied twice. What no planner may ask for (a version that does not follow the
        newest, a position that does not grow) is a `StoreFault`, and nothing of the call is committed.
        """

    def positions(self, role: str) -> Mapping[Partition, int]:
        """Every stored position of a role, those of former topics and clusters included."""

    def reset_positions(self, role: str, topic: str) -> int:
        """Forget the role's positions of a topic, so that it is read from its start; returns how many."""

    def outbox(self, partitions: Iterable[Partition], limit: int) -> Sequence[OutboxRow]:
        """The oldest messages written by shares of these partitions, in order."""

    def sent(self, ids: Sequence[int]) -> None:
        """Drop delivered messages. Losing this in a crash only means one more repeat."""

    def sequence(self, subject: str) -> int:
        """The subject's last change; 0 if it has none."""

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
        """The subject's sequence, and the newest version of every cube changed after `after`, by seq.

        Those that only got another vector are among them; with `vectors_after`, those that got it after
        that. Who loads page by page has read all vectors of when it began.

        With a `limit` at most so many; the sequence is that of the last of them as long as there may be more.
        Erased cubes are among them, without payload. Both come from one snapshot. Here as in every
        reading, what was sealed under a key that is destroyed by now comes without payload and vector.

        `known_at`: the versions that were the newest then instead, as in `list_cubes`, by their own seq.
        """

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
        """The newest versions, last changed first; only of a form, of some states, from some ids, if given.

        Of plaintext, unless another kind is given; of all kinds with None.
        The next page starts `before` the `seq` of the last cube of this one. `known_at`: the versions that
        were the newest then, by recorded time. `as_of`: what was true then, by valid time (`true_at`).
        Both need a UTC offset. What has been erased since is not told by either.
        """

    def applied(self, subject: str, event_ids: Iterable[str]) -> frozenset[str]:
        """Those of the events that the subject has applied already."""

    def count(self, subject: str) -> Mapping[Form, int]:
        """How many cubes the subject has, by form; erased ones are none."""

    def cube(self, subject: str, cube_id: str) -> MemCube:
        """The newest version; raises `NoSuchCube`."""

    def cubes(self, subject: str, cube_ids: Collection[str]) -> Sequence[MemCube]:
        """The newest versions of those that there are, in the order of the ids, all of one moment."""

    def blocks(self, subject: str) -> Sequence[HeldBlock]:
        """The subject's active blocks, the newest first."""

    def history(self, subject: str, cube_id: str) -> Sequence[MemCube]:
        """All versions, oldest first; after an erasure only the last. Raises `NoSuchCube`."""

    def caused_by(self, subject: str, event_id: str) -> Sequence[MemCube]:
        """The versions that one event made, by seq."""

    def vectors(self, subject: str, texts: Sequence[str], embedder_id: str) -> Mapping[str, Vector]:
        """The vectors of whole wordings that are already known, by wording."""

    def subjects(self, tenant: str | None = None) -> Sequence[str]:
        """Keys of all subjects, of one tenant if given."""

    def due(self, now: datetime) -> Sequence[str]:
        """Keys of the subjects in which a tick at `now` may change something: an end, or a day announced."""

    def statistics(self) -> Statistics:
        """Sizes of the record."""

    def size(self) -> StoreSize:
        """Of its files and its outbox: what someone on call watches."""

    def digest(self, subject: str | None = None) -> str:
        """Hex SHA-256 over what a replay must reproduce, of one subject or of all.

        Ids, versions, opened payloads, states, validity, trust, decisions, reasons and causes; not
        ciphertext, vectors, recording times, nor positions.
        """

    def close(self) -> None:
        """Release the files."""
