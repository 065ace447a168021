"""What the parts of the way take alone: no stream on this machine can be faster than their sum."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Final

import apsw
from aiokafka import AIOKafkaConsumer, TopicPartition

from bench.report import Table, ms
from bench.samples import Samples
from bench.system import Up, producer
from bench.turns import turns
from memcube.models import load_embedder
from schemas.topics import RECALLS

# The latency benchmark's own: an idle processor wakes up more slowly than a busy one works.
_EVERY_S: Final = 0.1
_ROW_BYTES: Final = 4_000


class Floors:
    """Seconds of each part."""

    def __init__(self, parts: dict[str, Samples]) -> None:
        self.parts = parts

    @property
    def sum(self) -> float:
        return sum(part.median for part in self.parts.values())

    def table(self, measured: float) -> Table:
        """Beside what the whole way took."""
        rows = [
            (name, str(len(part)), ms(part.median), ms(part.percentile(95)))
            for name, part in self.parts.items()
        ]
        rows.append(("their sum", "", ms(self.sum), ""))
        rows.append(("the whole way to recalled, as a multiple", "", f"{measured / self.sum:.2f}", ""))
        return Table("The parts alone", ("part", "samples", "p50 ms", "p95 ms"), tuple(rows))


async def measure_floors(system: Up, count: int) -> Floors:
    texts = [turn.text for turn in turns(count)]
    return Floors(
        {
            "Kafka, sent until read": await _kafka(system.system.kafka, texts),
            "one turn embedded": await _embedder(texts),
            "one durable commit": await _commit(system.data.root, count),
        }
    )


async def _kafka(bootstrap: str, texts: list[str]) -> Samples:
    """To a bare reader, on a topic that nobody else reads."""
    place = TopicPartition(RECALLS.name, 0)
    reader = AIOKafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False)
    await reader.start()
    try:
        reader.assign([place])
        await reader.seek_to_end(place)
        took = []
        async with producer(bootstrap, linger_ms=0) as kafka:
            for text in texts:
                since = time.perf_counter()
                await kafka.send(RECALLS.name, text.encode(), key=b"bench", partition=0)
                await reader.getone()
                took.append(time.perf_counter() - since)
                await asyncio.sleep(_EVERY_S)
    finally:
        await reader.stop()
    return Samples(took)


async def _embedder(texts: list[str]) -> Samples:
    """Alone in a call, as events come at this rate."""
    embedder = load_embedder("minilm", 1)
    embedder.embed(texts[:4])
    took = []
    for text in texts:
        since = time.perf_counter()
        embedder.embed([text])
        took.append(time.perf_counter() - since)
        await asyncio.sleep(_EVERY_S)
    return Samples(took)


async def _commit(folder: Path, count: int) -> Samples:
    """With the record's settings for durability, on its disk."""
    connection = apsw.Connection(str(folder / "floor.sqlite"))
    try:
        for setting in (
            "PRAGMA journal_mode=WAL",
            "PRAGMA synchronous=FULL",
            "CREATE TABLE floor (row BLOB)",
        ):
            connection.execute(setting).fetchall()
        took = []
        for _ in range(count):
            since = time.perf_counter()
            connection.execute("INSERT INTO floor VALUES (randomblob(?))", (_ROW_BYTES,))
            took.append(time.perf_counter() - since)
            await asyncio.sleep(_EVERY_S)
    finally:
        connection.close()
    return Samples(took)
