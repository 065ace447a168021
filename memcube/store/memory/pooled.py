"""The vector of each row's whole text, as int8: what is near a question, among any number of rows.

A quarter of the bytes of float32. Each row has a scale of its own, so that a cosine is off by .0002 (standard
deviation; .002 at most, of 100,000), which moves no candidate that a question could want.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from memcube.store.memory.conversation import Rows
from memcube.store.record import Vector

_STEPS: Final = 127
# Multiplied at once: as float32 they stay in the processor's cache.
_BLOCK: Final = 512
# Compared in full of a subject with many rows: those whose signs agree best with the question's. Of the 150
# rows of the greatest cosine 99.8 % are among them (100,000 rows), and all of the 20 greatest.
MOST_IN_FULL: Final = 4_096
_NEVER: Final = np.iinfo(np.uint16).max


class Pooled:
    """A row of zeros is one without a vector."""

    def __init__(self, dimensions: int) -> None:
        self._parts: npt.NDArray[np.int8] = np.zeros((0, dimensions), np.int8)
        self._scale: npt.NDArray[np.float32] = np.zeros(0, np.float32)
        # The signs of 64 dimensions each. Apart from one another, since columns are compared fastest.
        self._signs: list[npt.NDArray[np.uint64]] = [np.zeros(0, np.uint64) for _ in range(0, dimensions, 64)]

    @property
    def bytes(self) -> int:
        return sum(column.nbytes for column in self._columns())

    def resize(self, capacity: int) -> None:
        """Room for rows below `capacity`."""
        for column in self._columns():
            column.resize((capacity, *column.shape[1:]), refcheck=False)

    def put(self, rows: Rows, vectors: Sequence[Vector | None]) -> None:
        """One vector a row. Raises ValueError for one of other dimensions."""
        exact = np.zeros((len(rows), self._parts.shape[1]), np.float32)
        for place, vector in enumerate(vectors):
            if vector is not None:
                exact[place] = vector
        scale = np.abs(exact).max(axis=1) / np.float32(_STEPS)
        self._parts[rows] = np.rint(exact / np.where(scale, scale, 1)[:, None])
        self._scale[rows] = scale
        for column, signs in zip(self._signs, _signs(exact).T, strict=True):
            column[rows] = signs

    def clear(self, rows: Sequence[int]) -> None:
        for column in self._columns():
            column[rows] = 0

    def keep(self, kept: Rows) -> None:
        """Row `kept[i]` becomes `i`."""
        self._parts, self._scale = self._parts[kept], self._scale[kept]
        self._signs = [column[kept] for column in self._signs]

    def wipe(self) -> None:
        for column in self._columns():
            column.fill(0)

    def cosines(self, rows: Rows, vector: Vector) -> npt.NDArray[np.float32]:
        """Of each of these rows with a vector of norm 1; 0 without a vector."""
        found = np.empty(len(rows), np.float32)
        block = np.empty((_BLOCK, self._parts.shape[1]), np.float32)
        for start in range(0, len(rows), _BLOCK):
            some = rows[start : start + _BLOCK]
            np.copyto(block[: len(some)], self._parts[some])
            # Row by row in this thread. A product of matrix and vector is divided among threads by the linear
            # algebra library, which on two busy cores made 12 ms of 0.6 ms (10,000 rows), and slowed what
            # came after it.
            np.vecdot(block[: len(some)], vector, out=found[start : start + len(some)])
        return found * self._scale[rows]

    def nearest(self, rows: Rows, vector: Vector, wanted: int) -> npt.NDArray[np.float32]:
        """As `cosines`, but 0 for rows that are hardly among the `wanted` nearest, if there are many rows."""
        most = max(MOST_IN_FULL, 8 * wanted)
        if len(rows) <= 2 * most:
            return self.cosines(rows, vector)
        apart = np.zeros(len(self._scale), np.uint16)
        for column, signs in zip(self._signs, _signs(vector[None, :])[0], strict=True):
            apart += np.bitwise_count(column ^ signs)
        apart[self._scale == 0] = _NEVER
        apart = apart[rows]
        # There are few distances and many rows of each: counting them is faster than a partition.
        within = np.cumsum(np.bincount(apart, minlength=1))
        near = np.flatnonzero(apart <= np.searchsorted(within, most))
        found = np.zeros(len(rows), np.float32)
        found[near] = self.cosines(rows[near], vector)
        return found

    def _columns(self) -> tuple[npt.NDArray[np.generic], ...]:
        return (self._parts, self._scale, *self._signs)


def _signs(vectors: npt.NDArray[np.float32]) -> npt.NDArray[np.uint64]:
    """[rows, a word for 64 dimensions]: a bit is set where the vector is above 0."""
    bits = np.packbits(vectors > 0, axis=1)
    whole = np.zeros((len(bits), -(-bits.shape[1] // 8) * 8), np.uint8)
    whole[:, : bits.shape[1]] = bits
    return whole.view(np.uint64)
