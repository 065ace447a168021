"""The port of the recall index: candidates of one subject, fed by the record's change sequence."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from typing import Protocol

import msgspec

from memcube.cube import MemCube
from memcube.store.record import Vector

Timed = Callable[[str], AbstractContextManager[None]]
"""Entered with the name of a phase of a recall while the phase lasts.

The phases: `position` (the record is asked what is new, and that is taken in), `embedding` of the query,
`bm25`, `vector`, `fusion` of the two, `folding` of candidates into memories, `context` (the ready block).
Whoever reads the clock stands above this room and passes it in.
"""


def untimed(_phase: str) -> AbstractContextManager[None]:
    """Nobody looks at the clock."""
    return nullcontext()


class Hit(msgspec.Struct, frozen=True):
    """A candidate with the raw signals that found it, and their fused score in [0, 1]."""

    cube: MemCube
    score: float
    cosine: float
    bm25: float


class RecallIndex(Protocol):
    """Rebuildable; holds nothing that the record has not. One subject is never seen from another."""

    def refresh(self, subject: str) -> int:
        """Bring the subject up to date with the record, loading it on first use; returns its sequence."""

    def search(
        self, subject: str, query: str, vector: Vector, *, limit: int, as_of: datetime | None
    ) -> Sequence[Hit]:
        """The best candidates, best first, as of the last `refresh`.

        Without `as_of` only what is active now; with it, what was true at that time (valid time),
        whatever has become of it since, unless it was retracted or erased.
        """

    def forget(self, subject: str) -> None:
        """Drop the subject from memory."""
