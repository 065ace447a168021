"""Statements that say their slot by what came before: "I'm back at Globex", "sorry, I meant Porto"."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Final

import msgspec

from memcube.cube import MemCube, State
from memcube.plaintext.extract.slots import normalised
from memcube.plaintext.frames import without_dates
from memcube.plaintext.words import content_stems
from processors.changes import functional, slot_of
from processors.revision import Revision
from processors.step import Statement

_BACK: Final = re.compile(
    r"\bback(?: (?:at|in|to|with|on|together with|living in|working (?:at|for)|being|eating|an?|the))*"
    r" (?P<v>.+)$",
    re.IGNORECASE,
)
_MEANT: Final = re.compile(
    r"^(?P<who>.+?) meant (?:to say )?(?:in |at |on |it's )?(?P<v>[\w' -]{1,40}?)(?:, not .*)?$"
)
# What was meant is something just said.
_WITHIN: Final = timedelta(hours=1)


def put_in_place(revision: Revision, statement: Statement) -> Statement:
    """The statement with the slot that it leaves unsaid, if what was said before tells it."""
    if statement.speaker is None or functional(statement.slot):
        return statement
    return _meant(revision, statement, statement.speaker) or _returned(revision, statement, statement.speaker)


def _returned(revision: Revision, statement: Statement, who: str) -> Statement:
    """Back to a value that a slot of this person had before: it is that slot's value again."""
    found = _BACK.search(without_dates(statement.text)) if statement.text.startswith(who) else None
    if found is None:
        return statement
    words = content_stems(found["v"])
    own = f"{who.casefold()}/"
    for cube in revision.view.former(own, words):
        slot, value = (cube.payload.slot, cube.payload.value) if cube.payload else (None, None)
        fits = slot is not None and slot.startswith(own) and "/plan/" not in slot and functional(slot)
        if fits and value is not None and content_stems(value) == words:
            return msgspec.structs.replace(statement, slot=slot, value=value, cue=None)
    return statement


def _meant(revision: Revision, statement: Statement, who: str) -> Statement | None:
    """The value that the speaker's last words got wrong, put right in the same words."""
    found = _MEANT.match(statement.text)
    if found is None or found["who"] != who:
        return None
    old = _just_said(revision, who)
    if old is None or old.payload is None or not old.payload.value:
        return None
    text, count = re.subn(re.escape(old.payload.value), found["v"], old.text, count=1, flags=re.IGNORECASE)
    if not count:
        return None
    return msgspec.structs.replace(
        statement, text=text, slot=old.payload.slot, value=normalised(found["v"]), cue="correction"
    )


def _just_said(revision: Revision, who: str) -> MemCube | None:
    """The last current fact with a value in the speaker's turn before this one."""
    for turn in reversed(revision.view.episodes_before(revision.event.time, 2)):
        source = turn.sources[0]
        if source.speaker != who or revision.event.time - source.time > _WITHIN:
            continue
        facts = [
            fact
            for fact in revision.view.drawn_from(source.event_id)
            if fact.state is State.ACTIVE
            and fact.payload
            and functional(fact.payload.slot)
            and not slot_of(fact.payload.slot)[1].startswith("plan")
        ]
        return facts[-1] if facts else None
    return None
