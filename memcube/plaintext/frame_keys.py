"""Keys under which a fact is found by the statements that it can matter to.

What `Frame` decides about two statements hangs on a few things that both have, or that one has and the
other lacks. Each is a key: a current fact stands under some, and a statement looks under some. What is
found is compared as ever; what is not found would not have passed. Keys are hashes, and no words of a
fact are kept in them; `tests/memcube/plaintext/test_frame_index.py` holds them to what a scan finds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import accumulate, product

from memcube.cube import MemCube
from memcube.plaintext import deed_keys
from memcube.plaintext.frames import CHOICES, DOING, MOST_NUMBERS, Frame, frames
from memcube.plaintext.light_words import light_words
from memcube.plaintext.narrowing import narrowings
from memcube.plaintext.standing import standing
from memcube.plaintext.wishes import topic
from memcube.plaintext.wording import dates
from memcube.plaintext.words import terms

_EITHER = (False, True)


def kept_under(fact: MemCube) -> Iterator[int]:
    """All keys of an active fact."""
    said_in = frames(fact.text)
    said = said_in[0]
    yield from same(said, fact.text)
    for part in said_in:
        yield from _changed_under(part)
    if (thing := standing(fact.text)) is not None:
        yield stands(thing.of)
    yield from deed_keys.kept_under(fact, said_in)
    if (about := topic(fact.text)) is not None:
        yield wish(about)
    if fact.payload is not None and fact.payload.slot and fact.payload.value is not None and said.holds:
        yield valued(fact.payload.slot, fact.payload.value, said)


def _changed_under(said: Frame) -> Iterator[int]:
    whole = _hashes(said.words)[-1]
    yield _said(whole, said.numbers, holds=said.holds, past=said.past, future=said.future)
    if said.numbers:
        yield _counted(whole, holds=said.holds, past=said.past, future=said.future)
    if said.holds:
        yield from _endable(said)
        if said.attribute:
            yield hash(("attribute", said.attribute))
            yield hash(("owned", said.attribute[1:]))


def same(said: Frame, text: str) -> Iterator[int]:
    """Where what makes the same statement stands."""
    when = dates(text)
    if len(said.words) > 1 and (when or not (said.past or said.future)):
        yield hash(("same", said.words, said.numbers, said.holds, when))


def valued(slot: str, value: str, said: Frame) -> int:
    """Where what gives the value of the slot in words as good stands."""
    more = frozenset(terms(said.core)) - light_words(slot.partition("/")[2])
    return hash(("value", slot, value, said.numbers, more))


def stands(of: tuple[str, ...]) -> int:
    """Where what is said of this standing thing stands."""
    return hash(("stands", of))


def wish(about: str) -> int:
    """Where the wishes about this stand."""
    return hash(("wish", about))


def changed(said: Frame, *, corrects: bool) -> Iterator[int]:
    """Where what the statement may contradict, end, requantify or replace by another choice stands."""
    hashes = _hashes(said.words)
    yield _said(hashes[-1], said.numbers, holds=not said.holds, past=said.past, future=said.future)
    if (said.replaces or corrects) and said.holds and 0 < len(said.numbers) <= MOST_NUMBERS:
        yield _counted(hashes[-1], holds=True, past=said.past, future=said.future)
    if said.holds and not said.past:
        for narrower, future in product(hashes[2:-1], _EITHER):
            yield _said(narrower, (), holds=False, past=False, future=future)
        if said.now:
            yield from _choices(said)
    if said.holds and said.attribute:
        yield hash(("attribute", said.attribute))
        # "The rent" may be "Ada's rent", and the other way round.
        yield hash(("owned", said.attribute))
        yield hash(("attribute", said.attribute[1:]))
    yield from ended(said)


def ended(said: Frame) -> Iterator[int]:
    """Where what the statement ends stands."""
    if said.holds or said.past or len(said.words) < 2:
        return
    whole = _hashes(said.words)[-1]
    for future in _EITHER:
        yield _said(whole, said.numbers, holds=True, past=False, future=future)
        if not said.numbers:
            yield _counted(whole, holds=True, past=False, future=future)
    yield hash(("narrowed", whole))
    if said.quits:
        yield hash(("done", whole))


def denied(said: Frame, words: tuple[str, ...]) -> Iterator[int]:
    """Where what holds of these words stands, when said in words that the statement begins with."""
    for begins in range(2, len(said.words) + 1):
        yield from _holding((*said.words[:begins], *words), pasts=_EITHER)


def had(words: tuple[str, ...]) -> Iterator[int]:
    """Where what holds now in just these words stands, "own" apart."""
    yield from _holding(words, pasts=(False,))
    yield hash(("own", words))


def _holding(words: tuple[str, ...], pasts: Iterable[bool]) -> Iterator[int]:
    """In these words and with any numbers."""
    whole = _hashes(words)[-1]
    for past, future in product(pasts, _EITHER):
        yield _said(whole, (), holds=True, past=past, future=future)
        yield _counted(whole, holds=True, past=past, future=future)


def _endable(said: Frame) -> Iterator[int]:
    if said.past:
        return
    yield from _narrowed("narrowed", said.words, said)
    if len(said.words) > 2 and said.words[1] in DOING:
        bare = (said.words[0], *said.words[2:])
        yield hash(("done", _hashes(bare)[-1]))
        yield from _narrowed("done", bare, said)
    yield from _choices(said)
    if "own" in said.words:
        yield hash(("own", tuple(word for word in said.words if word != "own")))


def _narrowed(kind: str, words: tuple[str, ...], said: Frame) -> Iterator[int]:
    """Under each beginning of the statement that what follows only narrows."""
    narrows = narrowings(said.core)
    for whole, word in zip(_hashes(words)[2:], words[2:], strict=False):
        if narrows.get(word):
            yield hash((kind, whole))


def _choices(said: Frame) -> Iterator[int]:
    """Under the statement without one of its words, for each of those that may be another choice."""
    size = len(said.words)
    if size < 3 or said.words[1] not in CHOICES:
        return
    before = _hashes(said.words)
    after = _hashes(said.words[::-1])[::-1]
    for place in range(2, size):
        yield hash(("choice", size, place, before[place], after[place + 1]))


def _said(whole: int, numbers: tuple[str, ...], *, holds: bool, past: bool, future: bool) -> int:
    return hash(("said", whole, numbers, holds, past, future))


def _counted(whole: int, *, holds: bool, past: bool, future: bool) -> int:
    return hash(("counted", whole, holds, past, future))


def _hashes(words: tuple[str, ...]) -> list[int]:
    """Of the first words: none of them, one, two, up to all, at the cost of one pass."""
    return list(accumulate(words, lambda whole, word: hash((whole, word)), initial=0))
