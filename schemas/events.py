"""Event types: what may be said on `memory.events`, and what MemCube says on the other topics.

Every struct's tag is its CloudEvents type, `memcube.<family>.<name>.v<version>`. A reader ignores
fields it does not know; a change that breaks readers is a new version.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal, get_args

import msgspec

from schemas.body import Body
from schemas.subject import Address

# Longer than any turn a person types and still far below Kafka's message limit once sealed.
MAX_TEXT_BYTES = 256 * 1024


# RFC 3339 with an offset.
Moment = Annotated[datetime, msgspec.Meta(tz=True)]


# --- conversation: in ------------------------------------------------------------------------------


class Prompt(Address, frozen=True, kw_only=True, omit_defaults=True, tag="memcube.conversation.prompt.v1"):
    """What a person said."""

    body: Body
    source_id: str | None = None


class Response(
    Address, frozen=True, kw_only=True, omit_defaults=True, tag="memcube.conversation.response.v1"
):
    """What the assistant answered, and the cubes that its prompt was given."""

    body: Body
    source_id: str | None = None
    used: tuple[str, ...] = ()


Verdict = Literal["up", "down"]


class Feedback(
    Address, frozen=True, kw_only=True, omit_defaults=True, tag="memcube.conversation.feedback.v1"
):
    """A judgement on memories that an answer used. Raises or lowers their trust."""

    cube_ids: tuple[str, ...]
    verdict: Verdict


# --- commands: in ----------------------------------------------------------------------------------


class Remember(Address, frozen=True, kw_only=True, omit_defaults=True, tag="memcube.command.remember.v1"):
    """Keep this text as it stands. `expires_at`: a tick past it ends the memory."""

    body: Body
    source_id: str | None = None
    pinned: bool = False
    expires_at: Moment | None = None


class Edit(Address, frozen=True, kw_only=True, omit_defaults=True, tag="memcube.command.edit.v1"):
    """Replace the text of a memory by a new version. `pinned`: protect it as well, or no longer."""

    cube_id: str
    body: Body
    pinned: bool | None = None


class Pin(Address, frozen=True, kw_only=True, omit_defaults=True, tag="memcube.command.pin.v1"):
    """Protect a memory from expiry and from being superseded by extraction."""

    cube_id: str
    pinned: bool = True


class Forget(Address, frozen=True, kw_only=True, omit_defaults=True, tag="memcube.command.forget.v1"):
    """Erase these memories with their raw turns; or, with `everything`, the whole subject and its keys."""

    cube_ids: tuple[str, ...] = ()
    everything: bool = False


class Undo(Address, frozen=True, kw_only=True, omit_defaults=True, tag="memcube.command.undo.v1"):
    """Take back what one event changed. A forget cannot be undone."""

    event_id: str


class Tick(Address, frozen=True, kw_only=True, omit_defaults=True, tag="memcube.command.tick.v1"):
    """Time passes for this subject: what expires before the event's time, expires now."""


class Shred(Address, frozen=True, kw_only=True, omit_defaults=True, tag="memcube.command.shred.v1"):
    """Destroy data keys. Follows `Forget(everything=True)` in the log, behind all that they still open."""

    key_ids: tuple[str, ...]


class Reprocess(Address, frozen=True, kw_only=True, omit_defaults=True, tag="memcube.command.reprocess.v1"):
    """Read the stored turns again by the rules of today: those said from `since` on and before `until`.

    Also gives every memory of that time a vector of the present embedder.
    """

    since: Moment | None = None
    until: Moment | None = None


class Demote(Address, frozen=True, kw_only=True, omit_defaults=True, tag="memcube.command.demote.v1"):
    """Give up a block of activation memory. The memories that it was made of stay as they are."""

    block_id: str
    reason: str = "asked"


# --- results: in, from the roles that do heavy or non-deterministic work -----------------------------


class Parent(msgspec.Struct, frozen=True):
    """A cube at one version."""

    cube_id: str
    version: int


class Extracted(Address, frozen=True, kw_only=True, omit_defaults=True, tag="memcube.result.extracted.v1"):
    """Memories that an extractor beside the stream drew from turns. Dropped if a parent has changed since."""

    parents: tuple[Parent, ...]
    memories: tuple[Body, ...]
    processor: str


Precision = Literal["float", "int8"]


class Artefact(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The tensors of a block, kept beside the record under the block's id.

    fingerprint: of all that they depend on beside their tokens: weights, tokenizer, template, dtype, code.
    tokens: of the whole prefix. bytes: of the file. seconds: that the prefill took.
    """

    model: str
    fingerprint: str
    tokens: int
    bytes: int
    precision: Precision
    seconds: float


class Built(Address, frozen=True, kw_only=True, omit_defaults=True, tag="memcube.result.built.v1"):
    """A block of memories has been prefilled; without an artefact it has not, and `reason` says why.

    Dropped if a parent has changed since. parents: the memories in it, in its order.
    """

    block_id: str
    parents: tuple[Parent, ...]
    processor: str
    reason: str = "built"
    artefact: Artefact | None = None


# --- out ---------------------------------------------------------------------------------------------


class CubeUpdated(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="memcube.cube.updated.v1"
):
    """One change of one cube. Readers keep the highest version of an id.

    sequence: the change's place among all changes of its subject.
    """

    subject: str
    cube_id: str
    version: int
    state: str
    form: str
    decision: str
    reason: str
    cause: str
    valid_from: Moment
    recorded_at: Moment
    body: Body
    valid_to: Moment | None = None
    sequence: int | None = None


class Recalled(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="memcube.recall.served.v1"):
    """Which cubes a recall returned. The query is not kept."""

    subject: str
    cubes: tuple[Parent, ...]


class Audited(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="memcube.audit.recorded.v1"):
    """One step that was taken, by which event, and why. Holds no content, only a keyed digest of it."""

    subject: str
    event_id: str
    event_type: str
    decision: str
    reason: str
    processor: str
    recorded_at: Moment
    cube_id: str | None = None
    version: int | None = None
    state: str | None = None
    digest: str | None = None


# --- jobs: out, for the roles that do heavy work; never for the record ---------------------------------


class JobLine(msgspec.Struct, frozen=True, kw_only=True):
    """A memory as a line of a prompt. since: the day from which it holds."""

    cube_id: str
    version: int
    since: date
    body: Body


class Build(Address, frozen=True, kw_only=True, omit_defaults=True, tag="memcube.activation.build.v1"):
    """Prefill these memories as a block, as many of them as fit, in this order. Answered by a `Built`.

    budget: tokens of the block at most; without one, the model process's own.
    """

    block_id: str
    lines: tuple[JobLine, ...]
    reason: str
    budget: int | None = None


class Drop(Address, frozen=True, kw_only=True, omit_defaults=True, tag="memcube.activation.drop.v1"):
    """The tensors of a block are of no more use: remove them from every tier."""

    block_id: str
    reason: str


Turn = Prompt | Response
Command = Remember | Edit | Pin | Forget | Undo | Tick | Reprocess | Shred | Demote
Result = Extracted | Built
Incoming = Turn | Feedback | Command | Result
Job = Build | Drop
Outgoing = CubeUpdated | Recalled | Audited | Job

INCOMING: dict[str, type[Incoming]] = {str(t.__struct_config__.tag): t for t in get_args(Incoming)}
OUTGOING: dict[str, type[Outgoing]] = {str(t.__struct_config__.tag): t for t in get_args(Outgoing)}
JOBS: dict[str, type[Job]] = {str(t.__struct_config__.tag): t for t in get_args(Job)}


def type_of(event: msgspec.Struct) -> str:
    """The CloudEvents type of an event."""
    return str(event.__struct_config__.tag)
