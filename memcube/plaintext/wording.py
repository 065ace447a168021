# ruff: noqa: RUF001 (dashes are what people type)
"""The wording of a statement: one for what is said in two, the main clause, two that differ in a word."""

from __future__ import annotations

import re
from typing import Final

_ANNOTATION: Final = re.compile(r" \(\d{4}(?:-\d\d)?[\d:T/ -]*\)")
_DATE: Final = re.compile(r"\(\d{4}[^)]*\)")
# A name, a day or a number has three words at most.
_APART: Final = 3
# "Ada swims": what is shorter says nothing without its tail.
_SHORTEST: Final = 8
# What is said in two ways is one: "has a nut allergy" and "is allergic to nuts".
_LEADING: Final = re.compile(
    r"^(?:(?:just so you know|fyi|for the record|as always|as usual|as ever|believe it or not|good news"
    r"|by the way),? )+"
    r"|,? (?:as always|as usual|as ever|believe it or not|for what it's worth|as of (?:now|today"
    r"|this morning))(?=[.,;!]|$)"
    r"|(?<= )as of (?:now|today|this (?:morning|week|month))\b",
    re.IGNORECASE,
)
_ALLERGY: Final = re.compile(r"\b(?:has|have) an? (?:\w+ )?(?P<what>\w+) allergy\b", re.IGNORECASE)
_HABIT_FIRST: Final = re.compile(
    r"^(?P<when>(?:every|each|on"
    r"|in) (?:[\w-]+ ?){1,3}?),? (?P<rest>(?-i:[A-Z]).+)$",
    re.IGNORECASE,
)
_GOT: Final = re.compile(r"\b(?P<has>has|have)(?P<also> \w+)? got\b", re.IGNORECASE)
_TAIL: Final = re.compile(
    r"(?:, (?!(?:and|but|or|not|so)\b)|; | [–—-] | \(|,? (?:because|since (?=\w+ (?:is|was|has))|which"
    r"|so that)\b"
    r"| and (?=(?:quite|very|really|pretty|rather|so|happy|glad|proud|loving|enjoying)\b)).*$"
)


def dates(text: str) -> tuple[str, ...]:
    """The dates that extraction put in brackets, and what people put there that begins with a year."""
    return tuple(_DATE.findall(text))


def without_dates(text: str) -> str:
    """The text without the dates that extraction put in brackets."""
    return _ANNOTATION.sub("", text)


def canonical(text: str) -> str:
    """One wording for two: "on Mondays Ada swims, as always" and "Ada swims on Mondays"."""
    text = _ALLERGY.sub(r"is allergic to \g<what>", _GOT.sub(r"\g<has>\g<also>", _LEADING.sub("", text)))
    first = _HABIT_FIRST.match(text)
    return f"{first['rest'].rstrip(' .!')} {first['when'].lower()}" if first else text


def main_clause(text: str) -> str:
    """The statement without what is added to it: "loves coffee, four cups a day". A list is not cut."""
    bare = _ANNOTATION.sub("", text)
    cut = _TAIL.search(bare)
    if (
        cut is None
        or cut.start() < _SHORTEST
        or re.search(r"\b(?:and|or)\b", bare[cut.start() :].removeprefix(" and"))
    ):
        return text
    return bare[: cut.start()]


def one_word_apart(one: str, other: str) -> bool:
    """Whether two statements differ in the words of one place, and share most of the others."""
    left, right = (without_dates(text).rstrip(" .!").casefold().split() for text in (one, other))
    same = [a == b for a, b in zip(left, right, strict=False)]
    first = same.index(False) if False in same else len(same)
    end = [a == b for a, b in zip(left[first:][::-1], right[first:][::-1], strict=False)]
    last = end.index(False) if False in end else len(end)
    apart = max(len(left), len(right)) - first - last
    return first > 0 and 0 < apart <= _APART and first + last > apart
