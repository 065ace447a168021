"""Ids of cubes in groups: the multimap of which a writer's indexes are made."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Collection, Hashable, Iterable, Iterator, KeysView
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)


class Groups(Generic[Key]):
    """Ids by key, in the order in which they came. An empty group is none: its key is forgotten with it."""

    def __init__(self) -> None:
        # Most groups have one member, and a dict for each of them would take four times the memory.
        self._ids: dict[Key, str | dict[str, None]] = {}

    def __iter__(self) -> Iterator[Key]:
        return iter(self._ids)

    def __len__(self) -> int:
        return len(self._ids)

    def keys(self) -> KeysView[Key]:
        return self._ids.keys()

    def add(self, key: Key, cube_id: str) -> None:
        known = self._ids.get(key)
        if known is None:
            self._ids[key] = cube_id
        elif isinstance(known, dict):
            known[cube_id] = None
        elif known != cube_id:
            self._ids[key] = {known: None, cube_id: None}

    def discard(self, key: Key, cube_id: str) -> None:
        known = self._ids.get(key)
        if isinstance(known, dict):
            known.pop(cube_id, None)
            if not known:
                del self._ids[key]
        elif known == cube_id:
            del self._ids[key]

    def of(self, key: Key) -> Collection[str]:
        known = self._ids.get(key, ())
        return (known,) if isinstance(known, str) else known


class Keyed:
    """Ids under several keys each. Keys are hashes, so that no word of a text is kept in them."""

    def __init__(self) -> None:
        self._groups: Groups[int] = Groups()
        self._keys: dict[str, tuple[int, ...]] = {}

    def has_any(self, keys: Iterable[int]) -> bool:
        """Whether an id is under one of the keys."""
        return not self._groups.keys().isdisjoint(keys)

    def put(self, cube_id: str, keys: Iterable[int]) -> None:
        self._keys[cube_id] = found = tuple(dict.fromkeys(keys))
        for key in found:
            self._groups.add(key, cube_id)

    def drop(self, cube_id: str) -> None:
        for key in self._keys.pop(cube_id, ()):
            self._groups.discard(key, cube_id)

    def under(self, keys: Iterable[int]) -> dict[str, None]:
        """The ids under any of the keys. Two things may have one hash: the caller compares what it finds."""
        return {cube_id: None for key in keys for cube_id in self._groups.of(key)}


class Newest:
    """Ids under keys, the newest first. Keys are hashes, too."""

    def __init__(self) -> None:
        self._entries: dict[int, list[tuple[int, str]]] = {}

    def put(self, key: int, seq: int, cube_id: str) -> None:
        insort(self._entries.setdefault(key, []), (seq, cube_id))

    def drop(self, key: int, seq: int, cube_id: str) -> None:
        entries = self._entries[key]
        del entries[bisect_left(entries, (seq, cube_id))]
        if not entries:
            del self._entries[key]

    def under(self, key: int) -> Iterator[str]:
        return (cube_id for _, cube_id in reversed(self._entries.get(key, ())))
