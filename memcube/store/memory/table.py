"""What is known of each row as a number: columns that grow, shrink and are overwritten together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

# Columns grow by a 32nd of what they hold: little of that is wasted, and large ones are not copied for it,
# since the allocator moves their pages.
GROWTH: Final = 32
# No text has all of these cues.
UNREAD: Final = 0xFF


class Table:
    """A row of zeros is an empty one."""

    def __init__(self) -> None:
        self.standing: npt.NDArray[np.uint8] = np.zeros(0, np.uint8)
        self.turn: npt.NDArray[np.bool_] = np.zeros(0, np.bool_)  # a raw turn, and no fact
        self.question: npt.NDArray[np.int32] = np.zeros(0, np.int32)  # that the fact answers
        self.since: npt.NDArray[np.int64] = np.zeros(0, np.int64)  # µs since 1970
        self.until: npt.NDArray[np.int64] = np.zeros(0, np.int64)
        self.said: npt.NDArray[np.int64] = np.zeros(0, np.int64)
        self.day: npt.NDArray[np.int32] = np.zeros(0, np.int32)  # of saying, by the clock of who said it
        self.trust: npt.NDArray[np.float32] = np.zeros(0, np.float32)
        self.cues: npt.NDArray[np.uint8] = np.zeros(0, np.uint8)
        self.origin: npt.NDArray[np.int32] = np.zeros(0, np.int32)
        self.event: npt.NDArray[np.int32] = np.zeros(0, np.int32)
        self.speaker: npt.NDArray[np.int32] = np.zeros(0, np.int32)
        self.run: npt.NDArray[np.int32] = np.zeros(0, np.int32)
        self.tie: npt.NDArray[np.int64] = np.zeros(0, np.int64)  # orders what was said in one moment

    def __len__(self) -> int:
        return len(self.standing)

    @property
    def bytes(self) -> int:
        return sum(column.nbytes for column in self._columns())

    def resize(self, capacity: int) -> None:
        for column in self._columns():
            # In place: the allocator moves pages, and no second copy is left of what may be erased.
            column.resize(capacity, refcheck=False)

    def clear(self, rows: Sequence[int]) -> None:
        for column in self._columns():
            column[rows] = 0

    def keep(self, kept: npt.NDArray[np.int64]) -> None:
        """Row `kept[i]` becomes `i`."""
        for name, column in vars(self).items():
            setattr(self, name, column[kept])

    def wipe(self) -> None:
        for column in self._columns():
            column.fill(0)

    def _columns(self) -> Sequence[npt.NDArray[np.generic]]:
        return tuple(vars(self).values())
