"""Where the rows of one subject came from: the other ids of their sources, as one small number a row."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from memcube.cube import MemCube
from schemas.subject import Others

# Of the rows whose events gave no other ids: most subjects have no others.
NOWHERE: Final = 0
# A frozen set of one, its places in dict and lists; the ids themselves are counted with the cubes.
_BYTES_A_SET: Final = 350


class Origins:
    """Numbers for sets of ids, shared by the rows that have the same. The last row gone, the ids are gone."""

    def __init__(self) -> None:
        self._number_of: dict[frozenset[Others], int] = {}
        self._ids: list[frozenset[Others]] = [frozenset()]
        self._rows: list[int] = [0]
        self._free: list[int] = []

    @property
    def bytes(self) -> int:
        return _BYTES_A_SET * len(self._ids)

    def take(self, cube: MemCube) -> int:
        """The number of the cube's ids, held by one row more."""
        given = [source.others for source in cube.sources if source.others is not None]
        if not given:
            return NOWHERE
        ids = frozenset(given)
        number = self._number_of.get(ids)
        if number is None:
            number = self._number_of[ids] = self._free.pop() if self._free else self._new()
            self._ids[number] = ids
        self._rows[number] += 1
        return number

    def drop(self, number: int) -> None:
        """One row less holds it."""
        if number == NOWHERE:
            return
        self._rows[number] -= 1
        if not self._rows[number]:
            del self._number_of[self._ids[number]]
            self._ids[number] = frozenset()
            self._free.append(number)

    def agree(self, wanted: Others) -> npt.NDArray[np.bool_]:
        """By number: whether one of its sources has all the ids that are wanted."""
        return np.array([any(ids.agree(wanted) for ids in several) for several in self._ids], np.bool_)

    def _new(self) -> int:
        self._ids.append(frozenset())
        self._rows.append(0)
        return len(self._ids) - 1
