"""What stands next to what: units in the order in which they were said, cut into sessions."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

# People come back to a conversation after minutes; after half an hour of silence they begin another one.
SESSION_GAP_US: Final = 30 * 60 * 1_000_000


class Conversation:
    """Units by place. A turn's session is all that was said in one go; a fact by itself is its own.

    rows: by place, the row of the unit. session: by place, growing numbers. first, last: by place, the
    bounds of its session, both within.
    """

    def __init__(
        self, rows: Rows, said: npt.NDArray[np.int64], run: npt.NDArray[np.int32], turn: Flags
    ) -> None:
        """Rows in their order, and by row: when it was said (µs), in which run, whether it is a raw turn."""
        self.rows = rows
        places = len(rows)
        time, of, is_turn = said[rows], run[rows], turn[rows]
        starts = np.ones(places, np.bool_)
        starts[1:] = (np.diff(time) > SESSION_GAP_US) | (of[1:] != of[:-1]) | ~is_turn[1:] | ~is_turn[:-1]
        self.session: Rows = np.cumsum(starts) - 1
        begins = np.flatnonzero(starts)
        ends = np.append(begins[1:], places) - 1
        self.first: Rows = begins[self.session]
        self.last: Rows = ends[self.session]

    def __len__(self) -> int:
        return len(self.rows)

    def place_of(self, used: int) -> Rows:
        """By row: its place, or -1."""
        places = np.full(used, -1, np.int64)
        places[self.rows] = np.arange(len(self.rows))
        return places

    def around(self, reach: int) -> tuple[Rows, Rows]:
        """By place: the first and the last place within reach in its session."""
        here = np.arange(len(self.rows))
        return np.maximum(here - reach, self.first), np.minimum(here + reach, self.last)

    def before(self, places: Rows) -> Rows:
        """The place before each in its session, or its own where it is the first."""
        return np.maximum(places - 1, self.first[places])
