"""Our own talk with Kafka beside Faust: who a topic is, and sending the outbox."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, ClassVar, Final
from uuid import UUID

from aiokafka import AIOKafkaProducer
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError
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

from memcube.errors import Setup
from memcube.store.record import OutboxMessage
from schemas.topics import Topic
from streams.log import DeliveryError, TopicIdentity

# A broker that has not acknowledged within this is treated as away; the outbox keeps the messages.
SEND_TIMEOUT_MS: Final = 20_000


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
        raise Setup(
            f"topic {topic.name} does not exist at {bootstrap}: create it with `memcube topics --create`"
        )
    return TopicIdentity(answer.cluster_id, topic_id, name, len(partitions))


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
            # Dead letters are up to 2 MiB; see `schemas.topics`.
            max_request_size=2 * 1024 * 1024,
        )
        try:
            await producer.start()
        except (KafkaError, OSError) as error:
            await producer.stop()
            raise DeliveryError(f"no Kafka answers at {self._bootstrap}: {error!r}") from error
        self._producer = producer
        return producer

    async def stop(self) -> None:
        if self._producer is not None:
            await self._producer.stop()

    async def send(self, messages: Sequence[OutboxMessage]) -> None:
        """Raises `DeliveryError` unless every message was acknowledged."""
        producer = self._producer or await self.start()
        try:
            acknowledged = [
                await producer.send(
                    message.topic,
                    value=message.value,
                    key=message.key,
                    partition=message.partition,
                    headers=list(message.headers),
                )
                for message in messages
            ]
            await asyncio.gather(*acknowledged)
        except (KafkaError, TimeoutError) as error:
            raise DeliveryError(f"{len(messages)} messages: {error!r}") from error
