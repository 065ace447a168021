"""Keys under which a fact is found by its slot and value, where neither is told outright.

Hashes, as in `frame_keys`: what is found is compared with what was looked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import combinations
from typing import Final

from memcube.cube import MemCube, State
from memcube.plaintext.differences import Kind, kind_of
from memcube.plaintext.extract.slot_table import is_functional
from memcube.plaintext.words import content_stems, terms

_PLAN: Final = "/plan/"
# Of eight words there are 255 choices.
_FEW: Final = 8
_NAME: Final = "_name"
_IS: Final = re.compile(r" (?:is|are|starts?|begins?|takes place) ")


def former_under(fact: MemCube) -> Iterator[int]:
    """All keys of `former` of a fact: a name may have slashes, so under every beginning of its slot."""
    slot, value = (fact.payload.slot, fact.payload.value) if fact.payload else (None, None)
    if not slot or not value or fact.state is not State.SUPERSEDED:
        return
    words = content_stems(value)
    for place, sign in enumerate(slot):
        if sign == "/":
            yield former(slot[: place + 1], words)


def _planned_under(slot: str) -> Iterator[int]:
    place = slot.find(_PLAN)
    while place >= 0:
        end = place + len(_PLAN)
        if words := plan_words(slot[end:]):
            yield planned(slot[:end], max(words, key=lambda word: (len(word), word)))
        place = slot.find(_PLAN, place + 1)


def plan_keys(slot: str) -> Iterator[int]:
    """All keys of a slot by the name of its plan."""
    words = frozenset(plan_words(slot.partition(_PLAN)[2]))
    yield from map(named_with, words)
    if words:
        yield hash(("whole plan", words))


def named_with(word: str) -> int:
    """Where the slots of plans stand that have this stem in their names."""
    return hash(("plan", word))


def named_as(words: frozenset[str]) -> Iterator[int]:
    """Where those stand that have none but these stems in their names. Of many it is under each of them."""
    if len(words) > _FEW:
        yield from map(named_with, words)
        return
    for size in range(1, len(words) + 1):
        for some in combinations(sorted(words), size):
            yield hash(("whole plan", frozenset(some)))


def found_under(fact: MemCube) -> Iterator[int]:
    """All keys of `planned`, `told_as`, `worded` and `named` of a fact."""
    slot, value = (fact.payload.slot, fact.payload.value) if fact.payload else (None, None)
    if not slot or fact.state is not State.ACTIVE:
        return
    if _PLAN in slot:
        yield from _planned_under(slot)
        for word in head_stems(fact.text):
            yield told_as(word)
    if value and slot.endswith(_NAME):
        for place, sign in enumerate(slot):
            if sign == "/":
                yield named(slot[: place + 1], value)
    elif value and not is_functional(slot.partition("/")[2]):
        for word in content_stems(value):
            yield worded(slot, word)


def head_stems(text: str) -> frozenset[str]:
    """What a plan is told as: "Ada's concert in Lisbon" of its being on a day."""
    return content_stems(_IS.split(text, maxsplit=1)[0])


def told_as(word: str) -> int:
    """Where plans stand that are told as something with this stem in it."""
    return hash(("told", word))


def worded(slot: str, word: str) -> int:
    """Where the facts of a slot of many values stand whose value has this stem."""
    return hash(("worded", slot, word))


def named(own: str, name: str) -> int:
    """Where what is called by this name, of a person, `ada/`, stands: dogs, cars."""
    return hash(("named", own, name))


def plan_words(name: str) -> list[str]:
    """What a plan is about, of `driving-test/monday`."""
    return terms(name.replace("/", " ").replace("-", " "))


def planned(own: str, longest: str) -> int:
    """Where a person's plans stand, `ada/plan/`, of which this is the longest word: it is in the fewest."""
    return hash(("planned", own, longest))


def former(own: str, words: frozenset[str]) -> int:
    """Where replaced facts of a person, `ada/`, stand whose value has just these words."""
    return hash(("former", own, words))


def kind(text: str, slot: str | None, value: str | None) -> Kind:
    """What two facts have alike if one says the other in similar words."""
    found = kind_of(text)
    return Kind(hash((slot, value, found.exact)), found.names, found.words)
