"""Times the way of an event through a worker: its waits, the stages of its batch, and the whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from time import perf_counter, process_time, time

from memcube import metrics
from streams.log import Record


@contextmanager
def stage(name: str) -> Iterator[None]:
    """CPU is that of the whole process, since the embedder's threads are not ours."""
    wall, cpu = perf_counter(), process_time()
    try:
        yield
    finally:
        metrics.STAGE_SECONDS.labels(name).observe(perf_counter() - wall)
        metrics.STAGE_CPU.labels(name).inc(process_time() - cpu)


def fetched(role: str, appended_s: float) -> float:
    """An event is here, which the log (by Kafka's clock) took at `appended_s`; returns the time now."""
    now = time()
    # Two machines' clocks may differ by more than an event takes: better 0 than less.
    metrics.WAIT_SECONDS.labels(role, "log").observe(max(now - appended_s, 0.0))
    return now


def begun(role: str, fetched_s: Iterable[float]) -> None:
    """Work on a batch begins, whose events were here at these times."""
    now = time()
    waited = metrics.WAIT_SECONDS.labels(role, "queue")
    for since in fetched_s:
        waited.observe(max(now - since, 0.0))


def committed(role: str, records: Iterable[Record]) -> None:
    """These count from now on."""
    now = time()
    took = metrics.EVENT_SECONDS.labels(role)
    for record in records:
        took.observe(max(now - record.timestamp.timestamp(), 0.0))
