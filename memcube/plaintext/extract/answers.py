"""A question and its short answer read as one statement: "Any pets?" "Two cats" is "I have two cats".

What `questions` cannot turn around is kept with its question: 'asked "Friday or Saturday?": Saturday'.
"""

import re
from collections.abc import Sequence

from memcube.plaintext.extract import chatter, leads, lexicon, opinion
from memcube.plaintext.extract.questions import (
    HAVE_ANY,
    LEANS,
    MAX_ANSWER,
    MAX_QUESTION,
    NO,
    STATED,
    yes_or_no,
)
from memcube.plaintext.extract.said import Said, parts_of
from memcube.plaintext.extract.subject import Kind, subject_of

_WENT = re.compile(
    r"how (?:did|was|is|were) (?P<what>(?:the|your|my|that) [\w' ]+?)(?: go| going)?$", re.IGNORECASE
)
_ECHO = re.compile(
    r"(?:me too|same here|me neither|me either|so (?:do|am|did|have) i|neither (?:do|am) i|likewise"
    r"|ditto)\W*$",
    re.IGNORECASE,
)


# Answered with one name: "Tom!" only calls him.
_YES_NO = re.compile(r"(?:have|do|did|are|were|can|will|would) you\b(?!.* or )", re.IGNORECASE)
_NUMERALS = frozenset(
    ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "twelve")
)
_IT_WAS = re.compile(r"(?:it|that)(?:'s| was| is) ", re.IGNORECASE)
_LITTLE = re.compile(r"(?:the|an?|my|our|on|at|in|to|with|from|by|since)\b", re.IGNORECASE)


def replied(sentences: Sequence[str], previous: str) -> list[Said]:
    """The sentences of a turn that answers another's: an echo of it, or an answer to its question."""
    rest = [Said(sentence) for sentence in sentences]
    if (echo := _echoed(sentences[0], previous)) is not None:
        return [Said(echo), *rest[1:]]
    question = _question_of(previous)
    said = (at for at, one in enumerate(sentences) if NO.match(one) or not chatter.is_phatic(one))
    begun = next(said, len(sentences))
    if question is None or begun == len(sentences) or sentences[begun].rstrip().endswith("?"):
        return rest
    answer = yes_or_no(question, sentences[begun], sentences[begun + 1 : begun + 2])
    first = Said(answer) if answer else _short(question, sentences[begun])
    return rest if first is None else [first, *rest[begun + 1 :]]


def _question_of(text: str) -> str | None:
    """The last question of a turn, without its mark, if the turn ends with one or nearly so."""
    asked = [part for part in parts_of(text)[-3:] if part.rstrip("\"' ").endswith("?")]
    if not asked:
        return None
    question = leads.opened(asked[-1].rstrip("\"' ")).rstrip("?! ")
    return question if len(question.split()) > 1 and len(question) <= MAX_QUESTION else None


def _short(question: str, first: str) -> Said | None:
    """A phrase completed by its question; None for a sentence that stands alone."""
    bare = leads.strip_lead(first).rstrip(".! ")
    went = _WENT.match(question)
    if went and LEANS.match(bare) and not chatter.asks(bare):
        return Said(f"My {went['what'].split(' ', 1)[1]} {_predicate(bare)}")
    if question.endswith((" it", " that")):
        bare = _IT_WAS.sub("", bare)
    if not _is_short(bare):
        return None
    for pattern, statement in STATED:
        if match := pattern.match(question):
            return Said(match.expand(statement).replace("{}", _article(statement, bare)))
    any_ = HAVE_ANY.match(question)
    if any_ and not NO.match(first):
        return Said(f"I have {bare if bare.isupper() else bare[:1].lower() + bare[1:]} ({any_['what']})")
    return Said(bare, asked=question) if _is_asked_for(question, bare) else None


def _echoed(sentence: str, before: str) -> str | None:
    """As in "Me too!" after "I love hiking.": the other's words, now the speaker's own."""
    last = next(reversed(parts_of(before)), "")
    own = last.startswith(("I ", "I'm ", "I've ")) and not last.endswith("?")
    return last if own and _ECHO.match(sentence) else None


def _predicate(bare: str) -> str:
    words = bare.split()
    head = words[0].lower()
    if head in ("it's", "that's"):
        return "is " + " ".join(words[1:])
    return " ".join(words[1:]) if head in ("it", "that") else bare


def _is_short(bare: str) -> bool:
    """A phrase without a subject of its own, or one that says "it"."""
    words = bare.split()
    whole = subject_of(bare)
    # "I'm so stoked about it" says how one feels.
    felt = whole.kind is Kind.FIRST and not lexicon.FEELING.isdisjoint(whole.words[whole.predicate :][:4])
    if felt or not 0 < len(words) <= MAX_ANSWER or chatter.is_phatic(bare) or chatter.asks(bare):
        return False
    hearer = whole.kind is not Kind.FIRST and not lexicon.HEARER.isdisjoint(whole.words)
    if hearer or not lexicon.MOOD.isdisjoint(whole.words[:2]):
        return False  # "So sorry about your loss"
    if whole.kind is Kind.OWN and whole.predicate >= len(whole.words):
        return True  # "My cousin Lena"
    return (whole.kind not in (Kind.OWN, Kind.FIRST) or LEANS.search(bare) is not None) and _is_phrase(bare)


def _is_phrase(bare: str) -> bool:
    words = bare.split()
    subject = subject_of(bare.partition(",")[0])
    if subject.kind in (Kind.FIRST, Kind.OWN, Kind.SECOND):
        return subject.kind is Kind.FIRST and LEANS.search(bare) is not None and len(words) <= 8
    news = [
        word for word in subject.words if word not in lexicon.HOLLOW or word[0].isdigit() or word in _NUMERALS
    ]
    if not news:
        return False
    return (
        subject.predicate >= len(subject.words)
        or subject.kind in (Kind.FRAGMENT, Kind.ORDER)
        or words[0][0].isdigit()
    )


def _is_asked_for(question: str, bare: str) -> bool:
    """Whether an answer is one, beside its question: "How are you?" asks for nothing that lasts."""
    words = question.lower().split()
    if words[0].startswith("how") and not opinion.content(tuple(words[1:])):
        return False
    if _YES_NO.match(question) and bare.isalpha() and bare[0].isupper():
        return False
    return "you" in words or "your" in words or " or " in question or words[0] in ("is", "when", "where")


def _article(statement: str, bare: str) -> str:
    """As in "I work as a plumber": a job has its article, a place and a number have none."""
    if _LITTLE.match(bare):
        bare = bare[:1].lower() + bare[1:]
    lower = bare[:1].lower() + bare[1:] if bare[1:2].islower() and statement.startswith("I work as") else bare
    if statement.startswith("I work as") and not re.match(r"(?:an?|the|in|at|for|i|as)\b", lower):
        return ("an " if lower[:1] in "aeiou" else "a ") + lower
    return (
        re.sub(r"^(?:in|at|to)\s", "", bare, flags=re.IGNORECASE)
        if statement.endswith((" in {}", " at {}", " to {}"))
        else bare
    )
