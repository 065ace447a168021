"""What a writer knows of one subject while it plans: the record's snapshot and the changes so far.

The view lives as long as the writer owns the subject. An event that fails is rolled back out of it;
a commit that is refused throws the view away. Reads that are rare (histories) go to the record and
are completed by what is staged, so that planning sees its own changes everywhere.

All indexes change together, or a rollback would leave one behind: so they are read and written in one
place, which makes this module a little longer than others.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from memcube.cube import Form, MemCube, State
from memcube.errors import NoSuchCube
from memcube.plaintext.differences import Kind
from memcube.plaintext.frame_index import FrameIndex
from memcube.plaintext.frame_keys import kept_under
from memcube.plaintext.groups import Groups, Keyed, Newest
from memcube.plaintext.slot_index import SlotIndex
from memcube.plaintext.slot_keys import (
    former,
    former_under,
    found_under,
    kind,
    named,
    planned,
    told_as,
    worded,
)
from memcube.plaintext.vector_index import VectorIndex
from memcube.store.record import Change, CubeStore, Vector

_SPACED = {code: " " for code in range(128) if not chr(code).isalnum()}


class SubjectView:
    """All newest cubes of one subject, by id, slot, text and vector; blocks by id alone."""

    def __init__(self, subject: str, store: CubeStore, embedder_id: str) -> None:
        self.subject = subject
        self._store = store
        self._cubes: dict[str, MemCube] = {}
        self._slots = SlotIndex()
        self._texts: Groups[str] = Groups()
        self._frames = FrameIndex(lambda cube_id: kept_under(self._cubes[cube_id]))
        self._valued = Keyed()
        self._former = Newest()
        self._drawn: Groups[str] = Groups()
        self._episodes: list[tuple[datetime, str]] = []
        self._vectors = VectorIndex()
        self._blocks: set[str] = set()
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

    def slots(self, prefix: str = "") -> Iterator[str]:
        """The slots that hold something which has not been taken back, and that begin with the prefix."""
        return iter(list(self._slots.names(prefix)))

    def in_slot(self, slot: str) -> Sequence[MemCube]:
        """The facts of a slot that have not been taken back, the replaced ones among them."""
        slots = self._slots
        holding = (cube_id for value in slots.values(slot) for cube_id in slots.holding(slot, value))
        former = (cube_id for value in slots.former_values(slot) for cube_id in slots.replaced(slot, value))
        return self._in_order((*holding, *former))

    def values(self, slot: str) -> Sequence[str | None]:
        """Those that the active facts of the slot give."""
        return self._slots.values(slot)

    def former_values(self, slot: str) -> Iterator[str | None]:
        """Those that the replaced facts of the slot gave."""
        return self._slots.former_values(slot)

    def has_slot(self, slot: str) -> bool:
        """Whether a fact of the slot has not been taken back."""
        return slot in self._slots

    def holding(self, slot: str, value: str | None) -> Sequence[MemCube]:
        """The active facts of a slot that give this value."""
        return self._in_order(self._slots.holding(slot, value))

    def replaced(self, slot: str, value: str | None) -> Iterator[MemCube]:
        """The facts of a slot that gave this value and were replaced."""
        return (self._cubes[cube_id] for cube_id in self._slots.replaced(slot, value))

    def replaced_after(self, slot: str, time: datetime) -> Sequence[MemCube]:
        """The replaced facts of a slot that were said after this time, or held after it."""
        return self._in_order(self._slots.replaced_after(slot, time))

    def roles(self, slot: str) -> Collection[str]:
        """As whom the person of the slot is spoken of in its facts: Anna the sister, Anna the boss."""
        return self._slots.roles(slot)

    def giving(self, slot: str, value: str, key: int) -> Sequence[MemCube]:
        """The active facts of a slot that give this value and stand under this key of `frame_keys`."""
        return self._in_order(self._frames.among(self._slots.holding(slot, value), [key]))

    def plans(self, own: str, words: Iterable[str]) -> Sequence[MemCube]:
        """The active facts of slots that begin with `own`, `ada/plan/`, and go on with one of these stems."""
        return self._in_order(self._valued.under(planned(own, word) for word in words))

    def plans_about(self, words: frozenset[str]) -> Iterator[str]:
        """The slots of plans, among which are all whose names have all these stems, or none but these."""
        return iter(dict.fromkeys(self._slots.plans_about(words)))

    def told_as(self, words: frozenset[str]) -> Iterator[MemCube]:
        """The active plans, among which are all told as something with these stems: "concert in Lisbon"."""
        found = min((self._valued.under([told_as(word)]) for word in words), key=len, default=())
        return (self._cubes[cube_id] for cube_id in found)

    def worded(self, slot: str, words: Iterable[str]) -> Sequence[MemCube]:
        """The active facts of a slot of many values whose value has one of these stems."""
        return self._in_order(self._valued.under(worded(slot, word) for word in words))

    def named(self, own: str, name: str) -> Sequence[MemCube]:
        """The active facts that somebody's dog or car, of `own`, `ada/`, is called so."""
        return self._in_order(self._valued.under([named(own, name)]))

    def former(self, own: str, words: frozenset[str]) -> Iterator[MemCube]:
        """The replaced facts of slots that begin with `own`, `ada/`, with a value of just these stems.

        The last to be replaced comes first.
        """
        return (self._cubes[cube_id] for cube_id in self._former.under(former(own, words)))

    def saying(self, text: str) -> Sequence[MemCube]:
        """The active facts whose words are these, punctuation and case apart."""
        return self._in_order(self._texts.of(plain_words(text)))

    def mentioning(
        self, text: str, stems: Iterable[str], keys: Iterable[int] | None = None
    ) -> Sequence[MemCube]:
        """The active facts that may hold all of these stems, which are of words of `text`; some will not.

        keys: of `frame_keys`, under one of which the fact must stand. Without any it is a look through all
        texts: 9 ms for 100,000 of them (measured), so for what is rarely said.
        """
        if keys is not None:
            keys = list(keys)
            if not self.may_stand_under(keys):
                return []
        own = plain_words(text).split()
        # A stem ends in i where the word has a y; one that no word begins with is of another form ("paid").
        found = {stem.removesuffix("i") for stem in stems}
        found = {part for part in found if any(word.startswith(part) for word in own)}
        # The longest first: it is in the fewest texts, and the name of the speaker in all.
        parts = sorted(found, key=lambda part: (-len(part), part))
        if not parts:
            return []
        if keys is None:
            return self._in_order(
                cube_id
                for words in self._texts
                if _holds_all(words, parts)
                for cube_id in self._texts.of(words)
            )
        return self._in_order(
            cube_id
            for cube_id in self._frames.holding(parts, keys)
            if _holds_all(plain_words(self._cubes[cube_id].text), parts)
        )

    def may_stand_under(self, keys: Iterable[int]) -> bool:
        """Whether an active fact stands under one of these keys of `frame_keys`, as far as they are read."""
        return self._frames.may_hold(keys)

    def drawn_from(self, event_id: str) -> Sequence[MemCube]:
        """The facts that name this event among their sources, whatever has become of them."""
        return self._in_order(self._drawn.of(event_id))

    def nearest(
        self, vector: Vector, at_least: float, of_kind: Callable[[], Kind] | None = None
    ) -> Sequence[tuple[MemCube, float]]:
        """The active facts at this cosine or above, best first; with a kind, those of it alone."""
        found = self._vectors.nearest(vector, at_least, of_kind, self._kind)
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

    def blocks(self) -> Sequence[MemCube]:
        """The active blocks of activation memory. In no other way than this and by id is one found."""
        return self._in_order(self._blocks)

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
        if vector is None and cube.state is State.ACTIVE and revived and cube.text:
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

    def changed_since(self, mark: int) -> Iterator[MemCube]:
        """Each version that was staged after the mark, and the one before it, if there is one."""
        for before, now in zip(self._replaced[mark:], self._staged[mark:], strict=True):
            if before is not None:
                yield before.cube
            yield now

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
        match cube.form:
            case Form.FACT:
                self._show_fact(cube, kept)
            case Form.EPISODE:
                insort(self._episodes, _said(cube))
            case Form.BLOCK if cube.state is State.ACTIVE:
                self._blocks.add(cube.id)

    def _show_fact(self, cube: MemCube, vector: Vector | None) -> None:
        for source in cube.sources:
            self._drawn.add(source.event_id, cube.id)
        self._slots.put(cube)
        self._valued.put(cube.id, found_under(cube))
        for key in former_under(cube):
            self._former.put(key, cube.seq, cube.id)
        if cube.state is State.ACTIVE:
            words = plain_words(cube.text)
            self._texts.add(words, cube.id)
            self._frames.put(cube.id, words)
            if vector is not None:
                self._vectors.put(cube.id, vector)

    def _kind(self, cube_id: str) -> Kind:
        cube = self._cubes[cube_id]
        slot, value = (cube.payload.slot, cube.payload.value) if cube.payload else (None, None)
        return kind(cube.text, slot, value)

    def _hide(self, cube: MemCube) -> None:
        if cube.payload is None:
            return
        match cube.form:
            case Form.FACT:
                self._hide_fact(cube)
            case Form.EPISODE:
                del self._episodes[bisect_left(self._episodes, _said(cube))]
            case Form.BLOCK:
                self._blocks.discard(cube.id)

    def _hide_fact(self, cube: MemCube) -> None:
        for source in cube.sources:
            self._drawn.discard(source.event_id, cube.id)
        self._slots.drop(cube)
        self._valued.drop(cube.id)
        for key in former_under(cube):
            self._former.drop(key, cube.seq, cube.id)
        if cube.state is State.ACTIVE:
            self._texts.discard(plain_words(cube.text), cube.id)
            self._frames.drop(cube.id)
            self._vectors.drop(cube.id)


def _said(episode: MemCube) -> tuple[datetime, str]:
    return episode.sources[0].time, episode.id


def _holds_all(words: str, parts: Sequence[str]) -> bool:
    return all(part in words for part in parts)


def plain_words(text: str) -> str:
    """A text without case, punctuation and spacing: what makes two statements the same words."""
    plain = text.casefold()
    if plain.isascii():
        words = " ".join(plain.translate(_SPACED).split())
    else:
        words = " ".join("".join(c if c.isalnum() else " " for c in plain).split())
    return words or text  # nothing but emoji or marks: they are the words
