"""From sending an event until it is acknowledged: by HTTP, and by a plain producer, in one run."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

import httpx
import msgspec
from aiokafka import AIOKafkaProducer

from bench import Say
from bench.processes import BenchError
from bench.report import Findings, Table
from bench.samples import Samples
from bench.system import Up, producer, scratch, sealer, send, up
from bench.turns import Turn, turns
from memcube.store.record import OutboxMessage

AT_ONCE: Final = 8
BATCH: Final = 100
# Both ways in turns, so that what else happens on the machine meets both.
ROUNDS: Final = 4
# All together below the 10,000 events at which the gateway would turn us away: nobody reads meanwhile.
SINGLE: Final = 400
CONCURRENT: Final = 800
BATCHES: Final = 20
QUICK: Final = 8
_WARM_UP: Final = 50

Send = Callable[[Sequence[Turn]], Awaitable[None]]


class Way(msgspec.Struct, frozen=True):
    """How events are sent. `one` sends a single event, `batch` many in one go; both wait for the answer."""

    name: str
    one: Send
    batch: Send


class Case(msgspec.Struct, frozen=True):
    """`size` events in a request, `at_once` requests at a time; `events` in all, of each way."""

    name: str
    events: int
    size: int = 1
    at_once: int = 1


def measure(*, quick: bool, say: Say) -> Findings:
    with scratch() as folder, up(folder / "data") as system:
        say("starting a whole system")
        system.wait_ready()
        with _frozen(system.pids["memory"]):
            return asyncio.run(_measure(system, QUICK if quick else 1, say))


@contextmanager
def _frozen(pid: int) -> Iterator[None]:
    """The worker stands still: what it does with the events would take the cores from those who send."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


async def _measure(system: Up, part: int, say: Say) -> Findings:
    cases = (
        Case("one by one", SINGLE // part),
        Case(f"{AT_ONCE} at a time", CONCURRENT // part, at_once=AT_ONCE),
        Case(f"by {BATCH}, an event", max(BATCHES // part, ROUNDS) * BATCH, size=BATCH),
    )
    told = turns(2 * (_WARM_UP + sum(case.events for case in cases)))
    seals = sealer(system.data)
    records = {turn.id: turn.record(seals) for turn in told}
    left = iter(told)
    found: dict[str, dict[str, list[float]]] = {}
    async with (
        producer(system.system.kafka, linger_ms=0) as kafka,
        httpx.AsyncClient(base_url=system.system.gateway, trust_env=False, timeout=30.0) as client,
    ):
        ways = (_http(client), _plain(kafka, records))
        for way in ways:
            for _ in range(_WARM_UP):
                await way.one([next(left)])
        for case in cases:
            say(f"{case.events} events each way, {case.name}")
            for _ in range(ROUNDS):
                for way in ways:
                    batches = [[next(left) for _ in range(case.size)] for _ in range(_requests(case))]
                    took = await _send_all(way, batches, case.at_once)
                    found.setdefault(case.name, {}).setdefault(way.name, []).extend(
                        seconds / case.size for seconds in took
                    )
    samples = {name: {way: Samples(took) for way, took in ways.items()} for name, ways in found.items()}
    return Findings(
        tables=(_table(samples),),
        data={name: {way: one.summary() for way, one in by_way.items()} for name, by_way in samples.items()},
        notes=("The worker stood still meanwhile. Both ways wait for all in-sync replicas, here one.",),
    )


def _requests(case: Case) -> int:
    """Of one round."""
    return max(case.events // case.size // ROUNDS, 1)


async def _send_all(way: Way, batches: Sequence[Sequence[Turn]], at_once: int) -> list[float]:
    """Seconds of each request."""
    waiting = iter(batches)
    took: list[float] = []

    async def sender() -> None:
        for batch in waiting:
            since = time.perf_counter()
            await (way.one if len(batch) == 1 else way.batch)(batch)
            took.append(time.perf_counter() - since)

    await asyncio.gather(*(sender() for _ in range(at_once)))
    return took


def _http(client: httpx.AsyncClient) -> Way:
    async def post(body: object) -> None:
        answer = await client.post("/v1/events", json=body)
        if not answer.is_success:
            raise BenchError(f"POST /v1/events: {answer.status_code} {answer.text[:500]}")

    async def one(sent: Sequence[Turn]) -> None:
        await post(sent[0].request())

    async def batch(sent: Sequence[Turn]) -> None:
        await post({"events": [turn.request() for turn in sent]})

    return Way("HTTP", one, batch)


def _plain(kafka: AIOKafkaProducer, records: dict[str, OutboxMessage]) -> Way:
    """What any producer does: already sealed, or of somebody who does not seal."""

    async def one(sent: Sequence[Turn]) -> None:
        await (await send(kafka, records[sent[0].id]))

    async def batch(sent: Sequence[Turn]) -> None:
        await asyncio.gather(*[await send(kafka, records[turn.id]) for turn in sent])

    return Way("aiokafka", one, batch)


def _table(samples: dict[str, dict[str, Samples]]) -> Table:
    rows = []
    for name, by_way in samples.items():
        http, plain = by_way["HTTP"], by_way["aiokafka"]
        figures = [(one.median, one.percentile(95)) for one in (http, plain)]
        ratios = [f"{of_http / of_plain:.1f}" for of_http, of_plain in zip(*figures, strict=True)]
        shown = [f"{seconds * 1000:.2f}" for pair in figures for seconds in pair]
        rows.append((name, str(len(http)), *shown, *ratios))
    columns = (
        "sent",
        "requests",
        "HTTP p50 ms",
        "p95",
        "aiokafka p50 ms",
        "p95",
        "ratio p50",
        "p95",
    )
    return Table("Sent until acknowledged (acks=all)", columns, tuple(rows))
