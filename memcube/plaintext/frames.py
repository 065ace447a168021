# ruff: noqa: RUF001 (the apostrophe that people type)
"""What a statement says apart from whether it holds: its frame.

"Ben plays tennis again", "Ben really plays tennis", "Ben no longer plays tennis" and "Ben stopped playing
tennis" have one frame; the last two deny it. Two statements of one frame say the same, contradict each
other, or differ in a quantity. A frame is exact on purpose: what one content word tells apart is two things.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Final

import msgspec

from memcube.plaintext.quantities import is_number_word, numbers
from memcube.plaintext.words import PAST_FORMS, terms

_ANNOTATION: Final = re.compile(r" \(\d{4}(?:-\d\d)?[\d:T/ -]*\)")
_DATE: Final = re.compile(r"\(\d{4}[^)]*\)")
# Phrases that say that something is over; what they take away leaves the frame of what it was.
_OVER: Final = re.compile(
    r"\b(?:no longer|(?:not )?any ?more|(?:not )?any longer)\b"
    r"|\b(?:has |have |had )?(?:stopped|quit|gave up|given up)(?: doing| going to| going)? (?=\w+ing\b)"
    r"|\b(?:has |have )?(?:gave up|given up|quit)\b"
    r"|(?<!is )(?<!are )(?<!get )(?<!got )(?<!gets )\bused to(?: do)?\b",
    re.IGNORECASE,
)
_DENIED: Final = re.compile(
    r"\b(?:not|never|cannot)\b(?! only)|n['’]t\b|\b(?:has|have|got) no\b", re.IGNORECASE
)
# In these the denial is a word of its own: a dislike, a patience.
_NO_DENIAL: Final = re.compile(r"\bcan(?:'t|not) (?:stand|wait|help|believe)\b", re.IGNORECASE)
# Words that stress a statement or place it in the present, and change nothing that it says.
_STRESS: Final = re.compile(
    r"^.{1,40}? (?:was (?:wrong|mistaken)|got (?:it|that) wrong|made a mistake), "
    r"|\b(?:at the moment|right now|these days|for now|after all|at all|as well|a lot|very much|so much"
    r"|by the way|of course|as (?:\w+ )?said(?: before)?|as (?:\w+ )?mentioned|in fact|for sure|to be honest"
    r"|now|nowadays|currently|presently|actually|finally|definitely|absolutely|totally|truly|certainly|really"
    r"|honestly|basically|simply|again|still|back|especially|particularly|generally|completely|super|pretty)\b",
    re.IGNORECASE,
)
_QUITS: Final = re.compile(r"\b(?:quit|gave up|given up|stopped)\b(?! \w+ing\b)", re.IGNORECASE)
# What one does with a thing, as stems.
DOING: Final = frozenset({"take", "attend", "play", "drink", "eat", "practis", "practic"})
_AUXILIARIES: Final = frozenset({"has", "have", "is", "are", "been"})
# "peanuts, not walnuts" holds of peanuts.
_CONTRAST: Final = re.compile(
    r", (?:and )?not (?:(?:to|in|at|on|with|from|a|an|the) )*(?P<old>[\w'-]+(?: [\w'-]+){0,3})$",
    re.IGNORECASE,
)
_PAST: Final = re.compile(r"\b(?:did|was|were|had|didn't|wasn't|weren't|hadn't)\b", re.IGNORECASE)
_FUTURE: Final = re.compile(r"\b(?:will|won't|gonna|going to|would|might|may)\b|'ll\b", re.IGNORECASE)
_ED: Final = re.compile(
    r"(?<!\bis )(?<!\bare )(?<!\bbe )(?<!\bhas )(?<!\bhave )\b(?!(?:called|named|need)\b)[a-z]{2,}ed\b"
)
# A quantity that one has one of at a time: "weighs 82 kg", "the rent is 900 euros".
_MEASURE: Final = re.compile(
    r"^(?:\S+ ){1,8}?(?:weighs?|earns?|costs?|measures?|is|are)"
    r"(?: now| about| around| roughly| almost| only| currently)* [\d$€£]"
)
# Things of which there is one at a time, and which are known by what they are: "the wifi password is tulip7".
_ATTRIBUTE_NOUNS: Final = (
    "password passcode passphrase code pin rent salary budget combination username timezone plate room seat"
    " locker size weight height wifi allowance deductible mileage"
)
_ATTRIBUTES: Final = frozenset(_ATTRIBUTE_NOUNS.split())
_ATTRIBUTE: Final = re.compile(
    r"^(?P<of>(?:[Tt]he|\S+(?: \S+)?'s) (?:[\w'-]+ ){0,4}?[\w'-]+?)(?: has changed,? and)? (?:is|are)"
    r"(?: now| currently)? (?P<value>[^,;]{1,60})$"
)
# Of these one chooses one thing: "drives a Volvo now".
CHOICES: Final = frozenset({"prefer", "drive", "ride"})
_NOW: Final = re.compile(
    r"\b(?:now|currently|these days|nowadays|by now|meanwhile|down to|up to)\b", re.IGNORECASE
)
# A qualification that narrows: with it, less was said ("plays tennis" and "plays tennis on Sundays").
_NARROWING: Final = (
    "on in at with every each since during for from by after before near twice once daily weekly"
)
_QUALIFIES: Final = frozenset(_NARROWING.split())
# Stems of one meaning that the stemmer keeps apart.
_SAME: Final = {"allergi": "allerg", "employ": "work", "resid": "live", "name": "call"} | dict.fromkeys(
    ("love", "enjoy", "ador"), "like"
)
_JOINT: Final = re.compile(r",? (?:so|and|but|because|since) |, (?=(?:it's|it is|he|she|they)\b)")
_NEGATION: Final = re.compile(
    r"\b(?:does|do|is|are|has|have|can|will)n't\b|\b(?:does |do )?not\b|\b(?:never|cannot|can't|no)\b",
    re.IGNORECASE,
)
_REASON: Final = re.compile(r",? (?:because|due to|so)\b.*", re.IGNORECASE)


class Frame(msgspec.Struct, frozen=True, gc=False):
    """Of one statement. `words`: its content stems in order, without numbers and stress.

    core: the text without what stresses, denies or ends it. past, future: of its verb. replaces: it gives a
    quantity as it is now.
    """

    words: tuple[str, ...]
    numbers: tuple[str, ...]
    holds: bool
    past: bool
    future: bool
    replaces: bool
    core: str
    now: bool = False
    quits: bool = False
    attribute: tuple[str, ...] = ()

    def contradicts(self, other: Frame) -> bool:
        """Whether one says that the very thing holds and the other that it does not."""
        if self.holds != other.holds and self._alike(other) and self.numbers == other.numbers:
            return True
        # Who plays tennis on Sundays does play tennis.
        narrower = self.words[: len(other.words)] == other.words and len(self.words) > len(other.words) > 1
        return (
            self.holds
            and not other.holds
            and narrower
            and not (self.past or other.past or other.numbers)
            and _narrows(self.core, self.words[len(other.words)])
        )

    def chooses_instead_of(self, other: Frame) -> bool:
        """Whether this names another choice as of now: who drives a Volvo now drives no Fiat."""
        size = len(self.words)
        if not (self.now and self.holds and other.holds and size == len(other.words) and size > 2):
            return False
        unlike = [n for n in range(size) if self.words[n] != other.words[n]]
        if len(unlike) != 1 or unlike[0] < 2 or self.past or other.past:
            return False
        # Of seats one prefers one kind; "prefers tea" and "prefers silence" are two things.
        return self.words[1] in CHOICES and (self.words[1] != "prefer" or size > 3)

    def attributes_anew(self, other: Frame) -> bool:
        """Whether both say what one thing is ("the wifi password"), and not the same."""
        return (
            bool(self.attribute)
            and self.holds
            and other.holds
            and self.attribute == other.attribute
            and ((self.words, self.numbers) != (other.words, other.numbers))
        )

    def requantifies(self, other: Frame, *, corrects: bool = False) -> bool:
        """Whether this gives another number for the same quantity: what weighed 82 kg weighs 79 kg now.

        corrects: it is said to put another statement right.
        """
        return (
            (self.replaces or corrects)
            and self.holds
            and other.holds
            and len(self.numbers) == len(other.numbers) == 1
            and self.numbers != other.numbers
            and self._alike(other)
        )

    def ends(self, other: Frame) -> bool:
        """Whether what this denies takes the other away: the very thing, or that thing on Sundays."""
        if self.holds or not other.holds or self.past or other.past or len(self.words) < 2:
            return False
        if (
            self.quits
            and len(other.words) > 2
            and other.words[1] in DOING
            and other.words[1] not in self.words
        ):
            # Who gave up coffee drinks none.
            bare = msgspec.structs.replace(other, words=(other.words[0], *other.words[2:]))
            return msgspec.structs.replace(self, quits=False).ends(bare)
        if self.words == other.words:
            return not self.numbers or self.numbers == other.numbers
        size = len(self.words)
        if other.words[:size] != self.words or not set(self.numbers) <= set(other.numbers):
            return False
        return _narrows(other.core, other.words[size])

    def _alike(self, other: Frame) -> bool:
        if len(self.words) < 2 or self.words != other.words:
            return False
        return (self.past, self.future) == (other.past, other.future)


def denied_words(text: str) -> tuple[str, ...]:
    """In "allergic to peanuts, not walnuts" the walnuts, as stems; else nothing."""
    found = _CONTRAST.search(_ANNOTATION.sub("", text)) if "," in text else None
    return tuple(terms(found["old"])) if found else ()


def dates(text: str) -> tuple[str, ...]:
    """The dates that extraction put in brackets, and what people put there that begins with a year."""
    return tuple(_DATE.findall(text))


def without_dates(text: str) -> str:
    """The text without the dates that extraction put in brackets."""
    return _ANNOTATION.sub("", text)


def clauses(text: str, speaker: str | None) -> list[str]:
    """The text, and its parts where it has several, each with its subject: what one of them denies counts."""
    parts = [part.strip(" ,") for part in _JOINT.split(without_dates(text))]
    if len(parts) < 2:
        return [text]
    parts = [part if speaker is None or part.startswith(speaker) else f"{speaker} {part}" for part in parts]
    return [text, *parts]


def frame(text: str) -> Frame:
    """The frame of a statement in the third person."""
    text = _CONTRAST.sub("", _ANNOTATION.sub("", text).replace("’", "'"))
    bare = _NO_DENIAL.sub(" ", text)
    over = _OVER.search(bare) is not None
    denied = over or _DENIED.search(bare) is not None
    core = _OVER.sub(" ", _REASON.sub("", text) if denied else text)
    core = _NEGATION.sub(" ", core)
    core = re.sub(r"\bbut\s*$", " ", _STRESS.sub(" ", core))
    core = re.sub(r"\s+", " ", core).strip(" ,.;!-–")
    return Frame(
        words=_words(core),
        numbers=numbers(core),
        holds=not denied,
        past=not over and _is_past(_STRESS.sub(" ", text)),
        future=_FUTURE.search(text) is not None,
        replaces=not denied and (_MEASURE.match(text) is not None or _NOW.search(text) is not None),
        core=core,
        now=_NOW.search(text) is not None,
        quits=_QUITS.search(text) is not None,
        attribute=_attribute(text),
    )


def _words(core: str) -> tuple[str, ...]:
    words = [_SAME.get(word, word) for word in terms(core) if not is_number_word(word)]
    # "Ada quit Ada's lessons": whose they are is said by the first word.
    return tuple(word for at, word in enumerate(words) if at == 0 or word != words[0])


def _attribute(text: str) -> tuple[str, ...]:
    found = _ATTRIBUTE.match(text)
    if found is None or _ATTRIBUTES.isdisjoint(found["of"].lower().split()):
        return ()
    return tuple(terms(_STRESS.sub(" ", found["of"].replace(" new ", " "))))


def _is_past(text: str) -> bool:
    if _PAST.search(text):
        return True
    if _ED.search(text):
        return True
    words = ["", *text.lower().split()]
    return any(word in PAST_FORMS and before not in _AUXILIARIES for before, word in pairwise(words))


def narrowings(core: str) -> dict[str, bool]:
    """Of each word, by its stem, whether what begins at it only says when, where or with whom."""
    found: dict[str, bool] = {}
    for before, word in pairwise(core.lower().split()):
        if stems := terms(word):
            narrows = before in _QUALIFIES or word in _QUALIFIES or is_number_word(before)
            found.setdefault(stems[0], narrows)
    return found


def _narrows(core: str, first: str) -> bool:
    return narrowings(core).get(first, False)
