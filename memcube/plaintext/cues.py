"""What the style of a text gives away, whatever it is about. English; other languages give nothing away."""

from __future__ import annotations

import re
from typing import Final

from memcube.plaintext.words import MONTHS
from memcube.store.index import Cue

# A pasted page tells of everything.
CUE_LIMIT: Final = 4_000

_QUESTION_MARKS: Final = frozenset("?\uff1f\u061f")
_WORD: Final = re.compile(r"\w+")
# "I'm" and "we've" begin with one of them.
_FIRST_PERSON: Final = frozenset({"i", "my", "we", "our"})
_MOMENTS: Final = ("yesterday", "today", "tonight", "tomorrow", "ago", "recently", "lately")
_DAYS: Final = tuple(f"{day}day" for day in ("mon", "tues", "wednes", "thurs", "fri", "satur", "sun"))
# Two months are everyday words as well.
_EVERYDAY: Final = ("may", "march")
_MONTHS: Final = tuple(month for month in MONTHS if month not in _EVERYDAY)
_SPANS: Final = (
    *("second", "minute", "hour", "day", "night", "week", "weekend", "month", "year", "decade"),
    *("summer", "winter", "spring", "fall", "autumn", "morning", "evening", "afternoon"),
)
# Each time has one of these words, or a digit: a look at the words is a quarter of a search for times.
_TIMELY: Final = frozenset(
    (*_MOMENTS, *_MONTHS, *_EVERYDAY, *_DAYS, *_SPANS, *(f"{word}s" for word in (*_DAYS, *_SPANS)))
)
_DIGIT: Final = re.compile(r"\d")
_TIME: Final = re.compile(
    rf"""\b(?:
      {"|".join((*_MOMENTS, *_MONTHS))}|(?:{"|".join(_DAYS)})s?
    | (?:last|next|this|past|coming|few|couple\ of|every|\d+|a|an|one|two|three|four|five|six|seven|eight
      |nine|ten)
      \ (?:{"|".join(_SPANS)})s?
    | (?:in|since|until|by|of)\ (?:{"|".join(_EVERYDAY)})
    | (?:19|20)\d\d|\d{{1,2}}:\d\d|\d{{1,2}}\ ?[ap]m
    )\b""",
    re.VERBOSE,
)


def cues(text: str) -> Cue:
    """See `Cue`."""
    text = text[:CUE_LIMIT].lower()
    words = frozenset(_WORD.findall(text))
    found = 0
    if not _QUESTION_MARKS.isdisjoint(text):
        found |= Cue.QUESTION.value
    if (not _TIMELY.isdisjoint(words) or _DIGIT.search(text)) and _TIME.search(text):
        found |= Cue.TIME.value
    if not _FIRST_PERSON.isdisjoint(words):
        found |= Cue.FIRST_PERSON.value
    return Cue(found)
