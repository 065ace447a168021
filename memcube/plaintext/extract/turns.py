"""What extraction reads and what it gives: a turn, the turns before it, and the candidates of memories."""

from datetime import datetime
from typing import Literal

import msgspec

from memcube.plaintext.extract.dates import Precision
from memcube.plaintext.extract.facets import Category, Polarity


class Turn(msgspec.Struct, frozen=True):
    """One message; `speaker` is a display name, `time` is aware and in the speaker's own offset."""

    text: str
    role: Literal["user", "assistant"]
    speaker: str
    time: datetime


class Earlier(msgspec.Struct, frozen=True):
    """A turn said before the one to extract from: what that one answers or takes up."""

    text: str
    speaker: str


class Candidate(msgspec.Struct, frozen=True):
    """A statement that may become a memory.

    In a functional slot (`slot_table`) it replaces an older one of the same `about`; else it joins them.
    """

    text: str  # in the third person, dates resolved: "Ada moved to Lisbon last Tuesday (2026-03-10)"
    quote: str  # the sentence as said
    about: str  # the speaker, or the third person whose slot this is
    valid_from: datetime
    dated: bool  # the sentence itself gave the date
    slot: str | None
    value: str | None
    cue: Literal["correction", "ending"] | None
    category: Category = "fact"
    polarity: Polarity = "holds"
    entities: tuple[str, ...] = ()
    salience: float = 0.6  # 0 to 1
    precision: Precision | None = None  # of `valid_from`, where the sentence dates it
    until: datetime | None = None  # ends what was said as an interval ("last week"); it may be true beyond
    completed_by: int | None = None  # which of the turns before gave it words, by its place among them
