"""A role: what one kind of worker does with the records of its topic. Knows no client library."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Generic, Protocol, TypeVar, runtime_checkable

from memcube.store.record import OutboxRow, Partition
from schemas.topics import Topic
from streams.checkpoint import Work


class Committable(Protocol):
    """What a share says of itself."""

    @property
    def partition(self) -> Partition: ...

    @property
    def next(self) -> int:
        """The offset after the last record of this share; it may stop short of the work's."""


S = TypeVar("S", bound=Committable)


class Stopped(Exception):
    """Planning was broken off because the process is to end: nothing of it is committed."""


@runtime_checkable
class Lengthy(Protocol):
    """A role whose single records take seconds: it says how many it takes at once, and can be broken off.

    What it has committed is sent while the next batch is planned, so its outbox must bear another thread.
    """

    batch_limit: int

    def break_off(self) -> None:
        """From any thread: what is being planned, and all that is asked for later, raises `Stopped`."""


class Role(Protocol, Generic[S]):
    """Plans a batch, then commits it whole or, per partition, not at all.

    `S` is the role's own share: what one partition's part of a batch changes.
    """

    name: str
    source: Topic

    def group(self) -> str:
        """The consumer group: all who write the same record, and nobody else."""

    def positions(self) -> Mapping[Partition, int]:
        """Every stored position of the role."""

    def plan(self, work: Sequence[Work]) -> Sequence[S]:
        """What the records change, or the first of them. What cannot be processed becomes a dead letter.

        The record is only read. Planning the same records again after a crash gives the same.
        """

    def commit(self, shares: Sequence[S]) -> frozenset[Partition]:
        """One durable transaction; returns the partitions that another owner was first with."""

    def discard(self) -> None:
        """What was planned did not happen, or another owner wrote: forget what was cached."""

    def outbox(self, partitions: Iterable[Partition], limit: int) -> Sequence[OutboxRow]:
        """Messages that wait to be sent, of these partitions, in order."""

    def sent(self, ids: Sequence[int]) -> None:
        """These were delivered."""

    def close(self) -> None:
        """Release files."""
