"""Turns at a model: answers go first, builds fill the time between them and step aside within a layer.

Answers under way take their steps in turn, so that a long one holds up no short one; a build runs while
there is none, and lets go of the model in the middle of its prefill as soon as one comes.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import Final, TypeVar

from memcube.models.language import Cancelled, Pause

T = TypeVar("T")
# How often somebody who waits for the model looks whether it is still wanted.
_LOOK_S: Final = 0.05

Gone = Callable[[], bool]
"""Whether whoever asked for a computation has gone."""


class Engine:
    """Shares one model among threads: one of them computes at a time."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._answers = 0
        self._taken = False

    @property
    def answers(self) -> int:
        """Answers under way or waiting."""
        return self._answers

    def steps(self, answer: Iterator[T], gone: Gone) -> Iterator[T]:
        """The pieces of an answer, each computed with the model to itself. Raises `Cancelled`."""
        with self._changed:
            self._answers += 1
        try:
            while True:
                with self._model(gone, answers=True):
                    try:
                        piece = next(answer)
                    except StopIteration:
                        return
                yield piece
        finally:
            with self._changed:
                self._answers -= 1
                self._changed.notify_all()

    def build(self, compute: Callable[[Pause], T], gone: Gone) -> T:
        """What `compute` gives; it is handed the pause to call between layers. Raises `Cancelled`."""
        self._take(gone, answers=False)
        taken = True

        def pause() -> None:
            nonlocal taken
            if not self._answers and not gone():
                return
            self._leave()
            taken = False
            self._take(gone, answers=False)
            taken = True

        try:
            return compute(pause)
        finally:
            if taken:
                self._leave()

    @contextlib.contextmanager
    def _model(self, gone: Gone, *, answers: bool) -> Iterator[None]:
        self._take(gone, answers=answers)
        try:
            yield
        finally:
            self._leave()

    def _take(self, gone: Gone, *, answers: bool) -> None:
        with self._changed:
            while True:
                if gone():
                    raise Cancelled("nobody waits for this any more")
                if not self._taken and (answers or not self._answers):
                    self._taken = True
                    return
                self._changed.wait(_LOOK_S)

    def _leave(self) -> None:
        with self._changed:
            self._taken = False
            self._changed.notify_all()
