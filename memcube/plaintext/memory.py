"""A memory as recall hands it out."""

from __future__ import annotations

from datetime import datetime

import msgspec

from memcube.cube import Form, Kind, MemCube, Source, State


class Memory(msgspec.Struct, frozen=True):
    """One recalled memory, with what vouches for it. The text of an episode is the raw turn."""

    id: str
    text: str
    score: float
    kind: Kind
    form: Form
    state: State
    version: int
    valid_from: datetime
    valid_to: datetime | None
    provenance: tuple[Source, ...]

    @classmethod
    def of(cls, cube: MemCube, score: float) -> Memory:
        return cls(
            id=cube.id,
            text=cube.text,
            score=score,
            kind=cube.kind,
            form=cube.form,
            state=cube.state,
            version=cube.version,
            valid_from=cube.valid_from,
            valid_to=cube.valid_to,
            provenance=cube.sources,
        )
