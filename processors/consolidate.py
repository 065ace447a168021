"""Third beat: what the statements of an event do to what is known already.

Every statement ends in one decision with its reason: it is added, merged into a memory that says
the same, or it supersedes the one it replaces. What happened first is decided by when things were
said, not by when they arrived, so a late event finds its place in the past.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final, assert_never

import msgspec

from memcube.cube import Decision, Form, MemCube, Source, State
from memcube.errors import Refused
from memcube.plaintext.frames import Frame, frame
from memcube.plaintext.lifetimes import expires
from memcube.plaintext.spoken import command
from memcube.plaintext.view import SubjectView
from processors import blocks, changes, commands, erase, orders, overheard
from processors.echoes import is_echo
from processors.edits import edited_away, keep_right, new_sources
from processors.extract import speaker
from processors.losses import lost
from processors.persons import who
from processors.retire import retire_turns, said_at, supersede, take_back
from processors.returns import put_in_place
from processors.revision import Revision, with_source
from processors.sameness import said_before
from processors.step import Opened, Outcome, Statement, Vectors
from processors.undone import undone
from schemas.events import (
    Build,
    Built,
    Demote,
    Drop,
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

PROCESSOR: Final = "consolidate/2"
# An answer is given a handful of memories; a list without end would be kept with every turn.
_MOST_USED: Final = 64


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
        case Prompt():
            _hear(revision, statements)
        case Response() as data:
            _answered(revision, statements[0], data)
        case Remember() | Extracted() as data:
            _learn(revision, statements, data)
        case Edit() as data:
            commands.edit(revision, data, statements[0])
        case Pin() | Feedback() | Undo() | Tick() | Built() | Demote() as data:
            commands.run(revision, data)
        case Forget() as data:
            outcome = erase.forget(revision, data)
        case Shred() as data:
            outcome = erase.shred(revision, data)
        case Reprocess() | Build() | Drop():
            raise TypeError("not for here: `processors.reprocess` reads turns again, role model does jobs")
        case _:
            assert_never(opened.event.data)
    retire_turns(revision)
    dropped = blocks.settle(revision)
    return Outcome(revision.steps(), close=outcome.close, shred=outcome.shred, dropped=dropped)


def retell(opened: Opened, statements: tuple[Statement, ...], vectors: Vectors, view: SubjectView) -> None:
    """Stage what facts of a stored turn do to what is known. What it asked of the memory was done then."""
    revision = Revision(view, opened, vectors, PROCESSOR)
    sources = (revision.source(who(revision).name),)
    for statement in statements:
        _fact(revision, statement, sources)
    _overheard(revision, statements)


def _hear(revision: Revision, statements: tuple[Statement, ...]) -> None:
    """A person's turn: first what it asks of the memory, then what it says, in its order."""
    content = revision.opened.contents[0]
    asked = command(content.text)
    if asked is not None and orders.obey(revision, asked):
        if not asked.rest:
            return
        # What names the forgotten is not kept; what is said behind it is a turn as any other.
        statements = tuple(
            msgspec.structs.replace(statement, text=asked.rest)
            if statement.form is Form.EPISODE
            else statement
            for statement in statements
        )
    sources = (revision.source(speaker(revision.event, content)),)
    for statement in statements:
        if statement.form is Form.EPISODE:
            before = revision.view.episode_before(statement.valid_from)
            revision.add(statement, sources, "turn", follows=before)
        else:
            _fact(revision, statement, sources)
    _overheard(revision, statements)


def _overheard(revision: Revision, statements: tuple[Statement, ...]) -> None:
    heard = overheard.clauses(revision)
    for statement in overheard.said_again(revision, heard):
        _fact(revision, statement, (revision.source(statement.speaker or ""),))
    overheard.end_what_is_over(revision, heard, statements)


def _answered(revision: Revision, turn: Statement, data: Response) -> None:
    """An assistant's turn: kept as what was said, and nothing is learnt from it.

    One that says only what it was given, or was just asked, is an echo: kept, and out of recall.
    """
    held = (revision.view.cube(given) for given in dict.fromkeys(data.used) if given in revision.view)
    used = tuple(cube.id for cube in held if cube.form is not Form.BLOCK)[:_MOST_USED]
    before = revision.view.episode_before(turn.valid_from)
    sources = (revision.source(speaker(revision.event, revision.opened.contents[0])),)
    given = [revision.view.cube(cube_id).text for cube_id in ([*used, before] if before else used)]
    if used and is_echo(turn.text, given):
        revision.add(
            turn, sources, "echo", state=State.ARCHIVED, valid_to=turn.valid_from, follows=before, used=used
        )
    else:
        revision.add(turn, sources, "turn", follows=before, used=used)


def _learn(revision: Revision, statements: tuple[Statement, ...], data: Remember | Extracted) -> None:
    if isinstance(data, Extracted):
        _extracted(revision, statements, data)
        return
    sources = (revision.source(speaker(revision.event, revision.opened.contents[0])),)
    for statement in statements:
        if data.pinned or data.expires_at is not None:
            revision.add(statement, sources, "remember", pinned=data.pinned, expires_at=data.expires_at)
        else:
            _fact(revision, statement, sources)


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
    statement = put_in_place(revision, statement)
    said = frame(statement.text)
    if (same := said_before(revision, statement, said)) is not None:
        _merge(revision, same, statement, sources)
    elif statement.cue == "ending":
        _end(revision, statement, said, sources)
    else:
        _replace(revision, statement, said, sources)


def _replace(revision: Revision, statement: Statement, framed: Frame, sources: tuple[Source, ...]) -> None:
    """Add the statement; it takes the place of what it changes."""
    said = revision.now
    view = revision.view
    taken = changes.replaced(view, statement, framed, said)
    me = who(revision)
    taken = [*taken, *lost(view, statement, framed), *undone(view, statement)]
    others = me.but_namesakes(changes.each_once(taken))
    if (edited := edited_away(revision, statement)) is not None:
        keep_right(revision, edited, statement, sources)
        return
    for cube in me.but_namesakes(changes.denied(view, statement, framed)):
        take_back(revision, cube, "corrected")
    later = [said_at(revision, cube) for cube in others if said_at(revision, cube) > said]
    announced = framed.holds and _is_announced(statement, said)
    if later:
        for cube in others:
            _end_at(revision, cube, said)
        revision.add(statement, sources, "said-late", state=State.SUPERSEDED, valid_to=min(later))
    elif announced and others:
        # "From June I live in Rome": until then the home is the old one.
        revision.add(statement, sources, "announced", expires_at=_expires(statement, said))
    else:
        for cube in others:
            supersede(revision, cube, statement)
        reason = "remember" if statement.kept else "new"
        revision.add(statement, sources, reason, expires_at=_expires(statement, said))


def _is_announced(statement: Statement, said: datetime) -> bool:
    """Whether it will be true on a day to come. Of plans and of denials the last word counts at once."""
    ahead = statement.dated and statement.valid_from > said
    plan = changes.slot_of(statement.slot)[1].startswith("plan")
    return ahead and not plan


def _expires(statement: Statement, said: datetime) -> datetime | None:
    """When it is to end by itself; what a person asked to remember and what they put right does not."""
    if statement.kept or (statement.cue == "correction" and statement.category != "plan"):
        return None
    happens = statement.valid_from if statement.dated else None
    return expires(
        statement.text,
        statement.category,
        slot=changes.slot_of(statement.slot)[1] or None,
        said=said,
        happens=happens,
        until=statement.until,
    )


def _end_at(revision: Revision, cube: MemCube, said: datetime) -> None:
    """What a late statement replaced was over when that was said, and not only at the next one."""
    if (
        said_at(revision, cube) < said
        and cube.state is State.SUPERSEDED
        and (cube.valid_to is None or cube.valid_to > said)
    ):
        revision.revise(cube, Decision.SUPERSEDE, "said-late", valid_to=said)


def _end(revision: Revision, statement: Statement, framed: Frame, sources: tuple[Source, ...]) -> None:
    """Add an ending ("no longer works at Acme") and supersede what it ends.

    It takes no slot itself, or the next job would replace the statement that the last one ended. One that
    was said before what it would end was said late: that has begun again since.
    """
    said = revision.now
    me = who(revision)
    ended = me.but_namesakes(changes.ended(revision.view, statement))
    later = [
        said_at(revision, cube)
        for cube in ended
        if cube.state is State.ACTIVE and said_at(revision, cube) > said
    ]
    for cube in ended:
        if said_at(revision, cube) <= said:
            supersede(revision, cube, statement)
    without = msgspec.structs.replace(statement, slot=None, value=None)
    if later:
        revision.add(without, sources, "said-late", state=State.SUPERSEDED, valid_to=min(later))
        return
    more = [
        *changes.replaced(revision.view, without, framed, said),
        *lost(revision.view, statement, framed),
        *undone(revision.view, statement),
    ]
    for cube in me.but_namesakes(changes.each_once(more)):
        if said_at(revision, cube) <= said:
            supersede(revision, cube, statement)
    revision.add(without, sources, "new", expires_at=_expires(statement, said))


def _merge(revision: Revision, same: MemCube, statement: Statement, sources: tuple[Source, ...]) -> None:
    new = new_sources(same, sources)
    if same.payload is None or not new:
        revision.noop("said-twice-in-one-turn", same)
        return
    payload = same.payload
    for source in new:
        payload = with_source(payload, source)
    valid_from = min(same.valid_from, statement.valid_from)
    # Said again, it lives on.
    expires_at = same.expires_at and max(
        same.expires_at, _expires(statement, revision.now) or same.expires_at
    )
    revision.revise(
        same, Decision.MERGE, "said-again", payload=payload, valid_from=valid_from, expires_at=expires_at
    )
