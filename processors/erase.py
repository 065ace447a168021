"""Forgetting: the target leaves the record with all its versions, its raw turns and its vectors.

What stays is the id, the state and the audit record. The words of a whole subject end everywhere at
once when its keys are destroyed; that takes two events, so that nothing said in between is lost:
`Forget` erases the rows and gives the subject a new key, and the `Shred` that follows it in the log
destroys the old ones when no event before it is left to open.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec

from memcube.cube import Decision, Form, MemCube, State, cube_id
from memcube.errors import Refused
from processors.revision import NEUTRAL_TRUST, Revision
from processors.step import Outcome
from schemas.events import Forget, Shred

PROCESSOR: Final = "erase/1"


def forget(revision: Revision, data: Forget) -> Outcome:
    """Raises `Refused` if nothing is named and `NoSuchCube` for an unknown id; then nothing is erased."""
    if data.everything:
        for cube in sorted(revision.view, key=lambda cube: cube.id):
            if cube.state is not State.ERASED:
                _erase(revision, cube, "subject-forgotten")
        if not revision.steps():
            revision.noop("nothing-known")
        return Outcome((), close=True)
    if not data.cube_ids:
        raise Refused("forget names no cubes: give their ids, or everything=true for the whole subject")
    targets = {cube.id: cube for cube in map(revision.view.cube, data.cube_ids)}
    erase(revision, with_turns(revision, targets).values())
    return Outcome(())


def erase(revision: Revision, cubes: Iterable[MemCube], reason: str = "forgotten") -> None:
    """End these cubes with their words."""
    for cube in cubes:
        if cube.state is State.ERASED:
            revision.noop("erased-already", cube)
        else:
            _erase(revision, cube, reason)


def shred(revision: Revision, data: Shred) -> Outcome:
    revision.noop("keys-destroyed")
    return Outcome((), shred=data.key_ids)


def with_turns(revision: Revision, targets: dict[str, MemCube]) -> dict[str, MemCube]:
    """The targets, the raw turns they came from, and the facts that came from a targeted turn alone.

    A fact that holds words of a targeted turn, the question that it answers, goes as well.
    """
    view = revision.view
    found = dict(targets)
    episodes = [cube for cube in targets.values() if cube.form is Form.EPISODE]
    turns = {source.event_id for episode in episodes for source in episode.sources}
    for cube in targets.values():
        # Of every version: a source may have been undone, or left out where there were too many.
        for source in {source for version in view.history(cube.id) for source in version.sources}:
            episode = cube_id(view.subject, source.event_id, "episode")
            if episode in view:
                found[episode] = view.cube(episode)
    if turns:
        for cube in view:
            alone = cube.sources and {source.event_id for source in cube.sources} <= turns
            if alone or (cube.payload and cube.payload.completed_by in turns):
                found[cube.id] = cube
    return dict(sorted(found.items()))


def _erase(revision: Revision, cube: MemCube, reason: str) -> None:
    """Dates and trust tell of the content as well: they go with it."""
    erased = msgspec.structs.replace(cube, payload=None)
    revision.revise(
        erased,
        Decision.ERASE,
        reason,
        state=State.ERASED,
        valid_from=revision.event.time,
        valid_to=None,
        trust=NEUTRAL_TRUST,
        pinned=False,
        expires_at=None,
    )
