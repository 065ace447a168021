"""What a person does to a memory by command: edit, pin, rate, undo; and what time does to it."""

from __future__ import annotations

from typing import Final

import msgspec

from memcube.cube import Decision, Form, MemCube, State
from memcube.errors import CubeErased, NothingToUndo, Refused
from processors import blocks, due
from processors.extract import speaker
from processors.revision import Revision, with_source
from processors.step import Statement
from schemas.events import Built, Demote, Edit, Feedback, Pin, Tick, Undo

# A judgement moves trust by a quarter of the way that is left: a few agree, none decides alone.
TRUST_STEP: Final = 0.25


def run(revision: Revision, data: Pin | Feedback | Undo | Tick | Built | Demote) -> None:
    """The commands that bring no text of their own, and the result that brings none."""
    match data:
        case Pin():
            _pin(revision, data)
        case Feedback():
            _rate(revision, data)
        case Undo():
            _undo(revision, data)
        case Tick():
            due.tick(revision)
        case Built() | Demote():
            blocks.apply(revision, data)


def edit(revision: Revision, data: Edit, statement: Statement) -> None:
    """The text becomes another; the slot stays, so the next correction still finds it."""
    cube = _living(revision, data.cube_id)
    if cube.form is Form.EPISODE:
        raise Refused(f"cube {cube.id} is a raw turn: it says what was said; edit a memory, or forget it")
    pinned = cube.pinned if data.pinned is None else data.pinned
    if cube.payload is None or cube.text == statement.text:
        if pinned == cube.pinned:
            revision.noop("same-text", cube)
        else:
            revision.revise(cube, Decision.PIN, "pinned" if pinned else "unpinned", pinned=pinned)
        return
    who = speaker(revision.event, revision.opened.contents[0])
    # Their turns go on saying the old words.
    sources = tuple(
        source if source.said is not None else msgspec.structs.replace(source, said=cube.text)
        for source in cube.sources
    )
    payload = msgspec.structs.replace(cube.payload, text=statement.text, value=None, sources=sources)
    payload = with_source(payload, revision.source(who))
    # What a person has put right does not fade.
    revision.revise(cube, Decision.EDIT, "edited", payload=payload, pinned=pinned, expires_at=None)


def _pin(revision: Revision, data: Pin) -> None:
    cube = _living(revision, data.cube_id)
    if cube.pinned == data.pinned:
        revision.noop("pinned" if data.pinned else "not-pinned", cube)
        return
    revision.revise(cube, Decision.PIN, "pinned" if data.pinned else "unpinned", pinned=data.pinned)


def _rate(revision: Revision, data: Feedback) -> None:
    """All of the memories or none: an unknown id refuses the whole judgement."""
    cubes = [_living(revision, cube_id) for cube_id in dict.fromkeys(data.cube_ids)]
    if not cubes:
        raise Refused("feedback names no cubes: give the ids of the memories that it is about")
    for cube in cubes:
        target = 1.0 if data.verdict == "up" else 0.0
        trust = round(cube.trust + (target - cube.trust) * TRUST_STEP, 6)
        revision.revise(cube, Decision.RATE, data.verdict, trust=trust)


def _undo(revision: Revision, data: Undo) -> None:
    """Each cube that the event changed goes back to what it was before; a new one is taken back.

    Not blocks: one that ended with a memory is stale for good.
    """
    every = revision.view.caused_by(data.event_id)
    made = [version for version in every if version.form is not Form.BLOCK]
    if every and not made:
        blocks.take_back(revision, every, data.event_id)
        return
    if not made:
        raise NothingToUndo(f"event {data.event_id[:80]!r} changed nothing in {revision.view.subject}")
    newest = {cube.id: cube for cube in made}
    for cube in newest.values():
        if cube.state is State.ERASED or revision.view.cube(cube.id).state is State.ERASED:
            raise NothingToUndo(f"cube {cube.id} was erased: that cannot be undone")
        if not _as_it_was_left(revision.view.cube(cube.id), cube):
            raise NothingToUndo(f"cube {cube.id} has changed since: undo the later change first")
    for cube in map(revision.view.cube, newest):
        first = min(version.version for version in made if version.id == cube.id)
        before = next((v for v in revision.view.history(cube.id) if v.version == first - 1), None)
        if before is None:
            revision.revise(
                cube,
                Decision.UNDO,
                "taken-back",
                state=State.RETRACTED,
                valid_to=max(cube.valid_from, revision.event.time),
            )
        else:
            revision.revise(
                cube,
                Decision.UNDO,
                "put-back",
                state=before.state,
                payload=before.payload,
                valid_from=before.valid_from,
                valid_to=before.valid_to,
                trust=before.trust,
                pinned=before.pinned,
                # Undone, an expiry is a person's word that it still holds: the next tick does not end it.
                expires_at=None if cube.state is State.EXPIRED else before.expires_at,
            )


def _as_it_was_left(now: MemCube, left: MemCube) -> bool:
    """Whether this is still what the event left, which it also is once all later changes were undone."""
    if now.version == left.version:
        return True
    spared = msgspec.structs.replace(left, expires_at=None)  # by the undo of its expiry
    return now.decision is Decision.UNDO and _restored(now) in {_restored(left), _restored(spared)}


def _restored(cube: MemCube) -> tuple[object, ...]:
    """What an undo puts back."""
    return (
        cube.state,
        cube.payload,
        cube.valid_from,
        cube.valid_to,
        cube.trust,
        cube.pinned,
        cube.expires_at,
    )


def _living(revision: Revision, cube_id: str) -> MemCube:
    cube = revision.view.cube(cube_id)
    if cube.state is State.ERASED:
        raise CubeErased(f"cube {cube.id} was erased; there is nothing left to change")
    if cube.form is Form.BLOCK:
        raise Refused(
            f"cube {cube.id} is a block of activation memory, without words of its own: change the memories"
            " that it was made of, or give it up with a demote"
        )
    return cube
