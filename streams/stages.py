"""Times the stages of a batch, wall clock and CPU."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter, process_time

from memcube import metrics


@contextmanager
def stage(name: str) -> Iterator[None]:
    """CPU is that of the whole process, since the embedder's threads are not ours."""
    wall, cpu = perf_counter(), process_time()
    try:
        yield
    finally:
        metrics.STAGE_SECONDS.labels(name).observe(perf_counter() - wall)
        metrics.STAGE_CPU.labels(name).inc(process_time() - cpu)
