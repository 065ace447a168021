"""All that can be recalled of one subject: one row a cube, every signal by row."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np

from memcube.cube import Form, Kind, MemCube, State
from memcube.store.memory.bm25 import Words
from memcube.store.memory.conversation import Flags, Rows
from memcube.store.memory.links import Drawn, Names
from memcube.store.memory.origins import Origins
from memcube.store.memory.speech import Heard, Reader
from memcube.store.memory.table import Table
from memcube.store.memory.tokens import Tokens
from memcube.store.record import Change
from schemas.subject import Others

_EMPTY, _NOW, _ONCE = 0, 1, 2
# What "as of" may serve; of the other states nothing was ever true, or somebody else says it now.
_STANDING: Final = {
    State.ACTIVE: _NOW,
    State.SUPERSEDED: _ONCE,
    State.EXPIRED: _ONCE,
    State.ARCHIVED: _ONCE,
}
# A fact in one of these says that its turn was wrong, or may have been.
_WITHDRAWN: Final = frozenset({State.RETRACTED, State.QUARANTINED})
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_FOREVER: Final = np.iinfo(np.int64).max
# Struct, payload, source, ids and times of a cube (measured: 1,050 bytes, as they come out of a record that
# shares no string between rows) and its places in dict and list.
_BYTES_PER_CUBE: Final = 1_200
# Fewer rows are not worth the copying.
_WORTH_COMPACTING: Final = 1_024


class SubjectRows:
    """The rows of one subject, up to its change `seq`. Not safe for threads: the index locks it."""

    def __init__(self, dimensions: int, reader: Reader) -> None:
        self._dimensions = dimensions
        self._reader = reader
        self._start()

    def _start(self) -> None:
        self.seq = 0
        self.cubes: list[MemCube | None] = []
        self._row_of: dict[str, int] = {}
        self._free: list[int] = []
        self._cube_bytes = 0
        self.words = Words()
        self.tokens = Tokens()
        self.table = Table(self._dimensions)
        self.origins = Origins()
        self.events, self.speakers, self._runs = Names(), Names(), Names()
        self.drawn = Drawn()
        # The events of facts that were taken back, by the ids of those facts, which have no rows.
        self._withdrawn: dict[str, tuple[str, ...]] = {}
        self._order: Rows | None = None

    def __len__(self) -> int:
        return len(self._row_of)

    @property
    def bytes(self) -> int:
        parts = (self.words, self.tokens, self.table, self.origins, self.drawn)
        names = (self.events, self.speakers, self._runs)
        return self._cube_bytes + sum(part.bytes for part in parts) + sum(part.bytes for part in names)

    def apply(self, seq: int, changes: Sequence[Change]) -> None:
        """Take in the newest versions of cubes. What is erased or said in other words now leaves no trace."""
        newest = {change.cube.id: change for change in changes}.values()
        leaving = [row for change in newest if (row := self._left_by(change.cube)) is not None]
        self._remove(leaving)
        coming = [change for change in newest if _indexed(change.cube)]
        self._reserve(sum(change.cube.id not in self._row_of for change in coming))
        heard = Heard(self._reader.analyse)
        for change in coming:
            self._put(change, heard)
        self._withdraw(change.cube for change in newest)
        # A subject without rows gives all of its room back, whatever it was.
        if len(self._free) > (max(len(self._row_of), _WORTH_COMPACTING) if self._row_of else 0):
            self._compact()
        self._order = None
        self.seq = seq

    def wipe(self) -> None:
        """Back to nothing, the vectors overwritten."""
        self.table.wipe()
        self.tokens.wipe()
        self._start()

    # --- what a search asks ------------------------------------------------------------------------

    def served(self, as_of: datetime | None, others: Others | None) -> tuple[Flags, Flags]:
        """By row: whether a recall may serve it; and whether it is a fact that does not hold then."""
        used, table = len(self.cubes), self.table
        standing = table.standing[:used]
        if as_of is None:
            true = np.equal(standing, _NOW)
        else:
            moment = _microseconds(as_of)
            known = np.less_equal(table.since[:used], moment) & np.greater(table.until[:used], moment)
            true = np.greater(standing, _EMPTY) & known
        ended = (standing > _EMPTY) & ~true & ~table.turn[:used]
        return (true if others is None else true & self.origins.agree(others)[table.origin[:used]]), ended

    def withdrawn(self) -> Sequence[int]:
        """The numbers of the events that a fact was taken back from."""
        return [self.events.number(event_id) for ids in self._withdrawn.values() for event_id in ids]

    def in_order(self) -> Rows:
        """All rows, run by run as they were said."""
        if self._order is None:
            used, table = len(self.cubes), self.table
            keys = (table.tie[:used], table.said[:used], table.run[:used])
            self._order = np.lexsort(keys)
        return self._order

    # --- rows come and go --------------------------------------------------------------------------

    def _left_by(self, cube: MemCube) -> int | None:
        """The row of this cube, if it has one that its newest version cannot go on using."""
        row = self._row_of.get(cube.id)
        before = None if row is None else self.cubes[row]
        if before is None or (_indexed(cube) and _said(cube) == _said(before)):
            return None
        return row

    def _put(self, change: Change, heard: Heard) -> None:
        cube = change.cube
        row = self._row_of.get(cube.id)
        if row is None:
            row = self._free.pop()
            self._row_of[cube.id] = row
            self.words.add(row, heard.terms(cube))
        elif (before := self.cubes[row]) is not None:
            self._leave(row, before)
        self._cube_bytes += _size(cube)
        self.cubes[row] = cube
        if change.tokens is not None:
            self.tokens.put(row, change.tokens)
        self._fill(row, change)
        if cube.form is Form.FACT:
            self.drawn.add([source.event_id for source in cube.sources], row)

    def _fill(self, row: int, change: Change) -> None:
        cube, table = change.cube, self.table
        first = cube.sources[0] if cube.sources else None
        table.vectors[row] = 0.0 if change.vector is None else change.vector
        table.standing[row] = _STANDING[cube.state]
        table.turn[row] = cube.form is Form.EPISODE
        # A plan for May is known from the day it was told, and what began in 1990 was true from then on.
        since = _microseconds(min([cube.valid_from, *[source.time for source in cube.sources]]))
        table.since[row] = since
        table.until[row] = _FOREVER if cube.valid_to is None else _microseconds(cube.valid_to)
        said = cube.valid_from if first is None else first.time
        table.said[row] = _microseconds(said)
        table.day[row] = said.toordinal()
        table.trust[row] = cube.trust
        table.cues[row] = self._reader.cues(cube.text)
        table.origin[row] = self.origins.take(cube)
        table.event[row] = self.events.take(first.event_id if first else None)
        table.speaker[row] = self.speakers.take(first.speaker if first else None)
        table.run[row] = self._runs.take(first.others.run_id if first and first.others else None)
        table.tie[row] = int(cube.id.replace("-", "")[:15], 16)

    def _leave(self, row: int, cube: MemCube) -> None:
        """What the row of a cube holds of it, its words apart, is taken back."""
        self._cube_bytes -= _size(cube)
        table = self.table
        self.origins.drop(int(table.origin[row]))
        self.events.drop(int(table.event[row]))
        self.speakers.drop(int(table.speaker[row]))
        self._runs.drop(int(table.run[row]))
        self.tokens.remove((row,))
        if cube.form is Form.FACT:
            self.drawn.drop([source.event_id for source in cube.sources], row)

    def _remove(self, rows: Iterable[int]) -> None:
        gone = [(row, cube) for row in rows if (cube := self.cubes[row]) is not None]
        heard = Heard(self._reader.analyse)
        self.words.remove((row, heard.terms(cube)) for row, cube in gone)
        for row, cube in gone:
            self._leave(row, cube)
            self.cubes[row] = None
            del self._row_of[cube.id]
            self.table.clear(row)
            self._free.append(row)

    def _withdraw(self, cubes: Iterable[MemCube]) -> None:
        for cube in cubes:
            if cube.state in _WITHDRAWN and cube.form is Form.FACT and cube.payload is not None:
                self._withdrawn[cube.id] = tuple(source.event_id for source in cube.sources)
            else:
                self._withdrawn.pop(cube.id, None)

    def _reserve(self, coming: int) -> None:
        """Free rows for so many cubes. Growing by an eighth wastes little, and repeats seldom."""
        missing = coming - len(self._free)
        if missing <= 0:
            return
        used = len(self.cubes)
        if used + missing > len(self.table):
            capacity = used + max(missing, used // 8)
            for part in (self.table, self.words, self.tokens):
                part.resize(capacity)
        self.cubes += [None] * missing
        self._free += range(used + missing - 1, used - 1, -1)

    def _compact(self) -> None:
        kept = np.array(sorted(self._row_of.values()), np.int64)
        new_rows = np.full(len(self.table), -1, np.int64)
        new_rows[kept] = np.arange(len(kept))
        self.words.renumber(new_rows, kept)
        self.tokens.renumber(kept)
        self.table.keep(kept)
        self.drawn.renumber(new_rows.tolist())
        self.cubes = [self.cubes[row] for row in kept]
        self._row_of = {cube.id: row for row, cube in enumerate(self.cubes) if cube is not None}
        self._free = []


def _indexed(cube: MemCube) -> bool:
    return cube.kind is Kind.PLAINTEXT and cube.payload is not None and cube.state in _STANDING


def _said(cube: MemCube) -> tuple[str, tuple[str, ...]]:
    return cube.text, tuple(dict.fromkeys([source.speaker for source in cube.sources]))


def _size(cube: MemCube) -> int:
    return _BYTES_PER_CUBE + sys.getsizeof(cube.text)


def _microseconds(time: datetime) -> int:
    # Whole numbers: a float of seconds cannot tell two microseconds apart, and bounds are exact.
    return (time - _EPOCH) // _MICROSECOND
