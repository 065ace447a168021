# ruff: noqa: RUF001 (a pattern in lines; the apostrophe and dashes that people type)
"""A few words that put right what was just said: "no, on Thursday", "I meant 4pm", "Kathrin, with h".

They name only the value. What they say is the sentence before with that value in it, if it holds exactly one
of its kind: a day in the place of a day, a name in the place of a name. Where it holds two, nobody knows.
"""

from __future__ import annotations

import re
from typing import Final

import msgspec

from memcube.plaintext.quantities import is_number_word
from memcube.plaintext.words import STOP_WORDS

_SORRY: Final = (
    r"(?:oh|ah|oops|whoops|sorry|pardon|apologies|no|nope|wait|hang on|hmm|actually|correction|typo|my bad"
    r"|my mistake|scratch that|i misspoke|i was wrong|i got that wrong|i mixed that up)"
)
_MEANT: Final = (
    r"(?:i (?:meant|mean|meant to (?:say|write|type))|i should have said|make (?:that|it)|that should (?:be"
    r"|read|say)"
    r"|that's supposed to be|it should be|it's|it is|that's|that was|it was|(?:his|her|their|its) name is"
    r"|(?:he|she|it|they)(?:'s| is|'re| are)(?: called| named| at| in| from)?|(?:he|she|it|they|i"
    r"|we) \w+ (?:at|on|in|to|from))"
)
_LEAD: Final = re.compile(
    rf"^(?P<sorry>(?:{_SORRY}\b[,.!:;\s–—-]*)*)(?P<meant>{_MEANT} )?(?P<rest>.+)$", re.IGNORECASE
)
_TAIL: Final = re.compile(rf"[,\s–—-]+(?P<sorry>{_SORRY})[.!\s]*$", re.IGNORECASE)
_NOT: Final = re.compile(
    r"^(?:not (?P<before>[^,;–—]{1,30}?)(?:,| but|;| [–—-])\s*(?P<v>.{1,40})"
    r"|(?P<v2>[^,;]{1,40}?),? (?:and )?not (?P<after>[^,;]{1,30}))$",
    re.IGNORECASE,
)
_PREPOSITION: Final = re.compile(r"^(?:on|at|in|to|for|from|with|by)(?: the)? (?=\w)", re.IGNORECASE)
_SPELT: Final = re.compile(r",? (?:with|spelled|spelt|without|instead|now)\b.*$", re.IGNORECASE)
_MONTH: Final = (
    r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?"
    r"|Oct(?:ober)?"
    r"|Nov(?:ember)?|Dec(?:ember)?)"
)
_WEEKDAY: Final = r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)days?"
_NUMBER_WORD: Final = (
    r"(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty"
    r"|thirty)"
)
# In this order: the 4 of "4pm" is a time and no number, and that of "4 May" is a day.
_KINDS: Final = tuple(
    (kind, re.compile(pattern, 0 if kind == "name" else re.IGNORECASE))
    for kind, pattern in (
        ("phone", r"(?<![\w+])\+?\d[\d ()/-]{6,}\d\b"),
        ("time", r"(?<![\d:])(?:\d{1,2}(?::\d\d)? ?(?:am|pm)\b|\d{1,2}:\d\d|noon\b|midnight\b)"),
        ("date", rf"\b(?:\d{{1,2}}(?:st|nd|rd|th)?(?: of)? {_MONTH}|{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?)\b"),
        ("weekday", rf"\b{_WEEKDAY}\b"),
        ("nth", r"\b\d{1,2}(?:st|nd|rd|th)\b"),
        ("number", rf"(?<![\w:.,-])(?:\d+(?:[.,]\d+)*|{_NUMBER_WORD})(?![\w:]|[.,]\d)"),
        ("month", rf"\b(?!May\b|Mar\b){_MONTH}\b"),
        ("name", r"\b[A-Z][\w'&-]*(?: [A-Z][\w'&-]*)*"),
    )
)
_SURELY: Final = re.compile(
    r"\b(?:oops|whoops|correction|typo|mistake|misspoke|wrong|mixed|name is|called|named)\b", re.IGNORECASE
)
_FIRST: Final = re.compile(r"^(?:[Mm]y|[Oo]ur|[Tt]he|[Ww]e|I|He|She|It|They|His|Her|This|That)\b")
# A longer sentence says itself what it is about.
_LONGEST: Final = 60
_FEW_WORDS: Final = 5
# "Thursday, not Tuesday" needs no word of regret.
_BARE: Final = 2
_MEANT_SO: Final = re.compile(r"i (?:mean|should)|make |that should|it should", re.IGNORECASE)
_SENTENCES: Final = re.compile(r"(?<=[.!?])\s+")
# "Platform 6" stands in the place of "platform 9".
_COUNTED: Final = re.compile(r"(?P<noun>[a-z]{3,}|[A-Z][a-z]+(?: [A-Z][a-z]+)*) \S*\d\S*")


class _Fragment(msgspec.Struct, frozen=True):
    value: str
    kind: str
    old: str | None


def put_right(said: str, before: str) -> str | None:
    """The sentence of `before` that `said` puts right, as it should have been; None if it does not."""
    fragment = _fragment(said)
    if fragment is None:
        return None
    for sentence in reversed(_SENTENCES.split(before.strip())):
        if not sentence.endswith("?") and (places := _held(sentence, fragment)):
            return _with(sentence, places, fragment.value)
    return None


def is_said_whole(said: str, rest: str) -> bool:
    """Whether what follows a few words says their value again, with what it is about."""
    fragment = _fragment(said)
    return fragment is not None and fragment.value.casefold() in rest.casefold()


def in_one_turn(text: str) -> str:
    """A turn whose sentences put one another right, as it should have been."""
    sentences = _SENTENCES.split(text.strip())
    if len(sentences) < 2:
        return text
    found: list[str] = []
    for sentence in sentences:
        if found and (righted := put_right(sentence, found[-1])) is not None:
            found[-1] = righted
        else:
            found.append(sentence)
    return " ".join(found) if len(found) < len(sentences) else text


def first_sentence(text: str) -> tuple[str, str]:
    """The first sentence that says something and what follows it: "Sorry. I meant 4pm." is one."""
    parts = _SENTENCES.split(text.strip())
    first = parts[0]
    at = 1
    while at < len(parts) and re.fullmatch(rf"(?:{_SORRY}[,.!\s]*)+", first, re.IGNORECASE):
        first = f"{first} {parts[at]}"
        at += 1
    return first, " ".join(parts[at:])


def _fragment(said: str) -> _Fragment | None:
    said = said.replace("’", "'").strip()
    found = _LEAD.match(_TAIL.sub("", said)) if len(said) <= _LONGEST and "?" not in said else None
    if found is None:
        return None
    rest, old = found["rest"].strip(" .!,;"), None
    excused = bool(found["sorry"].strip() or _TAIL.search(said))
    meant = _MEANT_SO.match(found["meant"] or "") is not None
    if against := _NOT.match(rest):
        rest, old = against["v"] or against["v2"], against["before"] or against["after"]
        old = _PREPOSITION.sub("", old)
    if not (excused or meant or (old and (found["meant"] or len(rest.split()) <= _BARE))):
        return None
    rest = _SPELT.sub("", _PREPOSITION.sub("", rest)).strip(" .!,;")
    if not rest or len(rest.split()) > _FEW_WORDS:
        return None
    # "Sorry, Tom" is said to Tom.
    named = meant or old or _SURELY.search(said) or _PREPOSITION.match(found["rest"])
    return _of_kind(rest, old, may_be_name=bool(named))


def _of_kind(rest: str, old: str | None, *, may_be_name: bool) -> _Fragment | None:
    if counted := _COUNTED.fullmatch(rest):
        return _Fragment(rest, "counted", rf"{counted['noun']} \S*\w")
    for kind, pattern in _KINDS:
        match = pattern.search(rest)
        if match is None or rest[: match.start()].strip(" .,") not in {"", "the", "about", "around"}:
            continue
        after = rest[match.end() :].strip(" .,")
        if kind == "name" and (
            after or not may_be_name or match[0].casefold() in STOP_WORDS | {"i'm", "i've"}
        ):
            return None
        if kind in {"time", "date", "weekday"} or not after or (kind == "number" and len(after.split()) == 1):
            return _Fragment(match[0], kind, old)
    return None


def _held(sentence: str, fragment: _Fragment) -> list[re.Match[str]]:
    if fragment.old is not None:
        known = fragment.old if fragment.kind == "counted" else re.escape(fragment.old)
        old = re.compile(rf"(?<!\w){known}(?!\w)", re.IGNORECASE)
        if places := list(old.finditer(sentence)):
            return places
    return _places(sentence, fragment.kind)


def _with(sentence: str, places: list[re.Match[str]], value: str) -> str | None:
    if len(places) != 1 or places[0][0].casefold() == value.casefold():
        return None
    return sentence[: places[0].start()] + value + sentence[places[0].end() :]


def _places(sentence: str, kind: str) -> list[re.Match[str]]:
    """Where the sentence holds a value of this kind that is none of a kind before it."""
    taken: list[tuple[int, int]] = []
    for name, pattern in _KINDS:
        found = [
            match
            for match in pattern.finditer(sentence)
            if not any(begin < match.end() and match.start() < end for begin, end in taken)
            and not (name == "name" and _no_name(sentence, match))
        ]
        if name == kind:
            return found
        taken += [match.span() for match in found]
    return []


def _no_name(sentence: str, match: re.Match[str]) -> bool:
    """Whether what has a capital letter only begins the sentence, or is a number in words."""
    return bool(
        match[0] == "I"
        or match[0].startswith("I'")
        or is_number_word(match[0].casefold())
        or (match.start() == 0 and _FIRST.match(sentence))
    )
