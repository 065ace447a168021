"""A memory as recall hands it out."""

from __future__ import annotations

from datetime import datetime

import msgspec

from memcube.cube import Form, Kind, MemCube, Source, State
from memcube.store.index import Signal


class Memory(msgspec.Struct, frozen=True):
    """One recalled memory, with what vouches for it. The text of an episode is the raw turn, of a long one

    its best sentences. `signals`: how it was found, where that was asked for.
    """

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
    signals: tuple[Signal, ...] = ()

    @classmethod
    def of(
        cls, cube: MemCube, score: float, *, text: str | None = None, signals: tuple[Signal, ...] = ()
    ) -> Memory:
        return cls(
            id=cube.id,
            text=cube.text if text is None else text,
            score=score,
            kind=cube.kind,
            form=cube.form,
            state=cube.state,
            version=cube.version,
            valid_from=cube.valid_from,
            valid_to=cube.valid_to,
            provenance=cube.sources,
            signals=signals,
        )
