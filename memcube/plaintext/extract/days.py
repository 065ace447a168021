# ruff: noqa: SIM905 (word lists read best as words)
"""Calendar arithmetic for the words dateparser lacks: weekdays by tense, weeks, weekends, months and seasons.

Weeks begin on Monday. "Next Friday" is the Friday of next week (said on a Thursday: in eight days; tomorrow
would be called tomorrow), "last Friday" the latest one before today, "this Friday" the one of this week.
Seasons are the northern ones. Dates beyond year 1 or 9999 raise OverflowError or ValueError; `dates` leaves
such phrases as said.
"""

from datetime import date, timedelta

import msgspec

from memcube.plaintext.extract.tense import Tense

_WEEKDAYS = {
    name: at for at, name in enumerate("monday tuesday wednesday thursday friday saturday sunday".split())
}
_MONTHS = {
    name: at
    for at, name in enumerate(
        "january february march april may june july august september october november december".split(), 1
    )
}
_SEASONS = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12}
_DAYS = {
    "the day before yesterday": -2, "yesterday": -1, "last night": -1, "today": 0, "tonight": 0, "this "
    "morning": 0,
    "this afternoon": 0, "this evening": 0, "tomorrow": 1, "the day after tomorrow": 2,
}  # fmt: skip
_SATURDAY = 5


class Span(msgspec.Struct, frozen=True):
    """A stretch of days by its first one, written as precisely as it was said."""

    first: date
    iso: str
    minutes: int = 0  # into the first day
    timed: bool = False
    last: date | None = None  # of a week, a weekend or a season


def day(at: date) -> Span:
    return Span(at, at.isoformat())


def month(at: date) -> Span:
    return Span(at.replace(day=1), f"{at:%Y-%m}" if at.year > 999 else at.isoformat()[:7])


def relative(phrase: str, tense: Tense, today: date) -> Span | None:  # noqa: PLR0911 (one line a word)
    """Resolve "yesterday", "tuesday", "last week", "next summer", "tuesday of next week", "weekend"."""
    if phrase in _DAYS:
        return day(today + timedelta(days=_DAYS[phrase]))
    words = phrase.replace("'s", "").split()
    weekday = next((word for word in words if word in _WEEKDAYS), None)
    step = _step(words)
    if weekday and "week" in words:
        return day(_monday(today) + timedelta(weeks=step, days=_WEEKDAYS[weekday]))
    if weekday:
        return day(_weekday(_WEEKDAYS[weekday], words, tense, today))
    noun = words[-1]
    if noun == "weekend":
        saturday = _weekend(words, tense, today)
        return Span(saturday, saturday.isoformat(), last=saturday + timedelta(days=1))
    if noun == "week":
        monday = _monday(today) + timedelta(weeks=step)
        sunday = monday + timedelta(days=6)
        return Span(monday, f"{monday.isoformat()}/{sunday.isoformat()}", last=sunday)
    if noun == "month":
        return month(_months_on(today, step))
    if noun == "year":
        return Span(date(today.year + step, 1, 1), f"{today.year + step:04}")
    if noun in _SEASONS:
        return _season(_SEASONS[noun], step, today)
    return _month_said(_MONTHS[noun], step, today) if noun in _MONTHS else None


def month_named(name: str, tense: Tense, today: date) -> Span:
    """For "in June": this very month, else the coming one, or the last one in a past tense."""
    number = _MONTHS[name.lower()]
    step = 0 if number == today.month else (1 if tense == "future" else -1)
    return _month_said(number, step, today)


def season_named(name: str, tense: Tense, today: date) -> Span:
    return _season(_SEASONS[name.lower()], 1 if tense == "future" else -1, today)


def full_day(phrase: str) -> str:
    """For "last tues.": "last tuesday"."""
    *before, short = phrase.rstrip(".").split()
    return " ".join([*before, next(name for name in _WEEKDAYS if name.startswith(short[:3]))])


_FEASTS = {"christmas": (12, 25), "new year's": (1, 1), "new year's eve": (12, 31), "halloween": (10, 31)}


def feast(name: str, tense: Tense, today: date) -> Span:
    """The day of a feast of fixed date: the coming one, or the last one in a past tense."""
    this_year = date(today.year, *_FEASTS[name])
    step = (
        -1 if tense == "past" and this_year > today else (1 if tense == "future" and this_year < today else 0)
    )
    return day(this_year.replace(year=today.year + step))


def month_day(number: int, tense: Tense, today: date) -> Span | None:
    """For "the 22nd": that day of this month, of the next if it is over, or of the last in a past tense."""
    step = (
        -1
        if tense == "past" and number > today.day
        else (1 if tense == "future" and number < today.day else 0)
    )
    return day(_months_on(today, step).replace(day=number))


def _step(words: list[str]) -> int:
    if "next" in words or "coming" in words:
        return 1
    return -1 if "last" in words or "past" in words else 0


def _monday(today: date) -> date:
    return today - timedelta(days=today.weekday())


def _weekday(weekday: int, words: list[str], tense: Tense, today: date) -> date:
    ahead = (weekday - today.weekday() - 1) % 7 + 1  # 1 to 7
    if words[0] == "next":
        return _monday(today) + timedelta(weeks=1, days=weekday)
    if words[0] in ("last", "past") or words[:2] == ["this", "past"]:
        return today + timedelta(days=ahead - 7 or -7)
    if words[0] == "this" and "coming" not in words:
        if weekday < today.weekday() and tense == "future":
            return today + timedelta(days=ahead)
        return _monday(today) + timedelta(days=weekday)
    if words[0] != "coming" and "coming" not in words and tense == "past":
        return today + timedelta(days=ahead - 7 or -7)
    return today + timedelta(days=ahead)


def _weekend(words: list[str], tense: Tense, today: date) -> date:
    """The Saturday of it. On a Sunday "this weekend" is the one that is ending."""
    saturday = _monday(today) + timedelta(days=_SATURDAY)
    if words[0] == "next":
        return saturday + timedelta(weeks=1)
    if words[0] in ("last", "past") or (words[0] == "weekend" and tense == "past"):
        return (
            saturday
            if today.weekday() > _SATURDAY and words[0] == "weekend"
            else saturday - timedelta(weeks=1)
        )
    return saturday


def _months_on(today: date, months: int) -> date:
    index = today.year * 12 + today.month - 1 + months
    return date(index // 12, index % 12 + 1, 1)


def _month_said(number: int, step: int, today: date) -> Span:
    year = today.year
    if step > 0 and number <= today.month:
        year += 1
    elif step < 0 and number >= today.month:
        year -= 1
    return month(date(year, number, 1))


def _season(first_month: int, step: int, today: date) -> Span:
    """The "next summer" is the first that begins after today, "last summer" the latest that has ended."""
    year = today.year
    if step > 0 and first_month <= today.month:
        year += 1
    else:
        unended = step < 0 and _months_on(date(year, first_month, 1), 3) > today
        this_winter = step == 0 and first_month == 12 and today.month < 3
        year -= unended or this_winter
    first = date(year, first_month, 1)
    last = _months_on(first, 3) - timedelta(days=1)
    return Span(first, f"{first:%Y-%m}/{last:%Y-%m}", last=last)
