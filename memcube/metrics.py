"""Every metric of MemCube, of every process, in one place. Seconds; no label with unbounded values."""

from __future__ import annotations

from typing import Final

from prometheus_client import Counter, Gauge, Histogram

from memcube.store.record import Partition

READY: Final = Gauge("memcube_ready", "1 once the role has its partitions and reads them", ["role"])
POSITION: Final = Gauge(
    "memcube_position", "The offset the record reads next", ["role", "topic", "partition"]
)
EVENTS: Final = Counter(
    "memcube_events_total", "Events taken from the log, by what became of them", ["role", "outcome"]
)
DECISIONS: Final = Counter(
    "memcube_decisions_total", "Versions made, by decision and form", ["decision", "form"]
)
DEADLETTERS: Final = Counter(
    "memcube_deadletters_total", "Events refused to the dead letters", ["role", "reason"]
)
REROUTED: Final = Counter("memcube_rerouted_total", "Events that came on another partition than their key's")
FENCED: Final = Counter(
    "memcube_fenced_total", "Shares of a batch that another owner was first with", ["role"]
)
COMMIT_RETRIES: Final = Counter(
    "memcube_commit_retries_total", "Commits tried again after a store fault", ["role"]
)
RELAYED: Final = Counter("memcube_relayed_total", "Outbox messages delivered", ["role"])
RELAY_RETRIES: Final = Counter(
    "memcube_relay_retries_total", "Outbox deliveries that failed and were tried again", ["role"]
)
UNSENDABLE: Final = Counter("memcube_unsendable_total", "Outbox messages over their topic's limit", ["topic"])
STAGE_SECONDS: Final = Histogram(
    "memcube_stage_seconds",
    "Time of one batch in each stage",
    ["stage"],
    buckets=(0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0),
)
STAGE_CPU: Final = Counter("memcube_stage_cpu_seconds_total", "CPU time spent in each stage", ["stage"])


def position(partition: Partition, offset: int) -> None:
    POSITION.labels(partition.role, partition.topic, str(partition.number)).set(offset)
