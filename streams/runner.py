"""Runs a role over batches of records: plan, fence, commit, and say where the role stands."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from time import sleep
from typing import Any, Final

import structlog

from memcube import metrics
from memcube.errors import PositionBeforeStart, PositionPastEnd, StoreFault, TopicRecreated
from memcube.store.record import Partition
from streams import stages
from streams.checkpoint import Work, plan_work
from streams.log import FirstFrom, Record, StepHook, TopicIdentity, no_gaps, no_hook
from streams.role import Role

# A full disk or a locked file may pass in seconds; a worker that waits longer hides a broken one.
RETRIES: Final = (0.1, 0.4, 1.5, 4.0, 9.0)

log = structlog.get_logger()


class Runner:
    """Not thread-safe: one thread runs all batches of a role, which makes it the single writer."""

    def __init__(
        self,
        role: Role[Any],
        topic: TopicIdentity,
        *,
        first_from: FirstFrom = no_gaps,
        hook: StepHook = no_hook,
        pause: Callable[[float], None] = sleep,
    ) -> None:
        self._role = role
        self._topic = topic
        self._first_from = first_from
        self._hook = hook
        self._pause = pause
        self._expected: dict[Partition, int] = {}
        self._unsure: set[Partition] = set()
        self._known: dict[tuple[str, int], Partition] = {}

    def start_at(self, bounds: Mapping[int, tuple[int, int]]) -> Mapping[int, int]:
        """The offset to read each assigned partition from; `bounds` are its first offset and its end.

        Raises `ImpossiblePosition`. What is forgotten here is planned from the record again.
        """
        self._role.discard()
        stored = self._role.positions()
        self._refuse_other_topics(stored)
        start: dict[int, int] = {}
        for number, (first, end) in bounds.items():
            partition = self._partition(number)
            position = stored.get(partition, first)
            _refuse_impossible(partition, position, first, end)
            start[number] = position
            self._known[self._topic.name, number] = partition
            self._expected[partition] = position
        return start

    def owned(self, numbers: Iterable[int]) -> tuple[Partition, ...]:
        """The partitions by their numbers, as the outbox names them."""
        return tuple(self._partition(number) for number in numbers)

    def run(self, records: Sequence[Record]) -> None:
        """Return when every record is committed by us or by another owner.

        Raises `HoleError`, and `StoreFault` when retrying did not help: both end the process.
        """
        pending = [record for record in records if (record.topic, record.partition) in self._known]
        gaps = self._gaps_of_the_log(pending)
        tries = iter(RETRIES)
        while work := plan_work(pending, self._expected, self._known, gaps):
            try:
                if self._unsure:
                    # Whether a commit that failed stands is not known: the stored positions tell.
                    self._read_positions_again(self._unsure)
                    self._unsure = set()
                    continue
                self._hook("plan")
                shares = self._role.plan(work)
                self._hook("commit")
                refused = self._role.commit(shares)
                self._hook("committed")
            except StoreFault as fault:
                wait = next(tries, None)
                if wait is None:
                    raise
                log.warning(
                    "commit failed, trying again", role=self._role.name, wait_s=wait, error=str(fault)
                )
                metrics.COMMIT_RETRIES.labels(self._role.name).inc()
                self._pause(wait)
                self._unsure = {part.partition for part in work}
                continue
            self._advance(work, {s.partition: s.next for s in shares if s.partition not in refused})
            if refused:
                metrics.FENCED.labels(self._role.name).inc(len(refused))
                self._read_positions_again(refused)

    def _advance(self, work: Iterable[Work], committed: Mapping[Partition, int]) -> None:
        for partition, position in committed.items():
            self._expected[partition] = position
            metrics.position(partition, position)
        stages.committed(
            self._role.name,
            (r for part in work for r in part.records if r.offset < committed.get(part.partition, 0)),
        )

    def _read_positions_again(self, refused: Iterable[Partition]) -> None:
        self._role.discard()
        stored = self._role.positions()
        for partition in refused:
            self._expected[partition] = stored.get(partition, self._expected[partition])

    def _gaps_of_the_log(self, records: Sequence[Record]) -> Mapping[tuple[Partition, int], int]:
        """Ask the log itself about every jump: an event that we lost is told from one that never was.

        Markers and aborted events of a producer's transactions take up offsets.
        """
        gaps: dict[tuple[Partition, int], int] = {}
        position = dict(self._expected)
        for record in records:
            partition = self._known[record.topic, record.partition]
            after = position[partition]
            if record.offset > after and self._first_from(record.partition, after) == record.offset:
                gaps[partition, record.offset] = after
            position[partition] = max(after, record.offset + 1)
        return gaps

    def _partition(self, number: int) -> Partition:
        topic = self._topic
        return Partition(self._role.name, topic.cluster, topic.topic_id, topic.name, number)

    def _refuse_other_topics(self, stored: Mapping[Partition, int]) -> None:
        for partition in stored:
            if partition.topic != self._topic.name:
                continue
            if (partition.cluster, partition.topic_id) != (self._topic.cluster, self._topic.topic_id):
                raise TopicRecreated(
                    f"the record has read topic {partition.topic} of id {partition.topic_id} in cluster"
                    f" {partition.cluster}; this one is {self._topic.topic_id} in {self._topic.cluster}."
                    f" If the former log is gone for good: {_remedy(partition)}"
                )


def _refuse_impossible(partition: Partition, position: int, first: int, end: int) -> None:
    where = f"{partition.topic}/{partition.number}"
    if position > end:
        raise PositionPastEnd(
            f"the record has read {where} up to {position}, but the log ends at {end}: it was cut or restored"
            f" from an older copy. To read what it holds now: {_remedy(partition)}"
        )
    if position < first:
        raise PositionBeforeStart(
            f"the record has read {where} up to {position}, but the log now starts at {first}: its retention"
            f" has dropped {first - position} events unread. To go on without them: {_remedy(partition)}"
        )


def _remedy(partition: Partition) -> str:
    return (
        f"`memcube positions reset --role {partition.role} --topic {partition.topic}`, then start again:"
        " it reads from the log's start, and what was applied before is recognised and passed over"
    )
