"""Third beat: what the statements of an event do to what is known already.

Every statement ends in one decision with its reason: it is added, merged into a memory that says
the same, or it supersedes the one it replaces. What happened first is decided by when things were
said, not by when they arrived, so a late event finds its place in the past.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final, assert_never

import msgspec

from memcube.cube import Decision, Form, MemCube, State, cube_id
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
    revision = Revision(view, opened, vectors, PROCESSOR)
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
    who = speaker(revision.event, revision.opened.contents[0])
    for statement in statements:
        if statement.form is Form.EPISODE:
            before = revision.view.episode_before(statement.valid_from)
            revision.add(statement, who, "turn", follows=before)
        elif isinstance(data, Remember) and (data.pinned or data.expires_at is not None):
            revision.add(statement, who, "remember", pinned=data.pinned, expires_at=data.expires_at)
        else:
            _fact(revision, statement, who)


def _extracted(revision: Revision, statements: tuple[Statement, ...], data: Extracted) -> None:
    """Memories drawn elsewhere count only if the turns they were drawn from are as they were."""
    for parent in data.parents:
        if parent.cube_id not in revision.view:
            raise Refused(f"parent {parent.cube_id[:80]!r} is no cube of {revision.view.subject}")
        if revision.view.cube(parent.cube_id).version != parent.version:
            revision.noop("parent-changed", revision.view.cube(parent.cube_id))
            return
    for statement in statements:
        _fact(revision, statement, data.processor)


def _fact(revision: Revision, statement: Statement, who: str) -> None:
    if (same := _said_before(revision, statement)) is not None:
        _merge(revision, same, statement, who)
    elif statement.cue == "ending":
        _end(revision, statement, who)
    else:
        _replace(revision, statement, who)


def _replace(revision: Revision, statement: Statement, who: str) -> None:
    """Add the statement; in a slot it takes the place of what was said there before."""
    said = revision.event.time
    others = [
        cube
        for cube in _in_slot(revision.view, statement)
        if cube.payload and cube.payload.value != statement.value
    ]
    later = [_said(cube) for cube in others if _said(cube) > said]
    announced = statement.dated and statement.valid_from > said and PLAN not in (statement.slot or "")
    if later:
        revision.add(statement, who, "said-late", state=State.SUPERSEDED, valid_to=min(later))
    elif announced and others:
        # "From June I live in Rome": until then the home is the old one.
        revision.add(statement, who, "announced")
    else:
        for cube in others:
            _supersede(revision, cube, statement)
        revision.add(statement, who, "new")


def _end(revision: Revision, statement: Statement, who: str) -> None:
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
        if _said(cube) <= revision.event.time:
            _supersede(revision, cube, statement)
    revision.add(msgspec.structs.replace(statement, slot=None, value=None), who, "new")


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


def _merge(revision: Revision, same: MemCube, statement: Statement, who: str) -> None:
    source = revision.source(who)
    if same.payload is None or any(known.event_id == source.event_id for known in same.payload.sources):
        revision.noop("said-twice-in-one-turn", same)
        return
    revision.revise(
        same,
        Decision.MERGE,
        "said-again",
        payload=with_source(same.payload, source),
        valid_from=min(same.valid_from, statement.valid_from),
    )


def _supersede(revision: Revision, cube: MemCube, by: Statement) -> None:
    """Protected memories and those that hold no longer stay as they are."""
    if cube.state is not State.ACTIVE or cube.pinned:
        return
    said = revision.event.time
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


def _said(cube: MemCube) -> datetime:
    """When a memory was last said."""
    return max(source.time for source in cube.sources)
