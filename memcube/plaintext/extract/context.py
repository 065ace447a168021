# ruff: noqa: SIM905 (word lists read best as words)
"""What a statement leans on that only a turn before names: "I've had them for years" (of "... turtles "
"...").
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from memcube.plaintext.extract import chatter, leads, opinion, sentences
from memcube.plaintext.extract.said import Spoken, parts_of
from memcube.plaintext.extract.subject import Kind, subject_of

_LEANING: Final = frozenset("it it's them they they're they've one ones that's".split())
# Content words before the pronoun, the verb among them: with more, the sentence names it itself.
_NAMED: Final = 1
# Words: fewer only call somebody.
_LEAST: Final = 3
# Characters: a longer sentence is a story, and the memory would be more of it than of what was said.
_QUOTED: Final = 160


class Antecedent(msgspec.Struct, frozen=True):
    """`quote`: the sentence before that names it, said in the turn at `place`."""

    quote: str
    place: int


def leans(statement: str) -> bool:
    """Whether the speaker says "it" or "them" before they name anything that could be meant."""
    subject = subject_of(statement)
    if subject.kind is not Kind.FIRST:
        return False
    words = subject.words
    for at, word in enumerate(words):
        if word in _LEANING:
            return len(opinion.content(words[:at])) <= _NAMED
    return False


def names_nothing(sentence: str) -> bool:
    """Whether an earlier sentence of the turn gives "it" nothing to mean."""
    bare = leads.strip_lead(sentence)
    return chatter.is_phatic(bare) or not opinion.content(subject_of(bare).words)


def antecedent(before: Sequence[Spoken]) -> Antecedent | None:
    """The sentence just before that names something: the other's question first, then one's own words."""
    for place in range(len(before) - 1, -1, -1):
        text, own = before[place].text, before[place].own
        for part in reversed(parts_of(sentences.uncaptioned(text))[-3:]):
            asked = part.rstrip("\"' ").endswith("?")
            bare = leads.opened(part).strip()
            if (asked or own) and len(bare) <= _QUOTED and len(opinion.content(subject_of(bare).words)) >= 1:
                if not _LEANING.isdisjoint(subject_of(bare).words) or len(bare.split()) < _LEAST:
                    break
                return Antecedent(bare.rstrip(".! "), place)
    return None
