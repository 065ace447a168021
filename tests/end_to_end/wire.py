"""Kafka records as strangers write them: by hand, from the published contract, without our encoder."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from itertools import count
from typing import Any, Final
from urllib.parse import quote

import msgspec
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from schemas.partition import partition_for
from schemas.topics import EVENTS, PARTITIONS

# aiokafka's own ceiling is 1 MiB; the tests want to see the broker's.
MAX_REQUEST: Final = 32 * 1024 * 1024
_numbers = count()

Headers = tuple[tuple[str, bytes | None], ...]


class Raw(msgspec.Struct, frozen=True):
    """A record to publish on `memory.events`."""

    key: bytes | None
    headers: Headers
    value: bytes | None
    partition: int

    @property
    def event_id(self) -> str:
        return (dict(self.headers).get("ce_id") or b"").decode(errors="replace")

    def header(self, **changes: bytes | None) -> Raw:
        """With other headers; None takes one away."""
        kept = {**dict(self.headers), **changes}
        return msgspec.structs.replace(self, headers=tuple((k, v) for k, v in kept.items() if v is not None))

    def payload(self, **changes: Any) -> Raw:
        """With other fields in its JSON; ... takes one away."""
        fields = {**json.loads(self.value or b"{}"), **changes}
        return self.carrying({name: value for name, value in fields.items() if value is not ...})

    def carrying(self, value: Any) -> Raw:
        """With other bytes, or another document, as its value."""
        raw = value if isinstance(value, bytes | None) else json.dumps(value).encode()
        return msgspec.structs.replace(self, value=raw)

    def on(self, *, key: bytes | None) -> Raw:
        """With another key, on the same partition."""
        return msgspec.structs.replace(self, key=key)


def key_of(user: str, tenant: str = "default") -> bytes:
    return f"{quote(tenant, safe='')}/user:{quote(user, safe=':')}".encode()


def event(
    name: str, user: str, /, *, event_id: str = "", tenant: str = "default", time: str = "", **fields: Any
) -> Raw:
    """An event of one user as it must be; `name` like `conversation.prompt`."""
    key = key_of(user, tenant)
    headers = {
        "ce_specversion": b"1.0",
        "ce_id": (event_id or f"e2e-{next(_numbers)}").encode(),
        "ce_type": f"memcube.{name}.v1".encode(),
        "ce_source": b"/tests/end-to-end",
        "ce_time": (time or "2026-03-02T09:30:00+01:00").encode(),
        "content-type": b"application/json",
    }
    value = json.dumps({"tenant": tenant, "user_id": user, **fields}).encode()
    return Raw(key, tuple(headers.items()), value, partition_for(key, PARTITIONS))


def prompt(user: str, text: str, **more: Any) -> Raw:
    return event("conversation.prompt", user, body={"kind": "plain", "text": text}, **more)


async def publish(bootstrap: str, records: Sequence[Raw], **settings: Any) -> list[int]:
    """Send in one go, so that a poll finds them together; their offsets."""
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap, **{"linger_ms": 20, "max_request_size": MAX_REQUEST, **settings}
    )
    await producer.start()
    try:
        sent = [
            await producer.send(
                EVENTS.name, raw.value, key=raw.key, partition=raw.partition, headers=list(raw.headers)
            )
            for raw in records
        ]
        return [metadata.offset for metadata in await asyncio.gather(*sent)]
    finally:
        await producer.stop()


async def fetch(bootstrap: str, topic: str, offset: int, partition: int = 0) -> Any:
    """The record at this offset, as Kafka has it."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap)
    await consumer.start()
    try:
        place = TopicPartition(topic, partition)
        consumer.assign([place])
        consumer.seek(place, offset)
        return await asyncio.wait_for(consumer.getone(place), 10)
    finally:
        await consumer.stop()


async def find(bootstrap: str, topic: str, partition: int, event_id: str) -> dict[str, Any]:
    """The document of the first record with this id, as Kafka has it."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap)
    await consumer.start()
    try:
        place = TopicPartition(topic, partition)
        consumer.assign([place])
        await consumer.seek_to_beginning(place)
        async with asyncio.timeout(10):
            while True:
                record = await consumer.getone(place)
                if dict(record.headers).get("ce_id") == event_id.encode():
                    document: dict[str, Any] = json.loads(record.value)
                    return document
    finally:
        await consumer.stop()
