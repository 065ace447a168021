"""Which memories end by what a deed implies (`implied`): a search that found, a job that was lost."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

import msgspec

from memcube.cube import MemCube
from memcube.plaintext import deed_keys, frame_keys
from memcube.plaintext.deed_keys import is_tail, looked_through, plain, without_kin
from memcube.plaintext.frames import Frame, frame, frames, word_stems
from memcube.plaintext.implied import Emptied, LeftOff, Over, implied
from memcube.plaintext.namesakes import may_be_one, role
from memcube.plaintext.quantities import is_number_word
from memcube.plaintext.slot_keys import plan_words
from memcube.plaintext.standing import Standing, standing
from memcube.plaintext.view import SubjectView
from memcube.plaintext.wording import without_dates
from memcube.plaintext.words import content_stems, terms
from processors.changes import changed_by, each_once, functional, giving, may_be_meant
from processors.step import Statement

_PERSON: Final = re.compile(r"^(?P<whose>.+?)'s (?P<kin>[a-z][a-z -]+?)(?: (?P<name>[A-Z][\w-]+))?$")
# What one does with a thing for as long as one has it; tastes and skills stay when it is given up.
_USING: Final = frozenset(
    terms("uses drinks eats takes drives rides plays does reads watches wears banks runs learns studies"
        " subscribes"
          " shops goes orders buys listens follows smokes has owns practises works commutes rents owns"
          " sings teaches attends volunteers pays sees visits keeps grows enrolled trains coaches hosts"
          " leads renting")
)  # fmt: skip


def undone(view: SubjectView, statement: Statement) -> list[MemCube]:
    """The current facts that a deed ends, in the order of their last change."""
    deed = implied(statement.text, statement.speaker)
    found: list[MemCube] = []
    for over in deed.over:
        found += _denied(view, over)
    for sentence in deed.holds:
        found += [cube for cube in changed_by(view, sentence) if cube.text != statement.text]
    for emptied in deed.emptied:
        found += _emptied(view, emptied, statement)
    for left in deed.left_off:
        found += _left_off(view, left, statement)
    return each_once(found)


def _denied(view: SubjectView, over: Over) -> Iterable[MemCube]:
    """The facts of the very frame of a sentence that holds no longer.

    Who is known by a name is found as "Ada's cat Momo" too, unless two are known by it.
    """
    named = f"{over.who} {over.what}".strip()
    # Of most deeds nothing is known, and a frame costs ten times a look at the words. It leaves none of the
    # words of a deed out; where it leaves none of these out either, they are its words.
    plainly = frame(named).words == word_stems(named)
    found = []
    for text in over.texts:
        if plainly and not view.may_stand_under(_keys(word_stems(text), over)):
            continue
        said = frame(text)
        words, stems = (named, terms(named)) if over.what else (text, said.words)
        cubes = view.mentioning(words, stems, _keys(said.words, over))
        found += [cube for cube in cubes if _is_over(said, cube.text, over)]
    name = over.who or over.what
    alike = may_be_one(over.texts[0], [cube.text for cube in found], name.split()[-1])
    return [cube for cube, one in zip(found, alike, strict=True) if one]


def _keys(words: tuple[str, ...], over: Over) -> list[int]:
    return deed_keys.over(words, about=_says_of_what(words, over))


def _says_of_what(words: tuple[str, ...], over: Over) -> bool:
    """Whether it has a thing it is about; else its very words count: who found work was out of work."""
    return len(words) - len(terms(over.who)) > 1


def _is_over(said: Frame, text: str, over: Over) -> bool:
    denial = msgspec.structs.replace(said, holds=False, past=False, future=False)
    about = _says_of_what(said.words, over)
    for theirs in frames(_by_name(text, over.who or over.what)):
        same = _ends(denial, theirs) if about else _begins(theirs, said)
        if same and theirs.holds and _as_many(said, theirs) and said.words[:2] == theirs.words[:2]:
            return True
    return False


def _begins(theirs: Frame, said: Frame) -> bool:
    bare, whole = said.core.casefold(), theirs.core.casefold()
    same = whole.split()[-1:] == bare.split()[-1:] or whole.startswith(f"{bare} ")
    return same and is_tail(theirs.core, theirs.words[len(said.words) :])


def _ends(denial: Frame, theirs: Frame) -> bool:
    said, other = plain(denial), plain(theirs)
    size = len(said.words)
    if said.ends(other):
        return True
    told_of = other.holds and not other.past and size > 1 and other.words[:size] == said.words
    return told_of and is_tail(theirs.core, other.words[size:])


def _as_many(said: Frame, theirs: Frame) -> bool:
    """Who sold a bicycle may have had two; who takes no pills took them twice a day."""
    if said.numbers == theirs.numbers:
        return True
    before = theirs.core.casefold().split(said.core.casefold().split()[-1])[0]
    return not said.numbers and not any(is_number_word(word) for word in before.split())


def _by_name(text: str, name: str) -> str:
    named = without_kin(text) if name[:1].isupper() else None
    return named if named is not None and re.match(rf"{re.escape(name)}\b", named) else text


def _emptied(view: SubjectView, emptied: Emptied, statement: Statement) -> Iterable[MemCube]:
    if emptied.slots == ("plan",):
        return _planned(view, emptied)
    found = list(_in_slots(view, emptied, statement))
    if "job" in emptied.slots:
        found += _posts(view, emptied.who, emptied.value)
    if "lives_in" in emptied.slots and emptied.value:
        found += _homes(view, emptied.who, emptied.value)
    return found


def _planned(view: SubjectView, emptied: Emptied) -> Iterable[MemCube]:
    """The one plan that is meant: "the concert" of somebody who goes to one."""
    said = content_stems(emptied.value or "")
    meant: list[str] = []
    for slot in view.plans_about(said):
        owner, _, key = slot.partition("/plan/")
        words = frozenset(plan_words(key))
        if "/" not in owner and (said <= words or words <= said) and view.values(slot):
            meant.append(slot)
            if len(meant) > 1:
                return []
    return [cube for slot in meant for cube in giving(view, slot)]


def _posts(view: SubjectView, who: str, where: str | None) -> Iterable[MemCube]:
    """Work said without a slot: "is a sous-chef at the Anker", "teaches maths at Elm Park School"."""
    place = re.escape(where) if where else "[A-Z]"
    post = re.compile(
        rf"{re.escape(who)} (?:is|works|has been|teaches|volunteers|coaches)\b[\w -]*? (?:at|for"
        rf"|with) (?:the )?{place}"
    )
    named = f"{who} {where or ''}"
    return [
        cube
        for cube in view.mentioning(named, terms(named), [deed_keys.posted(who, where or "")])
        if cube.payload and not cube.payload.slot and post.match(cube.text)
    ]


def _homes(view: SubjectView, who: str, place: str) -> Iterable[MemCube]:
    """Homes said without a slot: "is still in her little flat in Hamburg"."""
    named, there = f"{who} {place}", Standing(("home", *terms(who)), tuple(terms(place)), news=False)
    return [
        cube
        for cube in view.mentioning(named, (*there.of[1:], *there.value), [frame_keys.stands(there.of)])
        if standing(cube.text) == there
    ]


def _in_slots(view: SubjectView, emptied: Emptied, statement: Statement) -> Iterable[MemCube]:
    owner, kin = _owner(emptied.who)
    if emptied.slots == ("diet",) and emptied.value:
        return _diets(view, f"{owner}/diet{kin}", emptied.value)
    wanted = content_stems(emptied.value) if emptied.value else None
    slots = [f"{owner}/{base}{kin}" for base in emptied.slots]
    known = {one for slot in slots for one in view.roles(slot)}
    meant = may_be_meant(owner, role(statement.text, owner), known, statement.speaker)
    return [
        cube
        for slot in slots
        for cube in (giving(view, slot) if wanted is None or functional(slot) else view.worded(slot, wanted))
        if meant(cube)
        and cube.payload
        and cube.payload.value
        and (cube.payload.slot, cube.payload.value) != (statement.slot, statement.value)
        and content_stems(cube.payload.value) != content_stems(emptied.but)
        and (
            wanted is None or _says_post(cube, wanted) or _overlap(wanted, content_stems(cube.payload.value))
        )
        and frame(cube.text).holds
    ]


# What each of these does not eat.
_MEAT: Final = frozenset(
    [
        "meat",
        "chicken",
        "beef",
        "pork",
        "bacon",
        "steak",
        "ham",
        "sausages",
        "turkey",
        "lamb",
        "burgers",
        "salami",
    ]
)
_SEAFOOD: Final = frozenset(["fish", "salmon", "tuna", "seafood", "sushi", "shellfish", "prawns", "shrimp"])
_DAIRY: Final = frozenset(["cheese", "eggs", "dairy", "milk", "butter", "yoghurt", "yogurt", "honey"])
_NOT_EATEN: Final = {
    "vegan": _MEAT | _SEAFOOD | _DAIRY,
    "vegetarian": _MEAT | _SEAFOOD,
    "pescatarian": _MEAT,
}


def _diets(view: SubjectView, slot: str, food: str) -> Iterable[MemCube]:
    return [
        cube
        for cube in giving(view, slot)
        if cube.payload and food.lower() in _NOT_EATEN.get(cube.payload.value or "", ())
    ]


def _says_post(cube: MemCube, wanted: frozenset[str]) -> bool:
    """Whether the fact of a post names where: "an intern at Nova"."""
    slot = cube.payload.slot if cube.payload else None
    return slot is not None and "/job" in slot and wanted <= content_stems(cube.text)


def _overlap(one: frozenset[str], other: frozenset[str]) -> bool:
    return bool(one and other) and (one <= other or other <= one)


def _left_off(view: SubjectView, left: LeftOff, statement: Statement) -> Iterable[MemCube]:
    """What somebody does with a thing that is gone: who, a verb of use or of place, and the thing."""
    who, what = tuple(terms(left.who)), tuple(looked_through(terms(left.what)))
    if not who or not what or left.who[:1].islower():
        return []
    verbs = _USING | content_stems(without_dates(statement.text))
    found = list(_pets(view, left))
    for cube in view.mentioning(f"{left.who} {left.what}", (*who, *what), deed_keys.left_off(who, what)):
        for theirs in frames(cube.text):
            words = plain(theirs).words[len(who) :]
            # "Ada's phone is a Fairphone"
            is_it = theirs.core.startswith(f"{left.who}'s ") and words[1:] == what and theirs.holds
            if is_it and not theirs.past:
                found.append(cube)
            at = 0 if sorted(words[: len(what)]) == sorted(what) else 1
            does = at == 0 or (bool(words) and words[0] in verbs)
            if (
                does
                and theirs.words[: len(who)] == who
                and sorted(words[at : at + len(what)]) == sorted(what)
                and is_tail(theirs.core, words[at + len(what) :])
                and theirs.holds
                and not theirs.past
                and _as_many(frame(f"{left.who} {left.what}"), theirs)
            ):
                found.append(cube)
    return found


def _pets(view: SubjectView, left: LeftOff) -> Iterable[MemCube]:
    """Who was given away is nobody's dog; what else the fact names stays with it."""
    name = left.what.casefold()
    if not left.what[:1].isupper():
        return []
    return [cube for cube in view.named(f"{left.who.casefold()}/", name) if " and " not in cube.text]


def _owner(who: str) -> tuple[str, str]:
    """Whose slot it is, and its key: `ada` and `/sister` of Ada's sister; `anna` of Ada's sister Anna."""
    found = _PERSON.match(who)
    if found is None:
        return who.casefold(), ""
    if found["name"]:
        return found["name"].casefold(), ""
    return found["whose"].casefold(), f"/{found['kin'].replace(' ', '-')}"
