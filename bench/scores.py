"""From marks to figures: means over questions, with 95 % bootstrap intervals."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import fsum
from typing import Any, Final

import msgspec
import numpy as np

from bench.judge import Hits, Mark
from bench.locomo import CATEGORIES

# Fixed, so that the same marks always give the same interval; the same questions are drawn for every system.
_SEED: Final = 20_240_229
_DRAWS: Final = 2_000
_DIGITS: Final = 6

Interval = tuple[float, float]


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """Means over questions; an interval is of that mean if other questions had been drawn."""

    recall_5: float = msgspec.field(name="recall@5")
    recall_10: float = msgspec.field(name="recall@10")
    interval_5: Interval = msgspec.field(name="interval@5")
    interval_10: Interval = msgspec.field(name="interval@10")
    questions: int


class Budget(Figures, frozen=True, kw_only=True):
    """The same within k x 64 tokens. `memories`: how many of them fit, on average, the last one cut."""

    by_category: dict[str, Figures]
    memories_5: float = msgspec.field(name="memories@5")
    memories_10: float = msgspec.field(name="memories@10")


class System(Figures, frozen=True, kw_only=True):
    """One system: by number of memories, and in `budget` by number of tokens.

    tokens_per_memory: mean length of the memories among the first ten, over all questions.
    """

    by_category: dict[str, Figures]
    tokens_per_memory: float
    budget: Budget


def system(marks: Sequence[Mark]) -> System:
    """What the marks of one system come to; there is at least one."""
    tokens = [seen.tokens for mark in marks for seen in mark.first]
    return System(
        **_column(marks, lambda mark: mark.at),
        tokens_per_memory=round(fsum(tokens) / max(len(tokens), 1), _DIGITS),
        budget=Budget(
            **_column(marks, lambda mark: mark.budget),
            memories_5=_mean([mark.budget[5].memories for mark in marks]),
            memories_10=_mean([mark.budget[10].memories for mark in marks]),
        ),
    )


def _column(marks: Sequence[Mark], hits: Callable[[Mark], Mapping[int, Hits]]) -> dict[str, Any]:
    """The fields that both columns have."""

    def fields(of: Sequence[Mark]) -> dict[str, Any]:
        at = {k: [mark.recall(hits(mark)[k]) for mark in of] for k in (5, 10)}
        return {
            "recall_5": _mean(at[5]),
            "recall_10": _mean(at[10]),
            "interval_5": _interval(at[5]),
            "interval_10": _interval(at[10]),
            "questions": len(of),
        }

    asked = {mark.question.category for mark in marks}
    names = [name for name in CATEGORIES.values() if name in asked] + sorted(asked - {*CATEGORIES.values()})
    of_category = {name: [mark for mark in marks if mark.question.category == name] for name in names}
    return {
        **fields(marks),
        "by_category": {name: Figures(**fields(of)) for name, of in of_category.items()},
    }


def _mean(values: Sequence[float]) -> float:
    return round(fsum(values) / len(values), _DIGITS)


def _interval(values: Sequence[float]) -> Interval:
    drawn = np.random.default_rng(_SEED)
    measured = np.array(values)
    means = [measured[drawn.integers(0, len(values), len(values))].mean() for _ in range(_DRAWS)]
    low, high = np.percentile(means, (2.5, 97.5))
    return round(float(low), _DIGITS), round(float(high), _DIGITS)
