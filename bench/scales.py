"""What was found at each scale, and the tables that are made of it."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import local
from typing import Final

import msgspec

from bench.report import Table, ms
from bench.samples import Samples

PHASES: Final = ("position", "embedding", "bm25", "vector", "fusion", "folding")


class Watch(local):
    """The seconds of each phase of one recall, of the thread that asks."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)

    @contextmanager
    def timed(self, phase: str) -> Iterator[None]:
        since = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[phase] += time.perf_counter() - since


class Scale(msgspec.Struct, frozen=True):
    """What was found, in seconds and bytes."""

    name: str
    memories: int
    embedder: list[float]
    total: list[float]
    phases: dict[str, list[float]]
    cold: list[float]
    rss: float
    counted: int
    loaded: int


def latencies(found: Sequence[Scale]) -> Table:
    rows = []
    for one in found:
        total, alone = Samples(one.total), Samples(one.embedder)
        ratio = f"{total.median / alone.median:.2f}"
        rows.append((one.name, ms(total.median), ms(total.percentile(95)), ms(alone.median), ratio))
    columns = ("memories", "p50 ms", "p95 ms", "embedder alone p50", "x embedder")
    return Table(f"One recall of 5, {len(found[0].total)} questions", columns, tuple(rows))


def phase_shares(found: Sequence[Scale]) -> Table:
    rows = [(one.name, *(_pair(Samples(one.phases[phase])) for phase in PHASES)) for one in found]
    return Table("Its phases, p50 / p95 in ms", ("memories", *PHASES), tuple(rows))


def starts(found: Sequence[Scale]) -> Table:
    rows = [
        (
            one.name,
            f"{len(one.cold)} x {Samples(one.cold).median:.3f}",
            f"{one.rss / 1e6:.0f}",
            f"{one.rss / one.memories:.0f}",
            f"{one.counted / 1e6:.0f}",
            str(one.loaded),
        )
        for one in found
    ]
    columns = (
        "memories",
        "cold first recall, s",
        "RSS MB",
        "bytes a memory",
        "counted MB",
        "subjects loaded",
    )
    return Table("From nothing", columns, tuple(rows))


def _pair(samples: Samples) -> str:
    return f"{samples.median * 1000:.2f} / {samples.percentile(95) * 1000:.2f}"


def figures(one: Scale) -> dict[str, object]:
    """For the JSON file."""
    return {
        "memories": one.memories,
        "embedder_alone_s": Samples(one.embedder).summary(),
        "recall_s": Samples(one.total).summary(),
        "phases_s": {phase: Samples(seconds).summary() for phase, seconds in one.phases.items()},
        "cold_s": Samples(one.cold).summary(),
        "rss_bytes": one.rss,
        "counted_bytes": one.counted,
        "subjects_loaded": one.loaded,
    }
