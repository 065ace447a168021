"""Which memories of a subject are worth a block, and when it pays to build it anew.

A block saves the prefill of its tokens at every use and costs that prefill once. With uses that decay by
half in a half-life, the heat of a memory is also the number of uses to expect of it in about the next one
and a half half-lives; so heat times tokens is the prefill that it will save.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

# Below two uses a build costs what it saves. A memory comes in when it is hotter than the first and leaves
# when it has cooled to the second: between them it stays as it is, or it would come and go with each use.
HOT: Final = 2.0
COLD: Final = 0.5
# What comes along where a block is built anyhow: it costs its own tokens alone, and one use pays for them.
WARM: Final = 0.75
# Where the budget is too small for all, a newcomer takes a member's place when it is so much hotter: two that
# are used in turn would otherwise push each other out for ever.
HOTTER: Final = 1.5
# Of what the block saves already: for less than this a whole file is not written anew. Small gains add up.
WORTH: Final = 0.05
_NOT_HOT: Final = "nothing is hot"


class Candidate(msgspec.Struct, frozen=True):
    """A current memory of the subject. `heat` as of now; `tokens` of its line in a prompt."""

    cube_id: str
    version: int
    tokens: int
    heat: float
    pinned: bool = False


class Choice(msgspec.Struct, frozen=True):
    """The block to be: what stays, in its order, and what is new, behind it. `build`: it pays to build."""

    members: tuple[Candidate, ...]
    build: bool
    reason: str

    @property
    def tokens(self) -> int:
        return sum(member.tokens for member in self.members)


def choose(
    candidates: Sequence[Candidate], held: Mapping[str, int], *, budget: int, force: bool = False
) -> Choice:
    """The memories for the block of a subject, at most `budget` tokens.

    held: the version of each memory in the present block, in its order; empty if there is none. Members
    that have not changed keep their places, so that the new block begins with the tokens of the old one.
    force: all current memories count as hot.
    """
    current = {candidate.cube_id: candidate for candidate in candidates}
    wanted = [one for one in candidates if force or one.pinned or one.heat >= _bar(one, held)]
    # What a memory saves for each of its tokens is its heat.
    wanted.sort(key=lambda one: (not one.pinned, -_standing(one, held), one.cube_id))
    chosen: dict[str, Candidate] = {}
    room = budget
    for one in wanted:
        if one.tokens <= room:
            chosen[one.cube_id] = one
            room -= one.tokens
    staying = [chosen.pop(cube_id) for cube_id in held if cube_id in chosen]
    members = (*staying, *chosen.values())
    if not members:
        return Choice((), build=False, reason=_NOT_HOT if not held else "it has gone cold")
    if not held:
        hot = force or any(one.pinned or one.heat >= HOT for one in members)
        return Choice(members, build=True, reason="hot") if hot else Choice((), build=False, reason=_NOT_HOT)
    changed = [cube_id for cube_id, version in held.items() if _version(current, cube_id) != version]
    if changed:
        return Choice(members, build=True, reason="a memory of the block has changed")
    if force and {one.cube_id for one in members} != set(held):
        return Choice(members, build=True, reason="asked for")
    leaving = [current[cube_id] for cube_id in held if cube_id not in {one.cube_id for one in members}]
    gained = _saved(tuple(chosen.values())) - _saved(leaving)
    cost = sum(one.tokens for one in chosen.values())
    if chosen and gained >= max(HOT * cost if not leaving else 0.0, WORTH * _saved(staying)):
        return Choice(members, build=True, reason="more has become hot")
    return Choice(members, build=False, reason="as it is")


def _bar(one: Candidate, held: Mapping[str, int]) -> float:
    if not held:
        return WARM
    return COLD if one.cube_id in held else HOT


def _standing(one: Candidate, held: Mapping[str, int]) -> float:
    return one.heat * HOTTER if one.cube_id in held else one.heat


def _saved(members: Sequence[Candidate]) -> float:
    """Tokens of prefill that these are expected to save."""
    return sum(one.heat * one.tokens for one in members)


def _version(current: Mapping[str, Candidate], cube_id: str) -> int | None:
    found = current.get(cube_id)
    return None if found is None else found.version
