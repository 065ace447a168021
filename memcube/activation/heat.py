"""Heat: how often a memory was used of late. Each use counts one, and half as much a half-life later."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec


class Heat(msgspec.Struct, frozen=True):
    """The sum of uses as of `at`. Uses may arrive in any order: the same ones give the same heat."""

    value: float
    at: datetime

    def as_of(self, moment: datetime, half_life: timedelta) -> float:
        """The heat at a later moment; at an earlier one, what it would have had to be."""
        return float(self.value * 0.5 ** ((moment - self.at) / half_life))

    def used(self, moment: datetime, half_life: timedelta) -> Heat:
        """With one more use at that moment."""
        latest = max(self.at, moment)
        return Heat(self.as_of(latest, half_life) + 0.5 ** ((latest - moment) / half_life), latest)


def first_use(moment: datetime) -> Heat:
    """Of a memory that was never used before."""
    return Heat(1.0, moment)
