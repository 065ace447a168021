"""Role `promote`: what was recalled makes memories hot, and hot memories are asked to be built as blocks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Final

import msgspec
import structlog

from memcube import metrics
from memcube.activation.usage import Usage
from memcube.activation.usage_changes import UsageShare, Use
from memcube.governance.sealing import Sealer
from memcube.settings import ModelSettings
from memcube.store.record import CubeStore, OutboxMessage, OutboxRow, Partition
from schemas.errors import ContractError, KeyMismatch
from schemas.events import Recalled
from schemas.subject import Subject
from schemas.topics import RECALLS, Topic
from streams.checkpoint import Work
from streams.guard import Refusal, dead_letter, own
from streams.log import Record
from streams.promotion import Round

PROCESSOR: Final = "promote/1"
log = structlog.get_logger()
_decode = msgspec.json.Decoder(Recalled).decode


class PromoteRole:
    """Reads the record, writes the usage. One thread calls it; see `Runner`."""

    name: str = "promote"
    source: Topic = RECALLS

    def __init__(
        self, store: CubeStore, usage: Usage, sealer: Sealer, model: ModelSettings, partitions: int
    ) -> None:
        self._store = store
        self._usage = usage
        self._sealer = sealer
        self._model = model
        self._partitions = partitions

    def group(self) -> str:
        return f"memcube-promote-{self._usage.usage_id}"

    def positions(self) -> Mapping[Partition, int]:
        return self._usage.positions(self.name)

    def plan(self, work: Sequence[Work]) -> Sequence[UsageShare]:
        heard = [self._heard(part) for part in work]
        now = max([self._usage.clock(), *(record.timestamp for part in work for record in part.records)])
        planned = Round(
            self._store, self._usage, self._sealer, self._model, partitions=self._partitions, now=now
        ).planned([use for uses, _ in heard for use in uses])
        return [
            UsageShare(
                partition=part.partition,
                base=part.base,
                next=part.next,
                now=now,
                half_life=timedelta(hours=self._model.half_life_h),
                uses=uses,
                # The round goes with one partition. If another owner was first there, a later one finds the
                # same: heat stays.
                looks=planned.looks if n == len(work) - 1 else (),
                asked=planned.asked if n == len(work) - 1 else (),
                given_up=planned.given_up if n == len(work) - 1 else (),
                outbox=refused,
            )
            for n, (part, (uses, refused)) in enumerate(zip(work, heard, strict=True))
        ]

    def commit(self, shares: Sequence[UsageShare]) -> frozenset[Partition]:
        refused = self._usage.commit(shares)
        for share in shares:
            if share.partition not in refused:
                for asked in share.asked:
                    metrics.PROMOTIONS.labels(asked.why).inc()
                for block in share.given_up:
                    metrics.DEMOTIONS.labels(block.why).inc()
        totals = self._usage.totals()
        metrics.BUILDS_WAITING.set(totals.waiting)
        metrics.BUILDS_UNDER_WAY.set(totals.under_way)
        return refused

    def discard(self) -> None:
        """Nothing is cached."""

    def outbox(self, partitions: Iterable[Partition], limit: int) -> Sequence[OutboxRow]:
        return self._usage.outbox(partitions, limit)

    def sent(self, ids: Sequence[int]) -> None:
        self._usage.sent(ids)

    def close(self) -> None:
        self._usage.close()
        self._store.close()

    def _heard(self, part: Work) -> tuple[tuple[Use, ...], tuple[OutboxMessage, ...]]:
        uses: list[Use] = []
        refused: list[OutboxMessage] = []
        for record in part.records:
            try:
                uses.append(_use(record))
                metrics.EVENTS.labels(self.name, "applied").inc()
            except Refusal as refusal:
                refused.append(dead_letter(record, refusal, PROCESSOR))
                metrics.EVENTS.labels(self.name, "refused").inc()
                metrics.dead_letter(self.name, refusal.reason)
                log.warning("dead letter", reason=refusal.reason, topic=record.topic, offset=record.offset)
        return tuple(uses), tuple(refused)


def _use(record: Record) -> Use:
    """Raises `Refusal`."""
    name, data = own(record, _decode, "a recall")
    try:
        subject = Subject.parse(data.subject)
        if record.key is not None and record.key != data.subject.encode():
            raise KeyMismatch(f"the record's key is not the payload's subject, {data.subject!r}")
    except ContractError as error:
        raise Refusal(error) from error
    return Use(
        subject=subject.key,
        tenant=subject.tenant,
        recall=name,
        cubes=tuple(dict.fromkeys(one.cube_id for one in data.cubes)),
        at=record.timestamp,
    )
