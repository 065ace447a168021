"""What a statement ends without denying it: a death, a separation, a sale, a plan that took place."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Final

from memcube.cube import MemCube
from memcube.plaintext import frame_keys
from memcube.plaintext.frames import Frame, frame
from memcube.plaintext.slot_keys import plan_words
from memcube.plaintext.view import SubjectView
from memcube.plaintext.words import content_stems, terms
from processors.changes import slot_of
from processors.step import Statement

_DEATH: Final = re.compile(
    r"^(?:sadly,? |unfortunately,? )?(?P<who>.{2,60}?) (?:has |have |just |recently |sadly |suddenly )*"
    r"(?:died|passed away|was put (?:down|to sleep)|is dead)\b",
    re.IGNORECASE,
)
# What is over with a life; a birthday, a name and what happened stay.
_OF_THE_LIVING: Final = frozenset(
    {"lives_in", "works_at", "studies_at", "job", "diet", "age", "phone", "email"}
)
_PARTED: Final = re.compile(
    r"\b(?:divorced|separated|(?:broke|broken|split) up)\b"
    r"|\b(?:not|no longer|n't) (?:seeing|dating|together with|married to|engaged to)\b",
    re.IGNORECASE,
)
_NEW_JOB: Final = re.compile(
    r"\b(?:got|has|found|landed|accepted|started|starts) (?:a |\S+'s )?new (?:job|position)\b", re.IGNORECASE
)
_PAIRED: Final = re.compile(
    r"\b(?:is|are|got|has been) (?:\w+ )?(?:dating|seeing|engaged|married|together with)\b"
    r"|\b(?:has|have|got|found) an? (?:new )?(?:boyfriend|girlfriend|partner|husband|wife|fianc)",
    re.IGNORECASE,
)
_LOST: Final = re.compile(
    r"^(?P<who>.+?) (?:has |have |just |recently )*(?:sold|gave away|given away|got rid of|lost|threw away"
    r"|threw out|scrapped|donated|traded in)"
    r" (?:(?P=who)'s|the|her|his|their|our) (?:old )?(?P<what>[\w' -]{2,40}?)"
    r"(?= (?:to|for|in|on|at|last|yesterday|today|because)\b|[.,;(]| \(|$)",
    re.IGNORECASE,
)
# Of these there is always another one.
_ANY: Final = frozenset(
    {
        "meeting",
        "call",
        "game",
        "match",
        "trip",
        "dinner",
        "lunch",
        "brunch",
        "class",
        "lesson",
        "visit",
        "party",
    }
)
# What took place is told within days; later it is another one of its kind.
_TOLD_WITHIN: Final = timedelta(days=3)
_NAMING: Final = re.compile(r"\b(?:called|named)\b", re.IGNORECASE)


def lost(view: SubjectView, statement: Statement, said: Frame) -> list[MemCube]:
    """The current facts that what is told ends. `said`: the statement's frame."""
    return [
        *_gone(view, statement),
        *_parted(view, statement),
        *_left(view, statement),
        *_sold(view, statement),
        *_done(view, statement, said),
    ]


def _gone(view: SubjectView, statement: Statement) -> list[MemCube]:
    """Who died has no home and no job any more, and nobody has a dog of that name."""
    died = _DEATH.match(statement.text)
    if died is None or "?" in statement.text:
        return []
    *_, last = died["who"].split()
    name = last if last[:1].isupper() and not last.endswith("'s") else None
    kin = last.lower() if name is None else None
    found = []
    for cube in view.mentioning(statement.text, terms(last)):
        about, slot = slot_of(cube.payload.slot if cube.payload else None)
        base, _, key = slot.partition("/")
        value = cube.payload.value if cube.payload else None
        # A fact that names two of them is left: one is alive.
        only = len(_NAMING.findall(cube.text)) < 2
        pet = name is not None and base.endswith("_name") and value == name.casefold() and only
        named = name is not None and about == name.casefold() and base in _OF_THE_LIVING
        if pet or named or (kin is not None and key == kin and base in _OF_THE_LIVING):
            found.append(cube)
    return found


def _parted(view: SubjectView, statement: Statement) -> list[MemCube]:
    """Who parted from somebody has that partner no more; who has somebody is not single."""
    if statement.speaker is None or not re.search(
        rf"(?<![\w']){re.escape(statement.speaker)}(?!'s|\w)", statement.text
    ):
        return []
    slot, said = f"{statement.speaker.casefold()}/partner", content_stems(statement.text)
    parted, paired = _PARTED.search(statement.text), _PAIRED.search(statement.text)
    return [
        cube
        for value in view.values(slot)
        if value
        and (
            (parted and value != "single" and set(terms(value)) <= said)
            or (paired and not parted and value == "single")
        )
        for cube in view.holding(slot, value)
    ]


def _left(view: SubjectView, statement: Statement) -> list[MemCube]:
    """Who got a new job has left the old one."""
    who = statement.speaker
    if who is None or not statement.text.startswith(f"{who} ") or not _NEW_JOB.search(statement.text):
        return []
    return [
        cube
        for slot in (f"{who.casefold()}/works_at", f"{who.casefold()}/job")
        for value in view.values(slot)
        if value != statement.value
        for cube in view.holding(slot, value)
    ]


def _sold(view: SubjectView, statement: Statement) -> list[MemCube]:
    """What was sold or lost is not had any more."""
    found = _LOST.match(statement.text)
    if found is None:
        return []
    wanted = (*terms(found["who"]), *terms(found["what"]))
    return [
        cube
        for cube in view.mentioning(statement.text, wanted, frame_keys.had(wanted))
        if (theirs := frame(cube.text)).holds
        and not theirs.past
        and tuple(word for word in theirs.words if word != "own") == wanted
    ]


def _done(view: SubjectView, statement: Statement, said: Frame) -> list[MemCube]:
    """The plans of which a statement says that they took place: "I passed the driving test"."""
    _, slot = slot_of(statement.slot)
    if slot.startswith("plan") or statement.speaker is None or not said.past:
        return []
    own = f"{statement.speaker.casefold()}/plan/"
    words = content_stems(statement.text)
    found = []
    for cube in view.plans(own, words):
        name = (cube.payload.slot or "").removeprefix(own) if cube.payload else ""
        about = frozenset(plan_words(name))
        soon = timedelta(0) <= _days(statement, cube) <= _TOLD_WITHIN
        if name not in _ANY and about and about <= words and soon:
            found.append(cube)
    return found


def _days(statement: Statement, plan: MemCube) -> timedelta:
    return statement.valid_from.date() - plan.valid_from.date()
