"""Where a worker starts to read, and what of the log was never said: the contract of ADR 0003 with Faust."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.structs import OffsetAndMetadata

from memcube.governance.keys import KeyStore
from memcube.governance.sealing import SubjectSealer
from memcube.models.embedder import HashEmbedder
from memcube.store.record import OutboxMessage
from memcube.store.sqlite import SQLiteCubeStore
from schemas.topics import EVENTS, PARTITIONS
from streams.faust_runtime import _record
from streams.kafka import identify
from streams.memory import MemoryRole
from streams.runner import Runner
from tests.streams.running import Running, undisturbed
from tests.streams.story import story
from tests.streams.test_positions import told

pytestmark = [pytest.mark.faults, pytest.mark.timeout(240)]

# The worker itself, telling of each record that Faust hands over.
TELLING: Final = """
import sys
from streams import faust_runtime, worker
record = faust_runtime._record
def telling(message):
    print("read", message.partition, message.offset, flush=True)
    return record(message)
faust_runtime._record = telling
sys.exit(worker.main())
"""

# The worker itself, which asks for one more seek when the first rebalance is over: as Faust does after a
# fetch that came back while the flow stood still.
SEEKING_AGAIN: Final = """
import asyncio, sys
from streams import faust_runtime, worker
seek = faust_runtime._Runtime.seek
async def seek_again(runtime, consumer):
    while runtime._app.rebalancing or not consumer.flow_active:
        await asyncio.sleep(0.01)
    await seek(runtime, consumer)
    print("sought again", flush=True)
async def seek_and_again(runtime, consumer):
    if not hasattr(runtime, "again"):
        runtime.again = asyncio.create_task(seek_again(runtime, consumer))
    await seek(runtime, consumer)
faust_runtime._Runtime.seek = seek_and_again
sys.exit(worker.main())
"""


async def test_reading_starts_at_the_records_position_whatever_the_group_has_committed(
    tmp_path: Path,
) -> None:
    events = story(seed=41, length=240, subjects=40, misrouted=False)
    async with Running(tmp_path / "run") as running:
        await running.publish(events)
        ends = await running.ends(EVENTS.name, PARTITIONS)
        stored = {n: end // 2 for n, end in ends.items()}
        await _apply_up_to(running, stored)
        # Kafka was told less for one half of the partitions, and more for the other.
        behind, ahead = range(0, PARTITIONS, 2), range(1, PARTITIONS, 2)
        await _commit(running, {**{n: stored[n] // 2 for n in behind}, **{n: ends[n] for n in ahead}})
        assert any(stored[n] > 1 for n in behind)
        assert any(stored[n] < ends[n] for n in ahead)
        _start(running, TELLING)
        await running.caught_up()
        # Behind the ends stand the commands that the stream itself has sent since.
        read = {n: [offset for offset in found if offset < ends[n]] for n, found in _read(running).items()}
        assert read == {n: list(range(stored[n], ends[n])) for n in ends if stored[n] < ends[n]}
        digest, letters = await asyncio.to_thread(undisturbed, tmp_path / "calm", events)
        assert running.store.digest() == digest
        assert await running.dead_letters() == letters


async def test_a_late_seek_does_not_stand_in_the_way_of_what_comes(tmp_path: Path) -> None:
    events = told(0, 40)
    async with Running(tmp_path / "run") as running:
        _start(running, SEEKING_AGAIN)
        async with asyncio.timeout(60):
            while "sought again" not in running.log():
                await asyncio.sleep(0.1)
        await running.publish(events)
        await running.caught_up()
        await _same_as(running, tmp_path, events)


async def test_an_aborted_transaction_was_never_said(tmp_path: Path) -> None:
    before, aborted, committed, after = told(0, 30), told(30, 60), told(60, 90), told(90, 120)
    async with Running(tmp_path / "run") as running:
        await running.publish(before)
        await _transaction(running, aborted, commit=False)
        await _transaction(running, committed, commit=True)
        await running.publish(after)
        restarts = await _supervise(running, [*before, *committed, *after])
        assert not restarts
        await _same_as(running, tmp_path, [*before, *committed, *after])


async def test_transactions_while_the_worker_reads(tmp_path: Path) -> None:
    first, second, third = told(0, 20), told(20, 40), told(40, 60)
    async with Running(tmp_path / "run") as running:
        running.start()
        for events in (first, second, third):
            await _transaction(running, events, commit=True)
        restarts = await _supervise(running, [*first, *second, *third])
        assert not restarts
        await _same_as(running, tmp_path, [*first, *second, *third])


async def _apply_up_to(running: Running, cut: dict[int, int]) -> None:
    """What a worker before this one has done, without a consumer group."""
    topic = await identify(running.broker.bootstrap, EVENTS)
    records = [_record(_in_milliseconds(record)) for record in await running.records(EVENTS.name, PARTITIONS)]

    def apply() -> None:
        sealer = SubjectSealer(KeyStore(running.data.keys))
        store = SQLiteCubeStore(running.data.record, sealer)
        runner = Runner(MemoryRole(store, sealer, HashEmbedder(), PARTITIONS), topic)
        runner.start_at(dict.fromkeys(cut, (0, 10000)))
        runner.run([record for record in records if record.offset < cut[record.partition]])
        store.close()

    await asyncio.to_thread(apply)


def _in_milliseconds(record: Any) -> Any:
    """A consumer's record as Faust hands it over: its time in seconds."""
    from dataclasses import replace

    return replace(record, timestamp=record.timestamp / 1000)


async def _commit(running: Running, offsets: dict[int, int]) -> None:
    topic = await identify(running.broker.bootstrap, EVENTS)
    group = f"memcube-memory-{running.store.record_id}-{topic.topic_id[:8]}"
    consumer = AIOKafkaConsumer(
        bootstrap_servers=running.broker.bootstrap, group_id=group, enable_auto_commit=False
    )
    await consumer.start()
    try:
        parts = [TopicPartition(EVENTS.name, n) for n in offsets]
        consumer.assign(parts)
        await consumer.commit({part: OffsetAndMetadata(offsets[part.partition], "") for part in parts})
    finally:
        await consumer.stop()


def _start(running: Running, program: str) -> None:
    with (running.folder / "memory.log").open("ab") as log:
        running.workers.append(
            subprocess.Popen(
                [sys.executable, "-c", program, "--role", "memory", "--data", str(running.folder)],
                env={**os.environ, "MEMCUBE_KAFKA": running.broker.bootstrap, "MEMCUBE_EMBEDDER": "hash"},
                stdout=log,
                stderr=log,
            )
        )


def _read(running: Running) -> dict[int, list[int]]:
    read: dict[int, list[int]] = {}
    for partition, offset in re.findall(r"read (\d+) (\d+)$", running.log(), re.MULTILINE):
        read.setdefault(int(partition), []).append(int(offset))
    return read


async def _transaction(running: Running, events: Sequence[OutboxMessage], *, commit: bool) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=running.broker.bootstrap, transactional_id="application")
    await producer.start()
    try:
        await producer.begin_transaction()
        for event in events:
            await producer.send_and_wait(
                event.topic, event.value, event.key, partition=event.partition, headers=list(event.headers)
            )
        await (producer.commit_transaction() if commit else producer.abort_transaction())
    finally:
        await producer.stop()


async def _supervise(running: Running, events: Sequence[OutboxMessage], within_s: float = 60.0) -> int:
    """Start the worker again whenever it ends with a fault, until all is applied; returns how often."""
    wanted = {(event.key, dict(event.headers)["ce_id"].decode()) for event in events}
    restarts = 0
    if not running.workers:
        running.start()
    async with asyncio.timeout(within_s):
        while True:
            if running.data.record.exists():
                done = {
                    (key, found)
                    for key in {key for key, _ in wanted}
                    for found in running.store.applied(
                        (key or b"").decode(), [i for k, i in wanted if k == key]
                    )
                }
                if done == wanted:
                    return restarts
            status = running.workers[-1].poll()
            if status is not None:
                assert status == 1, running.log()[-3000:]
                running.start()
                restarts += 1
            await asyncio.sleep(0.1)


async def _same_as(running: Running, folder: Path, events: Sequence[OutboxMessage]) -> None:
    digest, _ = await asyncio.to_thread(undisturbed, folder / "calm", events)
    assert running.store.digest() == digest
    assert not await running.dead_letters()
