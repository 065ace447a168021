"""What goes in and out of the beats of a batch. Plain data: no Kafka, no clock, no I/O."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

import msgspec

from memcube.cube import Decision, Form, MemCube
from memcube.store.record import Vector
from schemas.body import Content
from schemas.envelope import Event

Cue = Literal["correction", "ending"]
"""What a statement does to what was known: puts it right, or ends it."""

Vectors = Mapping[str, Vector]
"""By text."""


class Opened(msgspec.Struct, frozen=True):
    """An event with its bodies opened. `recorded_at` is the log's time: when we came to know it.

    erased: its bodies were sealed by a key that has been destroyed, so it has none.
    """

    event: Event
    recorded_at: datetime
    contents: tuple[Content, ...]
    erased: bool = False


class Heard(msgspec.Struct, frozen=True):
    """A turn of the same subject that was said before another, which may answer it."""

    event_id: str
    time: datetime
    speaker: str
    text: str


class Statement(msgspec.Struct, frozen=True):
    """Something an event says that may become a memory.

    `step` names it within its event; `processor` is what drew it, with its version. `category` and `until`
    (when what it says ends, by its own words) decide how long it lives.
    """

    step: str
    form: Form
    text: str
    valid_from: datetime
    processor: str
    slot: str | None = None
    value: str | None = None
    dated: bool = False
    cue: Cue | None = None
    completed_by: str | None = None  # the event of the turn before that gave words to it
    speaker: str | None = None
    category: str | None = None
    until: datetime | None = None
    kept: bool = False  # the person asked to remember it


class Step(msgspec.Struct, frozen=True):
    """One decision: the version it made, or, for a `NOOP`, the cube that it leaves as it was."""

    decision: Decision
    reason: str
    cube: MemCube | None = None


class Dropped(msgspec.Struct, frozen=True):
    """A block whose tensors are of no more use, and why."""

    block_id: str
    reason: str


class Outcome(msgspec.Struct, frozen=True):
    """What one event comes to.

    close: the subject's keys are to end, once the log holds nothing more that they open.
    shred: these keys are to be destroyed now.
    dropped: what is kept of these blocks beside the record is to be removed.
    """

    steps: tuple[Step, ...]
    close: bool = False
    shred: tuple[str, ...] = ()
    dropped: tuple[Dropped, ...] = ()
