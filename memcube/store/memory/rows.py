"""All that can be recalled of one subject: one row a cube, every signal by row."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np
import numpy.typing as npt

from memcube.cube import Form, Kind, MemCube, State
from memcube.store.memory.bm25 import Words
from memcube.store.memory.conversation import Flags, Rows
from memcube.store.memory.kept import kept, opened
from memcube.store.memory.links import Drawn, Names, Withdrawn
from memcube.store.memory.origins import Origins
from memcube.store.memory.pooled import Pooled
from memcube.store.memory.speech import Heard, Reader
from memcube.store.memory.table import GROWTH, UNREAD, Table
from memcube.store.memory.tokens import Tokens
from memcube.store.record import Change
from schemas.subject import Others

_EMPTY, _NOW, _ONCE, _OVER = 0, 1, 2, 3
# What "as of" may serve; of the other states nothing was ever true, or somebody else says it now.
_STANDING: Final = {
    State.ACTIVE: _NOW,
    State.SUPERSEDED: _OVER,  # and something else is true now; what only time has ended, nobody has denied
    State.EXPIRED: _ONCE,
    State.ARCHIVED: _ONCE,
}
# A fact in one of these says that its turn was wrong, or may have been.
_WITHDRAWN: Final = frozenset({State.RETRACTED, State.QUARANTINED})
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_FOREVER: Final = np.iinfo(np.int64).max
# The id of a cube and its places in dict and list.
_BYTES_PER_CUBE: Final = 230
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
        self._kept: list[bytes | None] = []
        self._row_of: dict[str, int] = {}
        self._free: list[int] = []
        self._cube_bytes = 0
        self.words = Words()
        self.tokens = Tokens()
        self.pooled = Pooled(self._dimensions)
        self.table = Table()
        self.origins = Origins()
        self.events, self.speakers, self.questions, self._runs = Names(), Names(), Names(), Names()
        self.drawn = Drawn()
        self.withdrawn = Withdrawn()
        # What a search has made of these rows, until they change.
        self.standing: object = None

    def __len__(self) -> int:
        return len(self._row_of)

    @property
    def bytes(self) -> int:
        parts = (self.words, self.tokens, self.pooled, self.table, self.origins, self.drawn, self.withdrawn)
        names = (self.events, self.speakers, self.questions, self._runs)
        return self._cube_bytes + sum(part.bytes for part in parts) + sum(part.bytes for part in names)

    def apply(self, seq: int, changes: Sequence[Change], heard: Heard) -> None:
        """Take in the newest versions of cubes. What is erased or said in other words now leaves no trace.

        heard: what is remembered of the words that were read for the same refresh.
        """
        if not changes:
            self.seq = seq
            return
        self.standing = None
        newest = {change.cube.id: change for change in changes}.values()
        leaving = [row for change in newest if (row := self._left_by(change.cube)) is not None]
        self._remove(leaving, heard)
        coming = [change for change in newest if _indexed(change.cube)]
        self._reserve(sum(change.cube.id not in self._row_of for change in coming))
        if coming:
            self._put(coming, heard)
        self._withdraw(change.cube for change in newest)
        # A subject without rows gives all of its room back, whatever it was.
        if len(self._free) > (max(len(self._row_of), _WORTH_COMPACTING) if self._row_of else 0):
            self._compact()
        self.seq = seq

    def wipe(self) -> None:
        """Back to nothing, the vectors overwritten."""
        self.pooled.wipe()
        self.table.wipe()
        self.tokens.wipe()
        self._start()

    # --- what a search asks ------------------------------------------------------------------------

    @property
    def used(self) -> int:
        """All rows are below; some may be empty."""
        return len(self._kept)

    def cube(self, row: int) -> MemCube:
        """The cube of a row that has one."""
        content = self._kept[row]
        if content is None:
            raise KeyError(f"row {row} is empty")
        return opened(content)

    def served(self, as_of: datetime | None, others: Others | None) -> tuple[Flags, Flags]:
        """By row: whether a recall may serve it; and whether it is a fact that was replaced by then."""
        used, table = self.used, self.table
        standing = table.standing[:used]
        if as_of is None:
            true = np.equal(standing, _NOW)
        else:
            moment = _microseconds(as_of)
            known = np.less_equal(table.since[:used], moment) & np.greater(table.until[:used], moment)
            true = np.greater(standing, _EMPTY) & known
        over = np.equal(standing, _OVER) & ~true & ~table.turn[:used]
        return (true if others is None else true & self.origins.agree(others)[table.origin[:used]]), over

    def in_order(self, rows: Rows) -> Rows:
        """These rows, run by run as they were said."""
        table = self.table
        # They came nearly so, and what is nearly in order is sorted soon. Ids are not: by them only those are
        # ordered that were said in one moment.
        order = rows[np.lexsort((table.said[rows], table.run[rows]))]
        same = ~np.diff(table.said[order]).astype(np.bool_) & ~np.diff(table.run[order]).astype(np.bool_)
        tied = np.unique(np.concatenate((np.flatnonzero(same), np.flatnonzero(same) + 1)))
        some = order[tied]
        order[tied] = some[np.lexsort((table.tie[some], table.said[some], table.run[some]))]
        return order

    def cues(self, rows: Rows) -> npt.NDArray[np.uint8]:
        """Of each of these rows. Read when first asked for: most texts are no candidate of any question."""
        cues = self.table.cues
        for row in rows[cues[rows] == UNREAD].tolist():
            cues[row] = self._reader.cues(self.cube(row).text)
        return cues[rows]

    # --- rows come and go --------------------------------------------------------------------------

    def _left_by(self, cube: MemCube) -> int | None:
        """The row of this cube, if it has one that its newest version cannot go on using."""
        row = self._row_of.get(cube.id)
        if row is None or (_indexed(cube) and _said(cube) == _said(self.cube(row))):
            return None
        return row

    def _put(self, coming: Sequence[Change], heard: Heard) -> None:
        at: list[int] = []
        words: list[tuple[int, Sequence[str]]] = []
        for change in coming:
            cube = change.cube
            row = self._row_of.get(cube.id)
            if row is None:
                row = self._row_of[cube.id] = self._free.pop()
                words.append((row, heard.terms(cube)))
            else:
                self._leave(row, self.cube(row))
            content = self._kept[row] = kept(cube)
            self._cube_bytes += _size(content)
            if cube.form is Form.FACT:
                self.drawn.add([source.event_id for source in cube.sources], row)
            at.append(row)
        rows = np.array(at)
        self.words.add(words)
        self.tokens.put(at, [change.tokens for change in coming])
        self.pooled.put(rows, [change.vector for change in coming])
        self._fill(rows, [change.cube for change in coming])

    def _fill(self, rows: Rows, cubes: Sequence[MemCube]) -> None:
        table = self.table
        firsts = [cube.sources[0] if cube.sources else None for cube in cubes]
        said = [
            cube.valid_from if first is None else first.time
            for cube, first in zip(cubes, firsts, strict=True)
        ]
        table.standing[rows] = [_STANDING[cube.state] for cube in cubes]
        table.turn[rows] = [cube.form is Form.EPISODE for cube in cubes]
        table.question[rows] = [self.questions.take(cube.question) for cube in cubes]
        # A plan for May is known from the day it was told, and what began in 1990 was true from then on.
        table.since[rows] = [
            _microseconds(min([cube.valid_from, *[source.time for source in cube.sources]])) for cube in cubes
        ]
        table.until[rows] = [
            _FOREVER if cube.valid_to is None else _microseconds(cube.valid_to) for cube in cubes
        ]
        table.said[rows] = [_microseconds(time) for time in said]
        table.day[rows] = [time.toordinal() for time in said]
        table.trust[rows] = [cube.trust for cube in cubes]
        table.cues[rows] = UNREAD
        table.origin[rows] = [self.origins.take(cube) for cube in cubes]
        table.event[rows] = [self.events.take(first.event_id if first else None) for first in firsts]
        table.speaker[rows] = [self.speakers.take(first.speaker if first else None) for first in firsts]
        table.run[rows] = [
            self._runs.take(first.others.run_id if first and first.others else None) for first in firsts
        ]
        table.tie[rows] = [int(cube.id.replace("-", "")[:15], 16) for cube in cubes]

    def _leave(self, row: int, cube: MemCube) -> None:
        """What the row of a cube holds of it, its words apart, is taken back."""
        self._cube_bytes -= _size(self._kept[row] or b"")
        table = self.table
        self.origins.drop(int(table.origin[row]))
        self.events.drop(int(table.event[row]))
        self.speakers.drop(int(table.speaker[row]))
        self._runs.drop(int(table.run[row]))
        self.questions.drop(int(table.question[row]))
        self.tokens.remove((row,))
        if cube.form is Form.FACT:
            self.drawn.drop([source.event_id for source in cube.sources], row)

    def _remove(self, rows: Sequence[int], heard: Heard) -> None:
        gone = [(row, self.cube(row)) for row in rows]
        self.words.remove((row, heard.terms(cube)) for row, cube in gone)
        for row, cube in gone:
            self._leave(row, cube)
            self._kept[row] = None
            del self._row_of[cube.id]
            self._free.append(row)
        self.table.clear(rows)
        self.pooled.clear(rows)

    def _withdraw(self, cubes: Iterable[MemCube]) -> None:
        for cube in cubes:
            if cube.state in _WITHDRAWN and cube.form is Form.FACT and cube.payload is not None:
                self.withdrawn.put(cube)
            else:
                self.withdrawn.drop(cube.id)

    def _reserve(self, coming: int) -> None:
        """Free rows for so many cubes."""
        missing = coming - len(self._free)
        if missing <= 0:
            return
        used = self.used
        if used + missing > len(self.table):
            capacity = used + max(missing, used // GROWTH)
            for part in (self.table, self.words, self.tokens, self.pooled):
                part.resize(capacity)
        self._kept += [None] * missing
        self._free += range(used + missing - 1, used - 1, -1)

    def _compact(self) -> None:
        rows = np.array(sorted(self._row_of.values()), np.int64)
        new_rows = np.full(len(self.table), -1, np.int64)
        new_rows[rows] = np.arange(len(rows))
        self.words.renumber(new_rows, rows)
        self.tokens.renumber(rows)
        self.pooled.keep(rows)
        self.table.keep(rows)
        self.drawn.renumber(new_rows.tolist())
        self._kept = [self._kept[row] for row in rows]
        self._row_of = {ident: int(new_rows[row]) for ident, row in self._row_of.items()}
        self._free = []


def _indexed(cube: MemCube) -> bool:
    return cube.kind is Kind.PLAINTEXT and cube.payload is not None and cube.state in _STANDING


def _said(cube: MemCube) -> tuple[str, str, tuple[str, ...]]:
    return cube.text, cube.question, tuple(dict.fromkeys([source.speaker for source in cube.sources]))


def _size(content: bytes) -> int:
    return _BYTES_PER_CUBE + sys.getsizeof(content)


def _microseconds(time: datetime) -> int:
    # Whole numbers: a float of seconds cannot tell two microseconds apart, and bounds are exact.
    return (time - _EPOCH) // _MICROSECOND
