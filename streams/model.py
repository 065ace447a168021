"""Role `model`: builds and drops blocks of activation memory, between the answers of its process."""

from __future__ import annotations

import errno
import threading
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Protocol

import msgspec
import structlog

from memcube import metrics
from memcube.activation.builder import BlockBuilder, NotBuilt
from memcube.activation.files import Unusable
from memcube.cube import cube_id
from memcube.errors import StoreFault
from memcube.governance.sealing import Sealer
from memcube.models.language import Cancelled
from memcube.models.prompt import Line
from memcube.store.record import OutboxMessage, OutboxRow, Partition
from memcube.store.sqlite.role_log import RoleLog
from processors.step import Opened
from schemas.envelope import encode
from schemas.events import JOBS, Artefact, Build, Built, Drop, Parent
from schemas.partition import partition_for
from schemas.topics import ACTIVATION_JOBS, EVENTS, Topic
from streams.checkpoint import Work
from streams.guard import Misrouted, Reason, Refusal, admit, dead_letter
from streams.log import Record
from streams.role import Stopped

PROCESSOR: Final = "model/1"
SOURCE: Final = "memcube/model"
# One job a commit: what was built is told before the next is begun.
_AT_ONCE: Final = 1
log = structlog.get_logger()


class ModelShare(msgspec.Struct, frozen=True):
    """One job, done."""

    partition: Partition
    base: int
    next: int
    outbox: tuple[OutboxMessage, ...]


class Closing(Protocol):
    """What lives as long as the role: the server."""

    def close(self) -> None: ...


class ModelRole:
    """Writes blocks and nothing else; the record learns of them by a `Built` on memory.events.

    A job may come twice, to two workers: both write the same file under its id, and say the same.
    """

    name: str = "model"
    source: Topic = ACTIVATION_JOBS
    batch_limit: int = _AT_ONCE

    def __init__(
        self,
        store: RoleLog,
        sealer: Sealer,
        builder: BlockBuilder,
        partitions: int,
        closing: Sequence[Closing] = (),
    ) -> None:
        self._store = store
        self._sealer = sealer
        self._builder = builder
        self._partitions = partitions
        self._closing = closing
        self._stopping = threading.Event()

    def group(self) -> str:
        return f"memcube-model-{self._store.id}"

    def positions(self) -> Mapping[Partition, int]:
        return self._store.positions(self.name)

    def plan(self, work: Sequence[Work]) -> Sequence[ModelShare]:
        """The oldest of the jobs. Raises `Stopped`."""
        part = min(work, key=lambda one: one.records[0].timestamp)
        record = part.records[0]
        try:
            outbox = self._done(record)
        except Cancelled:
            raise Stopped from None
        return [ModelShare(part.partition, base=part.base, next=record.offset + 1, outbox=outbox)]

    def commit(self, shares: Sequence[ModelShare]) -> frozenset[Partition]:
        return self._store.commit(shares)

    def discard(self) -> None:
        """Nothing is cached: a block that was built stands in its file."""

    def break_off(self) -> None:
        self._stopping.set()

    def outbox(self, partitions: Iterable[Partition], limit: int) -> Sequence[OutboxRow]:
        return self._store.outbox(partitions, limit)

    def sent(self, ids: Sequence[int]) -> None:
        self._store.sent(ids)

    def close(self) -> None:
        for one in self._closing:
            one.close()
        self._store.close()

    def _done(self, record: Record) -> tuple[OutboxMessage, ...]:
        """What is to be said when the job is done. Raises `Cancelled`, `StoreFault`."""
        try:
            job = admit(record, self._sealer, self._partitions, JOBS)
        except Misrouted as misrouted:
            metrics.REROUTED.inc()
            return (misrouted.message,)
        except Refusal as refusal:
            return self._refused(record, refusal)
        try:
            said = self._carried_out(job)
        except Unusable as error:
            return self._refused(record, Refusal(Reason.BAD_PAYLOAD, str(error)))
        except RuntimeError as error:  # as torch tells of whatever it could not do
            log.exception("block not built", job=job.event.id)
            return self._refused(record, Refusal(Reason.PROCESSOR_ERROR, repr(error)))
        metrics.EVENTS.labels(self.name, "applied").inc()
        return said

    def _refused(self, record: Record, refusal: Refusal) -> tuple[OutboxMessage, ...]:
        metrics.EVENTS.labels(self.name, "refused").inc()
        metrics.dead_letter(self.name, refusal.reason)
        return (dead_letter(record, refusal, PROCESSOR),)

    def _carried_out(self, job: Opened) -> tuple[OutboxMessage, ...]:
        data = job.event.data
        if isinstance(data, Build):
            return (self._built(job, data),)
        if isinstance(data, Drop):
            self._drop(job, data)
        return ()

    def _built(self, job: Opened, data: Build) -> OutboxMessage:
        if job.erased:
            return self._nothing(job, data, "key-destroyed")
        lines = [
            Line(line.cube_id, line.version, content.text, line.since)
            for line, content in zip(data.lines, job.contents, strict=True)
        ]
        log.info("building", block=data.block_id, lines=len(lines))
        try:
            block = self._builder.build(
                job.event.subject.key,
                data.block_id,
                lines,
                budget=data.budget,
                day=job.recorded_at.date(),
                gone=self._stopping.is_set,
            )
        except NotBuilt as error:
            return self._nothing(job, data, error.reason)
        except OSError as error:
            if error.errno not in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
                raise StoreFault(f"block {data.block_id} cannot be written: {error}") from error
            # A block is no loss, since it can be built again; to wait for room would hold up all others.
            log.warning("no room for a block", block=data.block_id, error=str(error))
            return self._nothing(job, data, "disk-full")
        metrics.BUILT.labels("repeated" if block.repeated else "built").inc()
        if not block.repeated:
            metrics.BUILD_SECONDS.observe(block.made.seconds)
        artefact = Artefact(
            model=self._builder.model_name,
            fingerprint=block.made.fingerprint.digest,
            tokens=len(block.made.tokens),
            bytes=block.bytes,
            precision=block.made.precision,
            seconds=block.made.seconds,
        )
        parents = tuple(Parent(part.cube_id, part.version) for part in block.made.parts)
        return self._answer(job, data, parents, reason="built", artefact=artefact)

    def _nothing(self, job: Opened, data: Build, reason: str) -> OutboxMessage:
        metrics.BUILT.labels(reason).inc()
        log.info("block not built", block=data.block_id, reason=reason)
        parents = tuple(Parent(line.cube_id, line.version) for line in data.lines)
        return self._answer(job, data, parents, reason=reason, artefact=None)

    def _answer(
        self,
        job: Opened,
        data: Build,
        parents: tuple[Parent, ...],
        *,
        reason: str,
        artefact: Artefact | None,
    ) -> OutboxMessage:
        """The same for the same job, whoever did it and however often."""
        subject = job.event.subject
        built = Built(
            tenant=data.tenant,
            group_id=data.group_id,
            user_id=data.user_id,
            agent_id=data.agent_id,
            run_id=data.run_id,
            block_id=data.block_id,
            parents=parents,
            processor=PROCESSOR,
            reason=reason,
            artefact=artefact,
        )
        key, headers, value = encode(
            built,
            event_id=cube_id(subject.key, job.event.id, "built"),
            source=SOURCE,
            time=job.recorded_at,
            subject=subject,
        )
        return OutboxMessage(EVENTS.name, partition_for(key, self._partitions), key, headers, value)

    def _drop(self, job: Opened, data: Drop) -> None:
        try:
            self._builder.drop(job.event.subject.key, data.block_id)
        except OSError as error:
            # It is not served any more, and unreadable once its subject is forgotten: only room is lost.
            log.warning("block not removed", block=data.block_id, error=str(error))
            return
        metrics.BUILT.labels("dropped").inc()
