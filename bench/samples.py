"""Repeated measurements of one thing, and what is said of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import floor
from statistics import median


class Samples:
    """At least one value, all in one unit."""

    def __init__(self, values: Iterable[float]) -> None:
        self._sorted = sorted(values)
        if not self._sorted:
            raise ValueError("nothing was measured: there is no sample")

    def __len__(self) -> int:
        return len(self._sorted)

    @property
    def median(self) -> float:
        return median(self._sorted)

    @property
    def smallest(self) -> float:
        return self._sorted[0]

    @property
    def largest(self) -> float:
        return self._sorted[-1]

    def percentile(self, percent: float) -> float:
        """Between the two nearest samples in proportion, as numpy's default does."""
        if not 0 <= percent <= 100:
            raise ValueError(f"a percentile is from 0 to 100, not {percent}")
        place = (len(self._sorted) - 1) * percent / 100
        below = floor(place)
        above = min(below + 1, len(self._sorted) - 1)
        low, high = self._sorted[below], self._sorted[above]
        return low + (high - low) * (place - below)

    def summary(self) -> Mapping[str, float]:
        """For the JSON file."""
        return {
            "samples": len(self),
            "min": self.smallest,
            "p50": self.percentile(50),
            "p95": self.percentile(95),
            "max": self.largest,
        }
