"""Kafka as the gateway uses it: one producer, and the readers of `gateway.reading`."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, MessageSizeTooLargeError, RecordTooLargeError

from gateway.log import (
    LIMIT_S,
    SOURCE,
    BusDown,
    BusError,
    Follower,
    Message,
    RawHeaders,
    Receipt,
    Record,
    Span,
    Unsendable,
)
from gateway.reading import KafkaReader, follow, started
from gateway.thread import Workbench
from memcube import metrics
from memcube.errors import NotRunning
from memcube.governance.sealing import Sealer, event_context, seal_content
from schemas.body import Body, Plain
from schemas.envelope import encode
from schemas.events import Build, Drop, Recalled, type_of
from schemas.partition import partition_for
from schemas.subject import Subject
from schemas.topics import ACTIVATION_JOBS, EVENTS, RECALLS

log = logging.getLogger(__name__)

# Reports of recalls that wait for a broker that is away; beyond it they are dropped and counted.
_UNSENT_REPORTS: Final = 1_000


class KafkaBus:
    """`Bus` over aiokafka. `bootstrap` is asked at each connection: the broker may have moved meanwhile."""

    def __init__(self, bootstrap: Callable[[], str], sealer: Workbench[Sealer]) -> None:
        self._bootstrap = bootstrap
        self._sealer = sealer
        self._producer: Any = None
        self._connecting = asyncio.Lock()
        self._reader = KafkaReader(bootstrap)
        self._reports: set[asyncio.Task[None]] = set()
        self._failed_reports = 0

    @property
    def failed_reports(self) -> int:
        return self._failed_reports

    async def publish(self, messages: Sequence[Message]) -> Sequence[Receipt | BusError]:
        if not messages:
            return []
        before, done = await self._sealed_and_delivered(messages)
        after = await self._sealer.run(lambda sealer: _keys(sealer, messages))
        if late := [n for n in range(len(messages)) if before[n] != after[n]]:
            # The subject was forgotten meanwhile: what is in the log may stand behind the end of its key,
            # and nobody could read it. Under the new key it is the same event, applied once.
            _, again = await self._sealed_and_delivered([messages[n] for n in late])
            done = [again[late.index(n)] if n in late else result for n, result in enumerate(done)]
        results = [
            msgspec.structs.replace(one, event_id=message.event_id) if isinstance(one, Receipt) else one
            for message, one in zip(messages, done, strict=True)
        ]
        if all(isinstance(result, BusDown) for result in results):
            raise BusDown(str(results[0]))
        return results

    async def _sealed_and_delivered(
        self, messages: Sequence[Message]
    ) -> tuple[list[str], list[Receipt | BusError]]:
        """The keys that were current before, and what became of each message."""
        keys, records = await self._sealer.run(
            lambda sealer: (_keys(sealer, messages), [_sealed(sealer, message) for message in messages])
        )
        return keys, await self._deliver(records)

    async def send(
        self, topic: str, partition: int, key: bytes | None, headers: RawHeaders, value: bytes | None
    ) -> int:
        (result,) = await self._deliver([_Outgoing(topic, partition, key, headers, value)])
        if isinstance(result, BusError):
            raise result
        return result.offset

    def report(self, recalled: Recalled, subject: Subject, event_id: str, time: datetime) -> None:
        if len(self._reports) >= _UNSENT_REPORTS:
            self._failed_reports += 1
            metrics.UNREPORTED.inc()
            return
        key, headers, value = encode(recalled, event_id=event_id, source=SOURCE, time=time, subject=subject)
        task = asyncio.create_task(self._report(_Outgoing(RECALLS.name, None, key, headers, value)))
        self._reports.add(task)
        task.add_done_callback(self._reports.discard)

    async def spans(self, topics: Sequence[str]) -> Mapping[str, Mapping[int, Span]]:
        return await self._reader.spans(topics)

    async def read(self, topic: str, partition: int, start: int, limit: int) -> Sequence[Record]:
        return await self._reader.read(topic, partition, start, limit)

    async def follow(self, topic: str, partitions: Sequence[int]) -> Follower:
        return await follow(self._bootstrap(), topic, partitions)

    async def close(self) -> None:
        if self._reports:
            await asyncio.wait(self._reports, timeout=1)
        for task in tuple(self._reports):
            task.cancel()
        producer, self._producer = self._producer, None
        if producer is not None:  # nothing waits in it: whoever publishes waits for the answer
            await _abandon(producer)
        await self._reader.close()

    async def _report(self, record: _Outgoing) -> None:
        (result,) = await self._deliver([record])
        if isinstance(result, BusError):
            self._failed_reports += 1
            metrics.UNREPORTED.inc()
            log.warning("a recall was not reported on %s: %s", RECALLS.name, result)

    async def _deliver(self, records: Sequence[_Outgoing]) -> list[Receipt | BusError]:
        """One result a record, after at most `LIMIT_S`; what has no receipt by then is dropped."""
        sent: list[asyncio.Future[Any]] = []
        producer = None
        try:
            async with asyncio.timeout(LIMIT_S):
                producer = await self._connected()
                for record in records:
                    sent.append(await _enqueue(producer, record))  # noqa: PERF401  kept when time runs out
                await asyncio.wait(sent)
        except TimeoutError:
            log.warning("Kafka did not confirm within %s s", LIMIT_S)
        except NotRunning as error:
            return [BusDown(str(error))] * len(records)
        except KafkaError as error:
            log.warning("Kafka cannot be reached: %s", error)
        results = [_result(future) for future in sent] + [BusDown(_DOWN)] * (len(records) - len(sent))
        if producer is not None and any(isinstance(result, BusDown) for result in results):
            # Whatever ails it, an unconfirmed record must not be sent later, and the next one starts afresh.
            if producer is self._producer:
                self._producer = None
            await _abandon(producer)
        return results

    async def _connected(self) -> Any:
        async with self._connecting:
            if self._producer is None:
                producer = AIOKafkaProducer(
                    bootstrap_servers=self._bootstrap(),
                    enable_idempotence=True,
                    acks="all",
                    linger_ms=0,
                    max_request_size=EVENTS.max_message_bytes,
                )
                await started(producer)
                self._producer = producer
            return self._producer


class _Outgoing(msgspec.Struct, frozen=True):
    """A record to be sent. `partition` None: the one of its key."""

    topic: str
    partition: int | None
    key: bytes | None
    headers: RawHeaders
    value: bytes | None


_DOWN: Final = f"Kafka did not confirm within {LIMIT_S:.0f} s: see `memcube status`"


async def _enqueue(producer: Any, record: _Outgoing) -> asyncio.Future[Any]:
    """The future of the broker's answer; what Kafka's client refuses at once is in it too."""
    partition = record.partition
    if partition is None:
        partition = partition_for(record.key or b"", len(await producer.partitions_for(record.topic)))
    try:
        future: asyncio.Future[Any] = await producer.send(
            record.topic, record.value, key=record.key, partition=partition, headers=list(record.headers)
        )
    except KafkaError as error:
        future = asyncio.get_running_loop().create_future()
        future.set_exception(error)
    return future


async def _abandon(producer: Any) -> None:
    """Close without sending what waits.

    aiokafka's idempotent producer retries for ever and its `stop` flushes first, so an event reported as
    not sent would still be sent when the broker comes back. It has no public way to drop it. Cancelled
    once, its sender still waits for the answer to what is on its way, 40 s from a broker that froze;
    cancelled again, it lets go.
    """
    producer._closed = True  # noqa: SLF001  else it complains when it is collected
    sender = producer._sender.sender_task  # noqa: SLF001
    while sender is not None and not sender.done():
        sender.cancel()
        await asyncio.wait([sender], timeout=0.02)
    await producer.client.close()


def _keys(sealer: Sealer, messages: Sequence[Message]) -> list[str]:
    """The key that seals each message's subject now."""
    return [sealer.current(message.data.subject().key) for message in messages]


def _sealed(sealer: Sealer, message: Message) -> _Outgoing:
    subject, data = message.data.subject(), message.data
    context = event_context(type_of(data), message.event_id)

    def sealed(body: Body) -> Body:
        return seal_content(sealer, subject.key, body, context) if isinstance(body, Plain) else body

    if isinstance(data, Build):
        lines = tuple(msgspec.structs.replace(line, body=sealed(line.body)) for line in data.lines)
        data = msgspec.structs.replace(data, lines=lines)
    elif isinstance(body := getattr(data, "body", None), Plain):
        data = msgspec.structs.replace(data, body=sealed(body))
    record = encode(
        data, event_id=message.event_id, source=message.source, time=message.time, subject=subject
    )
    topic = ACTIVATION_JOBS if isinstance(data, Build | Drop) else EVENTS
    return _Outgoing(topic.name, None, *record)


def _result(future: asyncio.Future[Any]) -> Receipt | BusError:
    if not future.done():
        return BusDown(_DOWN)
    error = future.exception()
    if error is None:
        return Receipt("", future.result().partition, future.result().offset)
    if isinstance(error, MessageSizeTooLargeError | RecordTooLargeError):
        return Unsendable(
            "the event is larger than its topic takes once sealed: split a text into turns, ids into commands"
        )
    if isinstance(error, KafkaError):
        return BusDown(f"Kafka did not take the event ({type(error).__name__}): see `memcube status`")
    raise error
