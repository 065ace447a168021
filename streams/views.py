"""The views of the subjects that a worker has at hand, within a bound."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from typing import Final

from memcube.plaintext.view import SubjectView
from memcube.store.record import CubeStore

# About 2 kB a cube with its vector: 400 MB at the worst. A subject that was dropped is read again.
MAX_CUBES: Final = 200_000


class Views:
    """Least recently used subjects go first, never one that has something staged."""

    def __init__(self, store: CubeStore, embedder_id: str, max_cubes: int = MAX_CUBES) -> None:
        self._store = store
        self._embedder_id = embedder_id
        self._max_cubes = max_cubes
        self._views: OrderedDict[str, SubjectView] = OrderedDict()

    def of(self, subject: str) -> SubjectView:
        """The subject's view, read from the record if it is not at hand."""
        view = self._views.get(subject)
        if view is None:
            view = self._views[subject] = SubjectView(subject, self._store, self._embedder_id)
        self._views.move_to_end(subject)
        return view

    def touched(self, subjects: Iterable[str]) -> list[SubjectView]:
        """Those of the subjects that have something to commit."""
        return [
            view
            for s in subjects
            # Not its truth: an empty view, of a subject without cubes, may hold an event without effect.
            if (view := self._views.get(s)) is not None and (view.staged() or view.staged_events())
        ]

    def committed(self, subjects: Iterable[str]) -> None:
        for subject in subjects:
            self._views[subject].committed()
        held = sum(map(len, self._views.values()))
        for subject, view in list(self._views.items()):
            if held <= self._max_cubes or len(self._views) == 1:
                break
            if not view.staged() and not view.staged_events():
                held -= len(view)
                del self._views[subject]

    def clear(self) -> None:
        self._views.clear()
