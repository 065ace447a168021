"""The vectors of the facts that a writer compares a statement with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from memcube.plaintext.differences import KIND_BITS, Kind
from memcube.store.record import Vector

# Vectors of one text differ in the last digits with the batch they were computed in. A decision
# must not, or a replay would differ.
SIMILARITY_DIGITS: Final = 3
_BITS: Final = KIND_BITS // 64
# Of more products OpenBLAS makes two threads (from 460,800 on), which spin while they wait for each other:
# 1.1 ms for 2,000 rows on two busy cores, where one thread takes 0.2.
_ONE_THREAD: Final = 400_000


class VectorIndex:
    """The vectors of the active facts in one growing matrix: [capacity, dimensions], float32.

    Beside each stands the kind of its text, once it was asked for: of a thousand facts of like wording,
    those that may say the same are found without reading the others again.
    """

    def __init__(self) -> None:
        self._matrix = np.zeros((0, 0), np.float32)
        self._read: npt.NDArray[np.bool_] = np.zeros(0, np.bool_)
        self._exact: npt.NDArray[np.int64] = np.zeros(0, np.int64)
        self._names: npt.NDArray[np.uint64] = np.zeros((0, _BITS), np.uint64)
        self._words: npt.NDArray[np.uint64] = np.zeros((0, _BITS), np.uint64)
        self._rows: dict[str, int] = {}
        self._ids: list[str] = []

    def get(self, cube_id: str) -> Vector | None:
        row = self._rows.get(cube_id)
        return None if row is None else self._matrix[row].copy()

    def put(self, cube_id: str, vector: Vector) -> None:
        row = self._rows.get(cube_id)
        if row is None:
            row = len(self._ids)
            if row >= len(self._matrix):
                self._grow(len(vector))
            self._rows[cube_id] = row
            self._ids.append(cube_id)
        self._matrix[row] = vector
        self._read[row] = False

    def drop(self, cube_id: str) -> None:
        row = self._rows.pop(cube_id, None)
        if row is None:
            return
        last = self._ids.pop()
        if last != cube_id:
            for column in self._columns():
                column[row] = column[len(self._ids)]
            self._ids[row] = last
            self._rows[last] = row
        for column in self._columns():
            column[len(self._ids)] = 0

    def nearest(
        self, vector: Vector, at_least: float, kind: Callable[[], Kind] | None, read: Callable[[str], Kind]
    ) -> list[tuple[float, str]]:
        """Score and id, best first; with a kind, those of that kind. `read` gives the kind of a cube."""
        if not self._ids:
            return []
        scores = np.round(self._products(vector), SIMILARITY_DIGITS)
        rows = np.flatnonzero(scores >= at_least)
        if kind is not None and len(rows):
            for row in rows[~self._read[rows]]:
                theirs = read(self._ids[row])
                self._read[row], self._exact[row] = True, theirs.exact
                self._names[row], self._words[row] = _packed(theirs.names), _packed(theirs.words)
            rows = self._of_kind(rows, kind())
        found = [(float(scores[row]), self._ids[row]) for row in rows]
        return sorted(found, key=lambda hit: (-hit[0], hit[1]))

    def _products(self, vector: Vector) -> npt.NDArray[np.float32]:
        size, step = len(self._ids), max(1, _ONE_THREAD // len(vector))
        products = np.empty(size, np.float32)
        for start in range(0, size, step):
            end = min(start + step, size)
            np.matmul(self._matrix[start:end], vector, out=products[start:end])
        return products

    def _of_kind(self, rows: npt.NDArray[np.intp], kind: Kind) -> npt.NDArray[np.intp]:
        rows = rows[self._exact[rows] == kind.exact]
        rows = rows[~(self._names[rows] & ~_packed(kind.words)).any(axis=1)]
        return rows[~(_packed(kind.names) & ~self._words[rows]).any(axis=1)]

    def _columns(self) -> tuple[npt.NDArray[Any], ...]:
        return self._matrix, self._read, self._exact, self._names, self._words

    def _grow(self, dimensions: int) -> None:
        size = len(self._ids)
        capacity = max(16, 2 * size)

        def grown(column: npt.NDArray[Any]) -> npt.NDArray[Any]:
            larger = np.zeros((capacity, *column.shape[1:]), column.dtype)
            larger[:size] = column
            return larger

        if not size:
            self._matrix = np.zeros((0, dimensions), np.float32)
        self._matrix, self._read, self._exact, self._names, self._words = map(grown, self._columns())


def _packed(bits: int) -> npt.NDArray[np.uint64]:
    return np.frombuffer(bits.to_bytes(KIND_BITS // 8, "little"), np.uint64)
