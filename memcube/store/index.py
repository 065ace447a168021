"""The port of the recall index: candidates of one subject, fed by the record's change sequence."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from enum import IntFlag
from typing import Final, Protocol

import msgspec

from memcube.cube import MemCube
from memcube.vectors import TokenVectors, Vector
from schemas.subject import Others

Timed = Callable[[str], AbstractContextManager[None]]
"""Entered with the name of a phase of a recall while the phase lasts.

The phases: `position` (the record is asked what is new, and that is taken in), `embedding` of the query,
`bm25`, `vector`, `fusion` (token vectors, and all signals
together), `folding` of candidates into memories, `context` (the ready block).
Whoever reads the clock stands above this room and passes it in.
"""


def untimed(_phase: str) -> AbstractContextManager[None]:
    """Nobody looks at the clock."""
    return nullcontext()


class Cue(IntFlag):
    """What the style of a text gives away, whatever it is about."""

    QUESTION = 1
    TIME = 2  # it tells a time or a length of time
    FIRST_PERSON = 4


class AskedDate(msgspec.Struct, frozen=True):
    """A date as a question names it: a day of a month, a month, a year."""

    year: int | None = None
    month: int | None = None
    day: int | None = None


class Asked(msgspec.Struct, frozen=True):
    """What is known of a question beside its words and its vector.

    when: it asks for a time or for how long.
    """

    tokens: TokenVectors | None = None
    dates: tuple[AskedDate, ...] = ()
    when: bool = False


class Signal(msgspec.Struct, frozen=True):
    """One part of a score: the raw value, what that is among the question's candidates, and its weight."""

    name: str
    raw: float
    scaled: float
    weight: float


class Hit(msgspec.Struct, frozen=True):
    """A candidate, its score in [0, 1], and how it was found.

    drawn: the facts that hold now and were drawn from this raw turn; they are not hits of their own.
    over: what else it says, by the facts that were drawn from it: these were replaced or taken back, or a
    person has put them into other words. Whoever shows the turn leaves out the sentences that say it.
    signals: where they were asked for.
    """

    cube: MemCube
    score: float
    cosine: float
    bm25: float
    drawn: tuple[MemCube, ...] = ()
    over: tuple[str, ...] = ()
    signals: tuple[Signal, ...] = ()


NOTHING_ELSE: Final = Asked()


class RecallIndex(Protocol):
    """Rebuildable; holds nothing that the record has not. One subject is never seen from another."""

    def refresh(self, subject: str) -> int:
        """Bring the subject up to date with the record, loading it on first use; returns its sequence."""

    def search(
        self,
        subject: str,
        query: str,
        vector: Vector,
        *,
        limit: int,
        as_of: datetime | None,
        known_at: datetime | None = None,
        others: Others | None = None,
        asked: Asked = NOTHING_ELSE,
        explain: bool = False,
    ) -> Sequence[Hit]:
        """The best candidates, best first, as of the last `refresh`.

        A raw turn and the facts drawn from it are one candidate, which comes with what it says that is over.
        What has only ended by time is not: the turn still tells it.

        Without `as_of` only what is active now; with it, what was true at that time (valid time),
        whatever has become of it since, unless it was retracted or erased. With `others` only what has a
        source of these ids; the limit counts what is left then. With `known_at` all of this is asked of what
        was known then (recorded time), but for what was erased since; that is read for this one question.
        """

    def forget(self, subject: str) -> None:
        """Drop the subject from memory."""
