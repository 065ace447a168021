"""`InMemoryRecallIndex`: subjects loaded on first use, brought up to date by the record, let go by age."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from datetime import datetime
from threading import Lock
from typing import Final

from memcube.store.index import NOTHING_ELSE, Asked, Cue, Hit, Timed, untimed
from memcube.store.memory.rows import SubjectRows
from memcube.store.memory.search import Search, Wanted
from memcube.store.memory.signals import COLUMNS, Column
from memcube.store.memory.speech import Analyse, Reader, no_cues
from memcube.store.record import CubeStore, Vector
from schemas.subject import Others

# 5 MB of rows on their way; fewer at once and the statement's own cost begins to count.
CHANGES_AT_ONCE: Final = 1_000
# Locks, dicts and array headers of a subject without cubes: asking for names that do not exist must count.
_BYTES_PER_SUBJECT: Final = 4_096


class InMemoryRecallIndex:
    """Implements `RecallIndex` for one process. Safe for threads: one works on a subject at a time.

    `store` is read by all of these threads, those of different subjects at once.
    `analyse` gives the searchable words of a text and `cues` what its style gives away; they are passed
    in, so that the store knows no kind of memory. `analyse_many` makes what does the same as `analyse` for
    the texts of one refresh, and is thrown away then. `columns`: the signals that are added up.
    `budget_bytes` bounds what stays loaded: the subjects not used for longest go first, the one just asked
    for stays however large it is. `timed` is entered for the phases `position`, `bm25`, `vector` and
    `fusion`.
    """

    def __init__(
        self,
        store: CubeStore,
        embedder_id: str,
        dimensions: int,
        budget_bytes: int,
        *,
        analyse: Analyse,
        cues: Callable[[str], Cue] = no_cues,
        analyse_many: Callable[[], Analyse] | None = None,
        columns: Sequence[Column] = COLUMNS,
        timed: Timed = untimed,
    ) -> None:
        self._store = store
        self._embedder_id = embedder_id
        self._dimensions = dimensions
        self._budget = budget_bytes
        self._columns = columns
        self._reader = Reader(analyse, cues, analyse_many)
        self._timed = timed
        self._subjects: OrderedDict[str, _Loaded] = OrderedDict()
        self._used = 0
        self._lock = Lock()

    @property
    def used_bytes(self) -> int:
        """What the loaded subjects hold, by their own count."""
        return self._used

    @property
    def loaded(self) -> tuple[str, ...]:
        """The subjects in memory, the one not used for longest first."""
        with self._lock:
            return tuple(self._subjects)

    def refresh(self, subject: str) -> int:
        """See `RecallIndex.refresh`. Raises `StoreFault`; what was loaded until then stays."""
        with self._timed("position"):
            loaded = self._touch(subject)
            try:
                with loaded.lock:
                    self._update(subject, loaded)
                    return loaded.rows.seq
            finally:
                self._account(subject, loaded, loaded.rows.bytes + _BYTES_PER_SUBJECT)

    def search(
        self,
        subject: str,
        query: str,
        vector: Vector,
        *,
        limit: int,
        as_of: datetime | None,
        known_at: datetime | None = None,
        others: Others | None = None,
        asked: Asked = NOTHING_ELSE,
        explain: bool = False,
    ) -> Sequence[Hit]:
        """See `RecallIndex.search`. A subject that was let go since its refresh is loaded again."""
        wanted = Wanted(limit, as_of, others, explain)
        if known_at is not None:
            return self._search(self._known(subject, known_at)).hits(query, vector, asked, wanted)
        with self._lock:
            loaded = self._subjects.get(subject)
        if loaded is None:
            self.refresh(subject)
            loaded = self._touch(subject)
        with loaded.lock:
            return self._search(loaded.rows).hits(query, vector, asked, wanted)

    def forget(self, subject: str) -> None:
        """See `RecallIndex.forget`."""
        with self._lock:
            loaded = self._subjects.pop(subject, None)
            if loaded is None:
                return
            self._used -= loaded.size
        with loaded.lock:
            # A thread that still holds it must find it empty, not what was to be forgotten.
            loaded.rows.wipe()

    def _search(self, rows: SubjectRows) -> Search:
        return Search(rows, self._reader.analyse, self._columns, self._timed)

    def _known(self, subject: str, known_at: datetime) -> SubjectRows:
        """Read anew for each question: kept, it would have to follow what is erased."""
        rows, heard = self._no_rows(), self._reader.heard()
        while True:
            sequence, changes = self._store.changes(
                subject, rows.seq, self._embedder_id, limit=CHANGES_AT_ONCE, known_at=known_at
            )
            rows.apply(sequence, changes, heard)
            if len(changes) < CHANGES_AT_ONCE:
                return rows

    def _touch(self, subject: str) -> _Loaded:
        with self._lock:
            loaded = self._subjects.get(subject)
            if loaded is None:
                loaded = self._subjects[subject] = _Loaded(self._no_rows())
            self._subjects.move_to_end(subject)
            return loaded

    def _no_rows(self) -> SubjectRows:
        return SubjectRows(self._dimensions, self._reader)

    def _update(self, subject: str, loaded: _Loaded) -> None:
        # Page by page, or a first load would hold all rows of the record beside those of the index. What
        # is written meanwhile comes with a later page and replaces what an earlier one brought.
        began = 0 if loaded.rows.seq else self._store.sequence(subject)
        heard = self._reader.heard()
        while True:
            sequence, changes = self._store.changes(
                subject, loaded.rows.seq, self._embedder_id, limit=CHANGES_AT_ONCE, vectors_after=began
            )
            if sequence < loaded.rows.seq:
                # An older copy of the record was put in place: what was read after it never happened.
                loaded.rows.wipe()
                continue
            try:
                loaded.rows.apply(sequence, changes, heard)
            except BaseException:
                # Half of a change set is no state to answer from; the next refresh loads anew.
                loaded.rows.wipe()
                raise
            if len(changes) < CHANGES_AT_ONCE:
                return

    def _account(self, subject: str, loaded: _Loaded, size: int) -> None:
        with self._lock:
            if self._subjects.get(subject) is not loaded:
                return
            self._used += size - loaded.size
            loaded.size = size
            while self._used > self._budget and len(self._subjects) > 1:
                _, oldest = self._subjects.popitem(last=False)
                self._used -= oldest.size


class _Loaded:
    """A subject in memory. `size` is what was counted for it in the budget."""

    def __init__(self, rows: SubjectRows) -> None:
        self.rows = rows
        self.lock = Lock()
        self.size = 0
