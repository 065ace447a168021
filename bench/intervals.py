"""95 % intervals: of a share, a median, a mean."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from typing import Final

import numpy as np

Interval = tuple[float, float]

# Two-sided 95 %.
_Z: Final = 1.96
# Fixed, so that the same values always give the same interval.
_SEED: Final = 20_240_229
_DRAWS: Final = 2_000


def wilson(right: int, of: int) -> Interval:
    """Of the share `right` of `of`; everything where nothing was counted."""
    if not of:
        return 0.0, 1.0
    share, z = right / of, _Z * _Z / of
    middle = (share + z / 2) / (1 + z)
    reach = _Z * sqrt(share * (1 - share) / of + z / (4 * of)) / (1 + z)
    return round(middle - reach, 4), round(middle + reach, 4)


def of_median(values: Sequence[float]) -> Interval:
    """Of the median, by drawing the values anew."""
    drawn = np.random.default_rng(_SEED)
    measured = np.array(values)
    medians = np.median(measured[drawn.integers(0, len(values), (_DRAWS, len(values)))], axis=1)
    low, high = np.percentile(medians, (2.5, 97.5))
    return float(low), float(high)


def of_mean(values: Sequence[float]) -> Interval:
    """Of the mean, by drawing the values anew."""
    drawn = np.random.default_rng(_SEED)
    measured = np.array(values)
    means = measured[drawn.integers(0, len(values), (_DRAWS, len(values)))].mean(axis=1)
    low, high = np.percentile(means, (2.5, 97.5))
    return float(low), float(high)
