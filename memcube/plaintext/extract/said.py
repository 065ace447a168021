"""A sentence with what the turns before it add to it."""

import re
from collections.abc import Sequence

import msgspec


class Said(msgspec.Struct, frozen=True):
    """A sentence of a turn, completed by the words of a turn before."""

    text: str
    asked: str | None = None  # the question, where it stays beside its answer
    place: int | None = None  # of the turn before that gave words to it
    of: str | None = None  # the speaker's own statement that "it" goes back to


class Spoken(msgspec.Struct, frozen=True):
    """A turn before, cleaned. `own`: of the speaker whose turn is read."""

    text: str
    speaker: str
    own: bool


def parts_of(text: str) -> Sequence[str]:
    """The sentences of a turn before, roughly: only their ends matter here."""
    return [part for part in re.split(r"(?<=[.!?])\s+", text.strip()) if part]
