"""What was said just before a turn: the question that it may answer.

It is read off the view, so it is a function of the log up to the turn and not of where batches are cut. The
first beat comes before the view has the turns of its own batch: it takes those from the drafts (`waiting`),
and the third beat asks again. They differ only if one of those turns was refused in between.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from memcube.cube import MemCube, cube_id
from memcube.plaintext.view import SubjectView
from processors.extract import speaker
from processors.step import Heard, Opened
from schemas.events import Prompt, Response

# The other's question, and one's own words before it.
TURNS: Final = 2
# What is said an hour later answers nothing any more.
WITHIN: Final = timedelta(hours=1)


def heard(opened: Opened) -> Heard | None:
    """An event as a turn that the next one may answer; None for what is no turn."""
    event = opened.event
    if opened.erased or not isinstance(event.data, Prompt | Response):
        return None
    content = opened.contents[0]
    return Heard(event.id, event.time, speaker(event, content), content.text)


def heard_before(opened: Opened, view: SubjectView, waiting: Sequence[Heard] = ()) -> tuple[Heard, ...]:
    """The turns of the last hour before a turn, oldest first. `waiting`: those not yet in the view."""
    event = opened.event
    if opened.erased or not isinstance(event.data, Prompt):
        return ()
    known = {turn.sources[0].event_id: _heard(turn) for turn in view.episodes_before(event.time, TURNS)}
    known.update((turn.event_id, turn) for turn in waiting if turn.time < event.time)
    known.pop(event.id, None)
    near = [turn for turn in known.values() if event.time - turn.time <= WITHIN]
    return tuple(sorted(near, key=lambda turn: (turn.time, _place(view, turn)))[-TURNS:])


def just_said(view: SubjectView, time: datetime) -> Iterator[MemCube]:
    """The turns of the last hour before this time, the last one first; what was forgotten ends them."""
    for turn in reversed(view.episodes_before(time, TURNS)):
        if turn.payload is None or time - turn.sources[0].time > WITHIN:
            return
        yield turn


def heard_then(opened: Opened, view: SubjectView, arrived: Callable[[MemCube], int]) -> tuple[Heard, ...]:
    """The same of a stored turn, without turns that came later than it, though they were said before it.

    `arrived`: the place of an episode in the order in which they came.
    """
    event = opened.event
    if not isinstance(event.data, Prompt):
        return ()
    own = view.cube(cube_id(view.subject, event.id, "episode"))
    follows = own.payload and own.payload.follows
    if follows and follows in view and view.cube(follows).payload is None:
        return ()  # forgotten since: it answers no older one instead
    first = arrived(own)
    near = view.episodes(event.time - WITHIN, event.time)
    return tuple(_heard(turn) for turn in near if arrived(turn) < first)[-TURNS:]


def _heard(turn: MemCube) -> Heard:
    source = turn.sources[0]
    return Heard(source.event_id, source.time, source.speaker, turn.text)


def _place(view: SubjectView, turn: Heard) -> str:
    """Of two turns of one moment the view's order decides, which goes by the episode's id."""
    return cube_id(view.subject, turn.event_id, "episode")
