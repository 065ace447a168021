"""What clients get."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel

from memcube.cube import MemCube, Payload, Source
from memcube.plaintext import memory as recalled


class Accepted(BaseModel):
    """An event that is in the log. `known`: it had been applied before, so it changes nothing."""

    event_id: str
    partition: int
    offset: int
    known: bool = False


class Rejected(BaseModel):
    """One event of a batch that is not in the log, and why."""

    error: str
    reason: str


class AcceptedBatch(BaseModel):
    """One answer an event, in the order of the request."""

    events: list[Accepted | Rejected]


class Origin(BaseModel):
    """Who said it, when, in which event; `source_id` is its name in your system."""

    event_id: str
    source_id: str | None
    speaker: str
    time: datetime

    @classmethod
    def of(cls, source: Source) -> Origin:
        return cls(
            event_id=source.event_id, source_id=source.source_id, speaker=source.speaker, time=source.time
        )


class Signal(BaseModel):
    """One part of a score. The parts are added up: `scaled`, as a rule from 0 to 1, times `weight`."""

    name: str
    raw: float
    scaled: float
    weight: float


class Memory(BaseModel):
    """A memory as recall serves it. `signals`: with `explain`, how it was found.

    A raw turn of more than some 64 tokens is shown by the sentences that fit the question best.
    """

    id: str
    text: str
    score: float
    kind: str
    form: str
    state: str
    version: int
    valid_from: datetime
    valid_to: datetime | None
    provenance: list[Origin]
    signals: list[Signal] | None = None

    @classmethod
    def of(cls, memory: recalled.Memory) -> Memory:
        return cls(
            id=memory.id,
            text=memory.text,
            score=round(memory.score, 4),
            kind=memory.kind,
            form=memory.form,
            state=memory.state,
            version=memory.version,
            valid_from=memory.valid_from,
            valid_to=memory.valid_to,
            provenance=[Origin.of(source) for source in memory.provenance],
            signals=[
                Signal(
                    name=signal.name,
                    raw=round(signal.raw, 4),
                    scaled=round(signal.scaled, 4),
                    weight=signal.weight,
                )
                for signal in memory.signals
            ]
            or None,
        )


class Memories(BaseModel):
    """The best first. With `max_tokens`, `context` has the memories as lines in the order of time.

    `context_tokens` is an estimate, by the embedder's own tokenizer.
    """

    memories: list[Memory]
    context: str | None = None
    context_tokens: int | None = None


class Parent(BaseModel):
    """A memory in a block, at the version that was prefilled."""

    cube_id: str
    version: int


class Block(BaseModel):
    """What a block was made of, in its order, and what is kept of it. `seconds`: that the prefill took."""

    parents: list[Parent]
    model: str
    fingerprint: str
    tokens: int
    bytes: int
    precision: str
    seconds: float

    @classmethod
    def of(cls, payload: Payload | None) -> Block | None:
        if payload is None or payload.artefact is None:
            return None
        kept = payload.artefact
        return cls(
            parents=[Parent(cube_id=one.cube_id, version=one.version) for one in payload.parents],
            model=kept.model,
            fingerprint=kept.fingerprint,
            tokens=kept.tokens,
            bytes=kept.bytes,
            precision=kept.precision,
            seconds=kept.seconds,
        )


class Cube(BaseModel):
    """One version of a cube with all that is known of it. `block`: of activation memory, else null."""

    id: str
    text: str
    state: str
    kind: str
    form: str
    version: int
    valid_from: datetime
    valid_to: datetime | None
    recorded_at: datetime
    expires_at: datetime | None
    trust: float
    pinned: bool
    slot: str | None
    decision: str
    reason: str
    cause: str
    processor: str
    provenance: list[Origin]
    block: Block | None = None

    @classmethod
    def of(cls, cube: MemCube) -> Cube:
        return cls(
            id=cube.id,
            text=cube.text,
            state=cube.state,
            kind=cube.kind,
            form=cube.form,
            version=cube.version,
            valid_from=cube.valid_from,
            valid_to=cube.valid_to,
            recorded_at=cube.recorded_at,
            expires_at=cube.expires_at,
            trust=cube.trust,
            pinned=cube.pinned,
            slot=cube.payload.slot if cube.payload else None,
            decision=cube.decision,
            reason=cube.reason,
            cause=cube.cause,
            processor=cube.processor,
            provenance=[Origin.of(source) for source in cube.sources],
            block=Block.of(cube.payload),
        )


class Cubes(BaseModel):
    """The last changed first. `next`: where the next page starts, if there is one."""

    cubes: list[Cube]
    next: int | None = None


class History(BaseModel):
    """All versions, oldest first."""

    id: str
    versions: list[Cube]


class Change(BaseModel):
    """One version that an event made."""

    id: str
    version: int
    form: str
    state: str
    decision: str
    reason: str
    text: str

    @classmethod
    def of(cls, cube: MemCube) -> Change:
        return cls(
            id=cube.id,
            version=cube.version,
            form=cube.form,
            state=cube.state,
            decision=cube.decision,
            reason=cube.reason,
            text=cube.text,
        )


class Effect(BaseModel):
    """What one event did. `applied` false: not yet, or refused."""

    event_id: str
    applied: bool
    changes: list[Change]


class Effects(BaseModel):
    effects: list[Effect]


class Forgotten(BaseModel):
    """What a forgotten subject had, counted before. `event_id` is null where it was only counted."""

    dry_run: bool
    memories: int
    episodes: int
    event_id: str | None = None
    applied: bool = False


class Done(Accepted):
    """A command that is in the log; after a wait, what it changed."""

    applied: bool = False
    changes: list[Change] = []
