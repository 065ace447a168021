"""Keys under which a fact is found by the deeds that end it: who sold the Volvo drives it no more.

As in `frame_keys`: what is found is compared as ever, and what is not found would not have passed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import accumulate
from typing import Final

import msgspec

from memcube.cube import MemCube
from memcube.plaintext.frames import Frame, frames
from memcube.plaintext.narrowing import narrowings, narrows
from memcube.plaintext.words import terms

_LOOKS: Final = frozenset(
    terms("old new little small big lovely beloved trusty tiny nice red blue green black white grey gray"
        " silver yellow used"
          " brand secondhand ancient")
)  # fmt: skip
_GOES_ON: Final = frozenset(["to", "as", "called", "named", "until", "till", "next", "this", "last"])
_KIN: Final = re.compile(r"\S+'s (?:[a-z-]+ ){1,3}(?=[^\W\d_])")
# Work said without a slot: "is a sous-chef at the Anker", "teaches maths at Elm Park School".
_POST: Final = re.compile(r" (?:is|works|has been|teaches|volunteers|coaches)\b(?=[\w -]*? (?:at|for|with) )")
_WHERE: Final = re.compile(r" (?:at|for|with) (?:the )?(?=(?P<where>.{3}))")
# A place is looked for by its beginning, so that a longer name of it is found as well.
_BEGINNING: Final = 3


def kept_under(fact: MemCube, said_in: tuple[Frame, ...]) -> Iterator[int]:
    """All keys of an active fact whose frames these are."""
    named = without_kin(fact.text)
    for said in said_in if named is None else (*said_in, *frames(named)):
        if said.holds:
            yield from _done(said)
    if fact.payload is not None and not fact.payload.slot:
        for post in _POST.finditer(fact.text):
            who = fact.text[: post.start()]
            yield _posted(who, "")
            for place in _WHERE.finditer(fact.text, post.end()):
                yield _posted(who, place["where"])
                yield _posted(who, fact.text[place.start() :].split(" ", 2)[2][:_BEGINNING])


def over(words: tuple[str, ...], *, about: bool) -> list[int]:
    """Where what ends with the end of a sentence of these words stands.

    about: it is about a thing; else what ends says it in these very words, and may go on.
    """
    if not about:
        return [hash(("begun", words[:2], size)) for size in range(1, len(words) + 1)]
    bare = tuple(looked_through(words))
    return [hash(("over", _hashes(bare)[-1]))] if len(bare) > 1 else []


def left_off(who: tuple[str, ...], what: tuple[str, ...]) -> Iterator[int]:
    """Where what somebody does with a thing stands."""
    least = len(who) + len(what)
    for size in (least, least + 1):
        for word in dict.fromkeys(what):
            yield hash(("thing", size, who[0], word))


def posted(who: str, where: str) -> int:
    """Where the posts of somebody stand, at this place if one is given."""
    return _posted(who, where[:_BEGINNING] if len(where) >= _BEGINNING else "")


def plain(said: Frame) -> Frame:
    """Without what a thing looks like: who sold the Volvo drives no old Volvo."""
    return msgspec.structs.replace(said, words=tuple(looked_through(said.words)))


def looked_through(words: Iterable[str]) -> Iterator[str]:
    """The stems of them that say more than what a thing looks like."""
    return (word for word in words if word not in _LOOKS)


def is_tail(core: str, more: tuple[str, ...]) -> bool:
    """Whether what follows only says when, where, what for or how often."""
    return not more or more[0] == "call" or narrows(core, more[0], _GOES_ON)


def without_kin(text: str) -> str | None:
    """The text without what somebody is to another: "Momo sleeps" of "Ada's cat Momo sleeps"."""
    found = _KIN.match(text) if "'s " in text else None
    return text[found.end() :] if found and text[found.end()].isupper() else None


def _done(said: Frame) -> Iterator[int]:
    tails = narrowings(said.core, _GOES_ON)
    for size in _ends(said.words, tails):
        yield hash(("begun", said.words[:2], size))
    if said.past or not said.words:
        return
    words = plain(said).words
    hashes = _hashes(words)
    for size in _ends(words, tails):
        if size > 1:
            yield hash(("over", hashes[size]))
            yield hash(("thing", size, said.words[0], words[size - 1]))


def _ends(words: tuple[str, ...], tails: dict[str, bool]) -> Iterator[int]:
    """After how many of its words a statement is whole, so that the others only narrow it."""
    for size in range(1, len(words)):
        if words[size] == "call" or tails.get(words[size]):
            yield size
    if words:
        yield len(words)


def _posted(who: str, where: str) -> int:
    return hash(("post", who, where))


def _hashes(words: tuple[str, ...]) -> list[int]:
    return list(accumulate(words, lambda whole, word: hash((whole, word)), initial=0))
