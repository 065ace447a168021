"""What the calls give back. Times are `datetime`s with the offset that the gateway sent."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

import msgspec

from schemas.body import Plain
from schemas.events import Incoming, Outgoing, Parent

_SHOWN: Final = 80


class Origin(msgspec.Struct, frozen=True):
    """Who said it, when, in which event. `source_id` is its name in your system."""

    event_id: str
    source_id: str | None
    speaker: str
    time: datetime


class Memory(msgspec.Struct, frozen=True):
    """A memory that answers a search. `score`: 0 to 1."""

    id: str
    text: str
    score: float
    kind: str
    form: str
    state: str
    version: int
    valid_from: datetime
    valid_to: datetime | None
    provenance: tuple[Origin, ...]

    def __repr__(self) -> str:
        return (
            f"Memory({_short(self.text)}, score={self.score}, {_valid(self.valid_from, self.valid_to)},"
            f" id={self.id!r})"
        )


class Found(msgspec.Struct, frozen=True):
    """What a search found, the best first. Iterate over it.

    context: with `max_tokens`, a block ready for a prompt: one dated line a memory, in the order of time.
    """

    memories: tuple[Memory, ...]
    context: str | None = None
    context_tokens: int | None = None

    def __iter__(self) -> Iterator[Memory]:
        return iter(self.memories)

    def __len__(self) -> int:
        return len(self.memories)

    def __getitem__(self, index: int) -> Memory:
        return self.memories[index]

    def __repr__(self) -> str:
        return _lines("Found", "memories", self.memories)


class Block(msgspec.Struct, frozen=True):
    """What a block of activation memory was made of, in its order, and what is kept of it.

    tokens: of the whole prefix. bytes: of the file. seconds: that the prefill took.
    """

    parents: tuple[Parent, ...]
    model: str
    fingerprint: str
    tokens: int
    bytes: int
    precision: str
    seconds: float


class Cube(msgspec.Struct, frozen=True):
    """One version of a memory with all that is known of it. `block`: of one that has no text."""

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
    provenance: tuple[Origin, ...]
    block: Block | None = None

    def __repr__(self) -> str:
        return (
            f"Cube({_short(self.text)}, {self.state}, version={self.version},"
            f" {self.decision} ({self.reason}), {_valid(self.valid_from, self.valid_to)}, id={self.id!r})"
        )


class Page(msgspec.Struct, frozen=True):
    """Some memories of a subject; `next`: where the page after it starts."""

    cubes: tuple[Cube, ...]
    next: int | None = None


class History(msgspec.Struct, frozen=True):
    """All versions of a memory, oldest first. Iterate over it."""

    id: str
    versions: tuple[Cube, ...]

    def __iter__(self) -> Iterator[Cube]:
        return iter(self.versions)

    def __len__(self) -> int:
        return len(self.versions)

    def __getitem__(self, index: int) -> Cube:
        return self.versions[index]

    def __repr__(self) -> str:
        return _lines("History", "versions", self.versions)


class Change(msgspec.Struct, frozen=True):
    """One version that an event made: `decision` says what became of what was said."""

    id: str
    version: int
    form: str
    state: str
    decision: str
    reason: str
    text: str

    def __repr__(self) -> str:
        return f"Change({self.decision} ({self.reason}), {_short(self.text)}, {self.state}, id={self.id!r})"


class Effect(msgspec.Struct, frozen=True):
    """What one event changed. `applied` false: not yet, or it was refused."""

    event_id: str
    applied: bool
    changes: tuple[Change, ...] = ()


class Effects(msgspec.Struct, frozen=True):
    effects: tuple[Effect, ...]


class Entry(msgspec.Struct, frozen=True):
    """One message as the log took it, or why it did not."""

    event_id: str | None = None
    partition: int | None = None
    offset: int | None = None
    known: bool = False
    error: str | None = None
    reason: str | None = None


class Entries(msgspec.Struct, frozen=True):
    events: tuple[Entry, ...]


class Position(msgspec.Struct, frozen=True):
    """The offset that role memory reads next."""

    partition: int
    next: int


class Positions(msgspec.Struct, frozen=True):
    positions: tuple[Position, ...]


class Outcome(msgspec.Struct, frozen=True):
    """What became of one message.

    event_id: None if it was refused; then `error` says why, and `reason` is a stable word for it.
    known: it had been applied before, so it changed nothing. applied: role memory has taken it in, and
    `changes` are what it made: the turn itself is not among them, only memories.
    """

    event_id: str | None
    known: bool = False
    applied: bool = False
    changes: tuple[Change, ...] = ()
    error: str | None = None
    reason: str | None = None


class Added(msgspec.Struct, frozen=True):
    """What became of each message, in their order. Iterate over it for the memories that changed."""

    outcomes: tuple[Outcome, ...]

    @property
    def changes(self) -> tuple[Change, ...]:
        """All that the messages made of the memory."""
        return tuple(change for outcome in self.outcomes for change in outcome.changes)

    @property
    def event_ids(self) -> tuple[str, ...]:
        """Of those that are in the log."""
        return tuple(outcome.event_id for outcome in self.outcomes if outcome.event_id is not None)

    @property
    def refused(self) -> tuple[Outcome, ...]:
        """Those that are not."""
        return tuple(outcome for outcome in self.outcomes if outcome.event_id is None)

    def __iter__(self) -> Iterator[Change]:
        return iter(self.changes)

    def __len__(self) -> int:
        return len(self.changes)

    def __getitem__(self, index: int) -> Change:
        return self.changes[index]

    def __repr__(self) -> str:
        refused = [f"  refused: {outcome.error}" for outcome in self.refused]
        head = _lines(f"Added {len(self.event_ids)} events", "changes", self.changes)
        return "\n".join((head, *refused))


class Done(msgspec.Struct, frozen=True):
    """A command that is in the log. With a wait: `applied`, and what it changed."""

    event_id: str
    partition: int
    offset: int
    known: bool = False
    applied: bool = False
    changes: tuple[Change, ...] = ()


class Forgotten(msgspec.Struct, frozen=True):
    """What `delete_all` forgot, or with `dry_run` would forget."""

    dry_run: bool
    memories: int
    episodes: int
    event_id: str | None = None
    applied: bool = False


class Opened(msgspec.Struct, frozen=True):
    """An event with its body in the clear. `data`: the payload, typed as in `schemas.events`."""

    id: str
    type: str
    source: str
    data: Incoming | Outgoing
    subject: str | None = None
    time: datetime | None = None

    @property
    def text(self) -> str | None:
        """The words, where the event has any."""
        body = getattr(self.data, "body", None)
        return body.text if isinstance(body, Plain) else None

    @property
    def name(self) -> str | None:
        """Who said them."""
        body = getattr(self.data, "body", None)
        return body.name if isinstance(body, Plain) else None


def _short(text: str) -> str:
    return repr(text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…")


def _valid(start: datetime, end: datetime | None) -> str:
    return f"valid {start:%Y-%m-%d}" + (f" to {end:%Y-%m-%d}" if end else "")


def _lines(what: str, unit: str, parts: tuple[object, ...]) -> str:
    return "\n".join((f"{what}: {len(parts)} {unit}", *(f"  {part!r}" for part in parts)))
