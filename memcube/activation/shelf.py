"""Blocks in the memory of the process that serves them, under a budget: the least useful byte goes first."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Shelf(Generic[T]):
    """By key; a key begins with the subject. Safe from any thread; what it gives out is never changed.

    value: what a key is worth now, in seconds that it is expected to save. When room is needed, what has
    the least value for its bytes leaves; something of no more worth than what it would push out stays out.
    """

    def __init__(self, budget: int, value: Callable[[str], float]) -> None:
        self._budget = budget
        self._value = value
        self._held: dict[str, tuple[T, int]] = {}
        self._lock = threading.Lock()

    @property
    def nbytes(self) -> int:
        """Bytes that are held."""
        with self._lock:
            return sum(size for _, size in self._held.values())

    def get(self, key: str) -> T | None:
        with self._lock:
            found = self._held.get(key)
        return None if found is None else found[0]

    def put(self, key: str, thing: T, nbytes: int) -> bool:
        """Whether it was taken in."""
        with self._lock:
            self._held.pop(key, None)
            if nbytes > self._budget:
                return False
            worth = {held: self._value(held) / size for held, (_, size) in self._held.items()}
            leaving: list[str] = []
            room = self._budget - sum(size for _, size in self._held.values())
            for held in sorted(worth, key=lambda one: worth[one]):
                if room >= nbytes:
                    break
                if worth[held] > self._value(key) / nbytes:
                    return False
                leaving.append(held)
                room += self._held[held][1]
            for held in leaving:
                del self._held[held]
            self._held[key] = (thing, nbytes)
            return True

    def drop(self, key: str) -> None:
        """Idempotent."""
        with self._lock:
            self._held.pop(key, None)

    def keys(self) -> tuple[str, ...]:
        with self._lock:
            return tuple(self._held)
