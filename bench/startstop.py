"""How long processes, the whole system and commands take to start and to stop."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path
from typing import Final

import httpx

from bench import Say
from bench.processes import process, stop, wait_until
from bench.report import Findings, Table
from bench.samples import Samples
from bench.system import MEMCUBE, put_away, scratch, up, worker
from infra.kafka import EmbeddedBroker
from infra.kafka.topics import ensure_topics
from infra.ports import LOOPBACK, free_port

RUNS: Final = 5
QUICK_RUNS: Final = 2

Took = defaultdict[str, list[float]]


class Measured:
    """Seconds by what was started, stopped or run."""

    def __init__(self) -> None:
        self.starts: Took = defaultdict(list)
        self.stops: Took = defaultdict(list)
        self.commands: Took = defaultdict(list)


def measure(*, quick: bool, say: Say) -> Findings:
    runs = QUICK_RUNS if quick else RUNS
    took = Measured()
    with scratch() as folder:
        asyncio.run(_one_by_one(folder, runs, took, say))
        _whole(folder / "data", runs, took, say)
    found = {"start": took.starts, "stop": took.stops, "command": took.commands}
    return Findings(
        tables=(
            _table("Start until ready", took.starts),
            _table("Stop, from the signal to the end", took.stops),
            _table("Commands, from start to end", took.commands),
        ),
        data={
            what: {name: {**Samples(values).summary(), "seconds": values} for name, values in each.items()}
            for what, each in found.items()
        },
    )


async def _one_by_one(folder: Path, runs: int, took: Measured, say: Say) -> None:
    """Each process alone beside the broker, on a folder that has run before, files in the page cache."""
    broker = EmbeddedBroker(folder / "kafka")
    broker.prepare()
    for run in range(runs + 1):
        say(f"each process alone, {f'run {run} of {runs}' if run else 'once to prepare its folder'}")
        counts = run > 0
        since = time.perf_counter()
        try:
            await broker.start()
            started = time.perf_counter() - since
            await ensure_topics(broker.bootstrap)
            lives = {role: _worker(role, folder, broker.bootstrap) for role in ("memory", "audit")}
            lives["gateway"] = _gateway(folder, broker.bootstrap)
        finally:
            since = time.perf_counter()
            await put_away(broker)
        lives["kafka"] = started, time.perf_counter() - since
        for name, (start, end) in lives.items():
            if counts:
                took.starts[name].append(start)
                took.stops[name].append(end)


def _worker(role: str, folder: Path, bootstrap: str) -> tuple[float, float]:
    since = time.perf_counter()
    with worker(role, folder, bootstrap, "minilm") as running:
        running.wait_ready()
        return time.perf_counter() - since, stop(running.child)


def _gateway(folder: Path, bootstrap: str) -> tuple[float, float]:
    port, log = free_port(), folder / "gateway.log"
    argv = [sys.executable, "-m", "gateway.http", "--data", str(folder), "--port", str(port)]
    since = time.perf_counter()
    with (
        process(argv, log, {"MEMCUBE_KAFKA": bootstrap, "MEMCUBE_EMBEDDER": "minilm"}) as child,
        httpx.Client(trust_env=False) as client,
    ):
        wait_until(lambda: _answers(client, f"http://{LOOPBACK}:{port}/healthz"), child, log, within_s=60)
        return time.perf_counter() - since, stop(child)


def _answers(client: httpx.Client, address: str) -> bool:
    try:
        return client.get(address).is_success
    except httpx.TransportError:
        return False


def _whole(folder: Path, runs: int, took: Measured, say: Say) -> None:
    for run in range(runs + 1):
        say(f"memcube up, {f'run {run} of {runs}' if run else 'once to prepare its folder'}")
        since = time.perf_counter()
        with up(folder) as system:
            system.wait_ready()
            started = time.perf_counter() - since
            if run == 1:
                say(f"commands beside it, {runs} runs each")
                for words in (("--help",), ("status", "--data", str(folder))):
                    took.commands[f"memcube {words[0]}"] += [_command(*words) for _ in range(runs)]
            end = system.interrupt()
        if run:
            took.starts["memcube up"].append(started)
            took.stops["memcube up (Ctrl-C)"].append(end)


def _command(*words: str) -> float:
    since = time.perf_counter()
    subprocess.run([*MEMCUBE, *words], stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - since


def _table(title: str, took: Took) -> Table:
    rows = tuple(
        (name, str(len(one)), *(f"{figure:.2f}" for figure in (one.median, one.smallest, one.largest)))
        for name, one in ((name, Samples(values)) for name, values in took.items())
    )
    return Table(title, ("", "runs", "median s", "min s", "max s"), rows)
