"""Judges what a system recalled for one question: by number of memories, and by number of tokens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from bench import locomo
from bench.budget import TOKENS_A_MEMORY, Sized, Tokens, within
from bench.evidence import Recalled, Turn, counts_for, found

KS: Final = (5, 10)
# What a budget is filled from: as many as the gateway gives at most, 6.4 tokens each before it runs out.
MOST: Final = 100


class Ranked(msgspec.Struct, frozen=True):
    """What a system recalls for a question: when k memories are asked for, by k, and when MOST are."""

    at: Mapping[int, Sequence[Recalled]]
    most: Sequence[Recalled]


class Hits(msgspec.Struct, frozen=True):
    """The evidence turns that were hit among so many memories."""

    memories: int
    turns: tuple[str, ...]


class Seen(msgspec.Struct, frozen=True):
    """A recalled memory as it was judged. `counts_for`: evidence or not, the one turn that it stands for."""

    id: str
    turns: tuple[str, ...]
    counts_for: str | None
    tokens: int


class Mark(msgspec.Struct, frozen=True):
    """What one system got for one question, by k; `first`: its first memories at the largest k."""

    question: locomo.Question
    at: Mapping[int, Hits]
    budget: Mapping[int, Hits]
    first: tuple[Seen, ...]

    def recall(self, hits: Hits) -> float:
        """The share of the question's distinct evidence turns."""
        return len(hits.turns) / len(self.question.evidence)


class Judge:
    """For the questions of one conversation; remembers its memories, which come up again and again."""

    def __init__(self, conversation: locomo.Conversation, tokens: Tokens) -> None:
        self._turns = {turn.id: Turn(turn.text) for turn in conversation.turns}
        self._tokens = tokens
        self._seen: dict[Recalled, Seen] = {}

    def mark(self, question: locomo.Question, ranked: Ranked) -> Mark:
        seen = {k: [self._see(memory) for memory in ranked.at[k][:k]] for k in KS}
        at = {k: Hits(len(seen[k]), self._hit(question, [one.counts_for for one in seen[k]])) for k in KS}
        sized = [Sized(memory, self._see(memory).tokens) for memory in ranked.most[:MOST]]
        return Mark(question, at, {k: self._within(question, sized, k) for k in KS}, tuple(seen[max(KS)]))

    def _within(self, question: locomo.Question, memories: Sequence[Sized], k: int) -> Hits:
        fitting = list(within(memories, k * TOKENS_A_MEMORY, self._tokens))
        counted = [
            # Only the last one can have been cut, and a text that was cut is not worth remembering.
            self._see(memory).counts_for if memory is whole.memory else counts_for(memory, self._turns)
            for memory, whole in zip(fitting, memories, strict=False)
        ]
        return Hits(len(fitting), self._hit(question, counted))

    def _hit(self, question: locomo.Question, counted: Sequence[str | None]) -> tuple[str, ...]:
        return tuple(sorted(found(counted, question.evidence)))

    def _see(self, memory: Recalled) -> Seen:
        seen = self._seen.get(memory)
        if seen is None:
            seen = self._seen[memory] = Seen(
                memory.id,
                memory.turns,
                counts_for(memory, self._turns),
                self._tokens.count(memory.text),
            )
        return seen
