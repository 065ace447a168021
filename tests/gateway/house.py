"""A gateway over real parts, Kafka left out: its log is a list, and role memory works on it in a thread."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from gateway.bus import _sealed
from gateway.http.app import create_app
from gateway.http.backlog import Backlog
from gateway.http.chat_source import Source
from gateway.http.idempotency import Claims
from gateway.http.letters import Letters
from gateway.http.model_client import ModelClient
from gateway.http.prefetch import Prefetch
from gateway.http.processes import ModelProcesses
from gateway.http.progress import Progress
from gateway.http.services import Services
from gateway.http.streams import Streams
from gateway.http.ticker import Ticker
from gateway.log import BusDown, BusError, Message, RawHeaders, Receipt, Record, Span, Unsendable
from gateway.thread import Workbench
from memcube.activation.folder import kept
from memcube.governance.keys import KeyStore
from memcube.governance.ledger import Ledger
from memcube.governance.sealing import SubjectSealer
from memcube.models import HashEmbedder
from memcube.plaintext.recall import Recaller
from memcube.plaintext.words import terms
from memcube.settings import DataFolder, ModelSettings
from memcube.store.memory import InMemoryRecallIndex
from memcube.store.record import OutboxMessage
from memcube.store.sqlite import SQLiteCubeStore
from schemas.events import Recalled
from schemas.partition import partition_for
from schemas.subject import Subject
from schemas.topics import AUDIT, DEADLETTER, EVENTS, PARTITIONS, TOPICS
from streams.log import Record as StreamRecord
from tests.streams.world import InMemoryLog, Process

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


class ListBus:
    """`Bus` over `InMemoryLog`. `down`: nothing is confirmed. `lost`: texts that get no receipt."""

    def __init__(self, log: InMemoryLog, sealer: SubjectSealer) -> None:
        self._log = log
        self._sealer = sealer
        self.down = False
        self.lost: set[str] = set()
        self.reports: list[Recalled] = []
        self.followers: list[ListFollower] = []
        self.failed_reports = 0
        self.grown = asyncio.Event()

    async def publish(self, messages: Sequence[Message]) -> Sequence[Receipt | BusError]:
        self._must_be_up()
        return [self._publish(message) for message in messages]

    def _publish(self, message: Message) -> Receipt | BusError:
        if getattr(getattr(message.data, "body", None), "text", None) in self.lost:
            return Unsendable("too large once sealed")
        sealed = _sealed(self._sealer, message)
        number = partition_for(sealed.key or b"", PARTITIONS)
        offset = self._append(sealed.topic, number, sealed.key, sealed.headers, sealed.value)
        return Receipt(message.event_id, number, offset)

    def report(self, recalled: Recalled, subject: Subject, event_id: str, time: datetime) -> None:
        self.reports.append(recalled)

    async def send(
        self, topic: str, partition: int, key: bytes | None, headers: RawHeaders, value: bytes | None
    ) -> int:
        self._must_be_up()
        return self._append(topic, partition, key, headers, value)

    def _append(self, topic: str, number: int, key: Any, headers: Any, value: Any) -> int:
        record = self._log.append(OutboxMessage(topic, number, key, headers, value))
        self.grown.set()
        return record.offset

    async def spans(self, topics: Sequence[str]) -> Mapping[str, Mapping[int, Span]]:
        self._must_be_up()
        counts = {topic.name: topic.partitions() for topic in TOPICS}
        return {
            topic: {number: Span(0, self._log.end(topic, number)) for number in range(counts[topic])}
            for topic in topics
        }

    async def read(self, topic: str, partition: int, start: int, limit: int) -> Sequence[Record]:
        self._must_be_up()
        found = self._log.records.get((topic, partition), [])[start : start + limit]
        return [_as_read(record) for record in found]

    async def follow(self, topic: str, partitions: Sequence[int]) -> ListFollower:
        self._must_be_up()
        self.followers.append(ListFollower(self, self._log, topic, partitions))
        return self.followers[-1]

    async def close(self) -> None:
        pass

    def _must_be_up(self) -> None:
        if self.down:
            raise BusDown("Kafka did not confirm within 5 s: see `memcube status`, then send again")


class ListFollower:
    """`Follower` over `InMemoryLog`. `asked`: how often records were asked for."""

    def __init__(self, bus: ListBus, log: InMemoryLog, topic: str, partitions: Sequence[int]) -> None:
        self._bus = bus
        self._log = log
        self._topic = topic
        self._partitions = partitions
        self._at: dict[int, int] = {}
        self.asked = 0
        self.closed = asyncio.Event()

    async def spans(self) -> Mapping[int, Span]:
        return {
            number: span
            for number, span in (await self._bus.spans([self._topic]))[self._topic].items()
            if number in self._partitions
        }

    def start(self, positions: Mapping[int, int]) -> None:
        self._at = dict(positions)

    async def next(self, within_s: float) -> Sequence[Record]:
        self.asked += 1
        until = asyncio.get_running_loop().time() + within_s
        while not (found := self._take()) and asyncio.get_running_loop().time() < until:
            await asyncio.sleep(0.002)
        return found

    def _take(self) -> list[Record]:
        for number in self._partitions:
            waiting = self._log.records.get((self._topic, number), [])[self._at[number] :][:10]
            if waiting:
                self._at[number] += len(waiting)
                return [_as_read(record) for record in waiting]
        return []

    async def close(self) -> None:
        self.closed.set()


class House:
    """One system on one folder. `worker` False: what is published waits in the log."""

    def __init__(
        self,
        folder: Path,
        *,
        worker: bool = True,
        recorded: bool = True,
        lag_limit: int = 10_000,
        streams: int = 64,
        wait_s: float = 30,
        source: Callable[[], Source] | None = None,
        model: ModelSettings | None = None,
        models: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.source = source
        self.model = model or ModelSettings()
        self.models = models
        self.wait_s = wait_s
        self.folder = folder
        self.now = NOW
        self.lag_limit = lag_limit
        self.streams = streams
        self.server: Any = None
        self.log = InMemoryLog()
        self.worker = worker
        self.process = Process(folder, self.log) if recorded else None
        if recorded:
            Ledger(folder / "ledger" / "ledger.sqlite").close()

    async def start(self) -> Services:
        sealer = SubjectSealer(KeyStore(self.folder / "keys" / "keys.sqlite"))
        self.bus = ListBus(self.log, sealer)
        embedder = HashEmbedder()

        def record() -> SQLiteCubeStore:
            return SQLiteCubeStore(self.folder / "record" / "cubes.sqlite", sealer, read_only=True)

        def recaller() -> Recaller:
            index = InMemoryRecallIndex(
                record(), embedder.embedder_id, embedder.dimensions, 1 << 28, analyse=terms
            )
            return Recaller(index, embedder)

        store = Workbench("record", record, SQLiteCubeStore.close)
        ledger = Workbench(
            "ledger", lambda: Ledger(self.folder / "ledger" / "ledger.sqlite", read_only=True), Ledger.close
        )
        progress = (
            Progress(
                "memory",
                EVENTS.name,
                lambda: store.run(lambda s: s.positions("memory")),
                limit_s=self.wait_s,
            ),
            Progress("audit", AUDIT.name, lambda: ledger.run(lambda s: s.positions("audit"))),
        )
        self.backlog = Backlog(
            self.bus,
            progress,
            lambda: store.run(lambda s: s.statistics().outbox),
            lambda: self.now,
            limit=self.lag_limit,
            interval_s=3600,  # tests look when they want to
        )
        self.ticker = Ticker(
            self.bus,
            lambda now: store.run(lambda s: s.due(now)),
            lambda: self.now,
            every_s=0,  # tests tick when they want to
        )
        source = None if self.source is None else self.source()
        self.services = Services(
            bus=self.bus,
            record=store,  # type: ignore[arg-type]
            recalls=Workbench("recall", recaller),
            ledger=ledger,
            sealer=Workbench("sealer", lambda: sealer),
            letters=Letters(self.bus),
            progress=progress,
            backlog=self.backlog,
            ticker=self.ticker,
            streams=Streams(self.streams),
            claims=Claims(lambda: self.now),
            model=self.model,
            processes=ModelProcesses(self.model.urls, self.models),
            kept=lambda: kept(DataFolder(self.folder).blocks),
            kafka=lambda: "127.0.0.1:9092",
            clock=lambda: self.now,
            source=source,
            prefetch=Prefetch(store, source, lambda: self.now)  # type: ignore[arg-type]
            if isinstance(source, ModelClient)
            else None,
        )
        if self.worker and self.process is not None:
            self._working = asyncio.create_task(self._work(self.process))
        return self.services

    async def _work(self, process: Process) -> None:
        while True:
            await self.bus.grown.wait()
            self.bus.grown.clear()
            await asyncio.to_thread(process.drain)

    def letters(self) -> list[StreamRecord]:
        return self.log.of(DEADLETTER.name)


@asynccontextmanager
async def opened(house: House) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the app over this house."""
    app = create_app(house.start)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://test") as client,
    ):
        yield client


def _as_read(record: StreamRecord) -> Record:
    return Record(
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        timestamp_ms=int(record.timestamp.timestamp() * 1000),
        key=record.key,
        headers=record.headers,
        value=record.value,
    )
