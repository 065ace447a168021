"""The one analyser: what counts as a word, in the record of a memory and in a question about it.

English words become Snowball stems without function words; scripts without spaces become pairs of
characters; numbers and dates stay as they are. Nothing is remembered between two calls: a word must
not outlive the memory that was erased with it, and stemming a turn costs less than a look-up would save.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from itertools import chain
from threading import local
from typing import Final

import Stemmer

from memcube.function_words import FUNCTION_WORDS

# A turn of 10,000 words has some 60,000 characters. What lies behind is kept, shown and erased, but
# not searched: it would make the turn match everything, and cost a second to analyse at the event limit.
TEXT_LIMIT: Final = 100_000
# The longest word of any natural language in daily use is shorter; longer ones are keys and encoded bytes.
WORD_LIMIT: Final = 64

STOP_WORDS: Final = FUNCTION_WORDS

# Stemming cuts endings; these change inside. The most frequent in conversations, participles included.
PAST_FORMS: Final[Mapping[str, str]] = {
    past: base
    for base, forms in {
        "become": "became", "begin": "began begun", "break": "broke broken", "bring": "brought",
        "build": "built", "buy": "bought", "catch": "caught", "choose": "chose chosen", "come": "came",
        "draw": "drew drawn", "drink": "drank drunk", "drive": "drove driven", "eat": "ate eaten",
        "fall": "fell fallen", "feel": "felt", "fight": "fought", "find": "found", "fly": "flew flown",
        "forget": "forgot forgotten", "get": "got gotten", "give": "gave given", "go": "went gone",
        "grow": "grew grown", "hear": "heard", "hold": "held", "keep": "kept", "know": "knew known",
        "lead": "led", "leave": "left", "lend": "lent", "lose": "lost", "make": "made", "mean": "meant",
        "meet": "met", "pay": "paid", "ride": "rode ridden", "run": "ran", "say": "said", "see": "saw seen",
        "sell": "sold", "send": "sent", "show": "shown", "sing": "sang sung", "sit": "sat",
        "sleep": "slept", "speak": "spoke spoken", "spend": "spent", "stand": "stood", "swim": "swam swum",
        "take": "took taken", "teach": "taught", "tell": "told", "think": "thought",
        "understand": "understood", "wake": "woke woken", "wear": "wore worn", "win": "won",
        "write": "wrote written",
    }.items()
    for past in forms.split()
}  # fmt: skip

# Everyday names of one thing, and numbers said as words: people ask with the other one.
_SAME_WORD: Final[Mapping[str, str]] = {
    "kid": "child", "kids": "child", "children": "child", "mom": "mother", "mum": "mother", "mommy": "mother",
    "mama": "mother", "dad": "father", "daddy": "father", "papa": "father", "pic": "photo", "pics": "photo",
    "picture": "photo", "pictures": "photo", "photograph": "photo", "photographs": "photo", "bike": "bicycle",
    "bikes": "bicycle", "fridge": "refrigerator", "tv": "television", "apartment": "flat",
    "apartments": "flat",
    "vacation": "holiday", "vacations": "holiday", "men": "man", "women": "woman", "people": "person",
    "feet": "foot", "teeth": "tooth", "mice": "mouse", "wives": "wife", "better": "good",
    "best": "good", "worse": "bad", "worst": "bad", "two": "2", "three": "3", "four": "4", "five": "5",
    "six": "6", "seven": "7", "eight": "8", "nine": "9", "ten": "10", "eleven": "11", "twelve": "12",
    "jan": "january", "feb": "february", "apr": "april", "aug": "august", "sept": "september",
    "sep": "september",
    "oct": "october", "nov": "november", "dec": "december",
}  # fmt: skip

_BASE_FORMS: Final = {**PAST_FORMS, **_SAME_WORD}

# The name of a month in a resolved date answers "in May?", which its digits do not.
MONTHS: Final = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)

# Python's \w leaves combining marks out, which would cut Hindi and Thai words at every vowel sign.
_MARKS: Final = "".join(chr(c) for c in range(0x300, 0xABF0) if unicodedata.category(chr(c))[0] == "M")
_HAN: Final = r"\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f"
# Thai to Lao, Burmese, Khmer, kana, Han, and Hangul, whose spaces do not part a word from its particles.
_SPACELESS: Final = rf"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u31f0-\u31ff\uac00-\ud7af{_HAN}"

_ISO_DATE: Final = r"(?<!\d)\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])(?!\d)t?"
_NUMBER: Final = r"\d+(?:[.,:]\d+)*"
# Most tokens are words, and what is looked for first is found soonest.
_ASCII_TOKEN: Final = re.compile(rf"[a-z][a-z0-9]*(?:'[a-z]+)*|{_ISO_DATE}|{_NUMBER}", re.ASCII)
_TOKEN: Final = re.compile(rf"{_ISO_DATE}|{_NUMBER}|[^\W\d_][\w{_MARKS}]*(?:'[\w{_MARKS}]+)*")
_RUNS: Final = re.compile(rf"[{_SPACELESS}{_MARKS}]+|[^{_SPACELESS}]+")
_SPACELESS_START: Final = re.compile(rf"[{_SPACELESS}]")
_HAN_SIGN: Final = re.compile(rf"[{_HAN}]")
_THOUSANDS: Final = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_CLITIC: Final = re.compile(r"'(?:s|re|ve|ll|d|m)?$")

# People write Jose for José and cafe for café; marks of other scripts change the letter and stay.
_PLAIN_LATIN: Final = {
    code: base
    for code in (*range(0xC0, 0x250), *range(0x1E00, 0x1F00))
    if (base := unicodedata.normalize("NFKD", chr(code))[0]).isascii() and base.isalpha()
} | str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "_": " "} | dict.fromkeys("\u2018\u2019\u02bc", "'")
)


def terms(text: str) -> list[str]:
    """The searchable words of a text, in order, repeats kept; empty for emoji or function words alone."""
    text = text[:TEXT_LIMIT]
    tokens = _ASCII_TOKEN.findall(text.lower()) if text.isascii() else _TOKEN.findall(folded(text))
    found: list[str] = []
    for token in tokens:
        if token in STOP_WORDS:
            continue
        if token.isalpha() and token.isascii():
            found.append(_BASE_FORMS.get(token, token)[:WORD_LIMIT])
        else:
            found += _parts(token)
    stems: list[str] = _stemmer().stemWords(found)
    return stems


# Some 5 MB. Of the words of 100,000 memories most are rare ones, and the others are soon known again.
_MOST_KNOWN: Final = 20_000


class Terms(dict[str, list[str]]):
    """`terms` for many texts: what stands between two spaces is read once, and known as long as this lives.

    For one load of a subject, and no longer. It holds no more than `_MOST_KNOWN` at a time.
    """

    def __call__(self, text: str) -> list[str]:
        text = text[:TEXT_LIMIT]
        # No token of ASCII goes over a space; other scripts change with what stands beside them.
        return (
            list(chain.from_iterable(map(self.__getitem__, text.split()))) if text.isascii() else terms(text)
        )

    def __missing__(self, chunk: str) -> list[str]:
        if len(self) >= _MOST_KNOWN:
            self.clear()
        known = self[chunk] = terms(chunk)
        return known


def content_stems(text: str) -> frozenset[str]:
    """What a text is about: its searchable words, each once."""
    return frozenset(terms(text))


def stem(word: str) -> str:
    """The stem of one word in lower case, irregular forms resolved."""
    return str(_stemmer().stemWord(_BASE_FORMS.get(word, word)))


def folded(text: str) -> str:
    """One spelling for what looks alike. NFKC may lengthen a text eighteenfold, so it is cut again."""
    return unicodedata.normalize("NFKC", text).casefold()[:TEXT_LIMIT].translate(_PLAIN_LATIN)


def _parts(token: str) -> list[str]:
    if token[0].isdecimal():
        return _date_parts(token) if "-" in token else _number_parts(token)
    if "'" in token:
        return _without_clitics(token[:WORD_LIMIT])
    if token.isascii():
        return [token[:WORD_LIMIT]]
    return [part for run in _RUNS.findall(token) for part in _run_parts(run)]


def _date_parts(token: str) -> list[str]:
    date = token.rstrip("t")
    year, month, day = date.split("-")
    return [date, year, MONTHS[int(month) - 1], day.lstrip("0")]


def _number_parts(token: str) -> list[str]:
    if _THOUSANDS.fullmatch(token):
        return [token.replace(",", "")[:WORD_LIMIT]]
    token = token[:WORD_LIMIT]
    parts = [part.lstrip("0") or "0" for part in re.split("[,:]", token)]
    return [token, *parts] if ":" in token else parts


def _without_clitics(token: str) -> list[str]:
    if token.endswith("n't"):
        return []
    words = _CLITIC.sub("", token).split("'")
    # A single letter before an apostrophe is an elided article or name part: l'eau, o'brien.
    return [_BASE_FORMS.get(word, word) for word in words if word not in STOP_WORDS and len(word) > 1]


def _run_parts(run: str) -> list[str]:
    if not _SPACELESS_START.match(run):
        return [] if run in STOP_WORDS else [_BASE_FORMS.get(run, run)[:WORD_LIMIT]]
    pairs = [run[at : at + 2] for at in range(len(run) - 1)] or [run]
    # A Han sign is often a word of its own ("cat"), and nobody pads a question to two signs.
    return pairs + [sign for sign in _HAN_SIGN.findall(run) if sign != run]


class _Stemmers(local):
    """PyStemmer's objects must not be shared between threads; its own cache would keep words."""

    def __init__(self) -> None:
        self.english = Stemmer.Stemmer("english", 0)


_local: Final = _Stemmers()


def _stemmer() -> Stemmer.Stemmer:
    return _local.english
