"""A role: what one kind of worker does with the records of its topic. Knows no client library."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Generic, Protocol, TypeVar

from memcube.store.record import OutboxRow, Partition
from schemas.topics import Topic
from streams.checkpoint import Work

S = TypeVar("S")


class Role(Protocol, Generic[S]):
    """Plans a batch without effects, then commits it whole or, per partition, not at all.

    `S` is the role's own share: what one partition's part of a batch changes.
    """

    name: str
    source: Topic

    def group(self) -> str:
        """The consumer group: all who write the same record, and nobody else."""

    def positions(self) -> Mapping[Partition, int]:
        """Every stored position of the role."""

    def plan(self, work: Sequence[Work]) -> Sequence[S]:
        """What the records change. An event that cannot be processed becomes a dead letter in it."""

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
