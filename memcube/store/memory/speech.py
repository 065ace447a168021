"""How the texts of memories are read: their words, and what their style gives away."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from memcube.cube import MemCube
from memcube.store.index import Cue

Analyse = Callable[[str], Sequence[str]]
"""The searchable words of a text."""


def no_cues(_text: str) -> Cue:
    return Cue(0)


class Reader(msgspec.Struct, frozen=True):
    """Passed in, so that the store knows no kind of memory.

    many: makes what analyses the texts of one refresh, and may remember words for as long.
    """

    analyse: Analyse
    cues: Callable[[str], Cue] = no_cues
    many: Callable[[], Analyse] | None = None

    def heard(self) -> Heard:
        """For one refresh."""
        return Heard(self.analyse if self.many is None else self.many())


class Heard:
    """Names analysed once for one refresh, most of which few people said. Not kept any longer."""

    def __init__(self, analyse: Analyse) -> None:
        self._analyse = analyse
        self._names: dict[str, Sequence[str]] = {}

    def terms(self, cube: MemCube) -> list[str]:
        """The words a cube is found by: its own, what it answers, and who said it: "what did Ana say?"."""
        terms = list(self._analyse(cube.text))
        if cube.question:
            terms += [term for term in self._analyse(cube.question) if term not in terms]
        speakers = dict.fromkeys(source.speaker for source in cube.sources)
        names = [term for speaker in speakers for term in self._name(speaker)]
        # A list is searched faster than a set is made of it, for the one name that most memories have.
        known = terms if len(names) == 1 else set(terms)
        return terms + [term for term in names if term not in known]

    def _name(self, speaker: str) -> Sequence[str]:
        found = self._names.get(speaker)
        if found is None:
            found = self._names[speaker] = self._analyse(speaker)
        return found
