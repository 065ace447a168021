"""What the runtime knows of Kafka: records in, messages out, and no client library."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final, Protocol

import msgspec

from memcube.store.record import OutboxMessage

StepHook = Callable[[str], None]
"""Called at each named step of a batch; the fault tests die in it."""


def no_hook(_: str) -> None:
    """What production does at a step: nothing."""


FirstFrom = Callable[[int, int], int]
"""Of a partition's number and an offset: the first offset from there on at which the log has a record."""


def no_gaps(_: int, offset: int) -> int:
    """Of a log that has every offset."""
    return offset


class Record(msgspec.Struct, frozen=True):
    """A Kafka record as it came. `timestamp` is the log's own (LogAppendTime)."""

    topic: str
    partition: int
    offset: int
    timestamp: datetime
    key: bytes | None
    headers: tuple[tuple[str, bytes | None], ...]
    value: bytes | None


class TopicIdentity(msgspec.Struct, frozen=True):
    """A topic as the cluster knows it now. A topic re-created under its name has another id."""

    cluster: str
    topic_id: str
    name: str
    partitions: int


class DeliveryError(Exception):
    """The broker did not acknowledge; nothing is known to be delivered."""


class Sender(Protocol):
    """Sends messages in order and returns when all in-sync replicas have them; else `DeliveryError`."""

    async def send(self, messages: Sequence[OutboxMessage]) -> None: ...


# Bounds one transaction: long enough to fill the embedder's batches, short enough that its
# commit stays in the tens of milliseconds and a Ctrl-C waits for little.
BATCH_LIMIT: Final = 256
