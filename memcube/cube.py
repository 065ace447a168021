"""The MemCube: one unit of memory, its versions and its life."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Final, Literal
from uuid import NAMESPACE_OID, uuid5

import msgspec

from memcube.errors import IllegalTransition
from schemas.events import Artefact, Parent
from schemas.subject import Others

# Why a block ends though nobody has asked for it: a memory in it is no longer what was prefilled.
PARENT_CHANGED: Final = "parent-changed"
PARENT_ERASED: Final = "parent-erased"


class State(StrEnum):
    """Where a cube is in its life."""

    CANDIDATE = "candidate"  # proposed, not yet believed
    ACTIVE = "active"  # holds now; what default recall serves
    MERGED = "merged"  # said again by another cube, which carries its provenance on
    SUPERSEDED = "superseded"  # was true until another fact replaced it
    RETRACTED = "retracted"  # taken back
    ARCHIVED = "archived"  # kept, but out of recall
    EXPIRED = "expired"  # its time ran out
    QUARANTINED = "quarantined"  # held back until a person decides
    ERASED = "erased"  # gone; id and state are all that is left


_LIVING: Final = frozenset(State) - {State.ERASED}
# A dead state may come back to ACTIVE only through an undo; nothing comes back from ERASED.
TRANSITIONS: Final[Mapping[State, frozenset[State]]] = {
    State.CANDIDATE: _LIVING | {State.ERASED},
    State.ACTIVE: (_LIVING | {State.ERASED}) - {State.CANDIDATE},
    State.MERGED: frozenset({State.MERGED, State.ACTIVE, State.ERASED}),
    State.SUPERSEDED: frozenset({State.SUPERSEDED, State.ACTIVE, State.RETRACTED, State.ERASED}),
    State.RETRACTED: frozenset({State.RETRACTED, State.ACTIVE, State.SUPERSEDED, State.ERASED}),
    State.ARCHIVED: frozenset({State.ARCHIVED, State.ACTIVE, State.RETRACTED, State.ERASED}),
    State.EXPIRED: frozenset({State.EXPIRED, State.ACTIVE, State.RETRACTED, State.ERASED}),
    State.QUARANTINED: _LIVING | {State.ERASED},
    State.ERASED: frozenset(),
}


class Kind(StrEnum):
    """What the payload is."""

    PLAINTEXT = "plaintext"  # text, recalled by search
    ACTIVATION = "activation"  # KV tensors, injected before prefill
    PARAMETRIC = "parametric"  # a LoRA adapter, switched on at generation


class Form(StrEnum):
    """What a cube holds."""

    FACT = "fact"  # one statement, drawn from a turn or given as it stands
    EPISODE = "episode"  # a raw turn: what was said
    BLOCK = "block"  # plaintext cubes as the beginning of a prompt, prefilled: of kind activation


class Decision(StrEnum):
    """Why a version exists; recorded with each one."""

    ADD = "add"
    MERGE = "merge"
    SUPERSEDE = "supersede"
    RETRACT = "retract"
    BEGIN = "begin"  # what was announced for a day holds from that day on
    BUILD = "build"  # a block of memories was prefilled
    DEMOTE = "demote"  # a block is given up; its memories stay
    REPROCESS = "reprocess"  # the rules of today read its turn otherwise
    EDIT = "edit"
    PIN = "pin"
    RATE = "rate"
    EXPIRE = "expire"
    UNDO = "undo"
    ERASE = "erase"
    NOOP = "noop"  # makes no version; stands in the audit trail only


# `gc=False` here and below: frozen and without a way back to themselves, they cannot be part of a cycle, and
# a process that holds 100,000 of them need not have them looked through over and over (a tenth of a load).
class Source(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """The turn or command that a memory came from. `time` is when it was said, with the speaker's offset.

    others: the ids that its event gave beside the subject's, if any.
    said: what the memory said when this source said it, if a person has put it into other words since.
    """

    event_id: str
    speaker: str
    time: datetime
    source_id: str | None = None
    others: Others | None = None
    said: str | None = None


Role = Literal["user", "assistant"]
"""Who says a turn: a person, or the application to a person."""


class Payload(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """The sealed part of a plaintext cube: its words, and all that is drawn from them.

    slot, value: what the fact is an answer to (`ada/lives_in`, `lisbon`), if it is one. Slots of which a
    person has many values at a time (`ada/likes`) stand here as well.
    follows: the episode said before this one in the same conversation. role: of an episode, who said it.
    used: the memories that an assistant's turn was given.
    completed_by: the event whose turn gave words to this fact without being its source: the question that it
    answers. Who forgets that turn forgets the fact as well.
    parents, artefact: of a block, the memories in it, in its order, and what is kept of it beside the record.
    """

    text: str
    sources: tuple[Source, ...]
    slot: str | None = None
    value: str | None = None
    follows: str | None = None
    role: Role | None = None
    completed_by: str | None = None
    used: tuple[str, ...] = ()
    parents: tuple[Parent, ...] = ()
    artefact: Artefact | None = None


class MemCube(msgspec.Struct, frozen=True, gc=False):
    """One version of one unit of memory. Immutable: a change makes the next version.

    valid_from, valid_to: when it is true in the world. recorded_at: when we came to know this
    version (the log's time); it holds until the next version's. `payload` is None once erased.
    `cause` is the id of the event that made this version, `seq` its place in the subject's changes.
    """

    id: str
    subject: str
    version: int
    seq: int
    kind: Kind
    form: Form
    state: State
    valid_from: datetime
    valid_to: datetime | None
    recorded_at: datetime
    payload: Payload | None
    trust: float
    pinned: bool
    expires_at: datetime | None
    decision: Decision
    reason: str
    cause: str
    processor: str

    @property
    def text(self) -> str:
        """The words; empty once erased."""
        return self.payload.text if self.payload else ""

    @property
    def wording(self) -> str:
        """What is embedded of it; see `wording`."""
        return wording(self.form, self.text, self.sources[0].speaker if self.sources else "")

    @property
    def question(self) -> str:
        """What the fact answers, in plain words ("lives in"); empty if it is no answer to one thing.

        Who moved to Lisbon lives there, though nobody has said "live".
        """
        slot = self.payload.slot if self.payload else None
        return slot.rpartition("/")[2].replace("_", " ") if slot else ""

    @property
    def sources(self) -> tuple[Source, ...]:
        return self.payload.sources if self.payload else ()

    def said_in(self, event_id: str) -> str:
        """What this memory says by the words of that event, which an edit does not change."""
        return next((s.said for s in self.sources if s.event_id == event_id and s.said), self.text)

    def was_edited_since(self, event_id: str) -> bool:
        """Whether it says something else than that event said, one of its sources."""
        return any(s.event_id == event_id and s.said is not None for s in self.sources)

    def holds_as_said_in(self, event_id: str) -> bool:
        """Whether the turn of that event, one of its sources, may be read for it: it holds in those words."""
        return self.state is State.ACTIVE and not self.was_edited_since(event_id)

    @property
    def fell_with_parents(self) -> bool:
        """Whether this is the end of a block that a change of its memories brought with it."""
        return self.form is Form.BLOCK and self.reason in (PARENT_CHANGED, PARENT_ERASED)

    def comes_from(self, wanted: Others) -> bool:
        """Whether one of its sources has all of these ids."""
        return any(source.others is not None and source.others.agree(wanted) for source in self.sources)


# What questions as of a time are answered with: it was true once. Retracted cubes never were.
ONCE_TRUE: Final = frozenset({State.ACTIVE, State.SUPERSEDED, State.EXPIRED, State.ARCHIVED})


def true_at(cube: MemCube, moment: datetime) -> bool:
    """Whether a cube is held to have been true then, by valid time.

    A plan for May is known from the day it was told, and what began in 1990 was true from then on.
    """
    since = min([cube.valid_from, *(source.time for source in cube.sources)])
    return cube.state in ONCE_TRUE and since <= moment and (cube.valid_to is None or moment < cube.valid_to)


def wording(form: Form, text: str, speaker: str) -> str:
    """The words by which an embedder finds a memory: those of a raw turn with who says them in front.

    "I bought a boat" is an answer to "What did Ben buy?" if Ben says it. Ids that are no names are left out.
    """
    named = form is Form.EPISODE and _NAME.fullmatch(speaker)
    return f"{speaker}: {text}" if named else text


# Letters, and what stands between the parts of a name.
_NAME: Final = re.compile(r"[^\W\d_](?:[^\W\d_]|[ .'\u2019-](?=[^\W\d_])){0,39}\.?")


def check_transition(cube_id: str, before: State, after: State) -> None:
    """The one gate of the lifecycle; raises `IllegalTransition`."""
    if after not in TRANSITIONS[before]:
        raise IllegalTransition(f"cube {cube_id} is {before}: it cannot become {after}")


def cube_id(subject_key: str, event_id: str, step: str) -> str:
    """The id of what one step of one event makes: a replay gives the same, another subject another."""
    return str(uuid5(NAMESPACE_OID, f"{subject_key}\x1f{event_id}\x1f{step}"))
