"""Whether two texts that look alike may be taken for one statement.

A guard for merging, not a judge of meaning: embeddings put "two cats" beside "three cats" and "before
lunch" beside "after lunch". It errs to one side: a duplicate that stays costs a line, a wrong merge
loses a fact. Whether the texts are alike at all is the caller's question.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Final

import msgspec

from memcube.plaintext.contrasts import (
    CONTRASTS,
    NAMED_WHEN_CAPITAL,
    NEGATIONS,
    OPENERS,
    PERSONS,
    SYMBOLS,
    VALUE_BEFORE,
    WITH_NUMBER,
)
from memcube.plaintext.quantities import NUMBER, numbers
from memcube.plaintext.words import PAST_FORMS, STOP_WORDS, folded, stem

# Statements are sentences. Longer texts are turns, which only merge when they are equal.
TEXT_LIMIT: Final = 5_000

_TOKEN: Final = re.compile(rf"(?P<number>{NUMBER})|[^\W\d_][^\W_]*(?:['\u2019\u02bc][^\W_]+)*")
_CODE: Final = re.compile(r"\S+@\S+|\w+://\S+|www\.\S+|[#@]\w+|\b(?=\w*[^\W\d_]\d)\w+")
_CLITIC: Final = re.compile(r"'(s|re|ve|ll|d|m)?$")
_SENTENCE_END: Final = re.compile(r"[.!?:;\n\"\u201c\u2026\u3002]")
# With ten words each, two statements with a name of their own are taken for one kind once in 700 times.
KIND_BITS: Final = 256
# What must be the same in both, whatever the words.
_EXACT: Final = ("number", "date", "unit", "negation", "polarity", "code", "question")
_DENYING: Final = NEGATIONS | {"longer", "anymore"}


def same_statement(a: str, b: str) -> bool:
    """True unless the texts differ in a detail that makes them two statements. Symmetric and reflexive."""
    return difference(a, b) is None


def difference(a: str, b: str) -> str | None:
    """The first kind of detail in which two texts differ, as a short word, or None.

    number, date, unit, negation, polarity, person, tense, name, code, value, question, length, words.
    """
    if a == b:
        return None
    if max(len(a), len(b)) > TEXT_LIMIT:
        return "length"
    one, other = _details(a), _details(b)
    if not one.words or not other.words:
        return "words"
    for kind in _EXACT:
        if getattr(one, kind) != getattr(other, kind):
            return kind
    return _difference_in_words(one, other)


class Kind(msgspec.Struct, frozen=True):
    """What tells most texts apart without a comparison: of two statements of one kind it is alike.

    exact: a hash of what must be the same in both. words, names: sets of `KIND_BITS` bits, in which each
    word of a text sets one, and those that may be a name: the names of either are words of the other.
    """

    exact: int
    names: int
    words: int


def kind_of(text: str) -> Kind:
    """The kind of a text. Two of which one may not be said for the other may be of one kind all the same."""
    if len(text) > TEXT_LIMIT:
        return Kind(hash(text), 0, 0)
    details = _details(text)
    return Kind(
        exact=hash(tuple(getattr(details, kind) for kind in _EXACT)),
        names=_bits(word.plain for word in details.words if word.names),
        words=_bits(word.plain for word in details.words),
    )


def _bits(words: Iterable[str]) -> int:
    bits = 0
    for word in words:
        bits |= 1 << (hash(word) % KIND_BITS)
    return bits


class _Word(msgspec.Struct, frozen=True):
    """A word as it stands: `plain` in lower case without clitics, `before` the plain word on its left."""

    surface: str
    plain: str
    stem: str
    starts: bool
    before: str

    @property
    def capital(self) -> bool:
        return self.surface[0].isupper()

    @property
    def names(self) -> bool:
        """Whether it is a name wherever it stands. Scripts without capitals do not mark names."""
        inside = self.capital and not self.starts
        return self.plain != "i" and (inside or self.surface.lower() == self.surface.upper())

    @property
    def content(self) -> bool:
        return self.plain not in STOP_WORDS

    @property
    def past(self) -> bool:
        return self.plain in PAST_FORMS or (self.plain.endswith("ed") and self.stem != self.plain)


class _Details(msgspec.Struct, frozen=True):
    """What a text says that a paraphrase keeps."""

    words: tuple[_Word, ...]
    number: tuple[str, ...]
    date: frozenset[str]
    unit: frozenset[str]
    negation: tuple[tuple[str, str], ...]
    polarity: frozenset[str]
    code: frozenset[str]
    question: bool
    persons: frozenset[str]

    @property
    def names(self) -> tuple[str, ...]:
        """Capitalised words inside sentences, in order, each once."""
        return tuple(
            dict.fromkeys(w.plain for w in self.words if w.capital and not w.starts and w.plain != "i")
        )

    @property
    def shows_case(self) -> bool:
        return any(w.capital and w.plain != "i" for w in self.words)


def _details(text: str) -> _Details:
    text = unicodedata.normalize("NFKC", text)[:TEXT_LIMIT].replace("\u2212", "-")
    text = re.sub(r"\b([ap])\.m\.?", r"\1m", text, flags=re.IGNORECASE)
    words, clitics = _words(text)
    found: dict[str, set[str]] = {"date": set(), "unit": set(), "polarity": set()}
    for kind, value in chain(_contrasts(words), (CONTRASTS[c] for c in clitics if c in CONTRASTS)):
        found[kind].add(value)
    found["unit"].update(SYMBOLS[sign] for sign in text if sign in SYMBOLS)
    return _Details(
        words=words,
        number=numbers(text),
        date=frozenset(found["date"]),
        unit=frozenset(found["unit"]),
        negation=_negations(words),
        polarity=frozenset(found["polarity"]),
        code=frozenset(code.casefold().rstrip(".,;:!?)") for code in _CODE.findall(text)),
        question="?" in text,
        persons=frozenset(PERSONS[w.plain] for w in words if w.plain in PERSONS),
    )


def _words(text: str) -> tuple[tuple[_Word, ...], tuple[str, ...]]:
    words: list[_Word] = []
    clitics: list[str] = []
    before, end, starts = "", 0, True
    for match in _TOKEN.finditer(text):
        starts = starts or bool(_SENTENCE_END.search(text, end, match.start()))
        end = match.end()
        if match["number"]:
            before, starts = "0", False
            continue
        plain = folded(match[0])
        if plain.endswith("n't"):
            plain = "not"
        elif clitic := _CLITIC.search(plain):
            clitics.append(clitic[0])
            plain = plain[: clitic.start()]
        words.append(_Word(match[0], plain, stem(plain), starts, before))
        # "Yes, Ana called": the word after an opener starts the sentence.
        before, starts = plain, starts and plain in OPENERS
    return tuple(words), tuple(clitics)


def _contrasts(words: tuple[_Word, ...]) -> Iterator[tuple[str, str]]:
    for word in words:
        counted = word.before == "0"
        if word.plain in NAMED_WHEN_CAPITAL and (word.capital or counted):
            yield CONTRASTS[word.plain.title()]
            continue
        contrast = CONTRASTS.get(word.plain) or CONTRASTS.get(word.stem)
        if contrast and (counted or word.plain not in WITH_NUMBER):
            yield contrast


def _negations(words: tuple[_Word, ...]) -> tuple[tuple[str, str], ...]:
    """Each negation with the content words on both sides: what is denied counts as well."""
    content = [w.stem if w.content and w.plain not in _DENYING else "" for w in words]
    return tuple(
        (next(filter(None, reversed(content[:at])), ""), next(filter(None, content[at + 1 :]), ""))
        for at, word in enumerate(words)
        if word.plain in NEGATIONS
    )


def _difference_in_words(one: _Details, other: _Details) -> str | None:
    if one.persons and other.persons and one.persons != other.persons:
        return "person"
    if _tense(one, other):
        return "tense"
    if _unknown_name(one, other) or _unknown_name(other, one) or _names_in_order(one, other):
        return "name"
    return "value" if _another_value(one, other) else None


def _tense(one: _Details, other: _Details) -> bool:
    for verb in {w.stem for w in one.words} & {w.stem for w in other.words}:
        first, second = ({w.past for w in side.words if w.stem == verb} for side in (one, other))
        if not first & second:
            return True
    return False


def _unknown_name(one: _Details, other: _Details) -> bool:
    """Whether `one` holds a name, or what may be one, that `other` does not have."""
    plain = {w.plain for w in other.words}
    lower_stems = {w.stem for w in other.words if not w.capital}
    for word in one.words:
        if word.plain in plain or word.plain == "i":
            continue
        if word.names:
            return True
        if word.capital and word.content and word.plain not in OPENERS and word.stem not in lower_stems:
            return True
    return False


def _names_in_order(one: _Details, other: _Details) -> bool:
    """Whether names change places. Where capitals do not tell, any content word may be a name."""
    if _cased(one, other):
        names = {*one.names, *other.names}
    else:
        names = {w.plain for side in (one, other) for w in side.words if w.content}
        names &= {w.plain for w in one.words} & {w.plain for w in other.words}
    orders = ([p for p in dict.fromkeys(w.plain for w in side.words) if p in names] for side in (one, other))
    return next(orders) != next(orders)


def _another_value(one: _Details, other: _Details) -> bool:
    """Whether two words stand in one place: allergic to nuts, to milk; in lisbon, in porto.

    Only after words that a value follows: "I enjoy tea" and "I really love tea" stay one statement. Where
    capitals do not tell, a name may follow every word but a subject or an opener.
    """
    return bool(_places(one, other) & _places(other, one))


def _places(side: _Details, against: _Details) -> set[str]:
    """The words before those content words that only this side has, where a value may stand behind them."""
    known = {w.stem for w in against.words}
    # Units, dates and opposites were compared already: km and kilometres are no two values.
    before = {
        w.before
        for w in side.words
        if w.content and w.stem not in known and not {w.plain, w.stem} & CONTRASTS.keys()
    }
    if _cased(side, against):
        return before & VALUE_BEFORE
    return before - PERSONS.keys() - OPENERS


def _cased(one: _Details, other: _Details) -> bool:
    return one.shows_case and other.shows_case
