"""Which memories a statement changes: read off the view, nothing done to it yet.

Few ways lead here, and each is exact, since a wrong one retires a true memory: another value in a slot of
which a person has one; the same statement denied; a quantity given anew; a taste turned round; what stands
behind "not"; a wish of one kind; a word put right. What is lost, is over or took place is in `losses`, and
what a deed implies in `undone`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import datetime
from itertools import chain, islice
from typing import Final

from memcube.cube import MemCube, State
from memcube.plaintext import frame_keys
from memcube.plaintext.extract.slot_table import is_functional
from memcube.plaintext.frames import Frame, clauses, denied_words, frame, frames, with_main_clause
from memcube.plaintext.namesakes import role
from memcube.plaintext.view import SubjectView
from memcube.plaintext.wishes import topic
from memcube.plaintext.wording import one_word_apart
from processors.step import Statement
from processors.stood import lived, stood

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


def replaced(view: SubjectView, statement: Statement, said: Frame, now: datetime) -> list[MemCube]:
    """The facts that hold no longer if the statement does, in the order of their last change.

    Of those that were replaced before `now` there is at most one, and only where no other is: they can
    change no more. said: the statement's frame. now: when it was said.
    """
    return each_once(
        [
            *_others(view, statement, now),
            *_turned_round(view, statement, now),
            *_alike(view, statement, said),
            *_wished(view, statement),
            *_put_right(view, statement),
            *stood(view, statement),
            *lived(view, statement),
        ]
    )


def _others(view: SubjectView, statement: Statement, now: datetime) -> list[MemCube]:
    """The facts of the statement's functional slot that speak of the same person and give another value."""
    if not functional(statement.slot) or statement.slot is None:
        return []
    one_more = slot_of(statement.slot)[1].endswith("_name") and statement.cue is None
    if one_more and _ONE_MORE.search(statement.text):
        return []
    slot = _meant_slot(view, statement.slot)
    one = _may_be_one(view, statement, slot)
    values = [value for value in view.values(slot) if value != statement.value]
    found = [cube for value in values for cube in view.holding(slot, value)]
    found += [cube for cube in view.replaced_after(slot, now) if _value(cube) != statement.value]
    before = (
        cube
        for value in view.former_values(slot)
        if value != statement.value
        for cube in view.replaced(slot, value)
    )
    return list(filter(one, found)) or list(islice(filter(one, before), 1))


def _may_be_one(view: SubjectView, statement: Statement, slot: str) -> Callable[[MemCube], bool]:
    """Whether a fact of the slot may speak of the person of that name whom the statement speaks of."""
    about, _ = slot_of(slot)
    return may_be_meant(about, role(statement.text, about), view.roles(slot), statement.speaker)


def may_be_meant(
    name: str, mine: str | None, known: Collection[str], speaker: str | None
) -> Callable[[MemCube], bool]:
    """Whether a fact may speak of the person of a name who is spoken of as `mine`, if as anything.

    Where several are known by that name, `known`, and it is not said who is meant, none does; and a fact that
    does not say it is about neither. Who speaks of "my cousin Tom" is not that Tom, and may be one himself.
    """
    own = speaker is not None and speaker.casefold() == name

    def meant(cube: MemCube) -> bool:
        theirs = role(cube.text, name)
        if own and (mine is None) != (theirs is None) and _of_oneself(cube, name):
            return False
        if mine is None:
            return (own and theirs is None) or len(known) < 2
        return theirs == mine if theirs is not None else not set(known) - {mine}

    return meant


def _of_oneself(cube: MemCube, name: str) -> bool:
    """Whether a person of this name has said it, be it of himself or of a namesake."""
    return any(source.speaker.casefold() == name for source in cube.sources)


def _value(cube: MemCube) -> str | None:
    return cube.payload.value if cube.payload else None


def _meant_slot(view: SubjectView, slot: str) -> str:
    """The slot itself; of a plan, the one that is more exactly about it: "the interview" of a job."""
    if "/plan/" not in slot or view.has_slot(slot):
        return slot
    more = list(islice(view.slots(f"{slot}/"), 2))
    return more[0] if len(more) == 1 else slot


def denied(view: SubjectView, statement: Statement, said: Frame) -> list[MemCube]:
    """The facts that a statement takes back by name: "allergic to peanuts, not walnuts"."""
    words = denied_words(statement.text)
    if not words:
        return []
    return [
        cube
        for cube in view.mentioning(statement.text, words, frame_keys.denied(said, words))
        if (theirs := frame(cube.text)).holds
        and len(theirs.words) > len(words) + 1
        and theirs.words[-len(words) :] == words
        and theirs.words[: -len(words)] == said.words[: len(theirs.words) - len(words)]
    ]


def ended(view: SubjectView, statement: Statement) -> list[MemCube]:
    """What an ending ("no longer works at Acme") ends: the value of its slot, or what its frame denies."""
    if functional(statement.slot) and statement.slot is not None:
        meant = _meant_slot(view, statement.slot)
        one = _may_be_one(view, statement, meant)
        found = giving(view, meant, statement.value)
        if any(map(one, chain(found, _gave(view, meant, statement.value)))):
            # Of what is replaced already there is nothing to end, and nothing else is meant.
            return each_once(filter(one, found))
    about, slot = slot_of(statement.slot)
    if slot in _TASTES and statement.value is not None:
        found = giving(view, f"{about}/{slot}", statement.value)
        gave = _gave(view, f"{about}/{slot}", statement.value)
        if any(frame(cube.text).holds for cube in chain(found, gave)):
            return [cube for cube in found if frame(cube.text).holds]
    return each_once(
        cube
        for clause in clauses(statement.text, statement.speaker)
        if not (said := frame(clause)).holds
        for cube in view.mentioning(clause, said.words, frame_keys.ended(said))
        if any(said.ends(theirs) for theirs in frames(cube.text))
    )


def giving(view: SubjectView, slot: str, value: str | None = None) -> list[MemCube]:
    """The active facts of a slot, those with the value if one is given."""
    values = view.values(slot) if value is None else [value]
    return [cube for value in values for cube in view.holding(slot, value)]


def _gave(view: SubjectView, slot: str, value: str | None) -> Iterator[MemCube]:
    """The replaced ones of them."""
    values = view.former_values(slot) if value is None else [value]
    return (cube for value in values for cube in view.replaced(slot, value))


def _turned_round(view: SubjectView, statement: Statement, now: datetime) -> list[MemCube]:
    about, slot = slot_of(statement.slot)
    if statement.value is None or slot not in _OPPOSITE:
        return []
    opposite = f"{about}/{_OPPOSITE[slot]}"
    found = [*view.holding(opposite, statement.value)]
    found += [cube for cube in view.replaced_after(opposite, now) if _value(cube) == statement.value]
    return found or list(islice(view.replaced(opposite, statement.value), 1))


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
    found = view.mentioning(statement.text, ("wish",), [frame_keys.wish(about)])
    return [cube for cube in found if topic(cube.text) == about]


def _alike(view: SubjectView, statement: Statement, said: Frame) -> list[MemCube]:
    corrects = statement.cue == "correction"
    said_in = with_main_clause(said, statement.text)
    found = _changed_by(view, statement.text, said_in, corrects=corrects)
    return [cube for cube in found if _open(cube, statement)]


def changed_by(view: SubjectView, sentence: str) -> list[MemCube]:
    """The facts that a sentence changes by its words alone."""
    return _changed_by(view, sentence, frames(sentence), corrects=False)


def _changed_by(view: SubjectView, text: str, said_in: tuple[Frame, ...], *, corrects: bool) -> list[MemCube]:
    return [
        cube
        for said in said_in
        # An attribute or a choice is another one by a word, so that the word is not looked for.
        for cube in view.mentioning(
            text, said.attribute or said.words[:2], frame_keys.changed(said, corrects=corrects)
        )
        if any(_changes(said, theirs, corrects=corrects) for theirs in frames(cube.text))
    ]


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
