"""Promotion: which subject's hot memories are worth a block, whose turn it is, and what has to go for it.

A block is worth the prefill that it is expected to save, and costs the bytes that it holds. Over the budget
of the disk what saves least for its bytes goes first. Pure: heat, time and what is held are given.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Final

import msgspec

from memcube.activation.choice import COLD, HOT, Candidate, Choice, choose
from memcube.activation.usage_changes import Held

# What is pushed out must save clearly less than what comes, or two that are alike would take turns.
CLEARLY: Final = 1.5


class Why(StrEnum):
    """For what a block is built, or given up; also in metrics."""

    HOT = "hot"
    CHANGED = "changed"  # a memory of it
    MORE = "more-hot"
    COLD = "cold"
    STALE = "stale"  # the record says that it is not as its memories are
    OTHER_MODEL = "other-model"
    OVER_BUDGET = "over-budget"


_WHY: Final = {
    "hot": Why.HOT,
    "a memory of the block has changed": Why.CHANGED,
    "more has become hot": Why.MORE,
}


class Policy(msgspec.Struct, frozen=True):
    """block_tokens: of one block at most. disk_bytes: of all blocks. bytes_per_token: of a stored block."""

    model: str
    half_life: timedelta
    block_tokens: int
    disk_bytes: int
    bytes_per_token: int

    @property
    def budget(self) -> int:
        """Tokens of one block: one that alone would be over the budget of the disk is not built."""
        return min(self.block_tokens, self.disk_bytes // self.bytes_per_token)


class Present(msgspec.Struct, frozen=True):
    """The block that a subject has. parts: the version of each memory in it, in its order."""

    block_id: str
    parts: Mapping[str, int]
    built: datetime
    tokens: int
    bytes: int
    model: str
    current: bool


class Want(msgspec.Struct, frozen=True):
    """A block that would pay. value: the prefill, in tokens, that it is expected to save."""

    members: tuple[Candidate, ...]
    value: float
    bytes: int
    why: Why

    @property
    def tokens(self) -> int:
        return sum(one.tokens for one in self.members)

    @property
    def digest(self) -> str:
        """Of the ids and versions in it, whatever their order."""
        return sha256(
            "\n".join(sorted(f"{m.cube_id} {m.version}" for m in self.members)).encode()
        ).hexdigest()


class Leave(msgspec.Struct, frozen=True):
    """The present block is to be given up."""

    why: Why


class Waiting(msgspec.Struct, frozen=True):
    """A subject that wants a build, since when."""

    subject: str
    tenant: str
    since: datetime


def decide(
    candidates: Sequence[Candidate], present: Present | None, now: datetime, policy: Policy
) -> Want | Leave | None:
    """What is to be done for one subject; None: all is well as it is.

    candidates: its current memories that a block may hold, as hot as they are now; those of the present block
    among them, whatever their heat.
    """
    if present is not None and present.model != policy.model:
        return Leave(Why.OTHER_MODEL)
    if present is not None and not present.current:
        return Leave(Why.STALE)
    held = present.parts if present else {}
    warm = [warmed(one, present, now, policy.half_life) for one in candidates]
    # Pinned memories come first into a block, and are no reason to have one.
    if not held and not any(one.heat >= HOT for one in warm):
        return None
    choice = choose(warm, held, budget=policy.budget)
    cold = not any(one.heat >= COLD for one in warm if one.cube_id in held)
    hot = choice.build and any(one.heat >= HOT for one in warm)
    if present is not None and cold and not hot:
        return Leave(Why.COLD)
    return _want(choice, policy) if choice.build and choice.members else None


def with_pinned(
    want: Want, candidates: Sequence[Candidate], present: Present | None, now: datetime, policy: Policy
) -> Want:
    """The same block with more candidates: pinned memories that nobody has asked for yet."""
    held = present.parts if present else {}
    warm = [warmed(one, present, now, policy.half_life) for one in candidates]
    choice = choose(warm, held, budget=policy.budget)
    return msgspec.structs.replace(_want(choice, policy), why=want.why) if choice.members else want


def warmed(one: Candidate, present: Present | None, now: datetime, half_life: timedelta) -> Candidate:
    """As hot as it is; in a block at least as what is worth building for was when that was built.

    Who had it built, by hand or because it was hot, expected some uses: it is not cold a moment later.
    """
    if present is None or present.parts.get(one.cube_id) != one.version:
        return one
    age = max(now - present.built, timedelta())
    return msgspec.structs.replace(one, heat=max(one.heat, HOT * 0.5 ** (age / half_life)))


def value(candidates: Sequence[Candidate]) -> float:
    """Tokens of prefill that these are expected to save."""
    return sum(one.heat * one.tokens for one in candidates)


def room_for(want: Want, held: Sequence[Held], free: int) -> Sequence[Held] | None:
    """What has to go so that the block fits; None if it is not worth that.

    held: the blocks of the others, their values as of now. free: bytes left of the budget.
    """
    leaving: list[Held] = []
    for block in sorted(held, key=_density):
        if free >= want.bytes:
            break
        if _density(block) * CLEARLY >= want.value / max(want.bytes, 1):
            return None
        leaving.append(block)
        free += block.bytes
    return leaving if free >= want.bytes else None


def over(held: Sequence[Held], budget: int) -> Sequence[Held]:
    """What has to go so that the rest is within the budget of bytes."""
    leaving: list[Held] = []
    total = sum(block.bytes for block in held)
    for block in sorted(held, key=_density):
        if total <= budget:
            break
        leaving.append(block)
        total -= block.bytes
    return leaving


def as_of(block: Held, now: datetime, half_life: timedelta) -> Held:
    """With the value that it has now."""
    later = block.value * 0.5 ** ((now - block.at) / half_life)
    return msgspec.structs.replace(block, value=later, at=now)


def turns(waiting: Sequence[Waiting], granted: Mapping[str, int], slots: int) -> Sequence[Waiting]:
    """Whose builds are next: one of each tenant in turn, of a tenant the one that waits longest.

    granted: the number of each tenant's last build. So neither a tenant with many subjects nor a subject
    that is always hot keeps another waiting for longer than one round.
    """
    queues: dict[str, deque[Waiting]] = defaultdict(deque)
    for one in sorted(waiting, key=lambda w: (w.since, w.subject)):
        queues[one.tenant].append(one)
    order = deque(sorted(queues, key=lambda tenant: (granted.get(tenant, 0), tenant)))
    chosen: list[Waiting] = []
    while order and len(chosen) < slots:
        tenant = order.popleft()
        chosen.append(queues[tenant].popleft())
        if queues[tenant]:
            order.append(tenant)
    return chosen


def _want(choice: Choice, policy: Policy) -> Want:
    return Want(
        members=choice.members,
        value=value(choice.members),
        bytes=choice.tokens * policy.bytes_per_token,
        why=_WHY.get(choice.reason, Why.MORE),
    )


def _density(block: Held) -> float:
    return block.value / max(block.bytes, 1)
