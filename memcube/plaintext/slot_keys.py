"""Keys under which a fact is found by its slot and value, where neither is told outright.

Hashes, as in `frame_keys`: what is found is compared with what was looked for.
"""

from __future__ import annotations

from collections.abc import Iterator

from memcube.cube import MemCube, State
from memcube.plaintext.differences import Kind, kind_of
from memcube.plaintext.words import content_stems, terms

_PLAN = "/plan/"


def former_under(fact: MemCube) -> Iterator[int]:
    """All keys of `former` of a fact: a name may have slashes, so under every beginning of its slot."""
    slot, value = (fact.payload.slot, fact.payload.value) if fact.payload else (None, None)
    if not slot or not value or fact.state is not State.SUPERSEDED:
        return
    words = content_stems(value)
    for place, sign in enumerate(slot):
        if sign == "/":
            yield former(slot[: place + 1], words)


def planned_under(fact: MemCube) -> Iterator[int]:
    """All keys of `planned` of a fact."""
    slot = fact.payload.slot if fact.payload else None
    if not slot or fact.state is not State.ACTIVE:
        return
    place = slot.find(_PLAN)
    while place >= 0:
        end = place + len(_PLAN)
        if words := plan_words(slot[end:]):
            yield planned(slot[:end], words[0])
        place = slot.find(_PLAN, place + 1)


def plan_words(name: str) -> list[str]:
    """What a plan is about, of `driving-test/monday`."""
    return terms(name.replace("/", " ").replace("-", " "))


def planned(own: str, first: str) -> int:
    """Where a person's plans stand, `ada/plan/`, of which this is the first word."""
    return hash(("planned", own, first))


def former(own: str, words: frozenset[str]) -> int:
    """Where replaced facts of a person, `ada/`, stand whose value has just these words."""
    return hash(("former", own, words))


def kind(text: str, slot: str | None, value: str | None) -> Kind:
    """What two facts have alike if one says the other in similar words."""
    found = kind_of(text)
    return Kind(hash((slot, value, found.exact)), found.names, found.words)
