"""The one table of topics: what each carries, how it is cut, and how long it is kept."""

from __future__ import annotations

from typing import Final

import msgspec

# One count for every topic keyed by subject, so that a subject has the same partition number
# everywhere. It bounds the workers of a role and cannot be changed later without moving subjects.
PARTITIONS: Final = 12

_DAY_MS: Final = 24 * 3600 * 1000


class Topic(msgspec.Struct, frozen=True):
    """A topic as it must be. `keyed`: partitioned by subject; otherwise it has one partition."""

    name: str
    carries: str
    keyed: bool = True
    compacted: bool = False
    retention_ms: int = -1
    max_message_bytes: int = 1024 * 1024

    def partitions(self) -> int:
        return PARTITIONS if self.keyed else 1

    def config(self) -> dict[str, str]:
        """Settings as Kafka names them.

        LogAppendTime: the broker's clock says when we came to know an event. It stands in the log,
        so a replay gives the same, and no client can backdate what was known.
        """
        return {
            "cleanup.policy": "compact" if self.compacted else "delete",
            "retention.ms": str(self.retention_ms),
            "max.message.bytes": str(self.max_message_bytes),
            "message.timestamp.type": "LogAppendTime",
        }


EVENTS: Final = Topic(
    "memory.events",
    carries="conversation, commands, feedback and results: all that changes a subject's memory",
    retention_ms=30 * _DAY_MS,
)
UPDATES: Final = Topic(
    "memory.updates",
    carries="every change of a cube with its version; a tombstone when it is erased",
    compacted=True,
)
RECALLS: Final = Topic(
    "memory.recalls",
    carries="which cubes a recall returned, by id",
    retention_ms=7 * _DAY_MS,
)
ACTIVATION_JOBS: Final = Topic(
    "memory.activation.jobs",
    carries="blocks of memories to be prefilled as KV caches, and those to be dropped",
    retention_ms=7 * _DAY_MS,
)
AUDIT: Final = Topic(
    "memory.audit",
    carries="one record for every change, until it is in the ledger",
    keyed=False,
    retention_ms=30 * _DAY_MS,
)
DEADLETTER: Final = Topic(
    "memory.deadletter",
    carries="what could not be processed: the bytes as they came, the reason in the headers",
    keyed=False,
    retention_ms=90 * _DAY_MS,
    # The largest event and its headers must fit, or the refusal itself would be refused.
    max_message_bytes=2 * 1024 * 1024,
)

TOPICS: Final = (EVENTS, UPDATES, RECALLS, ACTIVATION_JOBS, AUDIT, DEADLETTER)
