"""The gateway's own readers against a real Kafka."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic, RecordsToDelete

from gateway.log import BusDown, Span
from gateway.reading import KafkaReader, follow
from infra.ports import free_port


@pytest.fixture
async def producer(kafka: str) -> AsyncIterator[AIOKafkaProducer]:
    producer = AIOKafkaProducer(bootstrap_servers=kafka)
    await producer.start()
    yield producer
    await producer.stop()


async def create(bootstrap: str, name: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(name, 2, 1)])
        while name not in await admin.list_topics():
            await asyncio.sleep(0.05)
    finally:
        await admin.close()


async def cut(bootstrap: str, name: str, before: int) -> None:
    """Drop what stands before an offset of partition 0."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await admin.delete_records({TopicPartition(name, 0): RecordsToDelete(before_offset=before)})
    finally:
        await admin.close()


async def test_one_record_is_read_out_of_a_large_batch(kafka: str, producer: AIOKafkaProducer) -> None:
    await create(kafka, "read-one")
    for n in range(300):
        await producer.send("read-one", b"%d" % n * 1_000, partition=0)
    await producer.flush()
    reader = KafkaReader(lambda: kafka, fetch_bytes=1)
    try:
        assert await reader.spans(["read-one", "no-such-topic"]) == {
            "read-one": {0: Span(0, 300), 1: Span(0, 0)}
        }
        [found] = await reader.read("read-one", 0, 217, 1)
        assert (found.offset, found.value) == (217, b"217" * 1_000)
        assert await reader.read("read-one", 1, 0, 1) == []
    finally:
        await reader.close()


async def test_a_follower_reads_on_from_where_it_was_told(kafka: str, producer: AIOKafkaProducer) -> None:
    await create(kafka, "follow-on")
    for n in range(5):
        await producer.send_and_wait("follow-on", b"%d" % n, partition=0)
    follower = await follow(kafka, "follow-on", [0, 1])
    try:
        assert await follower.spans() == {0: Span(0, 5), 1: Span(0, 0)}
        follower.start({0: 3, 1: 0})
        assert [record.value for record in await follower.next(5)] == [b"3", b"4"]
        assert await follower.next(0.05) == []
        await producer.send_and_wait("follow-on", None, key=b"gone", partition=1)
        [record] = await follower.next(5)
        assert (record.partition, record.key, record.value) == (1, b"gone", None)
    finally:
        await follower.close()


async def test_what_was_dropped_from_the_log_is_not_passed_over_in_silence(
    kafka: str, producer: AIOKafkaProducer
) -> None:
    await create(kafka, "follow-cut")
    for n in range(5):
        await producer.send_and_wait("follow-cut", b"%d" % n, partition=0)
    await cut(kafka, "follow-cut", 3)
    follower = await follow(kafka, "follow-cut", [0])
    try:
        assert await follower.spans() == {0: Span(3, 5)}
        follower.start({0: 1})
        with pytest.raises(BusDown):
            await follower.next(5)
    finally:
        await follower.close()


async def test_nobody_at_the_address_is_an_error_in_time() -> None:
    address = f"127.0.0.1:{free_port()}"
    reader = KafkaReader(lambda: address)
    async with asyncio.timeout(15):
        with pytest.raises(BusDown):
            await follow(address, "any", [0])
        with pytest.raises(BusDown):
            await reader.spans(["any"])
        await reader.close()
