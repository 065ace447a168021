"""Role `audit`: every audit record into the ledger, each once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec

from memcube import metrics
from memcube.cube import Decision
from memcube.governance.ledger import Entry, Ledger, LedgerShare
from memcube.store.record import OutboxMessage, OutboxRow, Partition
from schemas.events import Audited
from schemas.topics import AUDIT, Topic
from streams.checkpoint import Work
from streams.guard import Refusal, dead_letter, own
from streams.log import Record

PROCESSOR: Final = "ledger/1"
_decode = msgspec.json.Decoder(Audited).decode


class AuditRole:
    """The only writer of the ledger."""

    name: str = "audit"
    source: Topic = AUDIT

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def group(self) -> str:
        return f"memcube-audit-{self._ledger.ledger_id}"

    def positions(self) -> Mapping[Partition, int]:
        return self._ledger.positions(self.name)

    def plan(self, work: Sequence[Work]) -> Sequence[LedgerShare]:
        return [self._share(part) for part in work]

    def commit(self, shares: Sequence[LedgerShare]) -> frozenset[Partition]:
        return self._ledger.commit(shares)

    def discard(self) -> None:
        """Nothing is cached."""

    def outbox(self, partitions: Iterable[Partition], limit: int) -> Sequence[OutboxRow]:
        return self._ledger.outbox(partitions, limit)

    def sent(self, ids: Sequence[int]) -> None:
        self._ledger.sent(ids)

    def close(self) -> None:
        self._ledger.close()

    def _share(self, work: Work) -> LedgerShare:
        entries: list[Entry] = []
        refused: list[OutboxMessage] = []
        for record in work.records:
            try:
                entries.append(_entry(record))
                metrics.EVENTS.labels(self.name, "applied").inc()
            except Refusal as refusal:
                refused.append(dead_letter(record, refusal, PROCESSOR))
                metrics.EVENTS.labels(self.name, "refused").inc()
                metrics.dead_letter(self.name, refusal.reason)
        return LedgerShare(
            partition=work.partition,
            base=work.base,
            next=work.next,
            entries=tuple(entries),
            outbox=tuple(refused),
        )


def _entry(record: Record) -> Entry:
    """Raises `Refusal`."""
    name, data = own(record, _decode, "an audit record")
    # A no-op and a refusal name the cube that they left as it was: no version was made.
    made = data.decision in set(Decision) - {Decision.NOOP}
    return Entry(
        id=name,
        subject=data.subject,
        record=record.value or b"",  # `own` refuses one without
        cube_id=data.cube_id if made else None,
        version=data.version if made else None,
    )
