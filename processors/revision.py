"""How one event changes cubes: the only place where versions are made."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

import msgspec

from memcube.cube import (
    Decision,
    Form,
    Kind,
    MemCube,
    Payload,
    Role,
    Source,
    State,
    check_transition,
    cube_id,
)
from memcube.plaintext.view import SubjectView
from memcube.store.record import Vector
from processors.step import Opened, Statement, Step, Vectors
from schemas.events import Artefact, Parent, Response
from schemas.subject import Address

NEUTRAL_TRUST: Final = 0.5
# A statement heard a thousand times keeps its first source and the latest; the audit trail has all.
MAX_SOURCES: Final = 32


class Revision:
    """Collects the steps of one event, staging each version in the view as it is made."""

    def __init__(self, view: SubjectView, opened: Opened, vectors: Vectors, processor: str) -> None:
        self.view = view
        self.opened = opened
        self.event = opened.event
        self._vectors = vectors
        self._processor = processor
        self._steps: list[Step] = []
        self._mark = view.mark()

    @property
    def now(self) -> datetime:
        """When the event was said. A clock that runs ahead of the log's does not outrank what follows."""
        return min(self.event.time, self.opened.recorded_at)

    def steps(self) -> tuple[Step, ...]:
        return tuple(self._steps)

    def changed(self) -> Iterator[MemCube]:
        """Each version that the event has made, and the one that stood in its place."""
        return self.view.changed_since(self._mark)

    def add(
        self,
        statement: Statement,
        sources: tuple[Source, ...],
        reason: str,
        *,
        state: State = State.ACTIVE,
        valid_to: datetime | None = None,
        follows: str | None = None,
        pinned: bool = False,
        expires_at: datetime | None = None,
        used: tuple[str, ...] = (),
    ) -> MemCube:
        """A new cube. Its id comes from the event and the step, so a replay makes the same."""
        cube = MemCube(
            id=cube_id(self.view.subject, self.event.id, statement.step),
            subject=self.view.subject,
            version=1,
            seq=self.view.seq + 1,
            kind=Kind.PLAINTEXT,
            form=statement.form,
            state=state,
            valid_from=statement.valid_from,
            valid_to=valid_to,
            recorded_at=self.opened.recorded_at,
            payload=Payload(
                text=statement.text,
                sources=sources,
                slot=statement.slot,
                value=statement.value,
                follows=follows,
                role=self._role() if statement.form is Form.EPISODE else None,
                completed_by=statement.completed_by,
                used=used,
            ),
            trust=NEUTRAL_TRUST,
            pinned=pinned,
            expires_at=expires_at,
            decision=Decision.ADD,
            reason=reason,
            cause=self.event.id,
            processor=statement.processor,
        )
        return self._stage(cube)

    def build(
        self, block_id: str, parents: tuple[Parent, ...], artefact: Artefact, reason: str, processor: str
    ) -> MemCube:
        """A new block. Its id is that of the job that asked for it, under which its tensors are kept."""
        cube = MemCube(
            id=block_id,
            subject=self.view.subject,
            version=1,
            seq=self.view.seq + 1,
            kind=Kind.ACTIVATION,
            form=Form.BLOCK,
            state=State.ACTIVE,
            valid_from=self.now,
            valid_to=None,
            recorded_at=self.opened.recorded_at,
            payload=Payload(text="", sources=(), parents=parents, artefact=artefact),
            trust=NEUTRAL_TRUST,
            pinned=False,
            expires_at=None,
            decision=Decision.BUILD,
            reason=reason,
            cause=self.event.id,
            processor=processor,
        )
        return self._stage(cube)

    def revise(self, before: MemCube, decision: Decision, reason: str, **fields: Any) -> MemCube:
        """The next version of a cube; raises `IllegalTransition`, and ValueError for one that has changed."""
        if self.view.cube(before.id).version != before.version:
            # Committed, it would stop the stream: two versions of one number.
            raise ValueError(f"cube {before.id} is no longer at version {before.version}: read it again")
        check_transition(before.id, before.state, fields.get("state", before.state))
        cube = msgspec.structs.replace(
            before,
            version=before.version + 1,
            seq=self.view.seq + 1,
            # Two events of one millisecond, or a broker's clock set back, must not reorder versions.
            recorded_at=max(self.opened.recorded_at, before.recorded_at),
            decision=decision,
            reason=reason,
            cause=self.event.id,
            processor=self._processor,
            **fields,
        )
        return self._stage(cube)

    def adopt(self, cube: MemCube) -> MemCube:
        """A cube that is new here, as it came out of a rehearsal, for this event."""
        return self._stage(
            msgspec.structs.replace(
                cube,
                version=1,
                seq=self.view.seq + 1,
                recorded_at=self.opened.recorded_at,
                cause=self.event.id,
                processor=self._processor,
            )
        )

    def noop(self, reason: str, cube: MemCube | None = None) -> None:
        """Nothing changes, and the audit trail says why."""
        self._steps.append(Step(Decision.NOOP, reason, cube))

    def source(self, speaker: str) -> Source:
        """The event as provenance."""
        address: Address = self.event.data
        return Source(
            event_id=self.event.id,
            speaker=speaker,
            time=self.event.time,
            source_id=getattr(self.event.data, "source_id", None),
            others=address.others(),
        )

    def vector(self, text: str) -> Vector | None:
        """Of a text of this event."""
        return self._vectors.get(text)

    def _role(self) -> Role:
        return "assistant" if isinstance(self.event.data, Response) else "user"

    def _stage(self, cube: MemCube) -> MemCube:
        self.view.put(cube, self._vectors.get(cube.text))
        self._steps.append(Step(cube.decision, cube.reason, cube))
        return cube


def with_source(payload: Payload, source: Source) -> Payload:
    """The payload with one more provenance, in the order in which it was said."""
    sources = sorted({*payload.sources, source}, key=lambda s: (s.time, s.event_id))
    if len(sources) > MAX_SOURCES:
        sources = [sources[0], *sources[-(MAX_SOURCES - 1) :]]
    return msgspec.structs.replace(payload, sources=tuple(sources))
