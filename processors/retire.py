"""How a memory stops being current: what it ends by, and what becomes of the turn it came from."""

from __future__ import annotations

from datetime import datetime

from memcube.cube import Decision, MemCube, State, cube_id
from processors.changes import slot_of
from processors.revision import Revision
from processors.step import Statement


def end(revision: Revision, cube: MemCube, reason: str, valid_to: datetime) -> None:
    """It was true until then. Protected memories and those that hold no longer stay as they are."""
    cube = revision.view.cube(cube.id)  # one statement may end it in two ways
    if cube.state is not State.ACTIVE or cube.pinned:
        return
    revision.revise(cube, Decision.SUPERSEDE, reason, state=State.SUPERSEDED, valid_to=valid_to)
    _retire_turns(revision, cube, valid_to)


def take_back(revision: Revision, cube: MemCube, reason: str) -> None:
    """It never was true: no question as of any time is answered with it. Protected memories stay."""
    cube = revision.view.cube(cube.id)
    if cube.state is not State.ACTIVE or cube.pinned:
        return
    valid_to = max(cube.valid_from, revision.now)
    revision.revise(cube, Decision.RETRACT, reason, state=State.RETRACTED, valid_to=valid_to)
    _retire_turns(revision, cube, valid_to)


def retire_turn(revision: Revision, event_id: str, valid_to: datetime) -> None:
    """A turn says what was said. When nothing drawn from it holds any more, it leaves recall with it."""
    turn = cube_id(revision.view.subject, event_id, "episode")
    if turn not in revision.view or revision.view.cube(turn).state is not State.ACTIVE:
        return
    if all(fact.state is not State.ACTIVE for fact in revision.view.drawn_from(event_id)):
        revision.revise(
            revision.view.cube(turn),
            Decision.SUPERSEDE,
            "nothing-left-of-it",
            state=State.SUPERSEDED,
            valid_to=valid_to,
        )


def _retire_turns(revision: Revision, cube: MemCube, valid_to: datetime) -> None:
    for source in cube.sources:
        retire_turn(revision, source.event_id, valid_to)


def supersede(revision: Revision, cube: MemCube, by: Statement) -> None:
    """A statement takes its place, from the day that it names or from now."""
    said = revision.now
    dated_change = by.dated and said_at(revision, cube) < by.valid_from <= said
    reason = {"correction": "corrected", "ending": "ended", None: "replaced"}[by.cue]
    end(revision, cube, reason, by.valid_from if dated_change else said)


def said_at(revision: Revision, cube: MemCube) -> datetime:
    """When a memory was last said; what was announced for a day that is over counts from that day."""
    said = min(max(source.time for source in cube.sources), cube.recorded_at)
    plan = cube.payload is None or slot_of(cube.payload.slot)[1].startswith("plan")
    return cube.valid_from if not plan and said < cube.valid_from <= revision.opened.recorded_at else said
