"""What a deed says of a state without naming it: who finished reading Dune is no longer reading it.

Each deed implies sentences that hold no longer, or hold now, said as if the person had said them; only a fact
of the very same frame ends by them. A deed may also empty slots ("moved out of Haifa", "was fired"), or leave
a thing off ("switched from Firefox to Brave"). What is only wished, planned or denied implies nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from memcube.plaintext.deed import Deed
from memcube.plaintext.deeds_of_life import OF_LIFE
from memcube.plaintext.deeds_with_things import WITH_THINGS
from memcube.plaintext.wording import without_dates
from memcube.plaintext.words import terms

_ANY: Final = ""


class Emptied(msgspec.Struct, frozen=True):
    """Slots of a person that hold this value no longer; without a value, none, or none but another."""

    who: str
    slots: tuple[str, ...]
    value: str | None
    but: str = ""


class LeftOff(msgspec.Struct, frozen=True):
    """A thing that somebody does nothing with any more: uses it, takes it, drinks it."""

    who: str
    what: str


class Over(msgspec.Struct, frozen=True):
    """Sentences about somebody that hold no longer; all of them name `what`, where there is such a thing."""

    who: str
    what: str
    texts: tuple[str, ...]


class Implied(msgspec.Struct, frozen=True):
    """over: sentences that hold no longer. holds: sentences that hold now."""

    over: tuple[Over, ...] = ()
    holds: tuple[str, ...] = ()
    emptied: tuple[Emptied, ...] = ()
    left_off: tuple[LeftOff, ...] = ()


_NO_DEED: Final = re.compile(
    r"\b(?:might|may|maybe|perhaps|almost|nearly|wish\w*|hop\w+|want\w*|would|could|should|will|going to"
    r"|plan\w*"
    r"|think\w*|consider\w*|if|not|never|dream\w*|pretend\w*|asked|suggest\w*|jok\w+|unless|until|about to"
    r"|tomorrow|next)\b|n't\b|\?",
    re.IGNORECASE,
)


def _over(lines: Iterable[str], words: Mapping[str, str]) -> list[Over]:
    """The lines by whom they speak of, with and without the thing."""
    found: dict[tuple[str, str], list[str]] = {}
    for line in lines:
        who = words["me"] if line.startswith("{me}") else words["who"] if line.startswith("{who}") else ""
        what = words["x"] if "{x}" in line else words["who"] if "{me}" in line and "{who}" in line else ""
        found.setdefault((who, what), []).append(line.format(**words))
    return [Over(who, what, tuple(texts)) for (who, what), texts in found.items()]


_CANNOT: Final = re.compile(r"\b(?:can't|cannot) (?:stand|bear)\b")
# "The Canada idea" is Canada, "the loft keys" stand for the loft.
_IDEA: Final = re.compile(
    r"(?<=\w) (?:idea|plans?|thing|project|dream|keys|lease|contract|subscription"
    r"|membership|account)$"
)


_DEEDS: Final = (*WITH_THINGS, *OF_LIFE)
# No hint is shorter than its beginning, and few of a sentence's letters begin one.
_BEGINNING: Final = 3


def _by_beginning() -> Mapping[str, tuple[tuple[str, int], ...]]:
    found: dict[str, list[tuple[str, int]]] = {}
    for place, deed in enumerate(_DEEDS):
        for hint in deed.hints:
            found.setdefault(hint[:_BEGINNING], []).append((hint, place))
    return {beginning: tuple(hints) for beginning, hints in found.items()}


_HINTS: Final = _by_beginning()


def _hinted(plain: str) -> list[Deed]:
    """The deeds of which a text in lower case has one of the verbs, in their order."""
    places = {
        place
        for beginning in {plain[at : at + _BEGINNING] for at in range(len(plain))} & _HINTS.keys()
        for hint, place in _HINTS[beginning]
        if hint in plain
    }
    return [_DEEDS[place] for place in sorted(places)]


def implied(text: str, speaker: str | None) -> Implied:
    """What a statement in the third person implies; nothing where it tells of no deed."""
    text = _CANNOT.sub("hates", without_dates(text).strip(" .!"))
    if _NO_DEED.search(text):
        return Implied()
    plain = text.lower()
    over: list[Over] = []
    holds: list[str] = []
    emptied: list[Emptied] = []
    left_off: list[LeftOff] = []
    for deed in _hinted(plain):
        found = deed.pattern.search(text)
        if found is None:
            continue
        words = {
            "me": speaker or _ANY,
            "who": _ANY,
            "x": _ANY,
            "y": _ANY,
            **{name: group or _ANY for name, group in found.groupdict().items()},
        }
        words["x"] = _IDEA.sub("", words["x"])
        spare = (words.pop(key, None) for key in ("who2", "who3", "who4"))
        who = words["who"] or next(filter(None, spare), None) or speaker or _ANY
        words["who"] = who.removesuffix(" and others")
        if (words["x"] and not terms(words["x"])) or (words["who"] and not terms(words["who"])):
            continue  # "we got this" names nothing
        over += _over(deed.over, words)
        if words["x"].startswith("the ") and speaker:
            own = {**words, "x": f"{speaker}'s {words['x'].removeprefix('the ')}"}
            over += _over([line for line in deed.over if line.startswith("{x}")], own)
        holds += [line.format(**words) for line in deed.holds]
        if deed.empties:
            emptied.append(Emptied(words["who"], deed.empties, words["x"] or None, words["y"]))
        if deed.leaves_off:
            left_off.append(LeftOff(words["who"], words["x"]))
    return Implied(tuple(over), tuple(holds), tuple(emptied), tuple(left_off))
