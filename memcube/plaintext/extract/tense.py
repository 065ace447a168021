# ruff: noqa: SIM905 (word lists read best as words)
"""Whether "on Tuesday" was or will be: the verb nearest to the phrase decides."""

import re
from typing import Literal

from memcube.plaintext.extract import verbs

Tense = Literal["past", "future"]

_WORD = re.compile(r"[a-z]+(?:'[a-z]+)?")
_AHEAD = re.compile(r"\b(?:to|for|until|till|by)\s+(?:the\s+)?$")
_BEHIND = re.compile(r"\b(?:since)\s+$")
# "is set for", "was booked on": the participle of a plan points ahead.
_PLANNED = frozenset("scheduled booked planned set due arranged confirmed expected supposed hoping".split())
_MOVED = frozenset("moved postponed rescheduled pushed shifted delayed brought".split())
_NOUN_HERE = frozenset(
    "being meeting morning evening appointment wedding building something anything quits".split()
)
# Enough to reach the verb of a clause, and a bound on the work for a sentence of 600 characters.
_REACH = 120


def tense_at(sentence: str, start: int, end: int) -> Tense:
    """The tense of the clause that a date phrase at [start, end) belongs to."""
    before = sentence[max(0, start - _REACH) : start].lower()
    if _AHEAD.search(before):
        return "future"
    if _BEHIND.search(before):
        return "past"
    words = _WORD.findall(before)
    for index in range(len(words) - 1, -1, -1):
        judged = _judge(words, index)
        if judged:
            return judged
    words = _WORD.findall(sentence[end : end + _REACH].lower())
    for index in range(len(words)):
        judged = _judge(words, index)
        if judged:
            return judged
    return "future"


def _judge(words: list[str], index: int) -> Tense | None:  # noqa: C901, PLR0911 (a decision list)
    word = words[index]
    before = words[index - 1] if index else ""
    if word in _NOUN_HERE or word in ("meant", "said", "thought"):
        return None  # what was meant or said is told by the next verb
    if word in _MOVED and before in ("got", "been", "was", "were", "is", "are", "getting", "being"):
        return "future"  # "got moved to the 4th"
    if word in _PLANNED:
        return "future"
    if word in ("got", "gotten") and (before.endswith("'ve") or before in ("have", "has")):
        return "future"  # "I've got a meeting on Tuesday"
    if word in ("been", "had") and before == "to":
        return "future"
    if word in verbs.BASE and verbs.is_past(word) and before not in ("have", "has", "had", "i've", "we've"):
        return "future"  # "to run", "I run": the past of these is another word
    if word in ("did", "didn't", "was", "wasn't", "were", "weren't") or verbs.is_past(word):
        return "past"
    if word in verbs.SAME_IN_PAST and before != "to":
        return "past"
    if word.endswith("ing") and len(word) > 5:
        return "past" if before in ("was", "were") else None
    if word in verbs.MODALS or word in verbs.AUXILIARIES or word.endswith(verbs.CONTRACTED_ENDINGS):
        return "future"
    if word in verbs.BASE and word not in verbs.ALSO_NOUNS:
        return "future"
    if word in verbs.BASE and before in ("i", "we", "they", "you", "to"):
        return "future"
    return "future" if verbs.is_third_person(word) and word[:-1] not in verbs.ALSO_NOUNS else None
