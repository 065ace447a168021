"""From raw signals to one score in [0, 1]."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

from memcube.store.memory.signals import Column

Floats = npt.NDArray[np.float64]

# The best of a query counts as full only if it is good, else the best of nothing would score 1. MiniLM puts a
# question and its answer at a cosine of .4 to .7, and strangers at 0 to .15.
FULL_COSINE: Final = 0.5
# Full is a row with half of the query's weight in words; one rare word of many is less.
FULL_WORDS: Final = 0.5
# A thumb up or down moves a memory past its equals, not past a better answer.
TRUST_SPAN: Final = 0.2
# Of what nobody has judged.
NEUTRAL: Final = 0.5
# What the last of the candidates keeps: it has to do with the question, if little.
LAST: Final = 0.1
# The same text in two rows of a matrix can differ in the last bits of its product.
DIGITS: Final = 6


class Fused(msgspec.Struct, frozen=True):
    """Scores [candidates], and what each column gave: [columns, candidates], before its weight."""

    scores: Floats
    scaled: Floats


def fuse(raw: Floats, strength: float, trust: Floats, columns: Sequence[Column]) -> Fused:
    """Add up the columns [columns, candidates] of one question.

    Listwise: what counts is which candidate has most of a signal, for this question. `strength`, in [0, 1]:
    how good the best of them is, which no comparison among them says. Trust is in [0, 1].
    """
    scaled = np.array(
        [
            _scaled(values, column.spread) if column.scaled else values
            for column, values in zip(columns, raw, strict=True)
        ]
    )
    weights = np.array([column.weight for column in columns])
    least = float(np.minimum(weights, 0.0).sum()) - LAST
    most = float((np.maximum(weights, 0.0) * scaled.max(axis=1)).sum())
    summed = (weights @ scaled - least) / max(most - least, 1e-9)
    believed = (1 + TRUST_SPAN * (trust - NEUTRAL)) / (1 + TRUST_SPAN / 2)
    return Fused(np.round(strength * summed * believed, DIGITS), scaled)


def _scaled(values: Floats, spread: float) -> Floats:
    """From 0 to 1. Where all are equal they are all 1, or all 0 if there is nothing of it."""
    least, most = float(values.min()), float(values.max())
    if most - least < 1e-9:
        return np.full(len(values), float(most > 0))
    scaled: Floats = (values - least) / max(most - least, spread)
    return scaled
