"""Our own talk with Kafka beside Faust: who a topic is, and sending the outbox."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable, Sequence
from typing import Any, ClassVar, Final
from uuid import UUID

import structlog
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError, MessageSizeTooLargeError
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import (
    AbstractType,
    Boolean,
    CompactArray,
    CompactString,
    Int16,
    Int32,
    Schema,
    TaggedFields,
)

from memcube import metrics
from memcube.errors import Setup
from memcube.store.record import OutboxMessage
from schemas.topics import Topic
from streams.log import DeliveryError, TopicIdentity

# A broker that has not acknowledged within this is treated as away; the outbox keeps the messages.
SEND_TIMEOUT_MS: Final = 20_000
MAX_REQUEST_BYTES: Final = 64 * 1024 * 1024
# A record that was delivered once is there to be fetched again; only a broker in need takes this long.
LOOK_TIMEOUT_MS: Final = 10_000

log = structlog.get_logger()


class _Uuid(AbstractType[str]):  # type: ignore[misc]
    """16 bytes, told as text."""

    @classmethod
    def encode(cls, value: str) -> bytes:
        return UUID(value).bytes

    @classmethod
    def decode(cls, data: Any) -> str:
        return str(UUID(bytes=data.read(16)))


class _MetadataResponse(Response):  # type: ignore[misc]
    """Version 10, the first that tells a topic's id; aiokafka 0.14 knows up to 5."""

    API_KEY = 3
    API_VERSION = 10
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        (
            "brokers",
            CompactArray(
                ("node_id", Int32),
                ("host", CompactString("utf-8")),
                ("port", Int32),
                ("rack", CompactString("utf-8")),
                ("tags", TaggedFields),
            ),
        ),
        ("cluster_id", CompactString("utf-8")),
        ("controller_id", Int32),
        (
            "topics",
            CompactArray(
                ("error_code", Int16),
                ("name", CompactString("utf-8")),
                ("topic_id", _Uuid),
                ("is_internal", Boolean),
                (
                    "partitions",
                    CompactArray(
                        ("error_code", Int16),
                        ("partition", Int32),
                        ("leader", Int32),
                        ("leader_epoch", Int32),
                        ("replicas", CompactArray(Int32)),
                        ("isr", CompactArray(Int32)),
                        ("offline_replicas", CompactArray(Int32)),
                        ("tags", TaggedFields),
                    ),
                ),
                ("authorized_operations", Int32),
                ("tags", TaggedFields),
            ),
        ),
        ("cluster_authorized_operations", Int32),
        ("tags", TaggedFields),
    )


class _MetadataRequestStruct(RequestStruct):  # type: ignore[misc]
    API_KEY = 3
    API_VERSION = 10
    FLEXIBLE_VERSION = True
    RESPONSE_TYPE = _MetadataResponse
    SCHEMA = Schema(
        (
            "topics",
            CompactArray(("topic_id", _Uuid), ("name", CompactString("utf-8")), ("tags", TaggedFields)),
        ),
        ("allow_auto_topic_creation", Boolean),
        ("include_cluster_authorized_operations", Boolean),
        ("include_topic_authorized_operations", Boolean),
        ("tags", TaggedFields),
    )


class _MetadataRequest(Request[_MetadataRequestStruct]):  # type: ignore[misc]
    API_KEY: ClassVar[int] = 3

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names

    def build(self, request_struct_class: type[_MetadataRequestStruct]) -> _MetadataRequestStruct:
        unknown_id = str(UUID(int=0))
        return request_struct_class([(unknown_id, name, {}) for name in self._names], False, False, False, {})


async def identify(bootstrap: str, topic: Topic) -> TopicIdentity:
    """Who the topic is, in which cluster; raises `Setup` if it does not exist or the broker is away."""
    client = AIOKafkaClient(bootstrap_servers=bootstrap)
    try:
        await client.bootstrap()
        node = client.get_random_node()
        answer = await client.send(node, _MetadataRequest([topic.name]))
    except (KafkaError, OSError) as error:
        raise Setup(f"no Kafka answers at {bootstrap} ({error!r}): start it, or set MEMCUBE_KAFKA") from error
    finally:
        await client.close()
    code, name, topic_id, _, partitions, *_ = answer.topics[0]
    if code != 0:
        raise Setup(f"topic {topic.name} does not exist at {bootstrap}: `memcube up` creates it")
    return TopicIdentity(answer.cluster_id, topic_id, name, len(partitions))


async def first_from(bootstrap: str, topic: str, partition: int, offset: int) -> int:
    """The offset of the first record from there on that was not part of an aborted transaction.

    Raises `DeliveryError` when the broker has none to show.
    """
    part = TopicPartition(topic, partition)
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap, isolation_level="read_committed", auto_offset_reset="none"
    )
    try:
        await consumer.start()
        consumer.assign([part])
        consumer.seek(part, offset)
        found = await consumer.getmany(part, timeout_ms=LOOK_TIMEOUT_MS, max_records=1)
    except (KafkaError, OSError) as error:
        raise DeliveryError(f"{topic}/{partition} cannot be read from {offset}: {error!r}") from error
    finally:
        await consumer.stop()
    if not found:
        raise DeliveryError(f"{topic}/{partition} shows nothing from {offset} in {LOOK_TIMEOUT_MS} ms")
    return int(found[part][0].offset)


async def bounds(bootstrap: str, topic: str, partitions: Iterable[int]) -> dict[int, tuple[int, int]]:
    """The first offset and the end of each partition; raises `DeliveryError`.

    Over a connection of its own: on the consumer's, each answer waits behind a fetch that the broker
    holds for a second and a half when nothing is new.
    """
    parts = [TopicPartition(topic, number) for number in partitions]
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap)
    try:
        await consumer.start()
        firsts = await consumer.beginning_offsets(parts)
        ends = await consumer.end_offsets(parts)
    except (KafkaError, OSError) as error:
        raise DeliveryError(f"the bounds of {topic} cannot be read: {error!r}") from error
    finally:
        await consumer.stop()
    return {part.partition: (firsts[part], ends[part]) for part in parts}


class KafkaSender:
    """An idempotent producer: order is kept and a broker's retry doubles nothing."""

    def __init__(self, bootstrap: str) -> None:
        self._bootstrap = bootstrap
        self._producer: AIOKafkaProducer | None = None

    async def start(self) -> AIOKafkaProducer:
        """Raises `DeliveryError` if no broker answers."""
        # Made here: aiokafka binds it to the loop that is running.
        producer = AIOKafkaProducer(
            bootstrap_servers=self._bootstrap,
            enable_idempotence=True,
            acks="all",
            request_timeout_ms=SEND_TIMEOUT_MS,
            # A dead letter holds what another producer had compressed: it must pass here uncompressed,
            # and fit its topic compressed.
            compression_type="gzip",
            max_request_size=MAX_REQUEST_BYTES,
        )
        try:
            await producer.start()
        except (KafkaError, OSError) as error:
            await producer.stop()
            raise DeliveryError(f"no Kafka answers at {self._bootstrap}: {error!r}") from error
        self._producer = producer
        return producer

    async def stop(self) -> None:
        """Wait for nothing: what was not acknowledged is still in the outbox."""
        producer, self._producer = self._producer, None
        if producer is not None:
            # An idempotent producer of aiokafka keeps its messages for ever, and its stop waits for them.
            producer._message_accumulator.fail_all(DeliveryError("stopped"))  # noqa: SLF001
            sending = producer._sender.sender_task  # noqa: SLF001
            sending.cancel()
            await asyncio.wait([sending])
            await producer.stop()

    async def send(self, messages: Sequence[OutboxMessage]) -> None:
        """Raises `DeliveryError` unless every message was acknowledged."""
        producer = self._producer or await self.start()
        try:
            async with asyncio.timeout(SEND_TIMEOUT_MS / 1000):
                acknowledged = [await _enqueue(producer, message) for message in messages]
                for message, delivery in zip(messages, acknowledged, strict=True):
                    await _delivered(message, delivery)
        except (KafkaError, TimeoutError) as error:
            # Another try needs another producer: this one would send its own copies first, or fail for ever.
            await self.stop()
            raise DeliveryError(f"{len(messages)} messages: {error!r}") from error


async def _enqueue(producer: AIOKafkaProducer, message: OutboxMessage) -> Awaitable[object] | None:
    """None if the client refuses the message for its size."""
    try:
        delivery: Awaitable[object] = await producer.send(
            message.topic,
            value=message.value,
            key=message.key,
            partition=message.partition,
            headers=list(message.headers),
        )
    except MessageSizeTooLargeError:
        _set_aside(message)
        return None
    return delivery


async def _delivered(message: OutboxMessage, delivery: Awaitable[object] | None) -> None:
    try:
        if delivery is not None:
            await delivery
    except MessageSizeTooLargeError:
        _set_aside(message)


def _set_aside(message: OutboxMessage) -> None:
    """No try will ever deliver it, and all that waits behind it must not wait for ever.

    The contract's limits keep messages below the topics' own; this is for a cluster whose are smaller.
    """
    metrics.UNSENDABLE.labels(message.topic).inc()
    log.error("message too large for its topic, given up", topic=message.topic, key=repr(message.key))
