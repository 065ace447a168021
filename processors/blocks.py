"""Blocks of activation memory: memories as the beginning of a prompt, prefilled, as long as all of them hold.

A block is a cube of its own, without words. It is active while each memory in it is at the version that was
prefilled: the event that changes one ends the block in the same commit. An undo brings no block back, since
its tensors are gone by then; whoever needs it has it built again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final
from uuid import UUID

from memcube.cube import PARENT_CHANGED, PARENT_ERASED, Decision, Form, Kind, MemCube, State, cube_id
from memcube.errors import NothingToUndo, Refused
from memcube.plaintext.view import SubjectView
from processors import erase
from processors.revision import Revision
from processors.step import Dropped
from schemas.events import Artefact, Built, Demote, Parent

# What `cube_id` makes: the id becomes the name of a file.
_ID_VERSION: Final = 5


def apply(revision: Revision, data: Built | Demote) -> None:
    """Raises `Refused` for what no model process sends, and `NoSuchCube` for an unknown block."""
    match data:
        case Built():
            _built(revision, data)
        case Demote():
            _demote(revision, data)


def settle(revision: Revision) -> tuple[Dropped, ...]:
    """End the blocks of which the event has changed a memory; returns all that are of no more use.

    The last thing that happens in every event.
    """
    _end_stale(revision)
    return tuple(_dropped(revision))


def take_back(revision: Revision, versions: Iterable[MemCube], event_id: str) -> None:
    """Undo an event that changed blocks alone, `versions`: the block that it built is given up.

    Raises `NothingToUndo` if there is none, or if it has ended since.
    """
    built = [revision.view.cube(version.id) for version in versions if version.decision is Decision.BUILD]
    standing = [block for block in built if block.state is State.ACTIVE]
    if not standing:
        raise NothingToUndo(
            f"event {event_id[:80]!r} left no block in use, and none is brought back: have it built again"
        )
    for block in standing:
        _end(revision, block, Decision.DEMOTE, State.ARCHIVED, "taken-back")


def _built(revision: Revision, data: Built) -> None:
    _check(data)
    view = revision.view
    if data.block_id in view:
        revision.noop("built-already", view.cube(data.block_id))
    elif data.artefact is None:
        revision.noop("not-built" if data.reason == "built" else data.reason)
    elif (changed := _first_changed(view, data.parents)) is not None:
        revision.noop(PARENT_CHANGED, view.cube(changed.cube_id) if changed.cube_id in view else None)
    else:
        for former in view.blocks():
            if former.payload and former.payload.artefact and _same_model(former.payload.artefact, data):
                _end(revision, former, Decision.SUPERSEDE, State.SUPERSEDED, "rebuilt")
        revision.build(data.block_id, data.parents, data.artefact, data.reason, data.processor)


def _check(data: Built) -> None:
    if not _is_cube_id(data.block_id):
        raise Refused(f"block id {data.block_id[:80]!r} is none that a job of ours has: send the job's own")
    named = {parent.cube_id for parent in data.parents}
    if data.artefact is not None and not named:
        raise Refused(f"block {data.block_id} names no memories: it must be traceable to what was said")
    if len(named) < len(data.parents):
        raise Refused(f"block {data.block_id} names a memory twice: each is one line of it")


def _is_cube_id(given: str) -> bool:
    try:
        known = UUID(given)
    except ValueError:
        return False
    return str(known) == given and known.version == _ID_VERSION


def _same_model(known: Artefact, data: Built) -> bool:
    return data.artefact is not None and known.model == data.artefact.model


def _first_changed(view: SubjectView, parents: Iterable[Parent]) -> Parent | None:
    return next((parent for parent in parents if not _holds(view, parent)), None)


def _holds(view: SubjectView, parent: Parent) -> bool:
    """Whether it is what was prefilled, and what it says may be told whole."""
    if parent.cube_id not in view:
        return False
    cube = view.cube(parent.cube_id)
    if cube.kind is not Kind.PLAINTEXT or cube.state is not State.ACTIVE or cube.version != parent.version:
        return False
    return cube.form is not Form.EPISODE or all(
        fact.holds_as_said_in(source.event_id)
        for source in cube.sources
        for fact in view.drawn_from(source.event_id)
    )


def _demote(revision: Revision, data: Demote) -> None:
    cube = revision.view.cube(data.block_id)
    if cube.form is not Form.BLOCK:
        raise Refused(f"cube {cube.id} is a {cube.form}, no block of activation memory: name a block")
    if cube.state is State.ACTIVE:
        _end(revision, cube, Decision.DEMOTE, State.ARCHIVED, data.reason)
    else:
        revision.noop("given-up-already", cube)


def _end(revision: Revision, block: MemCube, decision: Decision, state: State, reason: str) -> None:
    revision.revise(block, decision, reason, state=state, valid_to=max(block.valid_from, revision.now))


def _end_stale(revision: Revision) -> None:
    blocks = revision.view.blocks()
    if not blocks:
        return
    changed: set[str] = set()
    erased: set[str] = set()
    for version in revision.changed():
        gone = revision.view.cube(version.id).state is State.ERASED
        (erased if gone else changed).update(_touched(version))
    for block in blocks:
        parents = [parent.cube_id for parent in block.payload.parents] if block.payload else []
        if not erased.isdisjoint(parents):
            erase.erase(revision, [block], PARENT_ERASED)
        elif not changed.isdisjoint(parents):
            _end(revision, block, Decision.SUPERSEDE, State.SUPERSEDED, PARENT_CHANGED)


def _touched(version: MemCube) -> Iterator[str]:
    """The memories that a change of this one changes: itself, and the turns that say it."""
    yield version.id
    if version.form is Form.FACT:
        for source in version.sources:
            yield cube_id(version.subject, source.event_id, "episode")


def _dropped(revision: Revision) -> Iterator[Dropped]:
    for step in revision.steps():
        cube = step.cube
        if step.decision is Decision.NOOP or cube is None or cube.form is not Form.BLOCK:
            continue
        if cube.state is not State.ACTIVE:
            yield Dropped(cube.id, cube.reason)
    data = revision.event.data
    if isinstance(data, Built) and data.artefact is not None and not _in_use(revision.view, data.block_id):
        yield Dropped(data.block_id, revision.steps()[-1].reason)


def _in_use(view: SubjectView, block_id: str) -> bool:
    return any(block.id == block_id for block in view.blocks())
