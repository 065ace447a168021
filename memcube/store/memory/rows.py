"""All that can be recalled of one subject: one row a cube, every signal by row."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np
import numpy.typing as npt

from memcube.cube import Kind, MemCube, State
from memcube.store.index import Hit, Timed, untimed
from memcube.store.memory.bm25 import Bm25
from memcube.store.memory.fusion import Floats, fuse
from memcube.store.memory.origins import Origins
from memcube.store.record import Change, Vector
from schemas.subject import Others

Analyse = Callable[[str], Sequence[str]]

_EMPTY, _NOW, _ONCE = 0, 1, 2
# What "as of" may serve; of the other states nothing was ever true, or somebody else says it now.
_STANDING: Final = {
    State.ACTIVE: _NOW,
    State.SUPERSEDED: _ONCE,
    State.EXPIRED: _ONCE,
    State.ARCHIVED: _ONCE,
}
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_FOREVER: Final = np.iinfo(np.int64).max
# Struct, payload, source, ids and times of a cube (measured: 1,050 bytes, as they come out of a record that
# shares no string between rows) and its places in dict and list.
_BYTES_PER_CUBE: Final = 1_200
# To copy a row out costs about as much as to multiply three.
_WORTH_GATHERING: Final = 4
# Fewer rows are not worth the copying.
_WORTH_COMPACTING: Final = 1_024


class SubjectRows:
    """The rows of one subject, up to its change `seq`. Not safe for threads: the index locks it."""

    def __init__(self, dimensions: int, analyse: Analyse, timed: Timed = untimed) -> None:
        self._dimensions = dimensions
        self._analyse = analyse
        self._timed = timed
        self._start()

    def _start(self) -> None:
        self.seq = 0
        self._cubes: list[MemCube | None] = []
        self._row_of: dict[str, int] = {}
        self._free: list[int] = []
        self._cube_bytes = 0
        self._words = Bm25()
        self._vectors: npt.NDArray[np.float32] = np.zeros((0, self._dimensions), np.float32)
        self._standing: npt.NDArray[np.uint8] = np.zeros(0, np.uint8)
        self._since: npt.NDArray[np.int64] = np.zeros(0, np.int64)
        self._until: npt.NDArray[np.int64] = np.zeros(0, np.int64)
        self._trust: npt.NDArray[np.float32] = np.zeros(0, np.float32)
        self._origins = Origins()
        self._origin: npt.NDArray[np.int32] = np.zeros(0, np.int32)

    def __len__(self) -> int:
        return len(self._row_of)

    @property
    def bytes(self) -> int:
        columns = sum(column.nbytes for column in self._columns())
        return self._words.bytes + self._origins.bytes + self._cube_bytes + columns

    def apply(self, seq: int, changes: Sequence[Change]) -> None:
        """Take in the newest versions of cubes. What is erased or said in other words now leaves no trace."""
        newest = {change.cube.id: change for change in changes}.values()
        leaving = [row for change in newest if (row := self._left_by(change.cube)) is not None]
        self._remove(leaving)
        coming = [change for change in newest if _indexed(change.cube)]
        self._reserve(sum(change.cube.id not in self._row_of for change in coming))
        heard = _Heard(self._analyse)
        for change in coming:
            self._put(change, heard)
        # A subject without rows gives all of its room back, whatever it was.
        if len(self._free) > (max(len(self._row_of), _WORTH_COMPACTING) if self._row_of else 0):
            self._compact()
        self.seq = seq

    def search(
        self, query: str, vector: Vector, limit: int, as_of: datetime | None, others: Others | None = None
    ) -> list[Hit]:
        """Exact: every row that may be served is scored. Best first, equal ones by id."""
        used = len(self._cubes)
        rows = np.flatnonzero(self._served(used, as_of, others))
        if not len(rows) or limit < 1:
            return []
        with self._timed("bm25"):
            bm25, ceiling = self._words.scores(self._analyse(query), used)
        with self._timed("vector"):
            cosine = self._cosine(rows, vector)
        with self._timed("fusion"):
            bm25 = bm25[rows]
            scores = fuse(cosine, bm25, ceiling, self._trust[rows].astype(np.float64))
            return [
                Hit(cube, float(scores[at]), float(cosine[at]), float(bm25[at]))
                for at, cube in self._best(scores, rows, limit)
            ]

    def wipe(self) -> None:
        """Back to nothing, the vectors overwritten."""
        for column in self._columns():
            column.fill(0)
        self._start()

    def _best(self, scores: Floats, rows: npt.NDArray[np.int64], limit: int) -> list[tuple[int, MemCube]]:
        least = np.partition(scores, -limit)[-limit] if limit < len(scores) else 0.0
        # All that tie for the last place compete by id, else the order of loading would decide.
        places = np.flatnonzero((scores >= least) & (scores > 0)).tolist()
        found = [(at, cube) for at in places if (cube := self._cubes[rows[at]]) is not None]
        found.sort(key=lambda place: (-scores[place[0]], place[1].id))
        return found[:limit]

    def _cosine(self, rows: npt.NDArray[np.int64], vector: Vector) -> Floats:
        # Row by row in this thread. A product of matrix and vector is divided among threads by the linear
        # algebra library, which on two busy cores made 12 ms of 0.6 ms (10,000 rows), and slowed what came
        # after it. A filter that leaves few rows has them copied out first.
        used = len(self._cubes)
        few = len(rows) * _WORTH_GATHERING < used
        products: Vector = np.vecdot(self._vectors[rows] if few else self._vectors[:used], vector)
        found = products.astype(np.float64)
        return found if len(found) == len(rows) else found[rows]

    def _served(self, used: int, as_of: datetime | None, others: Others | None) -> npt.NDArray[np.bool_]:
        true = self._true(used, as_of)
        return true if others is None else true & self._origins.agree(others)[self._origin[:used]]

    def _true(self, used: int, as_of: datetime | None) -> npt.NDArray[np.bool_]:
        standing = self._standing[:used]
        if as_of is None:
            return np.equal(standing, _NOW)
        moment = _microseconds(as_of)
        known = np.less_equal(self._since[:used], moment) & np.greater(self._until[:used], moment)
        return np.greater(standing, _EMPTY) & known

    def _left_by(self, cube: MemCube) -> int | None:
        """The row of this cube, if it has one that its newest version cannot go on using."""
        row = self._row_of.get(cube.id)
        before = None if row is None else self._cubes[row]
        if before is None or (_indexed(cube) and _wording(cube) == _wording(before)):
            return None
        return row

    def _put(self, change: Change, heard: _Heard) -> None:
        cube = change.cube
        row = self._row_of.get(cube.id)
        if row is None:
            row = self._free.pop()
            self._row_of[cube.id] = row
            self._words.add(row, indexed_terms(cube, self._analyse, heard.terms))
        elif (before := self._cubes[row]) is not None:
            self._cube_bytes -= _size(before)
            self._origins.drop(int(self._origin[row]))
        self._cube_bytes += _size(cube)
        self._origin[row] = self._origins.take(cube)
        self._cubes[row] = cube
        self._vectors[row] = 0.0 if change.vector is None else change.vector
        self._standing[row] = _STANDING[cube.state]
        # A plan for May is known from the day it was told, and what began in 1990 was true from then on.
        self._since[row] = _microseconds(min([cube.valid_from, *[source.time for source in cube.sources]]))
        self._until[row] = _FOREVER if cube.valid_to is None else _microseconds(cube.valid_to)
        self._trust[row] = cube.trust

    def _remove(self, rows: Iterable[int]) -> None:
        gone = [(row, cube) for row in rows if (cube := self._cubes[row]) is not None]
        self._words.remove((row, indexed_terms(cube, self._analyse)) for row, cube in gone)
        for row, cube in gone:
            self._cube_bytes -= _size(cube)
            self._origins.drop(int(self._origin[row]))
            self._cubes[row] = None
            del self._row_of[cube.id]
            for column in self._columns():
                column[row] = 0
            self._free.append(row)

    def _reserve(self, coming: int) -> None:
        """Free rows for so many cubes. Growing by an eighth wastes little, and repeats seldom."""
        missing = coming - len(self._free)
        if missing <= 0:
            return
        used = len(self._cubes)
        if used + missing > len(self._standing):
            capacity = used + max(missing, used // 8)
            for column in self._columns():
                # In place: the allocator moves pages, and no second copy is left of what may be erased.
                column.resize((capacity, *column.shape[1:]), refcheck=False)
            self._words.resize(capacity)
        self._cubes += [None] * missing
        self._free += range(used + missing - 1, used - 1, -1)

    def _compact(self) -> None:
        kept = np.array(sorted(self._row_of.values()), np.int64)
        new_rows = np.full(len(self._standing), -1, np.int64)
        new_rows[kept] = np.arange(len(kept))
        self._words.renumber(new_rows, kept)
        self._vectors, self._standing = self._vectors[kept], self._standing[kept]
        self._since, self._until = self._since[kept], self._until[kept]
        self._trust, self._origin = self._trust[kept], self._origin[kept]
        self._cubes = [self._cubes[row] for row in kept]
        self._row_of = {cube.id: row for row, cube in enumerate(self._cubes) if cube is not None}
        self._free = []

    def _columns(self) -> Sequence[npt.NDArray[np.generic]]:
        return self._vectors, self._standing, self._since, self._until, self._trust, self._origin


def indexed_terms(cube: MemCube, analyse: Analyse, analyse_name: Analyse | None = None) -> list[str]:
    """The words a cube is found by: its own, and who said it, since people ask "what did Ana say"."""
    text, speakers = _wording(cube)
    terms = list(analyse(text))
    names = [term for speaker in speakers for term in (analyse_name or analyse)(speaker)]
    # A list is searched faster than a set is made of it, for the one name that most memories have.
    known = terms if len(names) == 1 else set(terms)
    return terms + [term for term in names if term not in known]


class _Heard:
    """Names analysed once for one set of changes, most of which few people said. Not kept any longer."""

    def __init__(self, analyse: Analyse) -> None:
        self._analyse = analyse
        self._terms: dict[str, Sequence[str]] = {}

    def terms(self, name: str) -> Sequence[str]:
        found = self._terms.get(name)
        if found is None:
            found = self._terms[name] = self._analyse(name)
        return found


def _indexed(cube: MemCube) -> bool:
    return cube.kind is Kind.PLAINTEXT and cube.payload is not None and cube.state in _STANDING


def _wording(cube: MemCube) -> tuple[str, tuple[str, ...]]:
    return cube.text, tuple(dict.fromkeys([source.speaker for source in cube.sources]))


def _size(cube: MemCube) -> int:
    return _BYTES_PER_CUBE + sys.getsizeof(cube.text)


def _microseconds(time: datetime) -> int:
    # Whole numbers: a float of seconds cannot tell two microseconds apart, and bounds are exact.
    return (time - _EPOCH) // _MICROSECOND
