"""What a writer knows of one subject while it plans: the record's snapshot and the changes so far.

The view lives as long as the writer owns the subject. An event that fails is rolled back out of it;
a commit that is refused throws the view away. Reads that are rare (histories) go to the record and
are completed by what is staged, so that planning sees its own changes everywhere.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final

import numpy as np

from memcube.cube import Form, MemCube, State
from memcube.errors import NoSuchCube
from memcube.store.record import Change, CubeStore, Vector

# Vectors of one text differ in the last digits with the batch they were computed in. A decision
# must not, or a replay would differ.
SIMILARITY_DIGITS: Final = 3


class SubjectView:
    """All newest cubes of one subject, by id, slot, text and vector."""

    def __init__(self, subject: str, store: CubeStore, embedder_id: str) -> None:
        self.subject = subject
        self._store = store
        self._cubes: dict[str, MemCube] = {}
        self._slots: defaultdict[str, dict[str, None]] = defaultdict(dict)
        self._texts: defaultdict[str, dict[str, None]] = defaultdict(dict)
        self._drawn: defaultdict[str, dict[str, None]] = defaultdict(dict)
        self._episodes: list[tuple[datetime, str]] = []
        self._vectors = _Vectors()
        self._staged: list[MemCube] = []
        self._staged_events: dict[str, None] = {}
        self._replaced: list[Change | None] = []
        self._embedder_id = embedder_id
        self.base_seq, changes = store.changes(subject, 0, embedder_id)
        self.seq = self.base_seq
        for change in changes:
            self._show(change)

    def __len__(self) -> int:
        return len(self._cubes)

    # --- reading ---------------------------------------------------------------------------------

    def applied(self, event_id: str) -> bool:
        """Whether this subject has had the event already, in this batch or before."""
        return event_id in self._staged_events or bool(self._store.applied(self.subject, [event_id]))

    def cube(self, cube_id: str) -> MemCube:
        """The newest version; raises `NoSuchCube`."""
        found = self._cubes.get(cube_id)
        if found is None:
            raise NoSuchCube(f"no cube {cube_id[:80]!r} in {self.subject}")
        return found

    def __contains__(self, cube_id: str) -> bool:
        return cube_id in self._cubes

    def __iter__(self) -> Iterator[MemCube]:
        return iter(list(self._cubes.values()))

    def slots(self) -> Iterator[str]:
        """The slots that hold something which has not been taken back."""
        return iter([slot for slot, ids in self._slots.items() if ids])

    def in_slot(self, slot: str) -> Sequence[MemCube]:
        """The facts of a slot that have not been taken back, the replaced ones among them."""
        return self._in_order(self._slots.get(slot, ()))

    def saying(self, text: str) -> Sequence[MemCube]:
        """The active facts whose words are these, punctuation and case apart."""
        return self._in_order(self._texts.get(plain_words(text), ()))

    def mentioning(self, text: str, stems: Iterable[str]) -> Sequence[MemCube]:
        """The active facts that may hold all of these stems, which are of words of `text`; some will not.

        A look through all texts: 9 ms for 100,000 of them (measured), and no index to keep for every word.
        """
        own = plain_words(text).split()
        # A stem ends in i where the word has a y; one that no word begins with is of another form ("paid").
        found = {stem.removesuffix("i") for stem in stems}
        found = {part for part in found if any(word.startswith(part) for word in own)}
        # The longest first: it is in the fewest texts, and the name of the speaker in all.
        parts = sorted(found, key=lambda part: (-len(part), part))
        if not parts:
            return []
        longest, *others = parts
        return self._in_order(
            cube_id
            for words, ids in self._texts.items()
            if longest in words and all(part in words for part in others)
            for cube_id in ids
        )

    def drawn_from(self, event_id: str) -> Sequence[MemCube]:
        """The facts that name this event among their sources, whatever has become of them."""
        return self._in_order(self._drawn.get(event_id, ()))

    def active_facts(self) -> Sequence[MemCube]:
        return self._in_order(cube_id for ids in self._texts.values() for cube_id in ids)

    def nearest(self, vector: Vector, at_least: float) -> Sequence[tuple[MemCube, float]]:
        """The active facts at this cosine or above, best first."""
        found = self._vectors.nearest(vector, at_least)
        return [(self._cubes[cube_id], score) for score, cube_id in found]

    def episode_before(self, time: datetime) -> str | None:
        """The id of the last turn said before this time."""
        place = bisect_left(self._episodes, (time, ""))
        return self._episodes[place - 1][1] if place else None

    def episodes(self, since: datetime | None, until: datetime | None) -> Sequence[MemCube]:
        """The turns said from `since` on and before `until`, in the order in which they were said."""
        first = 0 if since is None else bisect_left(self._episodes, (since, ""))
        end = len(self._episodes) if until is None else bisect_left(self._episodes, (until, ""))
        return [self._cubes[cube_id] for _, cube_id in self._episodes[first:end]]

    def episodes_before(self, time: datetime, count: int) -> Sequence[MemCube]:
        """The last turns said before this time, oldest first."""
        place = bisect_left(self._episodes, (time, ""))
        return [self._cubes[cube_id] for _, cube_id in self._episodes[max(0, place - count) : place]]

    def history(self, cube_id: str) -> Sequence[MemCube]:
        staged = [cube for cube in self._staged if cube.id == cube_id]
        stored = () if staged and staged[0].version == 1 else self._store.history(self.subject, cube_id)
        return self._but_erased([*stored, *staged])

    def caused_by(self, event_id: str) -> Sequence[MemCube]:
        stored = self._store.caused_by(self.subject, event_id)
        return self._but_erased([*stored, *(cube for cube in self._staged if cube.cause == event_id)])

    def _but_erased(self, versions: Iterable[MemCube]) -> list[MemCube]:
        """As the record will have it: of what is erased, if only in this batch, the last version alone."""
        return [
            version
            for version in versions
            if version.state is State.ERASED or self._cubes[version.id].state is not State.ERASED
        ]

    def _in_order(self, cube_ids: Iterable[str]) -> list[MemCube]:
        """By their last change: a view that was rolled back or read again gives the same order."""
        return sorted((self._cubes[cube_id] for cube_id in cube_ids), key=lambda cube: cube.seq)

    # --- staging ---------------------------------------------------------------------------------

    def put(self, cube: MemCube, vector: Vector | None) -> None:
        """Stage the next version of a cube; its `seq` must be the view's next."""
        before = self._cubes.get(cube.id)
        self._replaced.append(None if before is None else Change(before, self._vectors.get(cube.id)))
        self._staged.append(cube)
        revived = before is None or before.state is not State.ACTIVE
        if vector is None and cube.state is State.ACTIVE and revived:
            vector = self._store.vectors(self.subject, [cube.text], self._embedder_id).get(cube.text)
        self.seq = cube.seq
        self._show(Change(cube, vector))

    def mark_applied(self, event_id: str) -> None:
        self._staged_events[event_id] = None

    def mark(self) -> int:
        """A point to roll back to: everything staged so far."""
        return len(self._staged)

    def rollback(self, mark: int) -> None:
        """Unstage what came after the mark."""
        while len(self._staged) > mark:
            staged, before = self._staged.pop(), self._replaced.pop()
            self._hide(staged)
            del self._cubes[staged.id]
            self.seq = staged.seq - 1
            if before is not None:
                self._show(before)

    def staged(self) -> tuple[MemCube, ...]:
        return tuple(self._staged)

    def staged_events(self) -> tuple[str, ...]:
        return tuple(self._staged_events)

    def reembedded(self, seq: int, cube_ids: Iterable[str], vectors: Mapping[str, Vector]) -> None:
        """Vectors, by text, of cubes that had none of this embedder; call it at their commit, up to `seq`."""
        for cube_id in cube_ids:
            cube = self._cubes[cube_id]
            if cube.form is Form.FACT and cube.state is State.ACTIVE and cube.text in vectors:
                self._vectors.put(cube_id, vectors[cube.text])
        self.seq = seq

    def committed(self) -> None:
        """What was staged is in the record now."""
        self.base_seq = self.seq
        self._staged.clear()
        self._replaced.clear()
        self._staged_events.clear()

    def _show(self, change: Change) -> None:
        cube = change.cube
        kept = self._vectors.get(cube.id) if change.vector is None else change.vector
        if (before := self._cubes.get(cube.id)) is not None:
            self._hide(before)
            if before.text != cube.text and change.vector is None:
                kept = None
        self._cubes[cube.id] = cube
        if cube.payload is None:
            return
        if cube.form is Form.EPISODE:
            insort(self._episodes, (cube.payload.sources[0].time, cube.id))
            return
        for source in cube.payload.sources:
            self._drawn[source.event_id][cube.id] = None
        if cube.payload.slot and cube.state in {State.ACTIVE, State.SUPERSEDED}:
            self._slots[cube.payload.slot][cube.id] = None
        if cube.state is State.ACTIVE:
            self._texts[plain_words(cube.text)][cube.id] = None
            if kept is not None:
                self._vectors.put(cube.id, kept)

    def _hide(self, cube: MemCube) -> None:
        if cube.payload is None:
            return
        if cube.form is Form.EPISODE:
            self._episodes.remove((cube.payload.sources[0].time, cube.id))
            return
        for source in cube.payload.sources:
            self._drawn[source.event_id].pop(cube.id, None)
        if cube.payload.slot:
            self._slots[cube.payload.slot].pop(cube.id, None)
        words = plain_words(cube.text)
        if cube.id in self._texts.get(words, {}):
            del self._texts[words][cube.id]
            if not self._texts[words]:
                del self._texts[words]
        self._vectors.drop(cube.id)


def plain_words(text: str) -> str:
    """A text without case, punctuation and spacing: what makes two statements the same words."""
    words = " ".join("".join(c if c.isalnum() else " " for c in text.casefold()).split())
    return words or text  # nothing but emoji or marks: they are the words


class _Vectors:
    """The vectors of the active facts in one growing matrix: [capacity, dimensions], float32."""

    def __init__(self) -> None:
        self._matrix = np.zeros((0, 0), np.float32)
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
                grown = np.zeros((max(16, 2 * row), len(vector)), np.float32)
                if row:
                    grown[:row] = self._matrix
                self._matrix = grown
            self._rows[cube_id] = row
            self._ids.append(cube_id)
        self._matrix[row] = vector

    def drop(self, cube_id: str) -> None:
        row = self._rows.pop(cube_id, None)
        if row is None:
            return
        last = self._ids.pop()
        if last != cube_id:
            self._matrix[row] = self._matrix[len(self._ids)]
            self._ids[row] = last
            self._rows[last] = row
        self._matrix[len(self._ids)] = 0.0

    def nearest(self, vector: Vector, at_least: float) -> list[tuple[float, str]]:
        if not self._ids:
            return []
        scores = np.round(self._matrix[: len(self._ids)] @ vector, SIMILARITY_DIGITS)
        found = [(float(scores[row]), self._ids[row]) for row in np.flatnonzero(scores >= at_least)]
        return sorted(found, key=lambda hit: (-hit[0], hit[1]))
