"""Which evidence the memories of a recall hold. Pure, and frozen: what is tuned is judged by it.

A recalled memory counts for at most one turn of the conversation: of the turns in its provenance, the one of
which its text holds most. And it counts only if it holds half of that turn's content words, or a whole
sentence of it. Which turns are evidence plays no part in the choice, so nothing is gained by naming many
turns, by gluing turns together, or by standing next to the right one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec

from bench.frozen_words import folded, stems

# "Wow!" and "Thanks, Mel!" are sentences that any text may hold by accident.
SENTENCE_WORDS: Final = 2
_SENTENCE_END: Final = re.compile(r"(?<=[.!?…])\s+|(?<=[。！？])|\s*\n\s*|\s+(?=\[image: )")  # noqa: RUF001 -- wide marks are what people type


class Recalled(msgspec.Struct, frozen=True):
    """What is judged of a memory: its words, and the ids of the turns that it says it comes from."""

    id: str
    text: str
    turns: tuple[str, ...]


class Held(msgspec.Struct, frozen=True):
    """How much of a turn a text holds: the share of its content words, their number, a whole sentence."""

    share: float
    words: int
    sentence: bool

    @property
    def enough(self) -> bool:
        return self.sentence or self.share >= 0.5


class Turn:
    """A turn as evidence: its text as it was told, taken apart once."""

    def __init__(self, text: str) -> None:
        self._whole = folded(text)
        self._words = frozenset(stems(text))
        sentences = (stems(sentence) for sentence in _SENTENCE_END.split(text) if sentence)
        self._sentences = tuple(sentence for sentence in sentences if len(set(sentence)) >= SENTENCE_WORDS)

    def held_by(self, text: str) -> Held:
        """Words count once each. A sentence is held if its content words stand there in a row.

        Words that are not of the turn are passed over: "my studio opened yesterday" is held by "Ada's
        studio opened yesterday (2026-03-01)".
        """
        if not self._words:  # "Me too!", an emoji: nothing but the turn itself, word for word
            return Held(float(bool(self._whole) and self._whole in folded(text)), 0, sentence=False)
        words = stems(text)
        common = len(self._words.intersection(words))
        row = _row([word for word in words if word in self._words])
        sentence = any(_row(sentence) in row for sentence in self._sentences)
        return Held(common / len(self._words), common, sentence)


def counts_for(memory: Recalled, turns: Mapping[str, Turn]) -> str | None:
    """The id of the one turn that the memory counts for, if any.

    `turns`: every turn of the conversation by its id, in its order. Ids that are not among them are
    passed over. Of turns that are held equally well, the first of the conversation is taken.
    """
    named = [one for one in dict.fromkeys(memory.turns) if one in turns]
    if len(named) > 1:
        order = {one: place for place, one in enumerate(turns)}
        named.sort(key=order.__getitem__)
    best: tuple[str, Held] | None = None
    for one in named:
        held = turns[one].held_by(memory.text)
        # By share, then by number of words; a sentence makes a turn count, it does not make it the one.
        if best is None or (held.share, held.words) > (best[1].share, best[1].words):
            best = one, held
    return best[0] if best is not None and best[1].enough else None


def found(counted: Iterable[str | None], evidence: Sequence[str]) -> frozenset[str]:
    """The evidence turns among those that the memories count for; each once, however often it was hit."""
    return frozenset(evidence).intersection(one for one in counted if one is not None)


def _row(words: Sequence[str]) -> str:
    return f" {' '.join(words)} "
