"""Events a second and CPU an event through the stream: real embedder, hash embedder, no work at all."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

from bench import Say
from bench.latency import STAGES
from bench.processes import cpu_seconds, freeze, process, thaw, wait_until
from bench.report import Findings, Table, Verdict
from bench.system import Worker, broker, fill, passed, reader, scratch, sealer, worker
from bench.turns import AT_ONCE, Turn, subjects, turns
from memcube.settings import DataFolder
from memcube.store.sqlite import SQLiteCubeStore

EVENTS: Final = 2_016  # 24 conversations' worth
QUICK_EVENTS: Final = 252
# What a worker does of itself after it is ready (joining, first reports) is not the load's.
_SETTLE_S: Final = 2.0
# Nothing is so quick to do that the kernel's 10 ms would be a tenth of it.
_NOOP_TIMES: Final = 5
_WITHIN_S: Final = 600.0


class Run(msgspec.Struct, frozen=True):
    """One worker over all events. `stages`: CPU seconds by stage, of those that it counts itself."""

    events: int
    seconds: float
    cpu: float
    stages: dict[str, float]

    @property
    def rate(self) -> float:
        return self.events / self.seconds

    @property
    def cpu_ms(self) -> float:
        return 1000 * self.cpu / self.events

    @property
    def embed_share(self) -> float:
        return self.stages["embed"] / self.cpu


def measure(*, quick: bool, say: Say) -> Findings:
    told = turns(QUICK_EVENTS if quick else EVENTS)
    runs: dict[str, Run] = {}
    for embedder in ("minilm", "hash"):
        say(f"{len(told)} events through role memory, embedder {embedder}")
        runs[embedder] = asyncio.run(_worker(told, embedder))
    say(f"{len(told)} events through a Faust agent that does nothing")
    runs["no-op"] = asyncio.run(_noop(told))
    return Findings(
        tables=(_rates(runs), _shares(runs)),
        data={
            "events": len(told),
            "subjects": len(subjects(told)),
            "different_texts": len({turn.text for turn in told}),
            **{
                name: {**msgspec.to_builtins(run), "events_per_s": run.rate, "cpu_ms_per_event": run.cpu_ms}
                for name, run in runs.items()
            },
        },
        verdicts=(
            Verdict(
                "embedder's share of worker CPU", runs["minilm"].embed_share, unit="", must=0.7, at_least=True
            ),
        ),
        notes=("CPU is user and system time of the worker alone, its start left out.",),
    )


async def _worker(told: list[Turn], embedder: str) -> Run:
    """The topic is filled while the worker stands frozen, behind its start and before its work."""
    warm_up = turns(AT_ONCE, first_telling=1_000_000)
    with scratch() as folder:
        async with broker(folder) as bootstrap:
            data = DataFolder(folder)
            seals = sealer(data)
            messages = [turn.record(seals) for turn in told]
            with worker("memory", folder, bootstrap, embedder) as role:
                role.wait_ready()
                store = reader(data)
                log = folder / "memory.log"
                # The relay's producer connects at its first message, the embedder grows at its first run.
                _done(store, role, log, await fill(bootstrap, [turn.record(seals) for turn in warm_up]))
                await asyncio.sleep(_SETTLE_S)
                before = role.metrics()
                pid = role.child.pid
                freeze(pid)
                ends = await fill(bootstrap, messages)
                startup = cpu_seconds(pid)
                since = time.perf_counter()
                thaw(pid)
                seconds = _done(store, role, log, ends) - since
                cpu = cpu_seconds(pid) - startup
                after = role.metrics()
                store.close()
    stages = {
        stage: after[name] - before.get(name, 0.0)
        for stage in STAGES
        if (name := f'memcube_stage_cpu_seconds_total{{"stage": "{stage}"}}') in after
    }
    return Run(len(told), seconds, cpu, stages)


def _done(store: SQLiteCubeStore, role: Worker, log: Path, ends: Mapping[int, int]) -> float:
    """The moment of the last commit; returns when the outbox is delivered too."""
    wait_until(lambda: passed(store, ends), role.child, log, within_s=_WITHIN_S, every_s=0.01)
    moment = time.perf_counter()
    wait_until(lambda: not store.statistics().outbox, role.child, log, within_s=60)
    return moment


async def _noop(told: list[Turn]) -> Run:
    with scratch() as folder:
        async with broker(folder) as bootstrap:
            seals = sealer(DataFolder(folder))
            messages = [turn.record(seals) for turn in told] * _NOOP_TIMES
            log = folder / "noop.log"
            argv = [sys.executable, "-m", "bench.noop", "--kafka", bootstrap, "--expect", str(len(messages))]
            with process([*argv, "--folder", str(folder / "noop")], log) as child:
                wait_until(lambda: _says(log, "ready"), child, log, within_s=60)
                await asyncio.sleep(_SETTLE_S)
                freeze(child.pid)
                await fill(bootstrap, messages)
                startup = cpu_seconds(child.pid)
                since = time.perf_counter()
                thaw(child.pid)
                wait_until(lambda: _says(log, "done"), child, log, within_s=60)
                seconds = time.perf_counter() - since
                cpu = cpu_seconds(child.pid) - startup
    return Run(len(messages), seconds, cpu, {})


def _says(log: Path, word: str) -> bool:
    # At the end of a line: Faust writes codes for the terminal before it.
    return any(line.endswith(word) for line in log.read_text().splitlines())


def _rates(runs: dict[str, Run]) -> Table:
    least = runs["no-op"]
    return Table(
        f"{runs['minilm'].events} events, waiting in the topic, one worker",
        ("", "events/s", "CPU ms/event", "rate, no-op = 1", "CPU, no-op = 1"),
        tuple(
            (
                name,
                f"{run.rate:.0f}",
                f"{run.cpu_ms:.2f}",
                f"{run.rate / least.rate:.3f}",
                f"{run.cpu_ms / least.cpu_ms:.0f}",
            )
            for name, run in runs.items()
        ),
    )


def _shares(runs: dict[str, Run]) -> Table:
    """The rest is Faust, the relay and the client of Kafka."""
    workers = {name: run for name, run in runs.items() if run.stages}
    rows = tuple(
        (
            stage,
            *(
                f"{1000 * run.stages[stage] / run.events:.2f} ms  {run.stages[stage] / run.cpu:.0%}"
                for run in workers.values()
            ),
        )
        for stage in STAGES
    )
    rest = ("the rest", *(_rest(run) for run in workers.values()))
    return Table("CPU an event, by stage, as the worker counts it", ("stage", *workers), (*rows, rest))


def _rest(run: Run) -> str:
    left = run.cpu - sum(run.stages.values())
    return f"{1000 * left / run.events:.2f} ms  {left / run.cpu:.0%}"
