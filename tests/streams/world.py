"""A log in memory and processes that can die in it: role memory without Kafka, on a real record."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from memcube.governance.keys import KeyStore
from memcube.governance.sealing import SubjectSealer
from memcube.models.embedder import HashEmbedder
from memcube.store.record import OutboxMessage
from memcube.store.sqlite import SQLiteCubeStore
from schemas.topics import EVENTS, PARTITIONS
from streams.log import Record, StepHook, TopicIdentity, no_hook
from streams.memory import MemoryRole
from streams.relay import Relay
from streams.runner import Runner

START = datetime(2026, 3, 1, tzinfo=UTC)
# What is told happened before it was written down.
LOG_STARTS = datetime(2027, 3, 1, tzinfo=UTC)


class Died(BaseException):
    """The process is gone: nothing catches this, as nothing catches kill -9."""


class InMemoryLog:
    """Topics as lists of records, each stamped by the log's own clock."""

    def __init__(self) -> None:
        self.records: dict[tuple[str, int], list[Record]] = {}
        self._now = LOG_STARTS

    def append(self, message: OutboxMessage) -> Record:
        self._now += timedelta(milliseconds=7)
        partition = self.records.setdefault((message.topic, message.partition), [])
        record = Record(
            topic=message.topic,
            partition=message.partition,
            offset=len(partition),
            timestamp=self._now,
            key=message.key,
            headers=message.headers,
            value=message.value,
        )
        partition.append(record)
        return record

    def end(self, topic: str, partition: int) -> int:
        return len(self.records.get((topic, partition), []))

    def of(self, topic: str) -> list[Record]:
        return [
            record for (name, _), found in sorted(self.records.items()) if name == topic for record in found
        ]

    async def send(self, messages: Sequence[OutboxMessage]) -> None:
        for message in messages:
            self.append(message)


class Process:
    """One life of a worker: from its start to its orderly end, or to the step at which it dies."""

    def __init__(
        self,
        folder: Path,
        log: InMemoryLog,
        *,
        topic_id: str = "topic-1",
        partitions: Sequence[int] = range(PARTITIONS),
        die_after: int | None = None,
        steps: list[str] | None = None,
        embedder: Any = None,
    ) -> None:
        self.log = log
        self._left = die_after
        self._steps = steps if steps is not None else []
        self.sealer = SubjectSealer(KeyStore(folder / "keys" / "keys.sqlite"))
        self.store = SQLiteCubeStore(folder / "record" / "cubes.sqlite", self.sealer)
        self.role = MemoryRole(self.store, self.sealer, embedder or HashEmbedder(), PARTITIONS)
        hook: StepHook = self._hook if die_after is not None else no_hook
        self.runner = Runner(
            self.role,
            TopicIdentity("cluster-1", topic_id, EVENTS.name, PARTITIONS),
            hook=hook,
            pause=lambda _: None,
        )
        self.relay = Relay(self.role, log, _inline, hook=hook)
        self.partitions = partitions
        self.read: dict[int, int] = {}

    def start(self) -> None:
        bounds = {number: (0, self.log.end(EVENTS.name, number)) for number in self.partitions}
        self.read = dict(self.runner.start_at(bounds))

    def poll(self, choose: random.Random, limit: int) -> list[Record]:
        """Up to `limit` records that wait, in the order of each partition, partitions mixed."""
        waiting = [
            record
            for number in self.partitions
            for record in self.log.records.get((EVENTS.name, number), [])[self.read[number] :][:limit]
        ]
        choose.shuffle(waiting)
        waiting = sorted(waiting[:limit], key=lambda r: r.offset)
        # Only what is contiguous was fetched.
        batch = []
        for record in waiting:
            if record.offset == self.read[record.partition]:
                self.read[record.partition] += 1
                batch.append(record)
        return batch

    def drain(self, seed: int = 0, limit: int = 8) -> None:
        """Work until nothing waits, neither in the log nor in the outbox."""
        choose = random.Random(seed)
        self.start()
        asyncio.run(self.relay.drain(self.runner.owned(self.partitions)))
        while any(self.read[n] < self.log.end(EVENTS.name, n) for n in self.partitions):
            self.runner.run(self.poll(choose, choose.randint(1, limit)))
            self._step("acknowledged")
            asyncio.run(self.relay.drain(self.runner.owned(self.partitions)))

    def close(self) -> None:
        self.store.close()

    def _step(self, name: str) -> None:
        if self._left is not None:
            self._hook(name)

    def _hook(self, name: str) -> None:
        assert self._left is not None
        self._left -= 1
        if self._left < 0:
            self._steps.append(name)
            raise Died(name)


async def _inline(call: Callable[[], Any]) -> Any:
    return call()


Inline = Callable[[Callable[[], Any]], Awaitable[Any]]
