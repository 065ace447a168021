"""How long a memory is served if nobody says it again: by what kind of statement it is.

What has ended by then is expired by a tick: it leaves default recall and stays in the history and in
questions as of an earlier time; the turn it came from stays as it is, and is recalled. Said again, it lives
on. What answers a question about somebody (their home, job, pets, health) does not end by time, however it
was told: "I moved to Rome" is an event, and the home for as long as nobody says another.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from memcube.plaintext.extract.slot_table import LISTED, is_functional

# The one table. None: for as long as nothing replaces it.
LIFETIMES: Final[Mapping[str, timedelta | None]] = {
    # What somebody is, has and likes is true until it changes, and changes are said.
    "fact": None,
    "preference": None,
    "relationship": None,
    # A wish to the assistant holds until it is withdrawn: forgetting it would be disobeying.
    "instruction": None,
    # A year later it has become a story, which the raw turn still tells; nobody asks for it as news.
    "event": timedelta(days=365),
    # An intention without a date that nobody came back to in half a year was dropped.
    "plan": timedelta(days=180),
    # "Tired today", "in Rome this week": of the moment, and mostly over the next day.
    "moment": timedelta(days=7),
}
# A dated plan ends with its day. A week later people still ask how it went.
AFTER_ITS_DATE: Final = timedelta(days=7)

_STATE: Final = (
    r"tired|exhausted|sleepy|hungry|thirsty|bored|stressed|busy|nervous|anxious|excited|sad|upset|angry|annoyed"
    r"|sick|ill|unwell|hungover|cold|in a hurry|in a (?:good|bad) mood|in pain|jet ?lagged|overwhelmed|grumpy"
)
_NOW: Final = r"today|tonight|right now|at the moment|this (?:morning|afternoon|evening|week|weekend)"
# What may stand behind a feeling; behind "cold" of "cold-water swimming" stands what is cold.
_AND_THEN: Final = (
    r"\s*(?:[.,;:!?()\u2026]|$)|\s+(?:today|tonight|now|right|at|this|these|because|since|and|but|or|so|after"
    r"|before|from|about|again|lately|too|also|as|all|in|on|when|until|while)\b"
)
_FOR_LONG: Final = r"for (?:\w+ )?(?:years|months|decades|ages)"
_FEELING: Final = re.compile(
    rf"\b(?:is|are|feels?|feeling|has been)\b[^.]{{0,25}}\b(?:{_STATE})(?={_AND_THEN})"
    rf"(?!.*\b{_FOR_LONG}\b)",
    re.IGNORECASE,
)
_PLACE_NOW: Final = re.compile(
    rf"\b(?:is|are|stays?|staying|visiting|working from)\b.{{0,60}}\b(?:{_NOW})\b|^(?:{_NOW})\b",
    re.IGNORECASE,
)
# What somebody is from then on, though it is told as what happened.
_OF_A_LIFE: Final = re.compile(
    r"\b(?:born|birth|died|dies|dead|death|passed away|funeral|widow(?:ed|er)?"
    r"|had (?:a|another) (?:baby|child|son|daughter)|twins|miscarriage"
    r"|married|wedding|divorced?|separated|engaged|(?:broke|split) up"
    r"|diagnos\w+|surgery|operat(?:ion|ed)|removed|transplant\w*|stroke|heart attack|cancer|pregnant"
    r"|broke (?:\S+ )?(?:arm|leg|hip|wrist|ankle|foot|back)"
    r"|(?:quit|stopped|gave up) (?:smoking|drinking)|sober"
    r"|moved (?:to|into|in|from|back|out|house|home|away|here|there|abroad)|emigrated|immigrated"
    r"|graduat(?:ed|ion)|degree|diploma|doctorate|adopted|adoption|retired|citizen(?:ship)?"
    r"|changed (?:\S+ )?name)\b",
    re.IGNORECASE,
)


def lifetime(text: str, category: str | None, slot: str | None = None) -> timedelta | None:
    """For how long a statement is served, or None for ever. slot: what it answers, without whose it is."""
    if category is None:
        return None
    if category in {"instruction", "relationship", "preference", "plan"}:
        return LIFETIMES[category]
    if slot is not None and is_functional(slot) and not slot.startswith("plan/"):
        return None
    if _FEELING.search(text) or _PLACE_NOW.search(text):
        return LIFETIMES["moment"]
    if slot in LISTED - {"plan"} or _OF_A_LIFE.search(text):
        return None
    return LIFETIMES[category]


def expires(
    text: str,
    category: str | None,
    *,
    slot: str | None = None,
    said: datetime,
    happens: datetime | None,
    until: datetime | None,
) -> datetime | None:
    """When a statement made at `said` is to end; `happens` and `until` are its own dates, if it gives any."""
    life = lifetime(text, category, slot)
    if category == "plan" and happens is not None:
        return _later(max(happens, until or happens, said), AFTER_ITS_DATE)
    if life is None:
        return None
    over = _later(said, life)
    return over if over is None or until is None else max(over, until)


def _later(moment: datetime, by: timedelta) -> datetime | None:
    """None for a day that no calendar has: what is planned for the end of 9999 does not end."""
    try:
        return moment + by
    except OverflowError:
        return None
