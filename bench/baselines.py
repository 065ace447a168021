"""What recall has to beat: cosine alone and BM25 alone over the raw turns. Frozen, as the judge is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from math import log
from typing import Final

import numpy as np
import numpy.typing as npt

from bench.evidence import Recalled
from bench.frozen_words import stems
from bench.judge import KS, MOST, Ranked
from bench.locomo import Turn
from memcube.models.embedder import Embedder

Floats = npt.NDArray[np.float64]

# Robertson's values.
_K1: Final = 1.5
_B: Final = 0.75
# Equal texts may differ in the last bits of their products.
_DIGITS: Final = 6


class RawTurns:
    """One memory a turn, `speaker: text [image: caption]`, of one conversation."""

    def __init__(self, turns: Sequence[Turn]) -> None:
        self.memories = [Recalled(turn.id, f"{turn.speaker}: {turn.text}", (turn.id,)) for turn in turns]

    def ranked(self, scores: Floats) -> Ranked:
        """By score, equal ones in the order in which they were said; without those that score nothing."""
        order = np.argsort(-np.round(scores, _DIGITS), kind="stable")[:MOST]
        most = [self.memories[place] for place in order if scores[place] > 0]
        return Ranked({k: most[:k] for k in KS}, most)


class Cosine:
    """The embedder's pooled vectors, and nothing else."""

    def __init__(self, turns: RawTurns, embedder: Embedder) -> None:
        self._turns = turns
        self._embedder = embedder
        self._vectors = embedder.embed([memory.text for memory in turns.memories])

    def recall(self, question: str) -> Ranked:
        vector = self._embedder.embed([question])[0]
        return self._turns.ranked((self._vectors @ vector).astype(np.float64))


class Bm25:
    """Stemmed content words, and nothing else."""

    def __init__(self, turns: RawTurns) -> None:
        self._turns = turns
        counts = [Counter(stems(memory.text)) for memory in turns.memories]
        lengths = np.array([float(count.total()) for count in counts])
        self._norms = _K1 * (1 - _B + _B * lengths / max(float(lengths.mean()), 1.0))
        self._postings: dict[str, list[tuple[int, int]]] = {}
        for place, count in enumerate(counts):
            for stem, times in count.items():
                self._postings.setdefault(stem, []).append((place, times))

    def recall(self, question: str) -> Ranked:
        scores = np.zeros(len(self._norms))
        for stem in dict.fromkeys(stems(question)):
            posting = self._postings.get(stem, [])
            idf = log(1 + (len(scores) - len(posting) + 0.5) / (len(posting) + 0.5))
            for place, times in posting:
                scores[place] += idf * (_K1 + 1) * times / (times + self._norms[place])
        return self._turns.ranked(scores)
