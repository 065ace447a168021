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

from memcube.plaintext.narrowing import narrows
from memcube.plaintext.quantities import is_number_word, numbers
from memcube.plaintext.wording import canonical, main_clause, without_dates
from memcube.plaintext.words import PAST_FORMS, terms

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
    r"|honestly|basically|simply|again|still|back|especially|particularly|generally|usually|normally"
    r"|typically|completely|super"
    r"|pretty)\b",
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
# Stems of one meaning that the stemmer keeps apart.
_SAME: Final = {"allergi": "allerg", "employ": "work", "resid": "live", "name": "call"} | dict.fromkeys(
    ("love", "enjoy", "ador"), "like"
)
_JOINT: Final = re.compile(r",? (?:so|and|but|because|since) |, (?=(?:it's|it is|he|she|they)\b)")
_NEGATION: Final = re.compile(
    r"\b(?:does|do|is|are|has|have|can|will)n't\b|\b(?:does |do )?not\b|\b(?:never|cannot|can't|no)\b",
    re.IGNORECASE,
)
_BUT: Final = re.compile(r"\bbut\s*$")
_REASON: Final = re.compile(r",? (?:because|due to|so)\b.*", re.IGNORECASE)

# "125 over 80" is one quantity; a sentence with more numbers gives several.
MOST_NUMBERS: Final = 2


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
            and narrows(self.core, self.words[len(other.words)])
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
            and (self.attribute == other.attribute or _unowned(self, other))
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
            and 0 < len(self.numbers) == len(other.numbers) <= MOST_NUMBERS
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
        return narrows(other.core, other.words[size])

    def _alike(self, other: Frame) -> bool:
        if len(self.words) < 2 or self.words != other.words:
            return False
        return (self.past, self.future) == (other.past, other.future)


def _unowned(one: Frame, other: Frame) -> bool:
    """Whether one says "the rent" of what is "Ada's rent" in the other."""
    long, short = (one, other) if len(one.attribute) > len(other.attribute) else (other, one)
    return (
        bool(short.attribute)
        and long.attribute[1:] == short.attribute
        and short.core.lower().startswith("the ")
    )


def denied_words(text: str) -> tuple[str, ...]:
    """In "allergic to peanuts, not walnuts" the walnuts, as stems; else nothing."""
    found = _CONTRAST.search(without_dates(text)) if "," in text else None
    return tuple(terms(found["old"])) if found else ()


def clauses(text: str, speaker: str | None) -> list[str]:
    """The text, and its parts where it has several, each with its subject: what one of them denies counts."""
    parts = [part.strip(" ,") for part in _JOINT.split(without_dates(text))]
    if len(parts) < 2:
        return [text]
    parts = [part if speaker is None or part.startswith(speaker) else f"{speaker} {part}" for part in parts]
    return [text, *parts]


def frame(text: str) -> Frame:
    """The frame of a statement in the third person."""
    text = without_dates(text).replace("’", "'")
    text = canonical(_CONTRAST.sub("", text) if "not " in text.lower() else text)
    bare = _NO_DENIAL.sub(" ", text) if "can" in text.lower() else text
    over = _OVER.search(bare) is not None
    denied = over or _DENIED.search(bare) is not None
    unstressed = _STRESS.sub(" ", text)
    if denied or _NEGATION.search(text):
        core = _OVER.sub(" ", _REASON.sub("", text) if denied else text)
        core = _STRESS.sub(" ", _NEGATION.sub(" ", core))
    else:
        core = unstressed
    core = " ".join(_BUT.sub(" ", core).split()).strip(" ,.;!-–")
    now = _NOW.search(text) is not None
    return Frame(
        words=word_stems(core),
        numbers=numbers(core),
        holds=not denied,
        past=not over and _is_past(unstressed),
        future=_FUTURE.search(text) is not None,
        replaces=not denied and (now or _MEASURE.match(text) is not None),
        core=core,
        now=now,
        quits=_QUITS.search(text) is not None,
        attribute=_attribute(text),
    )


def frames(text: str) -> tuple[Frame, ...]:
    """The frame of a statement and, where it goes on behind a comma, that of its main clause."""
    return with_main_clause(frame(text), text)


def with_main_clause(said: Frame, text: str) -> tuple[Frame, ...]:
    """`frames` of a text whose own frame is known."""
    main = main_clause(text)
    return (said,) if main == text else (said, frame(main))


def word_stems(core: str) -> tuple[str, ...]:
    """The words of a frame whose text has no stress and denial; of another text, some more."""
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
