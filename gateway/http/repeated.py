"""Whether an event that is known by its key is the one that is known: a key may have been used for another.

`Claims` remembers a day of requests, and nothing beyond a restart. What an event said and did stands in the
record: where that is something else, its words would be lost in silence.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from gateway.log import Message
from memcube.cube import Decision, Form, MemCube, State, cube_id
from memcube.errors import NoSuchCube
from memcube.store.record import CubeStore
from schemas.body import Plain
from schemas.events import Edit, Feedback, Forget, Pin, Prompt, Remember, Response, Tick, Undo

# What only these commands do.
_DOES: Final[Mapping[type, frozenset[Decision]]] = {
    Edit: frozenset({Decision.EDIT, Decision.PIN}),
    Pin: frozenset({Decision.PIN}),
    Forget: frozenset({Decision.ERASE}),
    Undo: frozenset({Decision.UNDO}),
    Tick: frozenset({Decision.EXPIRE}),
    Feedback: frozenset({Decision.RATE}),
}
_NOT_REMEMBERING: Final = frozenset().union(*_DOES.values())


def is_another(store: CubeStore, message: Message) -> bool:
    """Whether the record holds something else under this id, which it knows.

    What was erased since, or left no trace, cannot be compared: that is taken for the same.
    """
    subject, data = message.data.subject().key, message.data
    made = [one for one in store.caused_by(subject, message.event_id) if not _went_along(one)]
    said = _was_said(store, subject, message.event_id)
    if isinstance(data, Prompt | Response):
        return not said or _differs([one for one in made if one.form is Form.EPISODE], data.body)
    return said or _did_another(store, subject, data, made)


def _went_along(version: MemCube) -> bool:
    """A turn that left recall as nothing it says holds any more, or a block: no event is sent for that."""
    if version.form is Form.BLOCK:
        return True
    return version.form is Form.EPISODE and version.decision is Decision.SUPERSEDE


def _did_another(store: CubeStore, subject: str, data: object, made: Sequence[MemCube]) -> bool:
    decisions = {one.decision for one in made}
    if isinstance(data, Remember):
        given = [one for one in made if one.decision is Decision.ADD]
        return bool(decisions & _NOT_REMEMBERING) or _differs(given, data.body)
    if not decisions <= _DOES.get(type(data), decisions):
        return True
    match data:
        case Edit(cube_id=cube):
            differs = _others(made, cube) or _differs(made, data.body)
        case Pin(cube_id=cube, pinned=pinned):
            differs = _others(made, cube) or any(one.pinned is not pinned for one in made)
        case Forget(everything=True):
            differs = bool(made) and _spared(store, subject, made)
        case Forget(cube_ids=cubes):
            differs = bool(made) and not set(cubes) <= {one.id for one in made}
        case _:
            differs = False
    return differs


def _was_said(store: CubeStore, subject: str, event_id: str) -> bool:
    try:
        store.cube(subject, cube_id(subject, event_id, "episode"))
    except NoSuchCube:
        return False
    return True


def _differs(versions: Sequence[MemCube], body: object) -> bool:
    held = {one.text for one in versions if one.payload}
    return bool(held) and isinstance(body, Plain) and body.text not in held


def _others(versions: Sequence[MemCube], cube: str) -> bool:
    return any(one.id != cube for one in versions)


def _spared(store: CubeStore, subject: str, erased: Sequence[MemCube]) -> bool:
    """Whether something that was there before still is."""
    kept = frozenset(State) - {State.ERASED}
    before = min(one.seq for one in erased)
    return bool(store.list_cubes(subject, limit=1, states=kept, before=before))
