"""The log and the record contradict each other: nothing is applied until a person has decided."""

from __future__ import annotations

import asyncio
import re
import shlex
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import apsw
import pytest
from aiokafka import TopicPartition
from aiokafka.admin import RecordsToDelete

from memcube.store.record import OutboxMessage
from schemas.body import Plain
from schemas.events import Prompt
from schemas.topics import EVENTS, PARTITIONS
from tests.streams.running import Running, undisturbed
from tests.streams.story import message
from tests.streams.world import START

pytestmark = [pytest.mark.faults, pytest.mark.timeout(240)]

THINGS = ("tea", "jazz", "chess", "hiking", "opera", "poker", "rugby", "knitting", "archery", "pottery")


def told(first: int, end: int) -> list[OutboxMessage]:
    """Events that all have an effect, so that each is known again by its id."""
    return [
        message(
            Prompt(
                tenant="t",
                user_id=f"user-{n % 17}",
                body=Plain(text=f"I like {THINGS[n % 10]} {n}.", name="Ada"),
            ),
            f"e{n}",
            START + timedelta(hours=n),
        )
        for n in range(first, end)
    ]


async def test_a_topic_that_was_made_anew_is_not_taken_for_the_old_one(tmp_path: Path) -> None:
    async with Running(tmp_path / "run") as running:
        worker = running.start()
        await running.publish(told(0, 60))
        await running.caught_up()
        await running.stop(worker)
        await running.create_anew(EVENTS.name)
        await running.publish(told(40, 90))  # 20 of them again
        await _stops_until_reset(running, "the record has read topic memory.events of id")
        await _same_as(running, tmp_path, told(0, 90))


async def test_a_topic_made_anew_under_a_running_worker_is_noticed(tmp_path: Path) -> None:
    async with Running(tmp_path / "run") as running:
        worker = running.start()
        await running.publish(told(0, 60))
        await running.caught_up()
        await running.create_anew(EVENTS.name)
        await running.publish(told(60, 80))
        assert await running.ended(worker) == 1
        assert "another topic of the same name" in running.log()
        await _stops_until_reset(running, "the record has read topic memory.events of id")
        await _same_as(running, tmp_path, told(0, 80))


async def test_a_position_past_the_end_of_the_log(tmp_path: Path) -> None:
    async with Running(tmp_path / "run") as running:
        worker = running.start()
        await running.publish(told(0, 60))
        await running.caught_up()
        await running.stop(worker)
        # As if the broker had come back with less than it once had acknowledged.
        with apsw.Connection(str(running.data.record)) as record:
            record.execute("UPDATE positions SET next = next + 100 WHERE number % 2 = 0")
        await running.publish(told(60, 90))
        await _stops_until_reset(running, "the log ends at")
        await _same_as(running, tmp_path, told(0, 90))


async def test_a_position_before_the_start_of_the_log(tmp_path: Path) -> None:
    async with Running(tmp_path / "run") as running:
        worker = running.start()
        await running.publish(told(0, 60))
        await running.caught_up()
        await running.stop(worker)
        await running.publish(told(60, 90))
        at = {p.number: position for p, position in running.store.positions("memory").items()}
        ends = await running.ends(EVENTS.name, PARTITIONS)
        dropped = {n: at.get(n, 0) + 1 for n, end in ends.items() if end > at.get(n, 0) + 1}
        assert dropped
        async with running.admin() as admin:
            await admin.delete_records(
                {TopicPartition(EVENTS.name, n): RecordsToDelete(before) for n, before in dropped.items()}
            )
        await _stops_until_reset(running, "the log now starts at")
        left = {dict(record.headers)["ce_id"] for record in await running.records(EVENTS.name, PARTITIONS)}
        kept = [event for event in told(60, 90) if dict(event.headers)["ce_id"] in left]
        assert len(kept) == 30 - len(dropped)
        await _same_as(running, tmp_path, [*told(0, 60), *kept])


async def _stops_until_reset(running: Running, told_as: str) -> None:
    """Start a worker: it must end and change nothing, and go on when its own remedy has been followed."""
    before = running.store.digest(), running.store.positions("memory")
    worker = running.start()
    assert await running.ended(worker) == 3
    assert (running.store.digest(), running.store.positions("memory")) == before
    [line] = [line for line in running.log().splitlines() if told_as in line][-1:]
    remedy = re.search(r"`memcube ([^`]*)`", line)
    assert remedy is not None, line
    done = await asyncio.to_thread(running.memcube, *shlex.split(remedy[1]))
    assert done.returncode == 0, done.stderr
    assert f"{len(before[1])} positions of role memory in {EVENTS.name} reset" in done.stdout
    assert not running.store.positions("memory")
    running.start()
    await running.caught_up()


async def _same_as(running: Running, folder: Path, events: Sequence[OutboxMessage]) -> None:
    digest, _ = await asyncio.to_thread(undisturbed, folder / "calm", events)
    assert running.store.digest() == digest
    assert not await running.dead_letters()
