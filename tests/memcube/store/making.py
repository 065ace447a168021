"""Cubes and shares for tests of the record."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from hashlib import sha256

import msgspec
import numpy as np

from memcube.cube import Decision, Form, Kind, MemCube, Payload, Source, State, cube_id
from memcube.store.record import CubeStore, Embedded, OutboxMessage, Partition, Share, SubjectWork, Vector
from memcube.vectors import TokenVectors
from schemas.events import Artefact, Parent
from schemas.subject import Others

ANNA = "default/user:anna"
BEN = "default/user:ben"
EMBEDDER = "hash/1"
# Not UTC, so that a store which drops the speaker's offset is found out.
NOON = datetime(2026, 3, 1, 12, 30, tzinfo=timezone(timedelta(hours=5, minutes=45)))


def partition(number: int = 0, *, role: str = "memory", topic_id: str = "topic-1") -> Partition:
    return Partition(role, "cluster-1", topic_id, "memory.events", number)


def new_cube(
    text: str,
    *,
    subject: str = ANNA,
    seq: int = 1,
    form: Form = Form.FACT,
    others: Others | None = None,
) -> MemCube:
    event_id = f"event-of-{seq}"
    return MemCube(
        id=cube_id(subject, text, "1"),
        subject=subject,
        version=1,
        seq=seq,
        kind=Kind.PLAINTEXT,
        form=form,
        state=State.ACTIVE,
        valid_from=NOON,
        valid_to=None,
        recorded_at=NOON + timedelta(seconds=1),
        payload=Payload(text, (Source(event_id, "Anna", NOON, source_id="turn 1", others=others),)),
        trust=0.5,
        pinned=False,
        expires_at=None,
        decision=Decision.ADD,
        reason="new",
        cause=event_id,
        processor="consolidate/1",
    )


def new_block(*made_of: MemCube, seq: int, subject: str = ANNA, model: str = "smollm2") -> MemCube:
    """Of the newest versions of these memories."""
    cube = new_cube(f"block of {seq}", subject=subject, seq=seq, form=Form.BLOCK)
    kept = Artefact(
        model=model, fingerprint="f" * 64, tokens=40, bytes=1_843_200, precision="float", seconds=0.1
    )
    held = tuple(Parent(one.id, one.version) for one in made_of)
    payload = Payload("", (), parents=held, artefact=kept)
    return msgspec.structs.replace(cube, kind=Kind.ACTIVATION, payload=payload, decision=Decision.BUILD)


def next_version(
    before: MemCube, *, seq: int, text: str | None = None, state: State | None = None
) -> MemCube:
    payload = before.payload
    if text is not None:
        assert payload is not None
        payload = msgspec.structs.replace(payload, text=text)
    return msgspec.structs.replace(
        before,
        version=before.version + 1,
        seq=seq,
        payload=payload,
        state=state or before.state,
        decision=Decision.EDIT,
        reason="edited",
        cause=f"event-of-{seq}",
    )


def erased(before: MemCube, *, seq: int) -> MemCube:
    return msgspec.structs.replace(
        next_version(before, seq=seq, state=State.ERASED), payload=None, decision=Decision.ERASE
    )


def work(*versions: MemCube, base: int = 0, applied: Iterable[str] = (), subject: str = ANNA) -> SubjectWork:
    return SubjectWork(
        subject=versions[0].subject if versions else subject,
        base_seq=base,
        seq=versions[-1].seq if versions else base,
        versions=versions,
        erased=frozenset(cube.id for cube in versions if cube.state is State.ERASED),
        applied=tuple(applied),
    )


def share(
    *subjects: SubjectWork,
    base: int = 0,
    to: int | None = None,
    part: Partition | None = None,
    outbox: Sequence[OutboxMessage] = (),
    vectors: Mapping[str, tuple[Embedded, ...]] | None = None,
) -> Share:
    """By default with the vectors of all texts."""
    if vectors is None:
        vectors = {
            one.subject: embedded(*(cube.wording for cube in one.versions if cube.payload))
            for one in subjects
        }
    return Share(part or partition(), base, base + 1 if to is None else to, subjects, vectors, tuple(outbox))


def vector_of(text: str) -> Vector:
    rng = np.random.default_rng(int.from_bytes(sha256(text.encode()).digest()[:8]))
    vector = rng.normal(size=16).astype(np.float32)
    return np.asarray(vector / np.linalg.norm(vector), dtype=np.float32)


def embedded(*texts: str) -> tuple[Embedded, ...]:
    return tuple(Embedded(text, vector_of(text), EMBEDDER, tokens_of(text)) for text in texts)


def tokens_of(text: str) -> TokenVectors:
    """As many as the text has words, four dimensions each."""
    rng = np.random.default_rng(len(text))
    ids = np.array([int.from_bytes(sha256(word.encode()).digest()[:2]) for word in text.split()], np.uint16)
    return TokenVectors(ids, rng.integers(-127, 128, (len(ids), 4)).astype(np.int8))


def message(value: bytes | None = b"told", *, key: bytes | None = b"key") -> OutboxMessage:
    return OutboxMessage("memory.updates", 3, key, (("ce_id", b"\xff\x00raw"), ("ce_id", b"twice")), value)


def commit(store: CubeStore, *shares: Share) -> None:
    """All of it, or the test fails."""
    assert store.commit(shares) == frozenset()
