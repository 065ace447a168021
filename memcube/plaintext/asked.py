"""What a question says beside its words: the dates that it names, and whether it asks for one."""

from __future__ import annotations

import re
from datetime import date
from typing import Final

from memcube.plaintext.words import MONTHS
from memcube.store.index import Asked, AskedDate
from memcube.vectors import TokenVectors

# A question names one or two; a pasted page must not cost a pass over the memories for each of its own.
MOST_DATES: Final = 4

_SHORT: Final = {month[:3]: number for number, month in enumerate(MONTHS, 1)} | {"sept": 9}
_NUMBERS: Final = {month: number for number, month in enumerate(MONTHS, 1)} | _SHORT
# "may" and "march" are verbs as well: as months they have a capital, or stand behind "in" or "of".
_MONTH: Final = (
    r"(?:(?P<month>jan(?:uary)?|feb(?:ruary)?|apr(?:il)?|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?|(?-i:May|March|Mar)|(?<=\bin\s)(?:may|march)|(?<=\bof\s)(?:may|march))\b\.?)"
)
_DAY: Final = r"(?P<day>0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th)?"
_YEAR: Final = r"(?P<year>(?:19|20)\d\d)"
_DATES: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"(?<!\d)(?P<year>(?:19|20)\d\d)-(?P<number>0[1-9]|1[0-2])(?:-(?P<day>0[1-9]|[12]\d|3[01]))?(?!\d)",
        rf"\b{_DAY}\s+(?:of\s+)?{_MONTH}(?:,?\s+{_YEAR}\b)?",
        rf"\b{_MONTH}\s+(?:the\s+)?{_DAY}\b(?!:)(?:,?\s+{_YEAR}\b)?",
        rf"\b{_MONTH}(?:,?\s+(?:of\s+)?{_YEAR}\b)?",
        rf"(?<![\d.,-]){_YEAR}(?![\d-]|[.,]\d)",
    )
)
_WHEN: Final = re.compile(
    r"\s*(?:since when|when|how long|(?:on |in |at )?(?:what|which) (?:date|day|month|year|time))\b",
    re.IGNORECASE,
)


def asked(question: str, tokens: TokenVectors) -> Asked:
    """Relative dates ("last week") are not looked at: nothing here knows what day it is."""
    return Asked(tokens=tokens, dates=dates(question), when=_WHEN.match(question) is not None)


def dates(question: str) -> tuple[AskedDate, ...]:
    """The dates named, the most exact reading of each; days that do not exist are their month."""
    found: dict[AskedDate, None] = {}
    for pattern in _DATES:
        for match in pattern.finditer(question):
            found[_date(match)] = None
        question = pattern.sub(" ", question)
    return tuple(found)[:MOST_DATES]


def _date(match: re.Match[str]) -> AskedDate:
    parts = match.groupdict()
    year = int(parts["year"]) if parts.get("year") else None
    day = int(parts["day"]) if parts.get("day") else None
    month = int(parts["number"]) if parts.get("number") else None
    if parts.get("month"):
        month = _NUMBERS[parts["month"].casefold()]
    if month is not None and day is not None:
        try:
            date(year or 2024, month, day)  # a leap year, if none is named
        except ValueError:
            day = None
    return AskedDate(year, month, day)
