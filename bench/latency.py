"""From publishing an event until a recall returns it, in a running system at 10 events a second."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Final

from bench import Say
from bench.floors import measure_floors
from bench.reading import HttpReader, IndexReader, Times
from bench.report import Findings, Table, Verdict, ms
from bench.samples import Samples
from bench.system import Up, producer, scratch, sealer, send, up
from bench.turns import Turn, turns

RATE: Final = 10.0
EVENTS: Final = 400
QUICK_EVENTS: Final = 60
# The first events of a subject load its view, and the first ones at all warm up the broker's JVM.
WARM_UP: Final = 40
STAGES: Final = ("extract", "embed", "consolidate", "commit")
MUST_MS: Final = 100.0
GOAL_MS: Final = 30.0


Publish = Callable[[Turn, Times], Coroutine[None, None, None]]


def measure(*, quick: bool, say: Say) -> Findings:
    with scratch() as folder, up(folder / "data") as system:
        say("starting a whole system with the real embedder")
        system.wait_ready()
        return asyncio.run(_measure(system, QUICK_EVENTS if quick else EVENTS, say))


async def _measure(system: Up, count: int, say: Say) -> Findings:
    say("floors: the parts alone")
    floors = await measure_floors(system, count // 4)
    say(f"{count} events to Kafka, read by an index in another process")
    before = system.metrics("memory")
    stream = await _through_kafka(system, turns(WARM_UP + count))
    stages = _stages(before, system.metrics("memory"))
    say(f"{count} events to the gateway, recalled from it")
    gateway = await _through_gateway(system, turns(WARM_UP + count, first_telling=1_000))
    ways = {"Kafka": stream, "gateway": gateway}
    found = {
        way: Samples(one.recalled for one in times if one.recalled is not None) for way, times in ways.items()
    }
    lost = sum(one.recalled is None for times in ways.values() for one in times)
    return Findings(
        tables=(_table(ways), _stage_table(stages), floors.table(found["Kafka"].median)),
        data={
            "events_per_s": RATE,
            "warm_up": WARM_UP,
            "stages_mean_s": stages,
            "floors_s": {name: part.summary() for name, part in floors.parts.items()},
            **{
                way: {
                    step: Samples(values).summary()
                    for step in Times.__struct_fields__
                    if (values := [at for one in times if (at := getattr(one, step)) is not None])
                }
                for way, times in ways.items()
            },
            "never_recalled": lost,
        },
        verdicts=tuple(
            Verdict(f"{way} to recalled, p50", 1000 * samples.median, "ms", must=MUST_MS, goal=GOAL_MS)
            for way, samples in found.items()
        ),
        notes=(f"{lost} events were not among the best 20 for their own words.",) if lost else (),
    )


async def _through_kafka(system: Up, told: Sequence[Turn]) -> list[Times]:
    """Straight to Kafka, as any producer may; read as any process may that has the record and the keys."""
    seals = sealer(system.data)
    messages = {turn.id: turn.record(seals) for turn in told}
    reader = IndexReader(system, told)
    try:
        async with producer(system.system.kafka, linger_ms=0) as kafka:

            async def publish(turn: Turn, times: Times) -> None:
                since = time.perf_counter()
                reader.expect(turn, times, since)
                await (await send(kafka, messages[turn.id]))
                times.acknowledged = time.perf_counter() - since

            watching = asyncio.create_task(reader.watch())
            try:
                return await _at_rate(told, publish, reader.settled)
            finally:
                watching.cancel()
    finally:
        reader.close()


async def _through_gateway(system: Up, told: Sequence[Turn]) -> list[Times]:
    async with HttpReader(system) as reader:
        return await _at_rate(told, reader.follow, None)


async def _at_rate(
    told: Sequence[Turn], publish: Publish, settled: Callable[[], Awaitable[None]] | None
) -> list[Times]:
    """At random distances around the rate: even ones could beat in time with somebody's timer."""
    rng = random.Random(1)
    times = [Times() for _ in told]
    tasks: list[asyncio.Task[None]] = []
    due = time.perf_counter()
    for turn, its in zip(told, times, strict=True):
        tasks.append(asyncio.create_task(publish(turn, its)))
        due += rng.uniform(0.5, 1.5) / RATE
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
    await asyncio.gather(*tasks)
    if settled is not None:
        await settled()
    return times[WARM_UP:]


def _stages(before: dict[str, float], after: dict[str, float]) -> dict[str, float]:
    """Mean seconds of one batch in each stage of role memory. At this rate a batch is one event or two."""

    def grown(name: str) -> float:
        return after.get(name, 0.0) - before.get(name, 0.0)

    of = {stage: f'{{"stage": "{stage}"}}' for stage in STAGES}
    return {
        stage: grown(f"memcube_stage_seconds_sum{label}")
        / max(grown(f"memcube_stage_seconds_count{label}"), 1)
        for stage, label in of.items()
    }


def _stage_table(stages: dict[str, float]) -> Table:
    rows = tuple((stage, ms(seconds)) for stage, seconds in stages.items())
    return Table("Of that in role memory, a batch", ("stage", "mean ms"), rows)


def _table(ways: dict[str, list[Times]]) -> Table:
    rows = []
    words = {"acknowledged": "in the log", "committed": "in the record", "recalled": "recalled"}
    for way, times in ways.items():
        for step, word in words.items():
            samples = Samples(at for one in times if (at := getattr(one, step)) is not None)
            figures = (samples.median, samples.percentile(95), samples.largest)
            rows.append((f"{way}: {word}", str(len(samples)), *(ms(figure) for figure in figures)))
    columns = ("published to", "events", "p50 ms", "p95 ms", "max ms")
    return Table(f"Since publishing, {RATE:g} events/s, real embedder", columns, tuple(rows))
