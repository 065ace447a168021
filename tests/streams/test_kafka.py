"""Our own talk with Kafka: who a topic is, and what the sender promises when the broker goes away."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from confluent_kafka import TopicCollection
from confluent_kafka.admin import AdminClient

from infra.kafka import EmbeddedBroker
from memcube.errors import Setup
from memcube.store.record import OutboxMessage
from schemas.topics import EVENTS, Topic
from streams import kafka as our_kafka
from streams.kafka import KafkaSender, first_from, identify
from streams.log import DeliveryError
from tests.streams.running import Running
from tests.streams.test_positions import told


def topic(name: str) -> Topic:
    return Topic(name, carries="a test")


async def create(bootstrap: str, name: str, partitions: int = 3) -> None:
    async with asyncio.timeout(30):
        admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
        await admin.start()
        try:
            await admin.create_topics([NewTopic(name, partitions, 1)])
            while name not in await admin.list_topics():
                await asyncio.sleep(0.05)
        finally:
            await admin.close()


async def delete(bootstrap: str, name: str) -> None:
    async with asyncio.timeout(30):
        admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
        await admin.start()
        try:
            await admin.delete_topics([name])
            while name in await admin.list_topics():
                await asyncio.sleep(0.05)
        finally:
            await admin.close()


def as_librdkafka_tells(bootstrap: str, name: str) -> tuple[str, str]:
    """Cluster and topic id, asked by another client."""
    admin = AdminClient({"bootstrap.servers": bootstrap})
    cluster = admin.describe_cluster().result(10).cluster_id
    # Its type stubs lack what it documents.
    found: Any = admin.describe_topics(TopicCollection([name]))[name].result(10).topic_id
    bits = found.get_most_significant_bits() % 2**64, found.get_least_significant_bits() % 2**64
    return cluster, str(UUID(int=bits[0] << 64 | bits[1]))


async def test_a_topic_is_known_by_the_brokers_own_id(kafka: str) -> None:
    await create(kafka, "identified", partitions=5)
    found = await identify(kafka, topic("identified"))
    assert (found.cluster, found.topic_id) == await asyncio.to_thread(
        as_librdkafka_tells, kafka, "identified"
    )
    assert (found.name, found.partitions) == ("identified", 5)
    assert await identify(kafka, topic("identified")) == found


async def test_a_topic_made_anew_has_another_id(kafka: str) -> None:
    await create(kafka, "made-anew")
    first = await identify(kafka, topic("made-anew"))
    await delete(kafka, "made-anew")
    with pytest.raises(Setup, match="topic made-anew does not exist"):
        await identify(kafka, topic("made-anew"))
    await create(kafka, "made-anew")
    second = await identify(kafka, topic("made-anew"))
    assert second.topic_id != first.topic_id
    assert second.cluster == first.cluster


async def test_a_gap_of_the_log_is_told_by_the_log(kafka: str) -> None:
    await create(kafka, "gapless")
    sender = KafkaSender(kafka)
    try:
        await sender.send([OutboxMessage("gapless", 1, b"k", (), text) for text in (b"a", b"b", b"c")])
    finally:
        await sender.stop()
    assert await first_from(kafka, "gapless", 1, 1) == 1


async def test_nothing_to_show_is_an_error_and_not_a_gap(kafka: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(our_kafka, "LOOK_TIMEOUT_MS", 300)
    await create(kafka, "empty")
    with pytest.raises(DeliveryError, match="shows nothing from 0"):
        await first_from(kafka, "empty", 0, 0)


async def test_messages_arrive_in_order_with_key_headers_and_tombstones(kafka: str) -> None:
    await create(kafka, "delivered")
    sent = [OutboxMessage("delivered", 2, b"k%d" % n, (("h", b"%d" % n),), b"v%d" % n) for n in range(50)]
    sent.append(OutboxMessage("delivered", 2, b"gone", (), None))
    sender = KafkaSender(kafka)
    try:
        await sender.send(sent)
        await sender.send([])
    finally:
        await sender.stop()
    from aiokafka import AIOKafkaConsumer

    consumer = AIOKafkaConsumer("delivered", bootstrap_servers=kafka, auto_offset_reset="earliest")
    await consumer.start()
    try:
        async with asyncio.timeout(20):
            found = [await consumer.getone() for _ in sent]
    finally:
        await consumer.stop()
    assert [(r.partition, r.key, tuple(r.headers), r.value) for r in found] == [
        (m.partition, m.key, m.headers, m.value) for m in sent
    ]


@pytest.fixture
def nobody() -> Iterator[str]:
    """An address at which nobody listens."""
    with closing(socket.socket()) as held:
        held.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{held.getsockname()[1]}"


async def test_no_broker_is_a_delivery_error_at_once(nobody: str) -> None:
    sender = KafkaSender(nobody)
    before = time.monotonic()
    with pytest.raises(DeliveryError, match=f"no Kafka answers at {nobody}"):
        await sender.send([OutboxMessage(EVENTS.name, 0, b"k", (), b"v")])
    assert time.monotonic() - before < 5
    await sender.stop()


@pytest.mark.faults
async def test_a_broker_that_goes_and_comes_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(our_kafka, "SEND_TIMEOUT_MS", 3000)
    broker = EmbeddedBroker(tmp_path)
    await asyncio.to_thread(broker.prepare)
    await broker.start()
    sender = KafkaSender(broker.bootstrap)
    try:
        await create(broker.bootstrap, "delivered")
        await sender.send([OutboxMessage("delivered", 0, b"k", (), b"before")])
        await broker.stop()
        before = time.monotonic()
        with pytest.raises(DeliveryError):
            await sender.send([OutboxMessage("delivered", 0, b"k", (), b"during")])
        assert time.monotonic() - before < 5
        await broker.start()
        async with asyncio.timeout(30):
            while True:
                try:
                    await sender.send([OutboxMessage("delivered", 0, b"k", (), b"after")])
                    break
                except DeliveryError:
                    await asyncio.sleep(0.2)
    finally:
        await sender.stop()
        await broker.stop()


@pytest.mark.faults
async def test_a_worker_without_a_broker_says_so_and_may_be_started_again(
    tmp_path: Path, nobody: str
) -> None:
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "streams.worker", "--role", "memory", "--data", str(tmp_path)],
        env={"PATH": "/usr/bin:/bin", "MEMCUBE_KAFKA": nobody, "MEMCUBE_EMBEDDER": "hash"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2, "3 is for what only a person can decide"
    assert f"no Kafka answers at {nobody}" in done.stdout + done.stderr
    assert "MEMCUBE_KAFKA" in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


@pytest.mark.faults
@pytest.mark.timeout(240)
async def test_updates_wait_for_a_broker_that_is_away_and_then_go_out(tmp_path: Path) -> None:
    async with Running(tmp_path / "run") as running:
        worker = running.start()
        await running.publish(told(0, 40))
        await running.caught_up()
        await running.broker.stop()
        await asyncio.sleep(2)
        assert worker.poll() is None, "the broker being away is no fault of the worker's"
        await running.broker.start()
        await running.publish(told(40, 60))
        await running.caught_up()
