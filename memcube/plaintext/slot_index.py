"""The facts of each slot: those that hold, by their value, and those that were replaced, by when.

A home that changed a thousand times has one value that counts and a thousand that do not: what a
statement may change is found without a look at those.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections import Counter
from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from typing import Final

from memcube.cube import MemCube, State
from memcube.plaintext.groups import Groups
from memcube.plaintext.namesakes import role
from memcube.plaintext.slot_keys import named_as, named_with, plan_keys

# Of a fact that was replaced at no known time.
_NEVER: Final = datetime.max.replace(tzinfo=UTC)


class SlotIndex:
    """Ids of facts that have a slot and have not been taken back."""

    def __init__(self) -> None:
        self._slots: dict[str, _Slot] = {}
        self._names: list[str] = []
        self._plans: Groups[int] = Groups()

    def __contains__(self, slot: str) -> bool:
        return slot in self._slots

    def names(self, prefix: str = "") -> Iterator[str]:
        """The slots that hold something and begin with the prefix, in alphabetical order."""
        for place in range(bisect_left(self._names, prefix), len(self._names)):
            if not self._names[place].startswith(prefix):
                return
            yield self._names[place]

    def put(self, cube: MemCube) -> None:
        if cube.payload is None or not cube.payload.slot or not _stands(cube):
            return
        name = cube.payload.slot
        slot = self._slots.get(name)
        if slot is None:
            slot = self._slots[name] = _Slot()
            insort(self._names, name)
            for key in plan_keys(name):
                self._plans.add(key, name)
        if cube.state is State.ACTIVE:
            slot.holding.add(cube.payload.value, cube.id)
        else:
            slot.replaced.add(cube.payload.value, cube.id)
            insort(slot.until, (_until(cube), cube.id))
        slot.roles.update(_roles(cube, name))

    def drop(self, cube: MemCube) -> None:
        """The version of it that was put."""
        if cube.payload is None or not cube.payload.slot or not _stands(cube):
            return
        name = cube.payload.slot
        slot = self._slots[name]
        if cube.state is State.ACTIVE:
            slot.holding.discard(cube.payload.value, cube.id)
        else:
            slot.replaced.discard(cube.payload.value, cube.id)
            del slot.until[bisect_left(slot.until, (_until(cube), cube.id))]
        slot.roles.subtract(_roles(cube, name))
        slot.roles = +slot.roles
        if not slot.holding and not slot.until:
            del self._slots[name]
            del self._names[bisect_left(self._names, name)]
            for key in plan_keys(name):
                self._plans.discard(key, name)

    def plans_about(self, words: frozenset[str]) -> Iterator[str]:
        """The slots of plans, among which are all that name all these stems, or none but these."""
        yield from min((self._plans.of(named_with(word)) for word in words), key=len, default=())
        for key in named_as(words):
            yield from self._plans.of(key)

    def values(self, slot: str) -> list[str | None]:
        """Those that the active facts of the slot give."""
        found = self._slots.get(slot)
        return [] if found is None else list(found.holding)

    def former_values(self, slot: str) -> Iterator[str | None]:
        """Those that the replaced facts of the slot gave."""
        if (found := self._slots.get(slot)) is not None:
            yield from found.replaced

    def holding(self, slot: str, value: str | None) -> Iterator[str]:
        """The active facts of the slot with this value."""
        if (found := self._slots.get(slot)) is not None:
            yield from found.holding.of(value)

    def replaced(self, slot: str, value: str | None) -> Iterator[str]:
        """The replaced facts of the slot with this value."""
        if (found := self._slots.get(slot)) is not None:
            yield from found.replaced.of(value)

    def replaced_after(self, slot: str, time: datetime) -> Iterator[str]:
        """Those replaced facts of the slot that were said after this time, or held after it."""
        if (found := self._slots.get(slot)) is not None:
            first = bisect_right(found.until, time, key=lambda entry: entry[0])
            yield from (cube_id for _, cube_id in found.until[first:])

    def roles(self, slot: str) -> Collection[str]:
        """As whom the person of the slot is spoken of in its facts: Anna the sister, Anna the boss."""
        found = self._slots.get(slot)
        return () if found is None else found.roles


class _Slot:
    def __init__(self) -> None:
        self.holding: Groups[str | None] = Groups()
        self.replaced: Groups[str | None] = Groups()
        self.until: list[tuple[datetime, str]] = []
        self.roles: Counter[str] = Counter()


def _stands(cube: MemCube) -> bool:
    return cube.state in {State.ACTIVE, State.SUPERSEDED}


def _until(cube: MemCube) -> datetime:
    """Not before it was said, nor before it ended."""
    return max(cube.valid_to or _NEVER, cube.valid_from, *(source.time for source in cube.sources))


def _roles(cube: MemCube, slot: str) -> tuple[str, ...]:
    found = role(cube.text, slot.partition("/")[0])
    return () if found is None else (found,)
