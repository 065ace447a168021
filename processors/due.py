"""What time does to a memory. Time comes as a `Tick`, so that a replay has the same one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Final

import msgspec

from memcube.cube import Decision, Form, MemCube, State
from memcube.plaintext.view import SubjectView
from processors.changes import each_once, functional, slot_of
from processors.revision import Revision

# A plan to move is a plan for the home, and a plan to start is one for the job.
_COMES_TO: Final[Mapping[str, str]] = {"plan/move": "lives_in", "plan/job": "works_at"}
_PLACE: Final = re.compile(
    r"\b(?:to|at|with|for|join(?:s|ing)?|liv(?:es?|ing) in) (?P<v>[A-Z][\w&'-]+(?: [A-Z][\w&'-]+)*)"
)


def tick(revision: Revision) -> None:
    """What was announced for a day that has come, holds from it; what was to be kept until now, ends now."""
    now = revision.event.time
    for cube in _announced(revision.view, now):
        _begin(revision, cube)
    due = [cube for cube in revision.view if _is_due(cube, now)]
    for cube in sorted(due, key=lambda cube: cube.id):
        ended = max(cube.valid_from, cube.expires_at or now)
        revision.revise(cube, Decision.EXPIRE, "expired", state=State.EXPIRED, valid_to=ended)
    if not revision.steps():
        revision.noop("nothing-due")


def _is_due(cube: MemCube, now: datetime) -> bool:
    return bool(cube.state is State.ACTIVE and not cube.pinned and cube.expires_at and cube.expires_at <= now)


def _announced(view: SubjectView, now: datetime) -> list[MemCube]:
    """The current facts whose day has come and that were said before it, oldest day first."""
    found = [
        cube
        for slot in view.slots()
        if slot_of(slot)[1] in _COMES_TO or functional(slot)
        for cube in view.in_slot(slot)
        if cube.state is State.ACTIVE
        and cube.form is Form.FACT
        and max(source.time for source in cube.sources) < cube.valid_from <= now
        and (slot_of(slot)[1] in _COMES_TO or not slot_of(slot)[1].startswith("plan/"))
    ]
    return sorted(found, key=lambda cube: (cube.valid_from, cube.seq))


def _begin(revision: Revision, announced: MemCube) -> None:
    """End what it takes the place of on its day; from then on a plan to move is the home."""
    if announced.payload is None or announced.payload.slot is None:
        return
    about, slot = slot_of(announced.payload.slot)
    cube = announced
    if slot in _COMES_TO:
        place = _PLACE.search(announced.text)
        if place is None:
            return
        payload = msgspec.structs.replace(
            announced.payload, slot=f"{about}/{_COMES_TO[slot]}", value=place["v"].casefold()
        )
        cube = revision.revise(announced, Decision.BEGIN, "day-has-come", payload=payload, expires_at=None)
    if cube.payload is None or cube.payload.slot is None:
        return
    slot, value = cube.payload.slot, cube.payload.value
    others = [known for known in revision.view.values(slot) if known != value]
    for other in each_once(fact for known in others for fact in revision.view.holding(slot, known)):
        if other.valid_from < cube.valid_from and not other.pinned:
            revision.revise(
                other, Decision.SUPERSEDE, "replaced", state=State.SUPERSEDED, valid_to=cube.valid_from
            )
