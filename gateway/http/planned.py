"""What a block of all that a subject's memory holds now is made of."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from math import ceil
from typing import Final

import msgspec

from gateway.http.problems import Problem
from memcube.activation.choice import Candidate, choose
from memcube.cube import Form, MemCube, State
from memcube.models.prompt import Line, estimated
from memcube.plaintext.lines import eligible, line_of, repeats
from memcube.store.record import CubeStore, HeldBlock
from schemas.envelope import MAX_JOB_BYTES, MAX_PARENTS

_LINE_BYTES: Final = 400
# Facts say more in fewer words, and each turn costs a look at what was drawn from it.
_MOST_TURNS: Final = 500


class Planned(msgspec.Struct, frozen=True):
    """The lines of a block to be, and how many memories did not fit. `standing`: the block that has them."""

    lines: tuple[Line, ...]
    left_out: int
    standing: str | None


def planned(store: CubeStore, subject: str, budget: int, fingerprints: Collection[str]) -> Planned:
    """At most `budget` tokens, by estimate. `fingerprints`: of the models there are.

    Raises a `Problem` where there is nothing to build of.
    """
    cubes = _current(store, subject)
    lines = {cube.id: line_of(cube) for cube in cubes}
    candidates = [_candidate(cube, lines[cube.id]) for cube in cubes]
    held = next((block for block in store.blocks(subject) if _usable(block, fingerprints)), None)
    parents = held.cube.payload.parents if held and held.cube.payload else ()
    before = {parent.cube_id: parent.version for parent in parents}
    first = choose(candidates, before, budget=budget, force=True)
    chosen = frozenset(member.cube_id for member in first.members)
    # A turn whose facts are all there would be said twice; without it there is room for others.
    twice = {cube.id for cube in cubes if cube.id in chosen and repeats(store, subject, cube, chosen)}
    left = [one for one in candidates if one.cube_id not in twice]
    choice = choose(left, before, budget=budget, force=True)
    if not choice.members:
        raise _nothing(subject, budget, some=bool(candidates))
    members = _sendable([lines[member.cube_id] for member in choice.members])
    return Planned(
        lines=members,
        left_out=len(left) - len(members),
        standing=None if held is None or choice.build else held.cube.id,
    )


def _nothing(subject: str, budget: int, *, some: bool) -> Problem:
    detail = (
        f"no current memory of {subject} fits {budget:,} tokens: give a larger budget"
        if some
        else f"{subject} has no current memories: say something first"
    )
    return Problem(409, "There is nothing to build a block of", detail, "nothing-to-build")


def _usable(block: HeldBlock, fingerprints: Collection[str]) -> bool:
    made = block.cube.payload.artefact if block.cube.payload else None
    return made is not None and made.fingerprint in fingerprints and block.current


def _current(store: CubeStore, subject: str) -> list[MemCube]:
    """The memories that a block may hold, facts first."""
    active = frozenset({State.ACTIVE})
    facts = store.list_cubes(subject, limit=MAX_PARENTS, form=Form.FACT, states=active)
    turns = store.list_cubes(subject, limit=_MOST_TURNS, form=Form.EPISODE, states=active)
    return [cube for cube in (*facts, *turns) if eligible(store, subject, cube)]


def _candidate(cube: MemCube, line: Line) -> Candidate:
    return Candidate(cube.id, cube.version, estimated(line.text), 1.0, cube.pinned)


def _sendable(lines: Sequence[Line]) -> tuple[Line, ...]:
    """As many of them, in their order, as one job takes."""
    room, found = MAX_JOB_BYTES, []
    for line in lines[:MAX_PARENTS]:
        room -= ceil(len(line.text.encode()) * 4 / 3) + _LINE_BYTES
        if room < 0:
            break
        found.append(line)
    return tuple(found)
