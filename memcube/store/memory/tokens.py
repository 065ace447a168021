"""The token vectors of one subject's rows, end to end, and late interaction over them.

Late interaction: each token of a question looks for the token of a row that is nearest to it. A pooled vector
is a mean, in which what was said in passing drowns; of the same pass of the model the tokens find .64 of the
evidence of conversations where the means find .39.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from memcube.store.memory.fusion import Floats
from memcube.store.memory.table import GROWTH
from memcube.vectors import INT8_ONE, TokenVectors

Rows = npt.NDArray[np.int64]
# One product of so many multiplications stays in the calling thread: above it the linear algebra library
# divides the work among threads that on busy cores wait for one another.
_PRODUCT: Final = 1 << 17
# Less is not worth the copying.
_WORTH_COMPACTING: Final = 1 << 14
# A table of all pieces is 256 kB: more than the tokens of many a subject, which are counted soon.
_WORTH_TABLING: Final = 1 << 17
_PIECES: Final = 1 << 16


class Tokens:
    """Rows are added whole and removed whole; what is removed is overwritten at once."""

    def __init__(self) -> None:
        self._ids: npt.NDArray[np.uint16] = np.zeros(0, np.uint16)
        self._vectors: npt.NDArray[np.int8] = np.zeros((0, 0), np.int8)
        self._starts: npt.NDArray[np.int64] = np.zeros(0, np.int64)
        self._lengths: npt.NDArray[np.int32] = np.zeros(0, np.int32)
        # How many tokens are which piece, of many tokens: counted at the first question, and kept up to date.
        self._frequency: npt.NDArray[np.int32] | None = None
        self._end = 0
        self._live = 0

    @property
    def bytes(self) -> int:
        columns = (self._ids, self._vectors, self._starts, self._lengths, self._frequency)
        return sum(column.nbytes for column in columns if column is not None)

    def resize(self, capacity: int) -> None:
        """Room for rows below `capacity`."""
        self._starts.resize(capacity, refcheck=False)
        self._lengths.resize(capacity, refcheck=False)

    def put(self, rows: Sequence[int], several: Sequence[TokenVectors | None]) -> None:
        """The tokens of rows that have none."""
        coming = [(row, tokens) for row, tokens in zip(rows, several, strict=True) if tokens]
        if not coming:
            return
        lengths = np.array([len(tokens) for _, tokens in coming])
        count = int(lengths.sum())
        if self._end + count > len(self._ids):
            capacity = self._end + max(count, self._end // GROWTH, 64)
            self._ids.resize(capacity, refcheck=False)
            # The first to come say how wide all are.
            width = self._vectors.shape[1] or coming[0][1].vectors.shape[1]
            self._vectors.resize((capacity, width), refcheck=False)
        place = slice(self._end, self._end + count)
        np.concatenate([tokens.ids for _, tokens in coming], out=self._ids[place])
        np.concatenate([tokens.vectors for _, tokens in coming], out=self._vectors[place])
        if self._frequency is not None:
            np.add.at(self._frequency, self._ids[place], 1)
        at = np.array([row for row, _ in coming])
        self._starts[at], self._lengths[at] = self._end + np.cumsum(lengths) - lengths, lengths
        self._end += count
        self._live += count

    def remove(self, rows: Iterable[int]) -> None:
        for row in rows:
            place = slice(int(self._starts[row]), int(self._starts[row] + self._lengths[row]))
            if self._frequency is not None:
                np.subtract.at(self._frequency, self._ids[place], 1)
            self._ids[place] = 0
            self._vectors[place] = 0
            self._live -= int(self._lengths[row])
            self._starts[row] = self._lengths[row] = 0
        if self._end - self._live > max(self._live, _WORTH_COMPACTING):
            self._keep(np.arange(len(self._starts)))

    def renumber(self, kept: Rows) -> None:
        """Row `kept[i]` becomes `i`."""
        self._keep(kept)

    def wipe(self) -> None:
        self._frequency = None
        for column in (self._ids, self._vectors, self._starts, self._lengths):
            column.fill(0)

    def weights(self, asked: TokenVectors, rows: int) -> Floats:
        """How much each token of a question says, by how few of so many `rows` have it; they add up to 1."""
        frequency = np.minimum(self._frequencies(asked.ids), rows)
        idf = np.log1p((rows - frequency + 0.5) / (frequency + 0.5))
        return idf / idf.sum() if len(idf) else idf

    def nearest(self, asked: TokenVectors, rows: Rows) -> npt.NDArray[np.float32]:
        """[tokens asked, rows]: the cosine of each with the nearest token of the row; 0 without tokens."""
        found = np.zeros((len(asked), len(rows)), np.float32)
        lengths = self._lengths[rows]
        have = np.flatnonzero(lengths)
        if not len(have) or not len(asked):
            return found
        lengths = lengths[have].astype(np.int64)
        firsts = np.concatenate(([0], np.cumsum(lengths)[:-1]))
        places = np.repeat(self._starts[rows[have]] - firsts, lengths) + np.arange(int(lengths.sum()))
        products = self._products(places, asked.vectors.astype(np.float32).T)
        best = np.maximum.reduceat(products, firsts, axis=0)
        found[:, have] = best.T / np.float32(INT8_ONE * INT8_ONE)
        return np.maximum(found, np.float32(0))

    def _frequencies(self, pieces: npt.NDArray[np.uint16]) -> Floats:
        """How many tokens are each of these pieces."""
        ids = self._ids[: self._end]
        if self._end < _WORTH_TABLING:
            return np.array([np.count_nonzero(ids == piece) for piece in pieces], np.float64)
        if self._frequency is None:
            self._frequency = np.bincount(ids, minlength=_PIECES).astype(np.int32)
        return self._frequency[pieces].astype(np.float64)

    def _products(self, places: Rows, asked: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        products = np.empty((len(places), asked.shape[1]), np.float32)
        step = max(_PRODUCT // (asked.shape[0] * asked.shape[1]), 1)
        for start in range(0, len(places), step):
            some = self._vectors[places[start : start + step]].astype(np.float32)
            np.matmul(some, asked, out=products[start : start + step])
        return products

    def _keep(self, rows: Rows) -> None:
        """Only these rows, in this order, without gaps."""
        starts, lengths = self._starts[rows], self._lengths[rows].astype(np.int64)
        firsts = np.cumsum(lengths) - lengths
        places = np.repeat(starts - firsts, lengths) + np.arange(int(lengths.sum()))
        self._ids, self._vectors = self._ids[places], self._vectors[places]
        self._starts, self._lengths = np.where(lengths, firsts, 0), lengths.astype(np.int32)
        self._end = self._live = len(places)
