"""The outbox on its way: in order, at least once, only what is ours, and never asleep over work."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from memcube.errors import StoreFault
from memcube.store.record import OutboxMessage, OutboxRow, Partition
from schemas.topics import EVENTS, UPDATES
from streams import relay as relays
from streams.log import DeliveryError
from streams.relay import Relay
from tests.streams.story import story
from tests.streams.test_runner import ListRole, part
from tests.streams.world import InMemoryLog, Process


class Outbox(ListRole):
    """A role that has only an outbox."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[tuple[Partition, OutboxRow]] = []
        self.fault: Exception | None = None
        self._next = 1

    def put(self, number: int, *texts: str) -> None:
        for text in texts:
            message = OutboxMessage(UPDATES.name, number, text.encode(), (), text.encode())
            self.rows.append((part(number), OutboxRow(self._next, message)))
            self._next += 1

    def outbox(self, partitions: Iterable[Partition], limit: int) -> Sequence[OutboxRow]:
        if self.fault is not None:
            raise self.fault
        ours = set(partitions)
        return [row for partition, row in self.rows if partition in ours][:limit]

    def sent(self, ids: Sequence[int]) -> None:
        self.rows = [(partition, row) for partition, row in self.rows if row.id not in set(ids)]

    def left(self) -> list[str]:
        return [text(row.message) for _, row in self.rows]


class Post:
    """A sender that keeps what it was given, and fails when told to. `entered`: before each send."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.failures = 0
        self.entered: Callable[[], None] = lambda: None

    async def send(self, messages: Sequence[OutboxMessage]) -> None:
        self.entered()
        await asyncio.sleep(0)
        if self.failures:
            self.failures -= 1
            raise DeliveryError("no broker")
        self.sent += map(text, messages)


def text(message: OutboxMessage) -> str:
    return (message.value or b"").decode()


async def inline(call: Callable[[], Any]) -> Any:
    return call()


@asynccontextmanager
async def running(relay: Relay, *numbers: int) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(relay.run(lambda: tuple(part(n) for n in numbers)))
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relays, "RETRY_S", 0.001)


async def test_messages_go_out_in_the_order_of_the_commits() -> None:
    role, post = Outbox(), Post()
    role.put(0, "a")
    role.put(1, "b")
    role.put(0, "c")
    await Relay(role, post, inline).drain((part(0), part(1)))
    assert post.sent == ["a", "b", "c"]
    assert role.left() == []


async def test_a_full_outbox_goes_out_page_by_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relays, "PAGE", 3)
    role, post = Outbox(), Post()
    role.put(0, *map(str, range(10)))
    await Relay(role, post, inline).drain((part(0),))
    assert post.sent == list(map(str, range(10)))


async def test_what_belongs_to_partitions_of_others_is_left_alone() -> None:
    role, post = Outbox(), Post()
    role.put(0, "ours")
    role.put(1, "theirs")
    async with running(Relay(role, post, inline), 0):
        await until(lambda: post.sent == ["ours"])
        assert role.left() == ["theirs"]


async def test_a_failed_delivery_keeps_the_messages_and_is_repeated_in_order() -> None:
    role, post = Outbox(), Post()
    role.put(0, "a", "b")
    post.failures = 3
    async with running(Relay(role, post, inline), 0):
        await until(lambda: post.failures == 0)
        assert role.left() == ["a", "b"]
        await until(lambda: role.left() == [])
    assert post.sent == ["a", "b"]


async def test_a_commit_wakes_it() -> None:
    role, post = Outbox(), Post()
    relay = Relay(role, post, inline)
    async with running(relay, 0):
        for name in ("a", "b", "c"):
            await asyncio.sleep(0.01)
            role.put(0, name)
            relay.wake()
            await until(lambda name=name: post.sent[-1:] == [name])  # type: ignore[misc]


async def test_a_commit_during_a_delivery_is_not_forgotten() -> None:
    role, post = Outbox(), Post()
    relay = Relay(role, post, inline)
    reads = 0

    async def late(call: Callable[[], Any]) -> Any:
        """The commit falls between the last look into the outbox and the sleep."""
        nonlocal reads
        found = call()
        reads += 1
        if found == [] and reads < 9:
            role.put(0, f"late {reads}")
            relay.wake()
        return found

    relay._in_writer = late
    role.put(0, "first")
    async with running(relay, 0):
        await until(lambda: reads >= 9 and role.left() == [])
    assert post.sent[0] == "first"
    assert len(post.sent) > 2


async def test_a_commit_during_a_failed_delivery_is_not_forgotten() -> None:
    role, post = Outbox(), Post()
    relay = Relay(role, post, inline)
    role.put(0, "first")
    post.failures = 1

    def commit_once() -> None:
        if post.failures:
            role.put(0, "second")
            relay.wake()

    post.entered = commit_once
    async with running(relay, 0):
        await until(lambda: role.left() == [])
    assert post.sent == ["first", "second"]


async def test_partitions_that_come_later_are_served_when_it_is_woken() -> None:
    role, post = Outbox(), Post()
    role.put(1, "left by a former owner")
    relay = Relay(role, post, inline)
    owned: list[Partition] = [part(0)]
    task = asyncio.create_task(relay.run(lambda: tuple(owned)))
    await asyncio.sleep(0.01)
    assert post.sent == []
    owned.append(part(1))
    relay.wake()
    await until(lambda: post.sent == ["left by a former owner"])
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_fault_of_the_store_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streams.relay.RETRY_S", 0.0)
    role, post = Outbox(), Post()
    role.put(0, "a")
    role.fault = StoreFault("the disk failed")
    running = asyncio.create_task(Relay(role, post, inline).run(lambda: (part(0),)))
    await asyncio.sleep(0.02)
    assert post.sent == []
    role.fault = None
    await until(lambda: post.sent == ["a"])
    running.cancel()


def test_a_message_that_was_sent_and_not_dropped_is_sent_again() -> None:
    class Killed(BaseException):
        """As by kill -9 between the two."""

    def die(step: str) -> None:
        if step == "relayed":
            raise Killed

    role, post = Outbox(), Post()
    role.put(0, "a")
    with pytest.raises(Killed):
        asyncio.run(Relay(role, post, inline, hook=die).drain((part(0),)))
    asyncio.run(Relay(role, post, inline).drain((part(0),)))
    assert post.sent == ["a", "a"]


def test_what_waits_when_the_topic_is_made_anew_is_still_sent(tmp_path: Path) -> None:
    log = InMemoryLog()
    for event in story(seed=31, length=40):
        log.append(event)
    before = Process(tmp_path, log)
    before.start()
    before.runner.run(log.of(EVENTS.name))
    waiting = [row.message for row in before.store.outbox(before.runner.owned(before.partitions), 10_000)]
    assert waiting
    before.close()
    # The topic was deleted and created again while updates still waited; the operator follows the remedy.
    after = Process(tmp_path, InMemoryLog(), topic_id="topic-2")
    after.store.reset_positions("memory", EVENTS.name)
    after.drain()
    assert after.store.statistics().outbox == 0
    told = [
        (record.topic, record.key, record.value) for found in after.log.records.values() for record in found
    ]
    assert all((message.topic, message.key, message.value) in told for message in waiting)
    after.close()


def test_the_outbox_holds_what_a_process_left_for_the_next(tmp_path: Path) -> None:
    log = InMemoryLog()
    for event in story(seed=32, length=40):
        log.append(event)
    killed = Process(tmp_path, log)
    killed.start()
    killed.runner.run(log.of(EVENTS.name))
    waiting = killed.store.statistics().outbox
    killed.close()
    told = len(log.of(UPDATES.name))
    next_one = Process(tmp_path, log)
    next_one.drain()
    assert waiting > 0
    assert told == 0
    assert len(log.of(UPDATES.name)) > 0
    next_one.close()
