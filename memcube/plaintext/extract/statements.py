# ruff: noqa: RUF001 (dashes are what people type)
"""The statements of a sentence: without its lead, with its subject, in parts where each is one of its own."""

import re
from collections.abc import Sequence
from datetime import datetime

from memcube.plaintext.extract import (
    asides,
    chatter,
    dates,
    dropped,
    instructions,
    leads,
    lexicon,
    opinion,
    person,
    salience,
    verbs,
)
from memcube.plaintext.extract.chatter import UNMEANT, sets_task
from memcube.plaintext.extract.sentences import quotes
from memcube.plaintext.extract.subject import Kind, is_finite, subject_of

_CALL_ME = re.compile(r"(?:please )?call me (?=[A-Z]\w+(?:[.!,]| not |$))", re.IGNORECASE)
_LETS = re.compile(r"let's (?=\w)", re.IGNORECASE)
# "..., and my sister", "..., but the flat": a second statement with a subject of its own.
_NEW_SUBJECT = re.compile(r",? (?:and|but) (?=(?:I|I'm|I've|I'll|my|our|we|we're|the) )", re.IGNORECASE)
_CLAUSE = re.compile(
    r"(?:, (?:and |but |so |plus )?| and | but )(?:now |then |also )?(?=(?:I|I'm|I've|I'll|my|our|we|we're"
    r"|we've|the|[A-Z][a-z]+|[A-Z][a-z]+'s) [a-z])"
    r"|, (?=(?:came|went|moved|sold|bought|got|left|quit) )"
)
_SECOND_CLAUSE = re.compile(
    r"(?:,| -) (?:and|but|so|which means|because) (?=(?:I|I'm|I've|I'll|my|our|we|we're|we've|[a-z]+ing) )"
    r"| (?:so|which means) (?=(?:I'm|I've|my|we're|we've) )"
)
# "Since I lost my job, things have been tough": only what began it tells.
_SUBORDINATE = re.compile(
    r"(?:(?:ever |but |and )*since|after|when|because|as|now that|before|once|until) (?P<what>(?!(?:I"
    r"|we) (?:last )?(?:spoke|talked|chatted|met|caught)\b)(?:I|we|my|our) [^,]{8,}?),",
    re.IGNORECASE,
)
_OF_ME = re.compile(
    r"(?:it|that) (?:\w+ )?(?:brings?|gives?|helps?|keeps?|makes?|speaks to) (?:me|us)\b", re.IGNORECASE
)
_LEANING = re.compile(r"\b(?:it|she|he|they|them|him|her|this|that|there|one|so|then|too)\b", re.IGNORECASE)
_DASH = re.compile(r"\s+[-–—]+\s+|\s*—\s*|(?<=\w)- (?=\w)")
# A piece without a verb that belongs to what stands before it: "Due in late January", "With my dad".
_APPENDED = re.compile(
    r"(?:due|on|in|at|from|since|until|till|for|with|near|starting|around|by)\s", re.IGNORECASE
)


_DILEMMA = re.compile(r"(?:should|shall) I (?P<what>[^?]+)\?$", re.IGNORECASE)
_UNDECIDED = re.compile(
    r"\bback and forth\b|\bcan't (?:decide|make up my mind)\b|\b(?:undecided|torn)\b|\bhaven't decided\b"
    r"|\bnot (?:sure|decided)(?: yet)?\b",
    re.IGNORECASE,
)


def unquoted(sentences: Sequence[str]) -> list[str]:
    """The sentences meant as said: without material to work on, and what a mark says is a joke.

    A piece without a verb that begins with a preposition is joined to the sentence before it.
    """
    kept: list[str] = []
    for sentence in sentences:
        if sets_task(sentence):
            break  # what follows is the text to translate, grade or shorten
        if UNMEANT.search(sentence):
            if len(sentence.split()) <= 4 and kept:
                kept.pop()
        elif kept and _UNDECIDED.search(sentence) and (dilemma := _DILEMMA.match(leads.strip_lead(kept[-1]))):
            kept[-1] = f"I am undecided whether to {dilemma['what']}."
        elif kept and kept[-1][-1:] in ".!" and _is_appended(sentence):
            kept[-1] = f"{kept[-1].rstrip('.! ')}, {sentence[:1].lower()}{sentence[1:]}"
        else:
            kept.append(sentence)
    return kept


def _is_appended(sentence: str) -> bool:
    words = sentence.lower().strip(".!").split()
    return (
        1 < len(words) <= 8
        and _APPENDED.match(sentence) is not None
        and not any(is_finite(word) and word != "like" for word in words)
    )


def statements(sentence: str, now: datetime) -> list[str]:
    """What the sentence states, in its order; nothing if it is talk alone."""
    text = dropped.with_subject(leads.strip_lead(sentence))
    text = _CALL_ME.sub("I am called ", text, count=1)
    moments = dates.find(text, now)
    if _LETS.match(text) and moments:
        text = _LETS.sub("I propose to ", text, count=1)
    parts = _DASH.split(text)
    if len(parts) > 1:
        told = [
            part
            for at, part in enumerate(parts)
            if salience.is_statement(
                dropped.with_subject(_shown(part)) if at else _shown(part), _dated(part, now)
            )
        ]
        known = told[:1] == parts[:1] or subject_of(parts[0]).kind in (Kind.OWN, Kind.NAMED)
        if len(told) < len(parts) and not (known and _is_told_on(parts[1])):
            whole = salience.is_statement(text, bool(moments))
            return (
                [piece for part in told for piece in statements(part[:1].upper() + part[1:], now)]
                if told or not whole
                else []
            )
    if not salience.is_statement(text, bool(moments)):
        return _behind(text, now)
    return _split_instruction(text)


def doubted(sentence: str) -> str | None:
    """The whole of a sentence that by its shape states nothing, where its words may all the same."""
    bare = leads.strip_lead(sentence)
    text = dropped.with_subject(bare if chatter.asks(bare.rstrip("?")) else asides.unasked(bare))
    return text if salience.may_tell(text) else None


def _behind(text: str, now: datetime) -> list[str]:
    """As in "It's been stressful, but dancing keeps me going": only the clause behind tells."""
    for aside in asides.told(text) if chatter.asks(text) else ():
        if salience.is_statement(aside, _dated(aside, now)):
            return _split_instruction(aside)
    quoted = quotes(text)
    if (begun := _SUBORDINATE.match(text)) is not None and not chatter.is_phatic(text):
        shown = _shown(begun["what"])
        if salience.is_statement(shown, _dated(shown, now)):
            return _split_instruction(shown)
    for match in _SECOND_CLAUSE.finditer(text):
        right = text[match.end() :]
        if any(begin < match.start() < end for begin, end in quoted) or leans(right):
            continue
        shown = right[:1].upper() + right[1:]
        if len(right.split()) > 3 and _has_verb(shown) and salience.is_statement(shown, _dated(shown, now)):
            return _split_instruction(shown)
    return []


def _shown(part: str) -> str:
    return part[:1].upper() + part[1:]


def _is_told_on(part: str) -> bool:
    """As in "My sister is great - she drove us home", "I had a setback - a rejection from a publisher"."""
    subject = subject_of(part)
    if subject.predicate >= len(subject.words):
        first = next((word for word in subject.words if word not in lexicon.FUNCTION), "")
        named = len(opinion.content(subject.words)) >= 2 and first not in lexicon.MOOD
        return named and subject.kind in (Kind.DEFINITE, Kind.GENERIC, Kind.NAMED, Kind.OWN)
    return (subject.kind is Kind.THIRD and salience.tells_more(subject)) or _OF_ME.match(part) is not None


def _dated(part: str, now: datetime) -> bool:
    return bool(dates.find(part, now))


def _split_instruction(text: str) -> list[str]:
    """As in "I work nights, so don't suggest breakfast meetings": a fact, and an instruction."""
    cut = instructions.TRAILING.search(text)
    if cut is None or not instructions.is_standing(text[cut.end() :]):
        return [text]
    return [text[: cut.start()], text[cut.end() : cut.end() + 1].upper() + text[cut.end() + 1 :]]


def halves(text: str) -> list[tuple[str, str]]:
    """The ways to cut a statement in two with a subject each, first to last."""
    cut = [(text[: match.start()], text[match.end() :]) for match in _NEW_SUBJECT.finditer(text)]
    if " and " in text or " but " in text:
        cut += [(text[:end].rstrip(" ,"), "I " + text[verb:]) for end, verb in person.conjoined(text)]
    quoted = quotes(text)
    return [
        (left, right[:1].upper() + right[1:])
        for left, right in cut
        if left.count(" ") and right.count(" ") and not any(begin < len(left) < end for begin, end in quoted)
    ]


def clauses(text: str, now: datetime) -> list[str]:
    """The clauses of a statement that each state something alone; the whole where they lean on each other,
    or are so few words that who tells them tells one thing.
    """
    breath = len(text.split()) <= _ONE_BREATH and not _ENDS.search(text)
    if breath and " my " not in text:
        return [text]
    quoted = quotes(text)
    for match in _CLAUSE.finditer(text):
        if any(begin < match.start() < end for begin, end in quoted):
            continue
        left, right = text[: match.start()], text[match.end() :]
        shown = dropped.with_subject(right[:1].upper() + right[1:])
        if left.count(" ") < 2 or leans(shown) or _HANGING.search(left) or not _has_verb(left):
            continue
        if not (_has_verb(shown) and salience.is_statement(shown, _dated(shown, now))):
            continue
        if breath and not (_lasts(left) and _lasts(shown) and subject_of(shown).kind is Kind.OWN):
            continue
        if salience.is_statement(left, _dated(left, now)):
            return [left, *clauses(shown, now)]
    return [text]


# Words: labellers see one memory in "I hiked with Anna, and we saw the Eiger". Slots are parted all the same.
_ONE_BREATH = 22
# What lasts of one and of another are two: "I don't eat meat and my sister can't stand fish".
# "I don't live there any more, I live here now": what ends and what begins are two.
_ENDS = re.compile(r"\b(?:any ?more|any longer|no longer|used to)\b", re.IGNORECASE)
# "When I moved, my ...", "If it holds, I ...": the first part is no statement of its own.
_HANGING = re.compile(
    r"^(?:when|while|as|if|since|because|although|though|after|before|once|until|in|on|at|for|during"
    r"|with)\b|\b(?:that|which|who|if|because|when|before|after|of|with|between|both|like)$|^\W",
    re.IGNORECASE,
)


def _has_verb(text: str) -> bool:
    subject = subject_of(text)
    return subject.kind is Kind.FIRST or subject.predicate < len(subject.words)


def _lasts(text: str) -> bool:
    """Whether it says how things are, not what happened."""
    subject = subject_of(text)
    rest = subject.words[subject.predicate : subject.predicate + 1]
    return (
        bool(rest) and not verbs.is_past(rest[0]) and not subject.words[subject.head].endswith(("'ve", "'d"))
    )


def leans(text: str) -> bool:
    """Whether it cannot stand alone, because of "it" or "she"."""
    return _LEANING.search(text) is not None
