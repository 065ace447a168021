# ruff: noqa: SIM905 (word lists read best as words; dashes and wide marks are what people type)
"""What is worth remembering: news of a person; no greetings, praise, questions, requests, wishes, sayings.

A sentence must earn its memory: it needs somebody or something it is about (`subject`), and words that say
more than how one finds it (`lexicon.HOLLOW`). How much more depends on the subject: "I" needs one such word,
"the plumber" a deed or a date, "it" and sayings nearly never make it.
"""

import re
from typing import Final

from memcube.plaintext.extract import (
    chatter,
    desk,
    firsthand,
    foreign,
    hearsay,
    instructions,
    lexicon,
    opinion,
    verbs,
)
from memcube.plaintext.extract.subject import Kind, Subject, subject_of

_URL = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
# The words of another, or of a song: nothing of the speaker.
_QUOTE = re.compile(r"[\"“«'][^\"”»]*[\"”»'][.!,]*")
_PERSONAL = frozenset("he she his her him been they their".split())
# What anything makes one feel is a mood, not news.
_FELT = re.compile(
    r"\b(?:makes?|made) (?:me|us) (?:feel|think|realize|realise|remember|appreciate|wonder|smile)\b"
    r"|\bremind(?:s|ed)? (?:me|us)\b"
)
# What a book of facts says of a thing: "is the longest river", "was released in 2023".
_ENCYCLOPEDIC = re.compile(
    r"(?:is|are|was|were|has been) (?:also |first |officially )?(?:(?:one of )?the (?:\w+est|most|least"
    r"|only|first)\b"
    r"|(?:released|founded|invented|discovered|published|established|located|situated|known|considered|defined"
    r"|composed|introduced)\b|an? (?:\w+ )?(?:country|city|river|language|planet|element|species|mammal"
    r"|framework"
    r"|library|protocol|term|type|kind|form) (?:of|in|for|that|which)\b)"
)
_THINGS: Final = (Kind.NAMED, Kind.DEFINITE, Kind.GENERIC)
_HAVING: Final = frozenset("having being knowing getting feeling finding taking making doing".split())
_DEICTIC: Final = frozenset(("this", "that", "these", "those"))
# "Locker 3 belongs to Rui": a number and a name make news of a thing.
_NAMED_LATER = re.compile(r"[a-z\d,] [A-Z][a-z]")
# "The trip is off": what became of something planned.
_CALLED_OFF = re.compile(
    r"(?:\b(?:cancell?ed|postponed|rescheduled|delayed|brought forward|(?:called|put) off|fell through)"
    r"|(?:\b(?:is|are|was)|'s) (?:off|back on|on again|(?:no longer|not) happening))\b(?! to\b| with\b)"
)
# "You can reach me at 555-0192": no request, but a number.
_REACHED = re.compile(
    r"\b(?:reach|call|text|ring|contact|phone|e-?mail|write to) me (?:at|on|under)"
    r" (?:\+?\d[\d ()/.-]{4,}\d|\S+@\w)",
    re.IGNORECASE,
)
_PERCENT = re.compile(r"\d+\s?%\s?(?=agree|sure|with|behind)", re.IGNORECASE)


def is_statement(sentence: str, dated: bool) -> bool:
    """Whether a sentence, stripped of its lead, says something to remember. `dated`: it gives a date."""
    text = _PERCENT.sub("", _URL.sub(" ", sentence)).strip()
    if not any(char.isalnum() for char in text) or chatter.is_code(text) or _QUOTE.fullmatch(text):
        return False
    subject = subject_of(text)
    if foreign.is_foreign(text, subject.words):
        return foreign.is_statement(text, subject.words)
    if instructions.is_standing(text) or (" me " in text and _REACHED.search(text)):
        return True
    if _is_talk(text) or desk.is_matter(subject, text, dated=dated):
        return False
    return _is_news(subject, text, dated)


def may_tell(sentence: str) -> bool:
    """Whether a sentence that `is_statement` finds too little in may still tell something: not if it asks,
    wishes, quotes, greets, is code, or speaks another language, of the hearer or to them.
    """
    text = _PERCENT.sub("", _URL.sub(" ", sentence)).strip()
    if not any(char.isalnum() for char in text) or chatter.is_code(text) or _QUOTE.fullmatch(text):
        return False
    subject = subject_of(text)
    return (
        subject.kind not in (Kind.SECOND, Kind.ORDER)
        and not foreign.is_foreign(text, subject.words)
        and not _is_talk(text)
        and not desk.is_matter(subject, text, dated=False)
        and not _is_encyclopedic(subject)
    )


def _is_talk(text: str) -> bool:
    return (
        chatter.asks(text)
        or chatter.wishes(text)
        or chatter.is_phatic(text)
        or hearsay.is_general(text)
        or hearsay.is_quote(text)
    )


def _is_encyclopedic(subject: Subject) -> bool:
    rest = subject.words[subject.predicate :]
    return (
        subject.kind in _THINGS
        and lexicon.MINE.isdisjoint(rest)
        and _ENCYCLOPEDIC.match(" ".join(rest)) is not None
    )


def _is_news(subject: Subject, text: str, dated: bool) -> bool:  # noqa: C901, PLR0911 (one line a kind)
    rest = subject.words[subject.predicate :]
    content = opinion.content(subject.words if subject.kind is not Kind.FIRST else rest)
    exact = dated or any(char.isdigit() for char in text)
    hearer = not lexicon.HEARER.isdisjoint(subject.words)
    if _is_encyclopedic(subject):
        return False
    match subject.kind:
        case Kind.SECOND | Kind.ORDER:
            return False
        case Kind.FRAGMENT:
            return exact and bool(content) and not hearer
        case Kind.FIRST:
            return firsthand.is_news(rest, content, text, exact, hearer)
        case Kind.OWN:
            return _is_news_of_own(subject, exact, hearer)
        case Kind.THIRD:
            if not exact and opinion.is_praise_of(subject.words[subject.head], rest):
                return False  # "He's a great leader"
            return len(content) >= (2 if subject.words[subject.head].startswith(("he", "she")) else 3) or (
                exact and bool(content)
            )
        case Kind.NAMED:
            return _is_named_news(subject, exact, hearer)
        case Kind.DEFINITE:
            return _is_definite_news(subject, content, exact=exact, hearer=hearer)
        case Kind.DUMMY:
            return _is_dummy_news(rest, content, exact, hearer)
        case _:
            named = _NAMED_LATER.search(text) is not None
            return _is_generic_news(subject, rest, content, dated or (exact and named), hearer)


def tells_more(subject: Subject) -> bool:
    """Whether it says of somebody more than how one finds them."""
    rest = subject.words[subject.predicate :]
    return bool(rest) and not opinion.is_opinion(rest) and lexicon.HEARER.isdisjoint(rest)


def _is_news_of_own(subject: Subject, exact: bool, hearer: bool) -> bool:
    """My sister moved; but my heart is full."""
    head = [
        word for word in subject.words[subject.head + 1 : subject.predicate] if word not in lexicon.EVALUATIVE
    ]
    told = opinion.content(subject.words[subject.predicate :])
    if exact:
        return not (head and lexicon.LIGHT_NOUNS.issuperset(head) and all(w.isdigit() for w in told))
    if not told and "pronouns" not in head and not _is_outcome(subject):
        return False  # "My family is always there for me", "My small deeds can have a big impact"
    if head and lexicon.LIGHT_NOUNS.issuperset(head):
        return len(told) >= 2 and not hearer
    return not hearer


def _is_outcome(subject: Subject) -> bool:
    """As in "My interview went well", "Our online shop has been a roller coaster": how something of mine "
    "went.
    """
    rest = subject.words[subject.predicate :]
    whole = subject.words[subject.head : subject.predicate + 1]
    over = not {"was", "were", "been", "went", "turned"}.isdisjoint(rest[:2])
    return over and bool(opinion.content(tuple(word.removesuffix("'s") for word in whole)))


def _is_named_news(subject: Subject, exact: bool, hearer: bool) -> bool:
    """Tom moved; but "Tom is great" only praises. "Pottery is a part of my life" is of the speaker."""
    rest = subject.words[subject.predicate :]
    if exact:
        return True
    if hearer or not rest:
        return False
    if opinion.is_opinion(rest):
        praised = not _PERSONAL.isdisjoint(rest)
        return opinion.is_of_speaker(rest) and not praised and bool(opinion.content(subject.words))
    return bool(opinion.content(rest))


def _is_definite_news(subject: Subject, content: list[str], *, exact: bool, hearer: bool) -> bool:
    """The plumber came, the key is with Tom; but the view was amazing, and these colours are vivid."""
    rest = subject.words[subject.predicate :]
    if hearer or not rest:
        return False
    told = opinion.content(rest)
    stranger = subject.words[subject.head] in ("a", "an") and verbs.is_third_person(rest[0])
    if stranger and lexicon.MINE.isdisjoint(rest):
        return False  # "A man walks into a bar"
    if exact or _CALLED_OFF.search(" ".join(rest)) is not None:
        return bool(content)
    if opinion.is_opinion(rest) or (
        subject.words[subject.head] in _DEICTIC and rest[0] in ("is", "are") and lexicon.MINE.isdisjoint(rest)
    ):
        return False
    if not lexicon.MINE.isdisjoint(rest):
        return bool(content)
    return len(content) >= 3 and bool(told)


def _is_dummy_news(rest: tuple[str, ...], content: list[str], exact: bool, hearer: bool) -> bool:
    if hearer or not rest:
        return False
    if exact:
        return len(content) >= (3 if opinion.is_opinion(rest) else 1)
    return len(content) >= 3 and verbs.is_past(rest[0]) and rest[0] not in lexicon.LIGHT_VERBS


def _is_generic_news(  # noqa: PLR0911 (one line a reason)
    subject: Subject, rest: tuple[str, ...], content: list[str], dated: bool, hearer: bool
) -> bool:
    """A saying, unless the speaker is in it: "Running keeps me sane"."""
    if hearer or not rest:
        return False
    if subject.words[subject.head] in lexicon.LIGHT_NOUNS:
        return dated and len(content) >= 2
    if dated and len(content) >= 2 and not opinion.is_opinion(rest):
        return True
    if opinion.is_opinion(rest) and not opinion.is_of_speaker(rest):
        return False  # "Seeing my kids smile was so lovely"
    if _FELT.search(" ".join(rest)):
        return opinion.is_deed(subject.words[subject.head : subject.predicate])
    if subject.words[subject.head] in _HAVING and lexicon.MINE.isdisjoint(subject.words[: subject.predicate]):
        return False  # "Having a furry friend brightens my days"
    return opinion.is_of_speaker(subject.words) and len(content) >= 1
