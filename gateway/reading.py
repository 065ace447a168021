"""Reading Kafka: what a log holds now, in short bounded reads, and what it will hold, by following it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from gateway.log import LIMIT_S, BusDown, Record, Span
from memcube.errors import NotRunning

# aiokafka's own default: the first batch of a partition comes whatever this says.
_FETCH_BYTES: Final = 1024 * 1024
# A follower holds one fetch of each of its partitions at most: less than a megabyte for a whole tenant.
_FOLLOWED_BYTES: Final = 64 * 1024
_PAGE: Final = 100


class KafkaReader:
    """Bounded reads, one at a time, over a consumer that is kept. Raises `BusDown` within `LIMIT_S`.

    `bootstrap` is asked at each connection: the broker may have moved meanwhile.
    """

    def __init__(self, bootstrap: Callable[[], str], fetch_bytes: int = _FETCH_BYTES) -> None:
        self._bootstrap = bootstrap
        self._fetch_bytes = fetch_bytes
        self._consumer: Any = None
        self._reads = asyncio.Lock()

    async def spans(self, topics: Sequence[str]) -> Mapping[str, Mapping[int, Span]]:
        """As `Bus.spans`."""
        async with self._reading() as consumer:
            # Its own list of topics is filled only by reading them; the public `topics` gives names alone.
            cluster = await consumer._client.fetch_all_metadata()  # noqa: SLF001
            places = [
                TopicPartition(topic, number)
                for topic in topics
                for number in sorted(cluster.partitions_for_topic(topic) or ())
            ]
            starts = await consumer.beginning_offsets(places)
            ends = await consumer.end_offsets(places)
        spans: dict[str, dict[int, Span]] = {}
        for place in places:
            spans.setdefault(place.topic, {})[place.partition] = Span(starts[place], ends[place])
        return spans

    async def read(self, topic: str, partition: int, start: int, limit: int) -> Sequence[Record]:
        """As `Bus.read`."""
        place = TopicPartition(topic, partition)
        found: list[Record] = []
        async with self._reading() as consumer:
            first = (await consumer.beginning_offsets([place]))[place]
            end = (await consumer.end_offsets([place]))[place]
            if max(start, first) >= end:
                return found
            consumer.assign([place])
            # At once: given time, the consumer goes to the end and waits there for half a second.
            consumer.seek(place, max(start, first))
            # By position, not by records: markers and compaction leave offsets that hold none.
            while len(found) < limit and await consumer.position(place) < end:
                batches = await consumer.getmany(place, timeout_ms=500, max_records=limit - len(found))
                found += [_record(raw) for raw in batches.get(place, ()) if raw.offset < end]
        return found

    async def close(self) -> None:
        """Let go of the connection."""
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            await consumer.stop()

    @contextlib.asynccontextmanager
    async def _reading(self) -> AsyncIterator[Any]:
        """The consumer, one reader at a time; after a failure the next reader gets a fresh one."""
        try:
            async with asyncio.timeout(LIMIT_S), self._reads:
                try:
                    if self._consumer is None:
                        consumer = AIOKafkaConsumer(
                            bootstrap_servers=self._bootstrap(),
                            enable_auto_commit=False,
                            max_partition_fetch_bytes=self._fetch_bytes,
                        )
                        await started(consumer)
                        self._consumer = consumer
                    yield self._consumer
                    self._consumer.unsubscribe()  # an assigned partition would go on being fetched
                except BaseException:  # a caller who leaves in the middle, too
                    await self.close()
                    raise
        except NotRunning as error:
            raise BusDown(str(error)) from None
        except (TimeoutError, KafkaError) as error:
            raise BusDown(f"Kafka cannot be read ({type(error).__name__}): see `memcube status`") from None


class KafkaFollower:
    """`Follower` over a consumer of its own, so that one slow reader holds up nobody else."""

    def __init__(self, consumer: Any, places: Sequence[TopicPartition]) -> None:
        self._consumer = consumer
        self._places = places

    async def spans(self) -> Mapping[int, Span]:
        async with _bounded():
            starts = await self._consumer.beginning_offsets(self._places)
            ends = await self._consumer.end_offsets(self._places)
        return {place.partition: Span(starts[place], ends[place]) for place in self._places}

    def start(self, positions: Mapping[int, int]) -> None:
        self._consumer.assign(self._places)
        for place in self._places:
            self._consumer.seek(place, positions[place.partition])

    async def next(self, within_s: float) -> Sequence[Record]:
        async with _bounded(within_s + LIMIT_S):
            batches = await self._consumer.getmany(timeout_ms=int(within_s * 1000), max_records=_PAGE)
        return [_record(raw) for batch in batches.values() for raw in batch]

    async def close(self) -> None:
        await self._consumer.stop()


async def follow(bootstrap: str, topic: str, partitions: Sequence[int]) -> KafkaFollower:
    """Connect; raises `BusDown`."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap,
        enable_auto_commit=False,
        # An offset that is no longer held is for the caller to decide about, not to be skipped in silence.
        auto_offset_reset="none",
        max_partition_fetch_bytes=_FOLLOWED_BYTES,
    )
    async with _bounded():
        await started(consumer)
    return KafkaFollower(consumer, [TopicPartition(topic, number) for number in partitions])


async def started(client: Any) -> None:
    """Start a client of aiokafka."""
    try:
        await client.start()
    except BaseException:  # at the time limit as well: a client left open keeps connecting for ever
        await client.stop()
        raise


@contextlib.asynccontextmanager
async def _bounded(limit_s: float = LIMIT_S) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(limit_s):
            yield
    except (TimeoutError, KafkaError) as error:
        raise BusDown(f"Kafka cannot be read ({type(error).__name__}): see `memcube status`") from None


def _record(raw: Any) -> Record:
    return Record(raw.topic, raw.partition, raw.offset, raw.timestamp, raw.key, tuple(raw.headers), raw.value)
