"""Statements that say their slot by what came before: "I'm back at Globex", "sorry, I meant Porto"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import msgspec

from memcube.cube import MemCube, State
from memcube.plaintext.extract.slots import normalised
from memcube.plaintext.slot_keys import head_stems, plan_words
from memcube.plaintext.view import SubjectView
from memcube.plaintext.wording import without_dates
from memcube.plaintext.words import content_stems
from processors.changes import functional, slot_of
from processors.hearing import just_said
from processors.persons import who as person
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
_RIGHT_BEFORE: Final = re.compile(
    r"\b(?:was|had it) right (?:the first time|before|first|in the first place|originally|all along)\b"
    r"|\bthe first (?:one|number|answer|date|time) was (?:right|correct)\b"
)
_BACK_ON: Final = re.compile(
    r"^(?:[Tt]he |\w+'s )?(?P<what>[\w' -]{2,40}?)(?: trip| thing)? (?:is|are) (?:back on|on again"
    r"|on after all|happening after all)\b"
)
_NEW_DAY: Final = re.compile(
    r"^(?:[Tt]he |\S+'s )?(?P<what>[\w' -]{2,40}?)(?:(?: has|'s| have| had)? been| was| were| got| is"
    r"| are)(?: now)?"
    r" (?:moved|pushed(?: back)?|postponed|rescheduled|brought forward|put back|delayed|shifted|put off"
    r"|now on|changed)\b"
)
_DAY: Final = re.compile(r"\((?P<day>\d{4}-\d\d-\d\d(?: \d\d:\d\d)?)\)")


def put_in_place(revision: Revision, statement: Statement) -> Statement:
    """The statement with the slot that it leaves unsaid, if what was said before tells it."""
    if statement.speaker is None or functional(statement.slot):
        return statement
    if (planned := _replanned(revision, statement, statement.speaker)) is not None:
        return planned
    return _meant(revision, statement, statement.speaker) or _returned(revision, statement, statement.speaker)


def _returned(revision: Revision, statement: Statement, who: str) -> Statement:
    """Back to a value that a slot of this person had before: it is that slot's value again."""
    found = _BACK.search(without_dates(statement.text)) if statement.text.startswith(who) else None
    if found is None:
        return statement
    words = content_stems(found["v"])
    own = f"{who.casefold()}/"
    for cube in person(revision).but_namesakes(revision.view.former(own, words)):
        slot, value = (cube.payload.slot, cube.payload.value) if cube.payload else (None, None)
        fits = slot is not None and slot.startswith(own) and "/plan/" not in slot and functional(slot)
        if fits and value is not None and content_stems(value) == words:
            return msgspec.structs.replace(statement, slot=slot, value=value, cue=None)
    return statement


def _replanned(revision: Revision, statement: Statement, who: str) -> Statement | None:
    """A new day for the one plan that is meant: "Lisbon has been pushed to 11 April"."""
    found = _NEW_DAY.match(without_dates(statement.text))
    day = _DAY.search(statement.text)
    if found is None or day is None or not statement.dated:
        return None
    words = content_stems(found["what"]) - content_stems(who)
    own = f"{who.casefold()}/plan/"
    meant: set[str] = set()
    for slot in _planned(revision.view, own, words):
        meant.add(slot)
        if len(meant) > 1:
            return None
    if not words or not meant:
        return None
    return msgspec.structs.replace(statement, slot=meant.pop(), value=day["day"])


def _planned(view: SubjectView, own: str, words: frozenset[str]) -> Iterator[str]:
    """The slots of current plans that have all these stems in their name, or are told with them."""
    for slot in view.plans_about(words):
        if (
            slot.startswith(own)
            and words <= frozenset(plan_words(slot.removeprefix(own)))
            and view.values(slot)
        ):
            yield slot
    for cube in view.told_as(words):
        slot = (cube.payload.slot or "") if cube.payload else ""
        if slot.startswith(own) and words <= head_stems(cube.text):
            yield slot


def _meant(revision: Revision, statement: Statement, who: str) -> Statement | None:
    """The value that the speaker's last words got wrong, put right in the same words."""
    found = _MEANT.match(statement.text)
    if found is None or found["who"] != who:
        return None
    old = _last_with_value(revision)
    if old is None or old.payload is None or not old.payload.value:
        return None
    text, count = re.subn(re.escape(old.payload.value), found["v"], old.text, count=1, flags=re.IGNORECASE)
    if not count:
        return None
    return msgspec.structs.replace(
        statement, text=text, slot=old.payload.slot, value=normalised(found["v"]), cue="correction"
    )


def _last_with_value(revision: Revision) -> MemCube | None:
    """The last current fact with a value in the speaker's turn before this one."""
    me = person(revision)
    for turn in just_said(revision.view, revision.event.time):
        if not me.alone(turn):
            continue
        facts = [
            fact
            for fact in revision.view.drawn_from(turn.sources[0].event_id)
            if fact.state is State.ACTIVE
            and fact.payload
            and functional(fact.payload.slot)
            and not slot_of(fact.payload.slot)[1].startswith("plan")
        ]
        return facts[-1] if facts else None
    return None


def reopened(revision: Revision, clause: str) -> MemCube | None:
    """The memory that holds again: the trip that is "back on", the value that "was right the first time"."""
    if _RIGHT_BEFORE.search(clause):
        me = person(revision)
        corrected = [
            cube
            for cube in revision.view
            if cube.state is State.SUPERSEDED
            and cube.reason == "corrected"
            and cube.sources
            and me.said(cube.sources[0])
        ]
        return max(corrected, key=lambda cube: cube.seq, default=None)
    found = _BACK_ON.match(clause)
    if found is None:
        return None
    words = content_stems(found["what"])
    ended = [
        cube
        for slot in _plans(revision.view, words)
        if words <= frozenset(plan_words(slot.partition("/plan/")[2]))
        for cube in revision.view.in_slot(slot)
    ]
    if any(cube.state is State.ACTIVE for cube in ended):
        return None
    return max(ended, key=lambda cube: cube.seq, default=None)


def _plans(view: SubjectView, words: frozenset[str]) -> Iterator[str]:
    """The slots of plans among which are all that have these stems in their name; of none, all plans."""
    if words:
        return view.plans_about(words)
    return (slot for slot in view.slots() if "/plan/" in slot)
