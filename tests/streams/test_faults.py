"""Real processes on a real Kafka are killed, frozen, joined and cut off; the record never shows it."""

from __future__ import annotations

import asyncio
import os
import random
import signal
from pathlib import Path

import pytest

from memcube.store.record import OutboxMessage
from tests.streams.running import Running, undisturbed
from tests.streams.story import story

pytestmark = [pytest.mark.faults, pytest.mark.timeout(900)]


async def test_kill_9_of_the_worker_under_load(tmp_path: Path, faults_long: bool) -> None:
    kills = 30 if faults_long else 4
    events = story(seed=11, length=300 * kills, subjects=40, misrouted=False)
    rng = random.Random(3)
    async with Running(tmp_path / "run") as running:
        worker = running.start()
        feed = asyncio.create_task(running.publish(events, per_second=200))
        for _ in range(kills):
            await asyncio.sleep(rng.uniform(1.2, 2.8))
            worker.kill()
            worker.wait()
            worker = running.start()
        await feed
        await running.caught_up()
        await _same_as_undisturbed(running, tmp_path, events)


async def test_a_killed_worker_is_back_at_work_within_five_seconds(tmp_path: Path) -> None:
    events = story(seed=12, length=60, misrouted=False)
    async with Running(tmp_path / "run") as running:
        worker = running.start()
        await running.publish(events[:30])
        await running.caught_up()
        worker.kill()
        worker.wait()
        await running.publish(events[30:])
        running.start()
        await running.caught_up(within_s=5)


async def test_kill_9_of_the_broker(tmp_path: Path) -> None:
    events = story(seed=13, length=400, misrouted=False)
    async with Running(tmp_path / "run") as running:
        running.start()
        await running.publish(events[:100])
        await running.caught_up()
        await running.publish(events[100:250])
        pid = running.broker.pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        await running.broker.ended()
        await running.broker.start()
        await running.publish(events[250:])
        await running.caught_up(within_s=120)
        await _same_as_undisturbed(running, tmp_path, events)


async def test_a_second_worker_joins_and_leaves(tmp_path: Path) -> None:
    events = story(seed=14, length=1500, subjects=40, misrouted=False)
    async with Running(tmp_path / "run") as running:
        running.start()
        feed = asyncio.create_task(running.publish(events, per_second=120))
        await asyncio.sleep(3)
        second = running.start()
        await asyncio.sleep(6)
        second.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(second.wait, 20) == 0
        await feed
        await running.caught_up(within_s=90)
        await _same_as_undisturbed(running, tmp_path, events)


async def test_a_worker_frozen_past_its_session_is_fenced(tmp_path: Path) -> None:
    events = story(seed=15, length=1800, subjects=40, misrouted=False)
    async with Running(tmp_path / "run") as running:
        first = running.start()
        feed = asyncio.create_task(running.publish(events, per_second=60))
        await asyncio.sleep(3)
        running.start()
        await asyncio.sleep(4)
        first.send_signal(signal.SIGSTOP)
        await asyncio.sleep(14)
        first.send_signal(signal.SIGCONT)
        await feed
        await running.caught_up(within_s=90)
        await _same_as_undisturbed(running, tmp_path, events)


async def test_an_older_copy_of_the_record_reads_the_log_again(tmp_path: Path) -> None:
    events = story(seed=16, length=300, misrouted=False)
    async with Running(tmp_path / "run") as running:
        worker = running.start()
        await running.publish(events[:150])
        await running.caught_up()
        worker.terminate()
        worker.wait()
        running.store.close()
        running._store = None
        record = running.data.record
        old = {path.name: path.read_bytes() for path in record.parent.iterdir()}
        worker = running.start()
        await running.publish(events[150:])
        await running.caught_up()
        worker.terminate()
        worker.wait()
        running.store.close()
        running._store = None
        for path in record.parent.iterdir():
            path.unlink()
        for name, content in old.items():
            (record.parent / name).write_bytes(content)
        running.start()
        await running.caught_up()
        await _same_as_undisturbed(running, tmp_path, events)


async def test_every_change_reaches_the_ledger_through_kills(tmp_path: Path) -> None:
    events = story(seed=17, length=500, misrouted=False)
    async with Running(tmp_path / "run") as running:
        workers = [running.start("memory"), running.start("audit")]
        feed = asyncio.create_task(running.publish(events, per_second=150))
        for role, index in (("audit", 1), ("memory", 0), ("audit", 1)):
            await asyncio.sleep(1.5)
            workers[index].kill()
            workers[index].wait()
            workers[index] = running.start(role)
        await feed
        await running.caught_up()
        store = running.store
        wanted = {
            subject: {(c.cube.id, c.cube.version) for c in store.changes(subject, 0, "none")[1]}
            for subject in store.subjects()
        }
        missing = wanted
        for _ in range(200):
            missing = {s: found - set(running.ledger.versions(s)) for s, found in wanted.items()}
            if not any(missing.values()):
                break
            await asyncio.sleep(0.1)
        assert not any(missing.values())
        assert running.ledger.intact()


async def _same_as_undisturbed(running: Running, folder: Path, events: list[OutboxMessage]) -> None:
    digest, letters = await asyncio.to_thread(undisturbed, folder / "calm", events)
    assert running.store.digest() == digest
    assert await running.dead_letters() == letters
