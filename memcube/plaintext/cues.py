"""What the style of a text gives away, whatever it is about. English; other languages give nothing away."""

from __future__ import annotations

import re
from typing import Final

from memcube.plaintext.words import MONTHS
from memcube.store.index import Cue

# A pasted page tells of everything.
CUE_LIMIT: Final = 4_000

_QUESTION_MARKS: Final = frozenset("?\uff1f\u061f")
_FIRST_PERSON: Final = re.compile(
    r"\b(?:i|i['\u2019](?:m|ve|d|ll)|my|we|we['\u2019](?:re|ve|d|ll)|our)\b", re.IGNORECASE
)
_DAYS: Final = "(?:mon|tues|wednes|thurs|fri|satur|sun)day"
_TIME: Final = re.compile(
    rf"""\b(?:
      yesterday|today|tonight|tomorrow|ago|recently|lately
    | {_DAYS}s?|{"|".join(month for month in MONTHS if month not in {"may", "march"})}
    | (?:last|next|this|past|coming|few|couple\ of|every|\d+|a|an|one|two|three|four|five|six|seven|eight
      |nine|ten)
      \ (?:second|minute|hour|day|night|week|weekend|month|year|decade|summer|winter|spring|fall|autumn
      |morning|evening|afternoon)s?
    | (?:in|since|until|by|of)\ (?:may|march)
    | (?:19|20)\d\d|\d{{1,2}}:\d\d|\d{{1,2}}\ ?[ap]m
    )\b""",
    re.IGNORECASE | re.VERBOSE,
)


def cues(text: str) -> Cue:
    """See `Cue`."""
    text = text[:CUE_LIMIT]
    found = Cue(0)
    if not _QUESTION_MARKS.isdisjoint(text):
        found |= Cue.QUESTION
    if _TIME.search(text):
        found |= Cue.TIME
    if _FIRST_PERSON.search(text):
        found |= Cue.FIRST_PERSON
    return found
