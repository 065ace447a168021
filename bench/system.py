"""What is measured: a whole `memcube up`, or a broker with one worker, on a folder of its own."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Final

import httpx
from aiokafka import AIOKafkaProducer
from prometheus_client.parser import text_string_to_metric_families

from bench.processes import process, stop, wait_until
from infra.kafka import EmbeddedBroker
from infra.kafka.topics import ensure_topics
from infra.ports import LOOPBACK, free_port
from memcube.errors import NotRunning
from memcube.governance.keys import KeyStore
from memcube.governance.sealing import SubjectSealer
from memcube.settings import DataFolder, System
from memcube.store.record import OutboxMessage
from memcube.store.sqlite import SQLiteCubeStore
from schemas.topics import EVENTS

# A loaded machine takes several times the 5 s of an idle one.
READY_WITHIN_S: Final = 90.0
# What the installed command `memcube` runs, also where only its libraries are installed.
MEMCUBE: Final = (sys.executable, "-c", "from gateway.cli import main; main()")


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder that is gone afterwards. On the disk of the temporary files: commits are durable there too."""
    with tempfile.TemporaryDirectory(prefix="memcube-bench-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


class Up:
    """A running `memcube up`."""

    def __init__(self, folder: Path, child: subprocess.Popen[bytes], log: Path) -> None:
        self.data = DataFolder(folder)
        self._child = child
        self._log = log

    @property
    def system(self) -> System:
        """Raises `NotRunning`."""
        return self.data.system()

    @property
    def pids(self) -> Mapping[str, int]:
        """Of `up` itself and of its children, by name."""
        children = {child.name: child.pid for child in self.system.children if child.pid is not None}
        return {"up": self._child.pid, **children}

    def wait_ready(self) -> None:
        wait_until(self._ready, self._child, self._log, within_s=READY_WITHIN_S, every_s=0.005)

    def interrupt(self) -> float:
        """What Ctrl-C does; the seconds until it is over."""
        return stop(self._child, signal.SIGINT)

    def metrics(self, role: str) -> dict[str, float]:
        """See `scrape`."""
        address = next(child.metrics for child in self.system.children if child.name == role)
        return scrape(address or "")

    def reader(self) -> SQLiteCubeStore:
        """The record, as another process reads it."""
        return reader(self.data)

    def _ready(self) -> bool:
        try:
            found = self.system
        except NotRunning:
            return False
        # The addresses of the last run are in the folder until the first change of this one.
        mine = found.pid == self._child.pid
        return mine and bool(found.children) and all(child.state == "ready" for child in found.children)


@contextmanager
def up(folder: Path, env: Mapping[str, str] | None = None) -> Iterator[Up]:
    """`memcube up` on free ports with the real embedder; not waited for."""
    log = folder.with_suffix(".up.log")
    argv = [*MEMCUBE, "up", "--data", str(folder), "--gateway-port", "0", "--kafka-port", "0"]
    with process(argv, log, {"MEMCUBE_EMBEDDER": "minilm", "MEMCUBE_KAFKA": "", **(env or {})}) as child:
        yield Up(folder, child, log)


@asynccontextmanager
async def broker(folder: Path) -> AsyncIterator[str]:
    """The address of an embedded broker that has all topics."""
    kafka = EmbeddedBroker(folder / "kafka")
    kafka.prepare()
    try:
        await kafka.start()
        await ensure_topics(kafka.bootstrap)
        yield kafka.bootstrap
    finally:
        await put_away(kafka)


async def put_away(kafka: EmbeddedBroker) -> None:
    """Stop it, whatever happens. A Ctrl-C that came during blocking work cancels the first await after it."""
    try:
        await kafka.stop()
    except asyncio.CancelledError:
        await kafka.stop()
        raise


class Worker:
    """One role in a process of its own, beside a broker."""

    def __init__(self, role: str, child: subprocess.Popen[bytes], metrics_port: int, log: Path) -> None:
        self.child = child
        self._role = role
        self._address = f"http://{LOOPBACK}:{metrics_port}/metrics"
        self._log = log

    def wait_ready(self) -> None:
        """Until it has its partitions and reads them."""
        with httpx.Client(trust_env=False, timeout=5.0) as client:
            wait_until(lambda: self._reads(client), self.child, self._log, within_s=READY_WITHIN_S)

    def metrics(self) -> dict[str, float]:
        """See `scrape`."""
        return scrape(self._address)

    def _reads(self, client: httpx.Client) -> bool:
        try:
            return f'memcube_ready{{role="{self._role}"}} 1.0' in client.get(self._address).text
        except httpx.TransportError:
            return False


@contextmanager
def worker(role: str, folder: Path, bootstrap: str, embedder: str) -> Iterator[Worker]:
    """`python -m streams.worker --role ROLE`; not waited for."""
    log = folder / f"{role}.log"
    port = free_port()
    argv = [sys.executable, "-m", "streams.worker", "--role", role, "--data", str(folder)]
    env = {"MEMCUBE_KAFKA": bootstrap, "MEMCUBE_EMBEDDER": embedder}
    with process([*argv, "--metrics-port", str(port)], log, env) as child:
        yield Worker(role, child, port, log)


def scrape(address: str) -> dict[str, float]:
    """Every sample of a `/metrics` page by its name and its labels as JSON: `a_total{"b": "c"}`."""
    text = httpx.get(address, trust_env=False, timeout=10.0).text
    return {
        sample.name + json.dumps(sample.labels, sort_keys=True) * bool(sample.labels): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def sealer(data: DataFolder) -> SubjectSealer:
    return SubjectSealer(KeyStore(data.keys))


def reader(data: DataFolder) -> SQLiteCubeStore:
    """The record, read beside its writer; it must exist."""
    return SQLiteCubeStore(data.record, sealer(data), read_only=True)


@asynccontextmanager
async def producer(bootstrap: str, linger_ms: int) -> AsyncIterator[AIOKafkaProducer]:
    """As the gateway's, but for the linger."""
    made = AIOKafkaProducer(
        bootstrap_servers=bootstrap,
        enable_idempotence=True,
        acks="all",
        linger_ms=linger_ms,
        max_request_size=EVENTS.max_message_bytes,
    )
    try:
        await made.start()
        yield made
    finally:
        await made.stop()


async def send(kafka: AIOKafkaProducer, message: OutboxMessage) -> asyncio.Future[object]:
    """The future of the broker's acknowledgement."""
    future: asyncio.Future[object] = await kafka.send(
        message.topic, message.value, message.key, partition=message.partition, headers=list(message.headers)
    )
    return future


async def fill(bootstrap: str, messages: Sequence[OutboxMessage]) -> Mapping[int, int]:
    """Publish all at once; the end of each partition afterwards."""
    async with producer(bootstrap, linger_ms=5) as kafka:
        sent = [await send(kafka, message) for message in messages]
        done = await asyncio.gather(*sent)
    ends: dict[int, int] = {}
    for one in done:
        place, offset = getattr(one, "partition", 0), getattr(one, "offset", 0)
        ends[place] = max(ends.get(place, 0), offset + 1)
    return ends


def positions(store: SQLiteCubeStore, role: str = "memory") -> Mapping[int, int]:
    """The offset that the role reads next, by partition."""
    return {partition.number: at for partition, at in store.positions(role).items()}


def passed(store: SQLiteCubeStore, ends: Mapping[int, int]) -> bool:
    """Whether role memory has committed all up to these ends."""
    at = positions(store)
    return all(at.get(number, 0) >= end for number, end in ends.items())
