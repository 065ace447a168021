"""What is known for an answer: what recall finds, and the subject's block, as the record has them then."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from time import perf_counter
from typing import Final

import msgspec

from gateway.http.held_block import chosen
from gateway.http.metrics import timed_phase
from gateway.http.services import Services
from memcube.cube import PARENT_CHANGED, PARENT_ERASED, Kind, MemCube, State
from memcube.models.prompt import Line
from memcube.models.wire import Block
from memcube.plaintext.lines import line_of
from memcube.plaintext.memory import Memory
from memcube.store.record import CubeStore, HeldBlock
from schemas.events import Parent

# What fits the text route's budget, twice over: short lines may be many.
MOST_RECALLED: Final = 16
STALE: Final = "stale: a memory has changed"
OWN_TURN: Final = "this prompt's own turn is in the block"
# By the reason of its end, where it has one that tells a person anything.
_ENDED: Final = {
    PARENT_CHANGED: "no block: a memory of the last one has changed",
    PARENT_ERASED: "no block: a memory of the last one was forgotten",
}
_GIVEN_UP: Final = "no block: the last one was given up"


class Known(msgspec.Struct, frozen=True):
    """Of one moment. recalled: best first. withheld: why the block there is was not taken.

    recall_s: what the recall took, waiting for its turn included.
    """

    recalled: tuple[Line, ...] = ()
    block: Block | None = None
    withheld: str | None = None
    recall_s: float = 0.0

    def reported(self, cubes: Collection[str]) -> tuple[Parent, ...]:
        """Of what was recalled, that which is among these: a block's memories do not keep each other hot."""
        return tuple(Parent(line.cube_id, line.version) for line in self.recalled if line.cube_id in cubes)


NOTHING: Final = Known()


async def known_for(
    house: Services,
    subject: str,
    query: str,
    own: Collection[str],
    *,
    blocks: bool,
    named: bool = False,
    model: str | None,
) -> Known:
    """What the prompt finds. own: ids of events of this very exchange, whose words it must not be shown.

    blocks: whether a block can be used; model: of which model, if there are blocks of several. named: whether
    a block was asked for, so that it matters why there is none.
    """
    began = perf_counter()
    with timed_phase("total"):
        found = await house.recalls.run(
            lambda recaller: recaller.recall(subject, query, limit=MOST_RECALLED, as_of=None)
        )
    recall_s = perf_counter() - began
    # After the recall: what changed in between is seen here, and nothing stale is sent on.
    known = await house.record.run(
        lambda store: _snapshot(store, subject, found.memories, frozenset(own), blocks=blocks, model=model)
    )
    if named and known.block is None and known.withheld is None:
        ended = await house.record.run(lambda store: _ended(store, subject))
        known = msgspec.structs.replace(known, withheld=ended)
    return msgspec.structs.replace(known, recall_s=recall_s)


def _snapshot(
    store: CubeStore,
    subject: str,
    memories: Sequence[Memory],
    own: frozenset[str],
    *,
    blocks: bool,
    model: str | None,
) -> Known:
    now = {cube.id: cube for cube in store.cubes(subject, [memory.id for memory in memories])}
    recalled = [
        # Of another version by now, what was shown of it may be over: then it is read anew.
        line_of(cube, memory.text if cube.version == memory.version else None)
        for memory in memories
        if (cube := now.get(memory.id)) is not None and _may_be_told(cube, own)
    ]
    block, withheld = _block(store.blocks(subject) if blocks else (), own, model)
    return Known(tuple(recalled), block, withheld)


def _may_be_told(cube: MemCube, own: frozenset[str]) -> bool:
    return cube.state is State.ACTIVE and cube.payload is not None and not _is_of(cube, own)


def _is_of(cube: MemCube, events: frozenset[str]) -> bool:
    completed = cube.payload.completed_by if cube.payload else None
    return completed in events or any(source.event_id in events for source in cube.sources)


def _block(
    held: Sequence[HeldBlock], own: frozenset[str], model: str | None
) -> tuple[Block | None, str | None]:
    """The one that may be used, or why not."""
    one = chosen(held, model)
    if one is None or one.cube.payload is None or one.cube.payload.artefact is None:
        return None, None
    if not one.current:
        return None, STALE
    if any(_is_of(parent, own) for parent in one.parents):
        return None, OWN_TURN
    fingerprint = one.cube.payload.artefact.fingerprint
    return Block(one.cube.id, fingerprint, tuple(line_of(parent) for parent in one.parents)), None


def _ended(store: CubeStore, subject: str) -> str | None:
    """Why the last block is not there any more; None if there was none."""
    for last in store.list_cubes(subject, limit=1, kind=Kind.ACTIVATION):
        if last.state is not State.ACTIVE:
            return _ENDED.get(last.reason, _GIVEN_UP)
    return None
