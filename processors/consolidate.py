"""Third beat: what the statements of an event do to what is known already.

Every statement ends in one decision with its reason: it is added, merged into a memory that says
the same, or it supersedes the one it replaces. What happened first is decided by when things were
said, not by when they arrived, so a late event finds its place in the past.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final, assert_never

import msgspec

from memcube.cube import Decision, Form, MemCube, Source, State, cube_id
from memcube.errors import Refused
from memcube.plaintext.differences import same_statement
from memcube.plaintext.view import SubjectView
from memcube.plaintext.words import content_stems
from processors import commands, erase
from processors.extract import speaker
from processors.revision import Revision, with_source
from processors.step import Opened, Outcome, Statement, Vectors
from schemas.events import (
    Edit,
    Extracted,
    Feedback,
    Forget,
    Pin,
    Prompt,
    Remember,
    Reprocess,
    Response,
    Shred,
    Tick,
    Undo,
)

PROCESSOR: Final = "consolidate/1"
# Rewordings of one short statement lie above this for MiniLM; below it, two different statements of
# one topic begin. The guard on numbers, names, dates and negation decides the rest.
NEAR_DUPLICATE: Final = 0.9
# Plans are replaced by what was said last, whatever date they are for.
PLAN: Final = "/plan/"


def consolidate(
    opened: Opened, statements: tuple[Statement, ...], vectors: Vectors, view: SubjectView
) -> Outcome:
    """Stage in `view` what the event changes, and say it. Raises `Refused` for a command that cannot be."""
    ends = isinstance(opened.event.data, Forget | Shred)
    revision = Revision(view, opened, vectors, erase.PROCESSOR if ends else PROCESSOR)
    outcome = Outcome(())
    match opened.event.data:
        case _ if opened.erased:
            revision.noop("key-destroyed")
        case Prompt() | Response() | Remember() | Extracted() as data:
            _learn(revision, statements, data)
        case Edit() as data:
            commands.edit(revision, data, statements[0])
        case Pin() | Feedback() | Undo() | Tick() as data:
            commands.run(revision, data)
        case Forget() as data:
            outcome = erase.forget(revision, data)
        case Shred() as data:
            outcome = erase.shred(revision, data)
        case Reprocess():
            raise TypeError("a reprocess reads the stored turns first: see `processors.reprocess`")
        case _:
            assert_never(opened.event.data)
    return Outcome(revision.steps(), close=outcome.close, shred=outcome.shred)


def _learn(
    revision: Revision, statements: tuple[Statement, ...], data: Prompt | Response | Remember | Extracted
) -> None:
    """Take in what was said, in the order in which it was said."""
    if isinstance(data, Extracted):
        _extracted(revision, statements, data)
        return
    sources = (revision.source(speaker(revision.event, revision.opened.contents[0])),)
    for statement in statements:
        if statement.form is Form.EPISODE:
            before = revision.view.episode_before(statement.valid_from)
            revision.add(statement, sources, "turn", follows=before)
        elif isinstance(data, Remember) and (data.pinned or data.expires_at is not None):
            revision.add(statement, sources, "remember", pinned=data.pinned, expires_at=data.expires_at)
        else:
            _fact(revision, statement, sources)
    outlived = [fact.valid_to for fact in revision.view.drawn_from(revision.event.id) if fact.valid_to]
    if outlived:
        _retire_turn(revision, revision.event.id, max(outlived))


def _extracted(revision: Revision, statements: tuple[Statement, ...], data: Extracted) -> None:
    """Memories drawn elsewhere count only if the turns they were drawn from are as they were.

    Their provenance is that of their parents: whoever forgets the turn forgets them as well.
    """
    parents = []
    for parent in data.parents:
        if parent.cube_id not in revision.view:
            raise Refused(f"parent {parent.cube_id[:80]!r} is no cube of {revision.view.subject}")
        cube = revision.view.cube(parent.cube_id)
        if cube.version != parent.version or not cube.sources:
            revision.noop("parent-changed", cube)
            return
        parents.append(cube)
    if not parents:
        raise Refused("the result names no parents: a memory must be traceable to what was said")
    sources = tuple(dict.fromkeys(source for cube in parents for source in cube.sources))
    for statement in statements:
        _fact(revision, statement, sources)


def _fact(revision: Revision, statement: Statement, sources: tuple[Source, ...]) -> None:
    if (same := _said_before(revision, statement)) is not None:
        _merge(revision, same, statement, sources)
    elif statement.cue == "ending":
        _end(revision, statement, sources)
    else:
        _replace(revision, statement, sources)


def _replace(revision: Revision, statement: Statement, sources: tuple[Source, ...]) -> None:
    """Add the statement; in a slot it takes the place of what was said there before."""
    said = _now(revision)
    others = [
        cube
        for cube in _in_slot(revision.view, statement)
        if cube.payload and cube.payload.value != statement.value
    ]
    if any(_edited_away(revision, cube, statement) for cube in others):
        revision.noop("edited-since", others[-1])
        return
    later = [_said(cube) for cube in others if _said(cube) > said]
    announced = statement.dated and statement.valid_from > said and PLAN not in (statement.slot or "")
    if later:
        for cube in others:
            _end_at(revision, cube, said)
        revision.add(statement, sources, "said-late", state=State.SUPERSEDED, valid_to=min(later))
    elif announced and others:
        # "From June I live in Rome": until then the home is the old one.
        revision.add(statement, sources, "announced")
    else:
        for cube in others:
            _supersede(revision, cube, statement)
        revision.add(statement, sources, "new")


def _end_at(revision: Revision, cube: MemCube, said: datetime) -> None:
    """What a late statement replaced was over when that was said, and not only at the next one."""
    if (
        _said(cube) < said
        and cube.state is State.SUPERSEDED
        and (cube.valid_to is None or cube.valid_to > said)
    ):
        revision.revise(cube, Decision.SUPERSEDE, "said-late", valid_to=said)


def _edited_away(revision: Revision, cube: MemCube, statement: Statement) -> bool:
    """Whether a person has put this very value right: saying it again does not bring it back."""
    if cube.state is not State.ACTIVE or cube.payload is None or cube.payload.value is not None:
        return False
    return any(
        version.payload is not None and version.payload.value == statement.value
        for version in revision.view.history(cube.id)
    )


def _end(revision: Revision, statement: Statement, sources: tuple[Source, ...]) -> None:
    """Add an ending ("no longer works at Acme") and supersede what it ends.

    That is the value of its slot; without a slot, the facts whose every content word it holds.
    It takes no slot itself, or the next job would replace the statement that the last one ended.
    """
    words = content_stems(statement.text)
    ended = [
        cube
        for cube in _in_slot(revision.view, statement)
        if cube.payload and statement.value in {None, cube.payload.value}
    ] or [
        cube
        for cube in revision.view.active_facts()
        if len(theirs := content_stems(cube.text)) > 1 and theirs <= words
    ]
    for cube in ended:
        if _said(cube) <= _now(revision):
            _supersede(revision, cube, statement)
    revision.add(msgspec.structs.replace(statement, slot=None, value=None), sources, "new")


def _said_before(revision: Revision, statement: Statement) -> MemCube | None:
    """The active fact that says the same already: in the same words, or in words as good."""
    view = revision.view
    for cube in view.saying(statement.text):
        return cube
    vector = revision.vector(statement.text)
    if statement.cue is not None or vector is None:
        return None
    for cube, _ in view.nearest(vector, NEAR_DUPLICATE):
        payload = cube.payload
        same_slot = payload and (payload.slot, payload.value) == (statement.slot, statement.value)
        if same_slot and same_statement(cube.text, statement.text):
            return cube
    return None


def _merge(revision: Revision, same: MemCube, statement: Statement, sources: tuple[Source, ...]) -> None:
    known = {source.event_id for source in same.sources}
    new = [source for source in sources if source.event_id not in known]
    if same.payload is None or not new:
        revision.noop("said-twice-in-one-turn", same)
        return
    payload = same.payload
    for source in new:
        payload = with_source(payload, source)
    valid_from = min(same.valid_from, statement.valid_from)
    revision.revise(same, Decision.MERGE, "said-again", payload=payload, valid_from=valid_from)


def _supersede(revision: Revision, cube: MemCube, by: Statement) -> None:
    """Protected memories and those that hold no longer stay as they are."""
    if cube.state is not State.ACTIVE or cube.pinned:
        return
    said = _now(revision)
    dated_change = by.dated and _said(cube) < by.valid_from <= said
    valid_to = by.valid_from if dated_change else said
    reason = {"correction": "corrected", "ending": "ended", None: "replaced"}[by.cue]
    revision.revise(cube, Decision.SUPERSEDE, reason, state=State.SUPERSEDED, valid_to=valid_to)
    for source in cube.sources:
        _retire_turn(revision, source.event_id, valid_to)


def _retire_turn(revision: Revision, event_id: str, valid_to: datetime) -> None:
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


def _in_slot(view: SubjectView, statement: Statement) -> list[MemCube]:
    return list(view.in_slot(statement.slot)) if statement.slot else []


def _now(revision: Revision) -> datetime:
    """When the event was said. A clock that runs ahead of the log's does not outrank what follows."""
    return min(revision.event.time, revision.opened.recorded_at)


def _said(cube: MemCube) -> datetime:
    """When a memory was last said."""
    return min(max(source.time for source in cube.sources), cube.recorded_at)
