"""A real Kafka, real worker processes and a data folder of their own."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Self

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from infra.kafka import EmbeddedBroker
from infra.kafka.topics import TopicsError, ensure_topics
from memcube.governance.keys import KeyStore
from memcube.governance.ledger import Ledger
from memcube.governance.sealing import SubjectSealer
from memcube.settings import DataFolder
from memcube.store.record import OutboxMessage
from memcube.store.sqlite import SQLiteCubeStore
from schemas.topics import DEADLETTER, EVENTS, PARTITIONS
from tests.streams.world import InMemoryLog, Process


class Running:
    """One broker and any number of workers on one folder. Use as an async context manager."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data = DataFolder(folder)
        self.broker = EmbeddedBroker(folder / "kafka")
        self.workers: list[subprocess.Popen[bytes]] = []
        self._store: SQLiteCubeStore | None = None

    async def __aenter__(self) -> Self:
        await asyncio.to_thread(self.broker.prepare)
        await self.broker.start()
        await ensure_topics(self.broker.bootstrap)
        return self

    async def __aexit__(self, *_: object) -> None:
        for worker in self.workers:
            if worker.poll() is None:
                worker.send_signal(signal.SIGCONT)
                worker.kill()
            worker.wait()
        await self.broker.stop()
        if self._store is not None:
            self._store.close()

    def start(self, role: str = "memory", **env: str) -> subprocess.Popen[bytes]:
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / f"{role}.log").open("ab") as log:
            worker = subprocess.Popen(
                [sys.executable, "-m", "streams.worker", "--role", role, "--data", str(self.folder)],
                env={**os.environ, "MEMCUBE_KAFKA": self.broker.bootstrap, "MEMCUBE_EMBEDDER": "hash", **env},
                stdout=log,
                stderr=log,
            )
        self.workers.append(worker)
        return worker

    async def ended(self, worker: subprocess.Popen[bytes], within_s: float = 30.0) -> int:
        """The exit status of a worker that ends by itself."""
        try:
            return await asyncio.to_thread(worker.wait, within_s)
        except subprocess.TimeoutExpired as error:
            raise AssertionError(f"the worker still runs after {within_s} s: {self.log()[-3000:]}") from error

    async def stop(self, worker: subprocess.Popen[bytes]) -> None:
        """In order, as the supervisor does."""
        worker.terminate()
        assert await self.ended(worker) == 0

    def memcube(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """The real command, on this data folder, with a Kafka that only `up` would tell it of."""
        return subprocess.run(
            [str(Path(sys.executable).with_name("memcube")), *arguments],
            env={**os.environ, "MEMCUBE_DATA": str(self.folder)},
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )

    @asynccontextmanager
    async def admin(self) -> AsyncIterator[AIOKafkaAdminClient]:
        admin = AIOKafkaAdminClient(bootstrap_servers=self.broker.bootstrap)
        await admin.start()
        try:
            yield admin
        finally:
            await admin.close()

    async def create_anew(self, topic: str) -> None:
        """Delete the topic and create it again, empty and under its old name."""
        async with self.admin() as admin:
            await admin.delete_topics([topic])
            while topic in await admin.list_topics():
                await asyncio.sleep(0.05)
            with suppress(TopicsError):  # the broker may tell of its new topic a moment later
                await ensure_topics(self.broker.bootstrap)
            while topic not in await admin.list_topics():
                await asyncio.sleep(0.05)

    def log(self, role: str = "memory") -> str:
        return (self.folder / f"{role}.log").read_text()

    async def publish(self, messages: Sequence[OutboxMessage], per_second: float | None = None) -> None:
        producer = AIOKafkaProducer(
            bootstrap_servers=self.broker.bootstrap,
            acks="all",
            enable_idempotence=True,
            max_request_size=2**21,
        )
        await producer.start()
        try:
            for message in messages:
                await producer.send(
                    message.topic,
                    message.value,
                    message.key,
                    partition=message.partition,
                    headers=list(message.headers),
                )
                if per_second:
                    await asyncio.sleep(1 / per_second)
            await producer.flush()
        finally:
            await producer.stop()

    @property
    def store(self) -> SQLiteCubeStore:
        """A reader beside the workers."""
        if self._store is None:
            self._store = SQLiteCubeStore(self.data.record, SubjectSealer(KeyStore(self.data.keys)))
        return self._store

    async def ends(self, topic: str, partitions: int) -> dict[int, int]:
        consumer = AIOKafkaConsumer(bootstrap_servers=self.broker.bootstrap)
        await consumer.start()
        try:
            found = await consumer.end_offsets([TopicPartition(topic, n) for n in range(partitions)])
            return {tp.partition: end for tp, end in found.items()}
        finally:
            await consumer.stop()

    async def caught_up(self, within_s: float = 60.0) -> None:
        """Wait until the record's positions are at the ends of the log, and the outbox is empty."""
        deadline = time.monotonic() + within_s
        lag: Any = "no record yet"
        while time.monotonic() < deadline:
            if self.data.record.exists():
                ends = await self.ends(EVENTS.name, PARTITIONS)
                at = {p.number: next_ for p, next_ in self.store.positions("memory").items()}
                lag = {n: end - at.get(n, 0) for n, end in ends.items() if end > at.get(n, 0)}
                if not lag and not self.store.statistics().outbox:
                    return
            await asyncio.sleep(0.1)
        raise AssertionError(f"still waiting after {within_s} s: {lag}; {self.log()[-3000:]}")

    async def records(self, topic: str, partitions: int = 1) -> list[Any]:
        """Everything that a topic holds."""
        consumer = AIOKafkaConsumer(bootstrap_servers=self.broker.bootstrap)
        await consumer.start()
        try:
            parts = [TopicPartition(topic, n) for n in range(partitions)]
            firsts = await consumer.beginning_offsets(parts)
            ends = await consumer.end_offsets(parts)
            consumer.assign(parts)
            for part in parts:
                consumer.seek(part, firsts[part])
            found: list[Any] = []
            while len(found) < sum(ends.values()) - sum(firsts.values()):
                for batch in (await consumer.getmany(timeout_ms=500)).values():
                    found.extend(batch)
            return found
        finally:
            await consumer.stop()

    async def dead_letters(self) -> set[Letter]:
        """What was refused, and why."""
        return {letter(record) for record in await self.records(DEADLETTER.name)}

    @property
    def ledger(self) -> Ledger:
        return Ledger(self.data.ledger, read_only=True)


Letter = tuple[bytes | None, bytes | None, bytes]


def letter(record: Any) -> Letter:
    """A dead letter by what was refused and why.

    Not by its offset: commands that the stream sends itself stand between the others, wherever it was
    fast enough.
    """
    headers = dict(record.headers)
    return headers.get("ce_id"), record.value, headers["mc_reason"]


def undisturbed(folder: Path, messages: Sequence[OutboxMessage]) -> tuple[str, set[Letter]]:
    """The digest and the dead letters of a calm run of the same events, without Kafka."""
    log = InMemoryLog()
    for message in messages:
        log.append(message)
    process = Process(folder, log)
    process.drain(limit=256)
    digest = process.store.digest()
    process.close()
    return digest, {letter(record) for record in log.of(DEADLETTER.name)}
