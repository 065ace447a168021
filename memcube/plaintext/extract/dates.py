# ruff: noqa: SIM905, RUF001 (word lists read best as words; dashes and wide marks are what people type)
"""Dates as people say them, resolved against the time of the turn in the speaker's own offset.

Two hands do it. Named days, weekdays, weeks, weekends and seasons are calendar arithmetic (`days.py`):
dateparser knows no weekends or seasons, takes no tense, and calls last month the same day one month ago.
Counted and absolute dates ("two weeks ago", "4 May") are dateparser's, on the matched phrase only. Measured:
0.3 to 0.9 ms a call, 90 to 120 ms for the very first one of a process (it loads its language data): call
`warm_up` at start.
"""

import re
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final, Literal

import dateparser
import msgspec

from memcube.plaintext.extract import days
from memcube.plaintext.extract.tense import Tense, tense_at

# A sentence with more dates than this is a timetable; each costs up to 1 ms.
MAX_PHRASES = 4

_WEEKDAY = r"(?:mon|tues|wednes|thurs|fri|satur|sun)day"
_MONTH = r"(?:january|february|march|april|may|june|july|august|september|october|november|december)"
_MONTH_OR_SHORT = rf"(?:{_MONTH}|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\b(?:\.(?=\s\S))?"
_DAY = r"(?:0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th)?"
_COUNT = (
    r"(?:\d{1,3}|an?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|a couple of|couple of)\s+"
    r"(?:minute|hour|day|week|fortnight|month|year)s?"
)
_CLOCK = (
    r"(?:\d{1,2}(?:[:.]\d{2})?\s?(?:am|pm|a\.m\.|p\.m\.)|\d{1,2}:\d{2}(?:\s?h)?|noon|midday|midnight)(?!\w)"
)
_PART = r"(?:morning|afternoon|evening|night)"
_SPAN = rf"(?:week|weekend|month|year|spring|summer|autumn|fall|winter|{_WEEKDAY}|{_MONTH})"

_PHRASE = re.compile(
    rf"""\b(?:(?P<clock_first>at\s+{_CLOCK})\s+(?:on\s+)?)?(?:
      (?P<iso>\d{{4}}-\d{{2}}-\d{{2}})
    | (?P<numeric>\d{{1,2}}[/.]\d{{1,2}}[/.](?:19|20)\d\d)
    | (?P<absolute>(?:(?:{_WEEKDAY}),?\s+)?(?:the\s+)?{_DAY}\s+(?:of\s+)?{_MONTH_OR_SHORT}(?:,?\s+(?:19
      |20)\d\d)?
        | (?:(?:{_WEEKDAY}),?\s+)?{_MONTH_OR_SHORT}\s+(?:the\s+)?{_DAY}(?![:\w%]|\.\d
          |\s?[ap]m)(?:,?\s+(?:19|20)\d\d)?)
    | (?P<month_year>{_MONTH_OR_SHORT}\s+(?:19|20)\d\d)
    | (?P<counted>{_COUNT}\s+(?:ago|from\s+now)|in\s+{_COUNT}(?:'?\s+time)?)(?!\s+of\b)
    | (?P<named>the\s+day\s+before\s+yesterday|the\s+day\s+after\s+tomorrow|yesterday|today|tonight
      |tomorrow|last\s+night
        |this\s+(?:morning|afternoon|evening))(?:\s+{_PART})?
    | (?P<week_day>(?:last|next|this)\s+week(?:'s)?\s+(?:on\s+)?{_WEEKDAY}|{_WEEKDAY}\s+(?:of\s+)?(?:last
      |next|this)\s+week)
    | (?P<relative>(?:last|next|this\s+coming|this\s+past|this|past|coming)\s+{_SPAN})(?:\s+{_PART})?
    | (?:last|next|this|on)\s+(?P<short_day>(?:mon|tues?|wed|thurs?|fri|sat|sun)\b\.?)
    | (?:at|before|after|over|since|for|until|by|this|last
      |next)\s+(?P<feast>christmas|new\syear's(?:\seve)?|halloween)
    | (?:on|by|until|till|from|for|to|,)\s+the\s+(?P<month_day>\d{{1,2}}(?:st|nd|rd|th))(?!\s+(?:of|floor
      |time|birthday|anniversary|century|street|edition)\b)
    | (?P<weekday>{_WEEKDAY})(?:\s+{_PART})?
    | (?:(?<=at\sthe\s)|(?<=on\sthe\s)|(?<=over\sthe\s))(?P<weekend>weekend)
    | (?:(?<=\bin\s)|(?<=\bin\sthe\s)|(?<=\bthis\s))(?P<season>spring|summer|autumn|fall|winter)
    | (?:in|by|since|until|till|from|to|of|during|before|after|around|early|mid|late
      |for)\s+(?P<month>{_MONTH})(?!,?\s+(?:19|20)\d\d)
    | (?:in|since|until|from|by|during)\s+(?P<year>(?:19|20)\d\d)
    )(?![\w-]|\s?%)(?P<clock>(?:,?\s+at|,|\s+around|\s+from)?\s+{_CLOCK})?""",
    re.IGNORECASE | re.VERBOSE,
)
_MAYBE = re.compile(
    r"\d\d|day|week|month|year|tonight|tomorrow|night|ago|now|this (?:morn|after|even)|spring|summer|autumn"
    r"|fall|winter"
    rf"|{_MONTH_OR_SHORT}|christmas|new year's|halloween|\d(?:st|nd|rd|th)|(?:last|next|this|on) (?:mon"
    rf"|tue|wed|thu|fri|sat|sun)|\bin \w+ (?:minute|hour)",
    re.IGNORECASE,
)
_KINDS = tuple(
    "iso numeric absolute month_year counted named week_day relative short_day feast month_day weekday "
    "weekend season month "
    "year".split()
)
_EVERY = re.compile(r"\b(?:every|each)\s(?:\w+day(?:,| and| or|, and)?\s)*$", re.IGNORECASE)
_FROM = re.compile(r"\bfrom\s+(?:the\s+)?$", re.IGNORECASE)
_MOVED = re.compile(
    r"\b(?:moved|postponed|rescheduled|pushed|changed|shifted|brought|switched)\b", re.IGNORECASE
)
_STILL = re.compile(r"\bstill\b", re.IGNORECASE)
_TO = re.compile(r"\s*(?:to|until|till|and|-|–)?\s*", re.IGNORECASE)
_BETWEEN = re.compile(r"\s*(?:to|until|till|through|-|–)\s*|\s+and\s+", re.IGNORECASE)
_DENIED = re.compile(
    r"\b(?:not|instead of|rather than|and not)\s+(?:on|in|at|the|this|for)?\s*(?:\w+ ){0,1}$", re.IGNORECASE
)
# "In may" and "since march" are months, however they are written.
_IN = re.compile(r"\b(?:in|since|until|till|by|last|next|this|during|early|late|mid)\s+$", re.IGNORECASE)
# What dateparser was seen to raise, or may, on odd phrases; the phrase is then left as said.
_ODD = (ArithmeticError, ValueError, TypeError, AttributeError, LookupError, RecursionError)


Precision = Literal["minute", "day", "month", "year"]
_PRECISION: Final[tuple[Precision, ...]] = ("year", "month", "day")  # by the dashes of the ISO form


class Moment(msgspec.Struct, frozen=True):
    """One phrase of a sentence, resolved. `end` is the offset behind the phrase."""

    start: int
    end: int
    at: datetime
    iso: str  # as precise as the phrase: "2026-03-10", "2026-03-10 17:00", "2026-02", "2026-03-02/2026-03-08"
    written: bool  # the phrase is ISO already
    until: datetime | None = None  # the last day of a week, a weekend or a season

    @property
    def precision(self) -> Precision:
        """How exact the phrase was; of an interval, how exact its ends are."""
        first = self.iso.partition("/")[0]
        return "minute" if ":" in first else _PRECISION[first.count("-")]


def find(sentence: str, now: datetime) -> tuple[Moment, ...]:
    """The dates of the sentence in order, without those that do not exist or are denied ("not Friday")."""
    if not _MAYBE.search(sentence):
        return ()
    moments: list[Moment] = []
    for match in _PHRASE.finditer(sentence):
        moment = _resolve(sentence, match, now)
        if (
            moment
            and moments
            and moment.at < moments[-1].at
            and _TO.fullmatch(sentence, moments[-1].end, moment.start)
        ):
            moment = _later(sentence, match, moments[-1])
        if moment:
            moments.append(moment)
        if len(moments) == MAX_PHRASES:
            break
    return tuple(moments)


def annotate(sentence: str, moments: tuple[Moment, ...]) -> str:
    """The sentence with each date in ISO, in parentheses, behind its phrase."""
    for moment in reversed(moments):
        if not moment.written:
            sentence = f"{sentence[: moment.end]} ({moment.iso}){sentence[moment.end :]}"
    return sentence


def main(sentence: str, moments: tuple[Moment, ...]) -> Moment | None:
    """The date the sentence is about: of "from Tuesday to Friday" the one it ends with, else the first."""
    if len(moments) > 1 and _MOVED.search(sentence) and _FROM.search(sentence[: moments[0].start]):
        return moments[1]
    if moments and _STILL.search(sentence) and tense_at(sentence, moments[0].start, moments[0].end) != "past":
        return None  # "is still weak after the fall last winter" holds now
    return moments[0] if moments else None


def spans(sentence: str, first: Moment, second: Moment) -> bool:
    """As in "from Monday to Friday": two dates that are the ends of one interval."""
    return first.at < second.at and _BETWEEN.fullmatch(sentence, first.end, second.start) is not None


def _later(sentence: str, match: re.Match[str], first: Moment) -> Moment | None:
    """The end of "from Monday to Friday": the Friday after that Monday."""
    return _resolve(sentence, match, first.at)


def warm_up() -> None:
    """Have dateparser load its language data now (about 0.1 s), not on the first dated turn."""
    _parse("4 may", date(2026, 1, 1), "future")


def _resolve(sentence: str, match: re.Match[str], now: datetime) -> Moment | None:
    kind = next(kind for kind in _KINDS if match[kind])
    phrase = match[kind]
    start, end = match.start(), match.end()
    verb = phrase[:3] in ("may", "mar") and not _IN.search(sentence[: match.start(kind)])
    if (verb and kind == "month") or _DENIED.search(sentence[:start]):
        return None  # "to may", "for march": a verb, or a lower-case guess not worth making
    if kind == "weekday" and _EVERY.search(sentence[:start]):
        return None
    if kind == "short_day":
        phrase = sentence[match.start() : match.end(kind)].removeprefix("on ")
    tense = tense_at(sentence, match.start(kind), match.end(kind))
    try:
        span = _span(kind, " ".join(phrase.lower().split()), tense, now)
        clock = _clock(match["clock"] or match["clock_first"] or "")
        if span is None:
            return None
        at = datetime.combine(span.first, clock or time(), now.tzinfo) + timedelta(minutes=span.minutes)
        at.astimezone(UTC)  # raises at the edges of the calendar, where no store could compare it
    except _ODD:
        return None
    iso = f"{span.iso} {at:%H:%M}" if (clock or span.timed) and len(span.iso) == 10 else span.iso
    until = datetime.combine(span.last, time(), now.tzinfo) if span.last else None
    written = kind in ("iso", "year") and not clock
    return Moment(start=start, end=end, at=at, iso=iso, written=written, until=until)


def _span(kind: str, phrase: str, tense: Tense, now: datetime) -> days.Span | None:  # noqa: PLR0911
    today = now.date()
    if kind in ("absolute", "numeric", "month_year"):
        return _absolute(kind, phrase, tense, today)
    if kind == "counted":
        return _counted(phrase, now)
    if kind == "iso":
        return days.day(date.fromisoformat(phrase))
    if kind == "year":
        return days.Span(date(int(phrase), 1, 1), phrase)
    if kind == "month":
        return days.month_named(phrase, tense, today)
    if kind == "short_day":
        return days.relative(days.full_day(phrase), tense, today)
    if kind == "feast":
        return days.feast(phrase, tense, today)
    if kind == "month_day":
        return days.month_day(int(phrase[:-2]), tense, today)
    if kind == "season":
        return days.season_named(phrase, tense, today)
    return days.relative(phrase, tense, today)


def _absolute(kind: str, phrase: str, tense: Tense, today: date) -> days.Span | None:
    if kind == "numeric":
        first, second = (int(part) for part in re.split(r"[/.]", phrase)[:2])
        if first <= 12 and second <= 12 and first != second:
            return None  # 5/4/2026: whether 5 April or May 4, the writer alone knows
    phrase = re.sub(rf"^{_WEEKDAY},?\s+", "", phrase).replace("the ", "").replace(" of ", " ")
    parsed = _parse(phrase, today, tense)
    if parsed is None:
        return None
    if kind == "month_year":
        return days.month(parsed.date())
    return days.day(parsed.date())


def _counted(phrase: str, now: datetime) -> days.Span | None:
    phrase = re.sub(r"(?:a )?couple of", "two", re.sub(r"'? time$", "", phrase)).replace(" from now", "")
    phrase = phrase if phrase.endswith("ago") else "in " + phrase.removeprefix("in ")
    parsed = _parse(phrase, now.date(), "past")
    if parsed is None:
        return None
    if "year" in phrase:
        return days.Span(parsed.date().replace(month=1, day=1), f"{parsed.year:04}")
    if "month" in phrase:
        return days.month(parsed.date())
    if "hour" in phrase or "minute" in phrase:
        # Counted from midnight by the cached call; the clock of the turn is added here.
        minutes = round((parsed - datetime.combine(now.date(), time())).total_seconds() / 60)
        at = now.replace(tzinfo=None, second=0, microsecond=0) + timedelta(minutes=minutes)
        return days.Span(at.date(), at.date().isoformat(), at.hour * 60 + at.minute, True)
    return days.day(parsed.date())


@lru_cache(maxsize=4096)  # a replay and the sentences of one day ask for the same phrases; a hit costs 0.1 µs
def _parse(phrase: str, today: date, tense: Tense) -> datetime | None:
    """Ask dateparser about one short phrase; None when there is no such date."""
    try:
        return dateparser.parse(
            phrase,
            languages=["en"],
            settings={
                "RELATIVE_BASE": datetime.combine(today, time()),
                "PREFER_DATES_FROM": tense,
                "DATE_ORDER": "DMY",
                "TIMEZONE": "UTC",
                "RETURN_AS_TIMEZONE_AWARE": False,
                "PARSERS": ["relative-time", "absolute-time"],
            },
        )
    except _ODD:
        return None


def _clock(said: str) -> time | None:
    if not said:
        return None
    if "noon" in said or "midday" in said:
        return time(12)
    if "midnight" in said:
        return time(0)
    match = re.search(r"(\d{1,2})(?:[:.](\d{2}))?\s?([ap])?", said.lower())
    if match is None:
        return None
    hour, minute = int(match[1]), int(match[2] or 0)
    if match[3]:
        hour = hour % 12 + (12 if match[3] == "p" else 0) if 1 <= hour <= 12 else 99
    return time(hour, minute)  # 25:00 raises ValueError: the phrase is left as said
