"""What the gateway knows of Kafka: events out, records in, and no client library.

BusError
├── BusDown       the broker did not confirm in time; what was sent is not known to be in the log
└── Unsendable    Kafka refuses this record for ever, as too large or for a topic that is not there
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final, Protocol

import msgspec

from schemas.events import Incoming, Job, Recalled
from schemas.subject import Subject

# As Kafka gives them back: a header of another producer may have no value.
RawHeaders = tuple[tuple[str, bytes | None], ...]

# Long enough for a broker that is being restarted by the supervisor, short enough for a person who waits.
LIMIT_S: Final = 5.0
SOURCE: Final = "memcube/gateway"
"""`ce_source` of what the gateway itself says."""


class BusError(Exception):
    """A record is not known to be in the log."""


class BusDown(BusError):
    """The broker did not confirm in time. Sending again with the same event id is safe."""


class Unsendable(BusError):
    """Kafka will never accept the record."""


class Named(StrEnum):
    """What made an event's id, and thereby whether it is the same event when it is sent again."""

    ITSELF = "itself"  # its own id or its words: the same
    KEY = "key"  # the request's Idempotency-Key: the same, if the request is
    NOTHING = "nothing"  # another one


class Message(msgspec.Struct, frozen=True):
    """An event on its way out, or a job. `time` is when it happened, with an offset."""

    data: Incoming | Job
    event_id: str
    time: datetime
    source: str
    named: Named = Named.ITSELF


class Receipt(msgspec.Struct, frozen=True):
    """Where the log holds an event, confirmed by all in-sync replicas."""

    event_id: str
    partition: int
    offset: int


class Record(msgspec.Struct, frozen=True):
    """A Kafka record as it stands. `timestamp_ms`: the broker's clock at arrival."""

    topic: str
    partition: int
    offset: int
    timestamp_ms: int
    key: bytes | None
    headers: RawHeaders
    value: bytes | None


class Span(msgspec.Struct, frozen=True):
    """The offsets that a partition holds: from `start` up to and without `end`."""

    start: int
    end: int


class Follower(Protocol):
    """Reads some partitions of one topic as they grow, only as fast as it is asked. Raises `BusDown`."""

    async def spans(self) -> Mapping[int, Span]:
        """What each of its partitions holds now."""

    def start(self, positions: Mapping[int, int]) -> None:
        """Where to read from: an offset for each of its partitions. Once, before `next`."""

    async def next(self, within_s: float) -> Sequence[Record]:
        """Up to a hundred records, in the order of each partition; none if none came in time.

        A broker that goes away looks like silence: ask for `spans` now and then.
        """

    async def close(self) -> None:
        """Let go of the connection."""


class Reader(Protocol):
    """What a log holds now. Every wait is bounded by `LIMIT_S`."""

    async def spans(self, topics: Sequence[str]) -> Mapping[str, Mapping[int, Span]]:
        """What each partition of these topics holds; unknown topics are left out. Raises `BusDown`."""

    async def read(self, topic: str, partition: int, start: int, limit: int) -> Sequence[Record]:
        """Up to `limit` records from `start` on that the log holds now; raises `BusDown`."""

    async def close(self) -> None:
        """Let go of the connection."""


class Bus(Reader, Protocol):
    """The gateway's way to Kafka. Every wait is bounded by `LIMIT_S`."""

    async def publish(self, messages: Sequence[Message]) -> Sequence[Receipt | BusError]:
        """Seal and send to `memory.events`, jobs to theirs, in this order; one result a message.

        Raises `BusDown` when nothing was confirmed. What has no receipt is not sent later; yet a broker
        that froze may have it already, so whoever sends again should use the same event id.
        """

    def report(self, recalled: Recalled, subject: Subject, event_id: str, time: datetime) -> None:
        """Say on `memory.recalls` what a recall returned. Never waits, never fails: errors are counted."""

    @property
    def failed_reports(self) -> int:
        """Reports of recalls that were not sent since the start."""

    async def send(
        self, topic: str, partition: int, key: bytes | None, headers: RawHeaders, value: bytes | None
    ) -> int:
        """Send a record as it stands; returns its offset. Raises `BusError`."""

    async def follow(self, topic: str, partitions: Sequence[int]) -> Follower:
        """Connect a reader of its own; raises `BusDown`. Whoever asks for it closes it."""

    async def close(self) -> None:
        """Send what is waiting, within `LIMIT_S`."""
