"""How a memory stops being current: what it ends by, and what becomes of the turn it came from."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from memcube.cube import Decision, Form, MemCube, State, cube_id
from memcube.plaintext.left import left_of, says_more
from processors.changes import slot_of
from processors.revision import Revision
from processors.step import Statement
from schemas.events import Undo

NOTHING_LEFT: Final = "nothing-left-of-it"
# Somebody has said otherwise since. What only time has ended is still told by its turn.
_OVER: Final = frozenset({State.SUPERSEDED, State.RETRACTED, State.QUARANTINED})


def end(revision: Revision, cube: MemCube, reason: str, valid_to: datetime) -> None:
    """It was true until then. Protected memories and those that hold no longer stay as they are."""
    cube = revision.view.cube(cube.id)  # one statement may end it in two ways
    if cube.state is not State.ACTIVE or cube.pinned:
        return
    revision.revise(cube, Decision.SUPERSEDE, reason, state=State.SUPERSEDED, valid_to=valid_to)


def take_back(revision: Revision, cube: MemCube, reason: str) -> None:
    """It never was true: no question as of any time is answered with it. Protected memories stay."""
    cube = revision.view.cube(cube.id)
    if cube.state is not State.ACTIVE or cube.pinned:
        return
    valid_to = max(cube.valid_from, revision.now)
    revision.revise(cube, Decision.RETRACT, reason, state=State.RETRACTED, valid_to=valid_to)


def retire_turns(revision: Revision) -> None:
    """A turn says what was said. When nothing that it says holds any more, it leaves recall.

    At the end of an event: in the middle of a turn what it goes on to say has not been drawn from it yet.
    """
    if isinstance(revision.event.data, Undo):
        return  # it puts back the turns that went with what it puts back
    told: dict[str, None] = {}
    for step in revision.steps():
        cube = step.cube
        if step.decision is not Decision.NOOP and cube is not None and cube.form is Form.FACT:
            told.update((source.event_id, None) for source in cube.sources if _is_over(cube, source.event_id))
    for event_id in told:
        turn_id = cube_id(revision.view.subject, event_id, "episode")
        if turn_id not in revision.view:
            continue
        turn = revision.view.cube(turn_id)
        drawn = revision.view.drawn_from(event_id)
        if turn.state is State.ACTIVE and nothing_left(turn, drawn):
            revision.revise(
                turn,
                Decision.SUPERSEDE,
                NOTHING_LEFT,
                state=State.SUPERSEDED,
                valid_to=max(fact.valid_to or revision.now for fact in drawn),
            )


def nothing_left(turn: MemCube, drawn: Sequence[MemCube]) -> bool:
    """Whether all that was drawn from a turn is over, and no other sentence of it says anything."""
    event_id = turn.sources[0].event_id
    return (
        bool(drawn)
        and all(_is_over(fact, event_id) for fact in drawn)
        and not says_more(left_of(turn.text, [fact.said_in(event_id) for fact in drawn if fact.payload]))
    )


def _is_over(fact: MemCube, event_id: str) -> bool:
    """Whether somebody has said otherwise since this event, or has put into other words what it said."""
    return fact.state in _OVER or fact.payload is None or fact.was_edited_since(event_id)


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
