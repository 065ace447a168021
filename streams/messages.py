"""What a commit tells others: the messages that one event leaves in the outbox."""

from __future__ import annotations

from typing import Final

from memcube.cube import MemCube, Payload, cube_id
from memcube.governance.sealing import Sealer, event_context, seal_content
from memcube.store.record import OutboxMessage
from processors.audit import AuditRecord
from processors.step import Dropped, Opened
from schemas.body import Content
from schemas.envelope import encode
from schemas.events import CubeUpdated, Drop, Shred, type_of
from schemas.partition import partition_for
from schemas.subject import Subject
from schemas.topics import ACTIVATION_JOBS, AUDIT, EVENTS, UPDATES

SOURCE: Final = "memcube/memory"
_UPDATED: Final = str(CubeUpdated.__struct_config__.tag)


def update(cube: MemCube, subject: Subject, partition: int, sealer: Sealer) -> OutboxMessage:
    """The new version for those who follow `memory.updates`; a tombstone when it is erased."""
    key = f"{subject.key}/{cube.id}".encode()
    if cube.payload is None:
        return OutboxMessage(UPDATES.name, partition, key, headers=(), value=None)
    event_id = f"{cube.id}:{cube.version}"
    content = Content(text=_told(cube.payload), name=cube.sources[0].speaker if cube.sources else None)
    data = CubeUpdated(
        subject=subject.key,
        cube_id=cube.id,
        version=cube.version,
        state=cube.state,
        form=cube.form,
        decision=cube.decision,
        reason=cube.reason,
        cause=cube.cause,
        valid_from=cube.valid_from,
        valid_to=cube.valid_to,
        recorded_at=cube.recorded_at,
        sequence=cube.seq,
        body=seal_content(sealer, subject.key, content, event_context(_UPDATED, event_id)),
    )
    _, headers, value = encode(data, event_id=event_id, source=SOURCE, time=cube.recorded_at, subject=subject)
    return OutboxMessage(UPDATES.name, partition, key, headers, value)


def audited(record: AuditRecord, subject: Subject) -> OutboxMessage:
    """One record for the ledger."""
    _, headers, value = encode(
        record.data, event_id=record.id, source=SOURCE, time=record.data.recorded_at, subject=subject
    )
    return OutboxMessage(AUDIT.name, 0, subject.tenant.encode(), headers, value)


def drop(opened: Opened, dropped: Dropped, partition: int) -> OutboxMessage:
    """The job that ends what is kept of a block beside the record."""
    subject = opened.event.subject
    data = Drop(**_address(subject), block_id=dropped.block_id, reason=dropped.reason)
    key, headers, value = encode(
        data,
        event_id=cube_id(subject.key, opened.event.id, f"drop/{dropped.block_id}"),
        source=SOURCE,
        time=opened.recorded_at,
        subject=subject,
    )
    return OutboxMessage(ACTIVATION_JOBS.name, partition, key, headers, value)


def shred(opened: Opened, key_ids: tuple[str, ...], partitions: int) -> OutboxMessage:
    """The command that destroys a forgotten subject's former keys, behind all that they still open."""
    subject = opened.event.subject
    data = Shred(**_address(subject), key_ids=key_ids)
    key, headers, value = encode(
        data,
        event_id=cube_id(subject.key, opened.event.id, type_of(data)),
        source=SOURCE,
        time=opened.event.time,
        subject=subject,
    )
    return OutboxMessage(EVENTS.name, partition_for(key, partitions), key, headers, value)


def _told(payload: Payload) -> str:
    """The words; of a block, which has none, what it is: a body without words is refused by its readers."""
    kept = payload.artefact
    if kept is None:
        return payload.text
    return f"{len(payload.parents)} memories, {kept.tokens:,} tokens, {kept.model}"


def _address(subject: Subject) -> dict[str, str]:
    return {"tenant": subject.tenant, f"{subject.kind}_id": subject.id}
