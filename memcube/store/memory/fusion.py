"""From raw signals to one score in [0, 1]."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

# Scores are added up, not ranks: reciprocal-rank fusion pulled BM25 down to the level of the cosine. Words
# weigh twice as much: on conversations stemmed BM25 finds nearly twice the evidence that MiniLM's pooled
# cosine finds. From .6 to .8 it makes no difference that 996 questions could show (.576 to .589 at 5).
BM25_WEIGHT: Final = 2 / 3
COSINE_WEIGHT: Final = 1 - BM25_WEIGHT
# The best of a query counts as full only if it is good: MiniLM puts a question and its answer at .4 to .7,
# and strangers at 0 to .15. Without this floor the best of nothing would score 1.
FULL_COSINE: Final = 0.5
# As with the cosine: full is a row with half of the query's weight in words; one rare word of many is less.
FULL_BM25: Final = 0.5
# A thumb up or down moves a memory past its equals, not past a better answer.
TRUST_SPAN: Final = 0.2
# The same text in two rows of a matrix can differ in the last bits of its product.
DIGITS: Final = 6


def fuse(cosine: Floats, bm25: Floats, ceiling: float, trust: Floats) -> Floats:
    """Scores [rows]. `ceiling`: the BM25 score of a row that has every word of the query once.

    A query without searchable words (`ceiling` 0) is judged by its vector alone. Trust is in [0, 1].
    """
    if not len(cosine):
        return np.zeros(0)
    near = np.maximum(cosine, 0.0)
    near /= max(float(near.max()), FULL_COSINE)
    if ceiling > 0:
        words = bm25 / max(float(bm25.max()), FULL_BM25 * ceiling)
        near = COSINE_WEIGHT * near + BM25_WEIGHT * words
    believed = (1 + TRUST_SPAN * (trust - 0.5)) / (1 + TRUST_SPAN / 2)
    return np.round(near * believed, DIGITS)
