"""Which memories a statement changes: read off the view, nothing done to it yet.

Few ways lead here, and each is exact, since a wrong one retires a true memory: another value in a slot of
which a person has one; the same statement denied; a quantity given anew; a taste turned round; what stands
behind "not"; a death; a plan that has happened.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from memcube.cube import MemCube, State
from memcube.plaintext.extract.slot_table import is_functional
from memcube.plaintext.frames import Frame, clauses, denied_words, frame, frames, may_deny
from memcube.plaintext.namesakes import may_be_one
from memcube.plaintext.standing import standing
from memcube.plaintext.view import SubjectView
from memcube.plaintext.wishes import topic
from memcube.plaintext.wording import one_word_apart
from memcube.plaintext.words import terms
from processors.step import Statement

# Slots of many values that are named whole: who no longer enjoys hiking does not love it either.
_TASTES: Final = frozenset({"likes", "hobby", "language", "allergic_to"})
_OPPOSITE: Final[Mapping[str, str]] = {"likes": "dislikes", "dislikes": "likes"}
# "Has a dog called Rex" says nothing of other dogs; "my dog's name is Rex" says that there is one.
_ONE_MORE: Final = re.compile(
    r"\b(?:has|have|got|gets|adopted|bought|rescued|second|third|another|other|too|as well|also)\b",
    re.IGNORECASE,
)


def slot_of(slot: str | None) -> tuple[str, str]:
    """Whose a slot is, and the slot itself, of `ada/lives_in/sister`."""
    about, _, rest = (slot or "").partition("/")
    return about, rest


def functional(slot: str | None) -> bool:
    """Whether it holds one value at a time."""
    return slot is not None and is_functional(slot_of(slot)[1])


def in_slot(view: SubjectView, statement: Statement) -> list[MemCube]:
    """The facts of the statement's functional slot that speak of the same person, retired ones among them."""
    if not functional(statement.slot) or statement.slot is None:
        return []
    about, slot = slot_of(statement.slot)
    cubes = list(view.in_slot(_meant_slot(view, statement.slot)))
    if slot.endswith("_name") and statement.cue is None and _ONE_MORE.search(statement.text):
        return [cube for cube in cubes if cube.payload and cube.payload.value == statement.value]
    same = may_be_one(statement.text, [cube.text for cube in cubes], about)
    return [cube for cube, one in zip(cubes, same, strict=True) if one]


def _meant_slot(view: SubjectView, slot: str) -> str:
    """The slot itself; of a plan, the one that is more exactly about it: "the interview" of a job."""
    if "/plan/" not in slot or view.in_slot(slot):
        return slot
    more = [known for known in view.slots() if known.startswith(f"{slot}/")]
    return more[0] if len(more) == 1 else slot


def replaced(view: SubjectView, statement: Statement) -> list[MemCube]:
    """The facts that hold no longer if the statement does, in the order of their last change."""
    others = [c for c in in_slot(view, statement) if c.payload and c.payload.value != statement.value]
    return each_once(
        [
            *others,
            *_turned_round(view, statement),
            *_alike(view, statement),
            *_wished(view, statement),
            *_put_right(view, statement),
            *stood(view, statement),
            *_lived(view, statement),
        ]
    )


def denied(view: SubjectView, statement: Statement) -> list[MemCube]:
    """The facts that a statement takes back by name: "allergic to peanuts, not walnuts"."""
    words = denied_words(statement.text)
    if not words:
        return []
    said = frame(statement.text).words
    return [
        cube
        for cube in view.mentioning(statement.text, words)
        if (theirs := frame(cube.text)).holds
        and len(theirs.words) > len(words) + 1
        and theirs.words[-len(words) :] == words
        and theirs.words[: -len(words)] == said[: len(theirs.words) - len(words)]
    ]


def ended(view: SubjectView, statement: Statement) -> list[MemCube]:
    """What an ending ("no longer works at Acme") ends: the value of its slot, or what its frame denies."""
    if functional(statement.slot):
        found = [
            cube
            for cube in in_slot(view, statement)
            if cube.payload and statement.value in {None, cube.payload.value}
        ]
        if found:
            return found
    about, slot = slot_of(statement.slot)
    if slot in _TASTES and statement.value is not None:
        found = [
            cube
            for cube in view.in_slot(f"{about}/{slot}")
            if cube.payload and cube.payload.value == statement.value and frame(cube.text).holds
        ]
        if found:
            return found
    return each_once(
        cube
        for clause in clauses(statement.text, statement.speaker)
        if not (said := frame(clause)).holds
        for cube in view.mentioning(clause, said.words)
        if any(said.ends(theirs) for theirs in frames(cube.text))
    )


def _turned_round(view: SubjectView, statement: Statement) -> list[MemCube]:
    about, slot = slot_of(statement.slot)
    if statement.value is None or slot not in _OPPOSITE:
        return []
    return [
        cube
        for cube in view.in_slot(f"{about}/{_OPPOSITE[slot]}")
        if cube.payload and cube.payload.value == statement.value
    ]


def _lived(view: SubjectView, statement: Statement) -> list[MemCube]:
    """Homes said without a slot ("lives on a barge in Amsterdam"), of who lives somewhere else now."""
    who, slot = slot_of(statement.slot)
    if slot != "lives_in" or statement.value is None or who != (statement.speaker or "").casefold():
        return []
    home, place = ("home", *terms(who)), terms(statement.value)
    return [
        cube
        for cube in view.mentioning(f"{who} in", (*terms(who),))
        if cube.payload is not None
        and cube.payload.slot is None
        and " in " in cube.text
        and (there := standing(cube.text)) is not None
        and there.of == home
        and not set(there.value) & set(place)
    ]


def stood(view: SubjectView, statement: Statement) -> list[MemCube]:
    """What was said of a thing of which there is one, and has no slot, if it is another one now."""
    said = standing(statement.text)
    if said is None or not (said.news or statement.cue == "correction"):
        return []
    said = msgspec.structs.replace(said, news=True)
    return [
        cube
        for cube in view.mentioning(statement.text, said.of[1:])
        if (theirs := standing(cube.text)) is not None and said.replaces(theirs)
    ]


def _put_right(view: SubjectView, statement: Statement) -> list[MemCube]:
    """What the turn before said in the same words but for the one that the statement puts right."""
    if statement.cue != "correction" or statement.completed_by is None:
        return []
    return [
        cube
        for cube in view.drawn_from(statement.completed_by)
        if cube.state is State.ACTIVE and one_word_apart(cube.text, statement.text)
    ]


def _wished(view: SubjectView, statement: Statement) -> list[MemCube]:
    about = topic(statement.text)
    if about is None:
        return []
    return [cube for cube in view.mentioning(statement.text, ("wish",)) if topic(cube.text) == about]


def _alike(view: SubjectView, statement: Statement) -> list[MemCube]:
    return [
        cube
        for said in frames(statement.text)
        for cube in _near(view, statement.text, said)
        if _open(cube, statement)
        and any(
            _changes(said, theirs, corrects=statement.cue == "correction") for theirs in frames(cube.text)
        )
    ]


def changed_by(view: SubjectView, sentence: str) -> list[MemCube]:
    """The facts that a sentence changes by its words alone."""
    return [
        cube
        for said in frames(sentence)
        for cube in _near(view, sentence, said)
        if any(_changes(said, theirs, corrects=False) for theirs in frames(cube.text))
    ]


def _near(view: SubjectView, text: str, said: Frame) -> list[MemCube]:
    """The facts whose frame may stand against one: few, since a frame costs more than a look at the words."""
    # An attribute is another one by a word, so that the word is not looked for; so is a choice.
    chosen = said.now and len(said.words) > 2
    shared = said.attribute or (said.words[:2] if chosen else said.words)
    found = list(view.mentioning(text, shared))
    if said.holds and not chosen:
        # Who plays tennis on Sundays does play tennis.
        found += [cube for cube in view.mentioning(text, said.words[:2]) if may_deny(cube.text)]
    return each_once(found)


def _changes(said: Frame, theirs: Frame, *, corrects: bool) -> bool:
    return (
        said.contradicts(theirs)
        or said.requantifies(theirs, corrects=corrects)
        or said.ends(theirs)
        or said.chooses_instead_of(theirs)
        or said.attributes_anew(theirs)
    )


def _open(cube: MemCube, statement: Statement) -> bool:
    """Facts of one slot are compared by their values, and those of two plans not at all."""
    if cube.payload is None or not functional(cube.payload.slot):
        return True
    return cube.payload.slot == statement.slot or not functional(statement.slot)


def each_once(cubes: Iterable[MemCube]) -> list[MemCube]:
    """Without repeats, in the order of their last change."""
    return sorted({cube.id: cube for cube in cubes}.values(), key=lambda cube: cube.seq)
